"""Reading the node catalogue from its TOML files, and refusing one that contradicts itself, naming what and where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from messages.problems import Problem, ProblemList
from standards.documents import volumes
from standards.domains import CRIMINAL
from standards.judging import conditions
from standards.nodes.checking import faults
from standards.nodes.model import Effects, Node, NodeCatalogue, Requirement
from standards.record import items
from standards.rules import rules
from standards.terms.deadlines import parse_alternatives

_ALLOWED: Mapping[str, frozenset[Any]] = {
    "from": volumes.AGENCY_TYPES,
    "to": volumes.AGENCY_TYPES,
    "kind": frozenset({"transfer", "feedback", "notice"}),
    "dossier": frozenset({"full", "delta", "none"}),
    "confidence": frozenset({"high", "medium", "low"}),
    "level": frozenset({"higher", "provincial", "supreme"}),
    "persons": frozenset({"any", "each"}),
    "core": frozenset({True, False}),
}
_NEEDED = {"zh", "en", "stage", "from", "to", "kind", "dossier", "confidence"}
_TEXTS = _NEEDED | {
    *("level", "replies_to", "documents", "volumes", "preconditions", "persons", "deadline", "deadline_starts"),
    *("basis", "notes"),
}
_MEMBERS = _TEXTS | {"core", "effects"}
_EFFECTS = {"case_stage", "case_status", "person_gains", "person_loses", "person_role"}
_HEADER = ("category", "category_en", "code")


@dataclass(frozen=True)
class _Category:
    """What the head of a file says of all its nodes."""

    zh: str
    en: str
    code: str


def read(sources: Mapping[str, str], *, domain: str = CRIMINAL) -> NodeCatalogue:
    """Read the catalogue of one domain from TOML texts by file name.

    Raises `ProblemList` `node.catalogue-inconsistent` with one `Problem` for each fault, its place `file/node` (or the
    file): no TOML, a malformed head or entry, a node that stands twice, everything of `standards.nodes.checking`.
    """
    nodes: dict[str, Node] = {}
    origin: dict[str, str] = {}
    heads: dict[str, _Category] = {}
    problems: list[Problem] = []
    asked = _rules_by_node()
    for file, text in sources.items():
        category, entries, reason = _file(text, heads)
        if reason:
            problems.append(inconsistent(file, reason))
            continue
        heads[category.code] = category
        for node_id, body in entries.items():
            place = f"{file}/{node_id}"
            wrong = list(_faults(node_id, body, category.code, origin))
            if not wrong:
                try:
                    nodes[node_id] = _node(node_id, body, category, asked.get(node_id, ()), domain)
                    origin[node_id] = place
                except ValueError as error:
                    wrong = [str(error)]
            problems += [inconsistent(place, each) for each in wrong]
    catalogue = NodeCatalogue(nodes)
    problems += [inconsistent(origin[node_id], each) for node_id, each in faults(catalogue)]
    refuse(problems)
    return catalogue


def inconsistent(place: str, reason: str) -> Problem:
    """One fault of the catalogue."""
    return Problem("node.catalogue-inconsistent", place, reason=reason)


def refuse(problems: list[Problem]) -> None:
    """Raise them all as one `ProblemList`, if there are any."""
    if problems:
        reason = f"{problems[0].place}: {problems[0].params['reason']}"
        raise ProblemList("node.catalogue-inconsistent", problems, reason=reason)


def _rules_by_node() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules().values():
        for node_id in rule.at:
            found[node_id] = (*found.get(node_id, ()), rule.id)
    return found


def _file(text: str, heads: Mapping[str, _Category]) -> tuple[_Category, dict[str, Any], str]:
    nothing = _Category("", "", "")
    try:
        source = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return nothing, {}, f"no TOML: {error}"
    head = [source.pop(member, None) for member in _HEADER]
    if not all(isinstance(each, str) and each for each in head):
        return nothing, {}, f"a file begins with {', '.join(_HEADER)}"
    category = _Category(*head)
    if heads.get(category.code, category) != category:
        return nothing, {}, f"category {category.code} has other names in another file"
    return category, source, ""


def _faults(node_id: str, body: Any, code: str, origin: Mapping[str, str]) -> Iterator[str]:
    if not conditions.is_node(node_id) or node_id[2:5] != code:
        yield f"a node of category {code} is named N-{code}-001"
    if node_id in origin:
        yield f"stands twice, first in {origin[node_id]}"
    if not isinstance(body, dict) or not _NEEDED <= set(body) <= _MEMBERS:
        given = set(body) if isinstance(body, dict) else set()
        yield f"members missing or unknown: {sorted((_NEEDED - given) | (given - _MEMBERS))}"
        return
    not_text = sorted(each for each in _TEXTS & set(body) if not isinstance(body[each], str))
    if not_text:
        yield f"members that are no text: {not_text}"
        return
    for member, allowed in _ALLOWED.items():
        if member in body and body[member] not in allowed:
            yield f"{member} is {body[member]!r}"
    if not body.get("basis") and body["confidence"] != "low":
        yield "a node without legal basis has low confidence"
    if bool(body.get("deadline")) and not body.get("deadline_starts"):
        yield "a deadline starts with something"
    yield from _effect_faults(body.get("effects", {}))


def _effect_faults(effects: Any) -> Iterator[str]:
    if not isinstance(effects, dict) or not set(effects) <= _EFFECTS:
        yield "unknown effect"
        return
    for member, value in effects.items():
        wanted = list if member in ("person_gains", "person_loses") else str
        if not isinstance(value, wanted):
            yield f"effect {member} is {value!r}"


def _node(node_id: str, body: Mapping[str, Any], category: _Category, asked: tuple[str, ...], domain: str) -> Node:
    parse_alternatives(body.get("deadline", ""))
    effects: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in body.get("effects", {}).items()
    }
    wanted = (item.path for item in items.items().values() if item.asked_at(node_id, body["kind"]))
    return Node(
        id=node_id,
        zh=body["zh"],
        en=body["en"],
        category=category.zh,
        category_en=category.en,
        stage=body["stage"],
        sender=body["from"],
        receiver=body["to"],
        kind=body["kind"],
        level=body.get("level", ""),
        dossier=body["dossier"],
        replies_to=split(body.get("replies_to", ""), "/"),
        documents=tuple(_requirement(each) for each in split(body.get("documents", ""), ";")),
        volumes=tuple(split(each, "/") for each in split(body.get("volumes", ""), ";")),
        preconditions=conditions.parse(body.get("preconditions", "")),
        persons=body.get("persons", "any"),
        required_items=tuple(wanted),
        deadline=body.get("deadline", ""),
        deadline_starts=body.get("deadline_starts", ""),
        deadline_rules=asked,
        legal_basis=split(body.get("basis", ""), ";"),
        confidence=body["confidence"],
        core=body.get("core", False),
        notes=body.get("notes", ""),
        effects=Effects(**effects),
        domain=domain,
    )


def split(text: str, separator: str) -> tuple[str, ...]:
    """The parts of a list in one text, white space aside, empty ones left out."""
    parts: Iterable[str] = (each.strip() for each in text.split(separator))
    return tuple(each for each in parts if each)


def _requirement(text: str) -> Requirement:
    return Requirement(any_of=split(text.removesuffix("?"), "/"), optional=text.endswith("?"))
