"""Reading the node catalogue from its TOML files, and refusing one that contradicts itself, naming what and where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from standards import conditions, items, volumes
from standards.deadlines import parse_alternatives
from standards.documents import document_types
from standards.nodes.model import Effects, Node, NodeCatalogue, Requirement
from standards.problems import Problem, ProblemList
from standards.rules import rules_at, states

KINDS = frozenset({"transfer", "feedback", "notice"})
DOSSIERS = frozenset({"full", "delta", "none"})
CONFIDENCE = frozenset({"high", "medium", "low"})
_NEEDED = {"zh", "en", "stage", "from", "to", "kind", "dossier", "basis", "confidence"}
_MEMBERS = _NEEDED | {
    *("replies_to", "documents", "volumes", "preconditions", "persons", "deadline", "deadline_starts"),
    *("core", "notes", "effects"),
}
_EFFECTS = {"case_stage", "case_status", "person_gains", "person_loses", "person_role"}


def read(sources: Mapping[str, str]) -> NodeCatalogue:
    """Read a catalogue from TOML texts by file name.

    Raises `ProblemList` `node.catalogue-inconsistent` with one `Problem` for each fault, its place `file/node`: a
    malformed entry; a node that stands twice; unknown agency, document, volume kind, state or node; a feedback that
    answers nobody, or whose request went elsewhere; a node whose preconditions can never be met.
    """
    nodes: dict[str, Node] = {}
    origin: dict[str, str] = {}
    problems: list[Problem] = []
    for file, text in sources.items():
        for node_id, body, category, code in _entries(text):
            place = f"{file}/{node_id}"
            faults = list(_faults(node_id, body, code, origin))
            if not faults:
                try:
                    nodes[node_id] = _node(node_id, body, category)
                    origin[node_id] = place
                except (ValueError, TypeError) as error:
                    faults = [str(error)]
            problems += [_problem(place, reason) for reason in faults]
    catalogue = NodeCatalogue(nodes)
    for node in catalogue:
        problems += [_problem(origin[node.id], reason) for reason in _links(node, catalogue)]
    problems += [_problem(origin[node_id], "its preconditions can never be met") for node_id in _dead_ends(catalogue)]
    if problems:
        reason = f"{problems[0].place}: {problems[0].params['reason']}"
        raise ProblemList("node.catalogue-inconsistent", problems, reason=reason)
    return catalogue


def _problem(place: str, reason: str) -> Problem:
    return Problem("node.catalogue-inconsistent", place, reason=reason)


def _entries(text: str) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    source = tomllib.loads(text)
    category, code = str(source.pop("category", "")), str(source.pop("code", ""))
    for node_id, body in source.items():
        yield node_id, body, category, code


def _faults(node_id: str, body: Any, code: str, origin: Mapping[str, str]) -> Iterator[str]:
    if not conditions.is_node(node_id) or node_id[2:5] != code:
        yield f"a node of category {code} is named N-{code}-001"
    if node_id in origin:
        yield f"stands twice, first in {origin[node_id]}"
    if not isinstance(body, dict) or not _NEEDED <= set(body) <= _MEMBERS:
        yield f"members missing or unknown: {sorted(_NEEDED ^ set(body) & (_NEEDED | set(body) - _MEMBERS))}"
        return
    for member, allowed in (
        ("from", volumes.AGENCY_TYPES),
        ("to", volumes.AGENCY_TYPES),
        ("kind", KINDS),
        ("dossier", DOSSIERS),
        ("confidence", CONFIDENCE),
    ):
        if body[member] not in allowed:
            yield f"{member} is {body[member]!r}"
    if body.get("persons", "any") not in ("any", "each"):
        yield f"persons is {body['persons']!r}"
    if not set(body.get("effects", {})) <= _EFFECTS:
        yield "unknown effect"


def _node(node_id: str, body: Mapping[str, Any], category: str) -> Node:
    parse_alternatives(body.get("deadline", ""))
    effects: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in body.get("effects", {}).items()
    }
    asked = [item.path for item in items.items().values() if item.asked_at(node_id[2:5], body["kind"])]
    return Node(
        id=node_id,
        zh=body["zh"],
        en=body["en"],
        category=category,
        stage=body["stage"],
        sender=body["from"],
        receiver=body["to"],
        kind=body["kind"],
        dossier=body["dossier"],
        replies_to=_split(body.get("replies_to", ""), "/"),
        documents=tuple(_requirement(each) for each in _split(body.get("documents", ""), ";")),
        volumes=tuple(_split(each, "/") for each in _split(body.get("volumes", ""), ";")),
        preconditions=conditions.parse(body.get("preconditions", "")),
        persons=body.get("persons", "any"),
        required_items=tuple(asked),
        deadline=body.get("deadline", ""),
        deadline_starts=body.get("deadline_starts", ""),
        deadline_rules=rules_at(node_id),
        legal_basis=_split(body["basis"], ";"),
        confidence=body["confidence"],
        core=bool(body.get("core", False)),
        notes=body.get("notes", ""),
        effects=Effects(**effects),
    )


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(separator) if each.strip())


def _requirement(text: str) -> Requirement:
    return Requirement(any_of=_split(text.removesuffix("?"), "/"), optional=text.endswith("?"))


def _links(node: Node, catalogue: NodeCatalogue) -> Iterator[str]:
    known_documents, known_states = document_types(), states()
    for requirement in node.documents:
        yield from (f"unknown document {code}" for code in requirement.any_of if code not in known_documents)
    for clause in node.volumes:
        yield from (f"unknown volume kind {code}" for code in clause if code not in volumes.kinds())
    for token in (token for clause in node.preconditions for token in clause):
        if conditions.is_node(token) and token not in catalogue:
            yield f"precondition names the unknown node {token}"
        elif token.startswith("STATE:") and token.removeprefix("STATE:") not in known_states:
            yield f"precondition names the unknown {token}"
    for state in (*node.effects.person_gains, *node.effects.person_loses):
        if state not in known_states:
            yield f"effect names the unknown state {state}"
    yield from _answers(node, catalogue)


def _answers(node: Node, catalogue: NodeCatalogue) -> Iterator[str]:
    if node.kind == "feedback" and not node.replies_to:
        yield "a feedback answers a node"
    for request_id in node.replies_to:
        if request_id not in catalogue:
            yield f"replies to the unknown node {request_id}"
            continue
        request = catalogue.get(request_id)
        if node.kind == "feedback" and (request.sender, request.receiver) != (node.receiver, node.sender):
            yield f"answers {request_id}, which does not go from {node.receiver} to {node.sender}"


def _dead_ends(catalogue: NodeCatalogue) -> list[str]:
    reachable: set[str] = set()
    while True:
        more = {
            node.id
            for node in catalogue
            if node.id not in reachable
            and all(any(not conditions.is_node(t) or t in reachable for t in clause) for clause in node.preconditions)
        }
        if not more:
            return [node.id for node in catalogue if node.id not in reachable and _known(node, catalogue)]
        reachable |= more


def _known(node: Node, catalogue: NodeCatalogue) -> bool:
    """Unknown nodes have been named already; only cycles are left to be told."""
    return all(not conditions.is_node(t) or t in catalogue for clause in node.preconditions for t in clause)
