"""`casehub standards check | list | show | graph`: the collaboration nodes, for people who keep or follow them."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process, utils

from hub.commands.adding import Adder
from messages import text
from messages.columns import pad
from messages.commandline import DONE, REFUSED, Console
from messages.fitting import wrapped
from messages.problems import Problem, ProblemList
from standards import agencies, domains, rules
from standards.documents import document_types, volumes
from standards.nodes import Node, NodeCatalogue, catalogue, wording
from standards.nodes.stages import in_order
from standards.record import items

NEAR = 5
"""How many nodes are named when the wanted one does not exist."""


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("standards")
    group.command("check", check, home="none")
    parser = group.command("list", listing, home="none")
    parser.add_argument("words", nargs="*", metavar="WORD", help=group.words("cli.hub.standards.words"))
    parser.add_argument("--from", dest="sender", metavar="TYPE", help=group.words("cli.hub.standards.from"))
    parser.add_argument("--to", dest="receiver", metavar="TYPE", help=group.words("cli.hub.standards.to"))
    parser.add_argument("--core", action="store_true", help=group.words("cli.hub.standards.core"))
    parser.add_argument("--stage", metavar="STAGE", help=group.words("cli.hub.standards.stage"))
    parser = group.command("show", show, home="none")
    parser.add_argument("node", metavar="NODE", help=group.words("cli.hub.standards.node"))
    parser = group.command("graph", graph, home="none")
    parser.add_argument("--stage", metavar="STAGE", help=group.words("cli.hub.standards.stage"))
    out = group.words("cli.hub.standards.out")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.svg", help=out)


_PARTS: tuple[Callable[[], object], ...] = (
    *(document_types, volumes.kinds, items.items, rules.states, rules.deadlines, rules.rules),
    catalogue,
)
"""What the standard is made of, read in this order; a later part names codes of an earlier one."""


def check(_options: argparse.Namespace, console: Console) -> int:
    """Read the whole standard; contradictions are listed by file and entry, otherwise totals are shown."""
    faults = [problem for part in _PARTS for problem in _faults(part)]
    if faults:
        for fault in faults:
            console.write(text("cli.hub.standards.fault", console.lang, place=fault.place, why=_why(fault, console)))
        console.say("cli.hub.standards.faulty", count=len(faults))
        console.result({"sound": False, "faults": [{"place": fault.place, **fault.params} for fault in faults]})
        return REFUSED
    lang, counted = console.lang, _counts(catalogue())
    called = {node.category: _category(node, lang) for node in catalogue()}
    console.say("cli.hub.standards.sound", **counted)
    rows = [
        (text(f"cli.hub.standards.by-{name}", lang), called.get(key) or wording.word(name, key, lang), str(count))
        for name in ("category", "kind", "stage", "confidence")
        for key, count in counted[f"by_{name}"].items()
    ]
    console.table([f"cli.hub.standards.column.{name}" for name in ("group", "value", "count")], rows, right=[2])
    console.result({"sound": True, **counted})
    return DONE


def _faults(part: Callable[[], object]) -> list[Problem]:
    try:
        part()
    except ProblemList as several:
        return list(several.problems)
    except Problem as problem:
        return [problem]
    except (ValueError, KeyError, TypeError) as error:  # no TOML at all, or an entry that lacks a member
        reason = f"{type(error).__name__}: {error}"
        return [Problem("node.catalogue-inconsistent", getattr(part, "__module__", ""), reason=reason)]
    return []


def _why(fault: Problem, console: Console) -> str:
    return str(fault.params.get("reason") or text(fault.code, console.lang, **fault.params))


def _counts(nodes: NodeCatalogue) -> dict[str, Any]:
    return {
        "nodes": len(nodes),
        "core": sum(node.core for node in nodes),
        "documents": len(document_types()),
        "items": len(items.items()),
        "volumes": len(volumes.kinds()),
        "by_category": dict(Counter(node.category for node in nodes)),
        "by_kind": dict(Counter(node.kind for node in nodes)),
        "by_stage": {
            stage: sum(node.stage == stage for node in nodes) for stage in in_order(node.stage for node in nodes)
        },
        "by_confidence": dict(Counter(node.confidence for node in nodes)),
    }


def listing(options: argparse.Namespace, console: Console) -> int:
    """The nodes, one a line."""
    nodes = catalogue()
    stage = _stage(nodes, options.stage, console)
    sender, receiver = (_agency(each, console) for each in (options.sender, options.receiver))
    found = [
        node
        for node in nodes
        if node.stage == (stage or node.stage)
        and (node.core or not options.core)
        and node.sender == (sender or node.sender)
        and node.receiver == (receiver or node.receiver)
        and all(word.lower() in _told(node) for word in options.words)
    ]
    if not found:
        _none(nodes, options.words, console)
        return DONE
    rows = [
        (
            node.id,
            "★" if node.core else "",
            node.name(console.lang),
            wording.parties(node, console.lang),
            wording.word("kind", node.kind, console.lang),
            wording.word("stage", node.stage, console.lang),
        )
        for node in found
    ]
    console.table(
        [f"cli.hub.standards.column.{name}" for name in ("node", "core", "name", "parties", "kind", "stage")], rows
    )
    console.say("cli.hub.standards.listed", count=len(found), core=sum(node.core for node in found))
    console.result({"nodes": [_short(node) for node in found]})
    return DONE


def _told(node: Node) -> str:
    """Everything that a word is looked for in: id, names, and the documents that go along."""
    papers = [form for each in node.documents for form in each.any_of]
    names = [words for form in papers if form in document_types() for words in vars(document_types()[form]).values()]
    return " ".join(str(each) for each in (node.id, node.zh, node.en, *papers, *names)).lower()


def _none(nodes: NodeCatalogue, words: list[str], console: Console) -> None:
    console.say("cli.hub.standards.none")
    near = _near(nodes, " ".join(words)) if words else []
    if near:
        console.say("cli.hub.standards.near", near="；".join(f"{node.id} {node.name(console.lang)}" for node in near))
    console.result({"nodes": [], "near": [node.id for node in near]})


def _agency(wanted: str | None, console: Console) -> str | None:
    """The agency type of this id or name, None for none wanted. Raises `agency.unknown-type`."""
    if wanted is None:
        return None
    for name in agencies.names():
        if wanted.lower() in (name, agencies.title(name, "zh"), agencies.title(name, "en").lower()):
            return name
    agencies.require_known(wanted)
    return wanted


def _short(node: Node) -> dict[str, Any]:
    names = ("id", "zh", "en", "category", "category_en", "stage", "kind", "dossier", "core", "confidence")
    return {**{name: getattr(node, name) for name in names}, "from": node.sender, "to": node.receiver}


def _stage(nodes: NodeCatalogue, wanted: str | None, console: Console) -> str | None:
    """The stage of this id or name, None for none wanted. Raises `standards.stage-unknown`."""
    known = _stages(nodes)
    if wanted is None or wanted in known:
        return wanted
    for each in known:
        if wanted in (wording.word("stage", each, "zh"), wording.word("stage", each, "en")):
            return each
    told = "、".join(f"{each} {wording.word('stage', each, console.lang)}" for each in known)
    raise Problem("standards.stage-unknown", wanted, stage=wanted, known=told)


def show(options: argparse.Namespace, console: Console) -> int:
    """Everything that the standard says of one node."""
    nodes = catalogue()
    node = _find(nodes, options.node)
    lang = console.lang
    star = text("cli.hub.standards.is-core", lang) if node.core else ""
    console.write(f"{node.id}  {node.zh}  {node.en}{star}")
    space = (console.columns or 10_000) - _LABEL - 2
    for name, lines in _sections(node, nodes, console):
        for number, line in enumerate(part for told in lines for part in wrapped(told, space)):
            label = "" if number else text(f"cli.hub.standards.show.{name}", lang)
            console.write(f"  {pad(label, _LABEL)}{line}")
    console.result({"node": _whole(node, nodes)})
    return DONE


_LABEL = 16
"""Columns of the labels."""


def _sections(node: Node, nodes: NodeCatalogue, console: Console) -> Iterator[tuple[str, list[str]]]:
    """Each label with its lines; what the node has nothing of is left out."""
    lang = console.lang
    asked = items.items()
    sections = {
        "parties": [wording.parties(node, lang)],
        "domain": [domains.domains()[node.domain].title(lang)],
        "kind": [wording.word("kind", node.kind, lang)],
        "stage": [f"{wording.word('stage', node.stage, lang)} · {_category(node, lang)}"],
        "level": [wording.word("level", node.level, lang)] if node.level else [],
        "answers": [wording.named(each, nodes, lang) for each in node.replies_to],
        "answered": [wording.named(each.id, nodes, lang) for each in nodes.answers(node.id)],
        "needs": [wording.condition(clause, nodes, lang) for clause in node.preconditions],
        "documents": [wording.requirement(each, lang) for each in node.documents],
        "dossier": [wording.word("dossier", node.dossier, lang)],
        "volumes": [wording.volume_clause(clause, lang) for clause in node.volumes],
        "items": [asked[path].zh if lang == "zh" else asked[path].en for path in node.required_items],
        "effects": wording.effects(node.effects, lang),
        "deadline": [wording.deadline(node, lang)] if wording.deadline(node, lang) else [],
        "rules": [wording.rule(each, lang) for each in node.deadline_rules],
        "basis": list(node.legal_basis),
        "confidence": [wording.word("confidence", node.confidence, lang)],
        "notes": [node.notes] if node.notes else [],
    }
    joined = {"items": "、" if lang == "zh" else ", ", "basis": "；"}
    for name, lines in sections.items():
        if lines:
            yield name, [joined[name].join(lines)] if name in joined else lines


def _category(node: Node, lang: str) -> str:
    return node.category if lang == "zh" else node.category_en or node.category


def _whole(node: Node, nodes: NodeCatalogue) -> dict[str, Any]:
    """A node for machines, as its file says it."""
    return {
        **_short(node),
        "domain": node.domain,
        "level": node.level,
        "replies_to": list(node.replies_to),
        "answered_by": [each.id for each in nodes.answers(node.id)],
        "preconditions": [list(clause) for clause in node.preconditions],
        "persons": node.persons,
        "documents": [{"any_of": list(each.any_of), "optional": each.optional} for each in node.documents],
        "volumes": [list(clause) for clause in node.volumes],
        "required_items": list(node.required_items),
        "effects": {name: value for name, value in vars(node.effects).items() if value},
        "deadline": node.deadline,
        "deadline_starts": node.deadline_starts,
        "rules": list(node.deadline_rules),
        "legal_basis": list(node.legal_basis),
        "notes": node.notes,
    }


def _find(nodes: NodeCatalogue, wanted: str) -> Node:
    """The node of this id, however written. Raises `standards.no-node`, naming the nearest by id and by name."""
    written = wanted.strip().upper()
    for form in (written, f"N-{written}"):
        if form in nodes:
            return nodes.get(form)
    raise Problem("standards.no-node", wanted, near="；".join(f"{each.id} {each.zh}" for each in _near(nodes, wanted)))


def _near(nodes: NodeCatalogue, wanted: str) -> list[Node]:
    names = {(node.id, said): said for node in nodes for said in (node.id, node.zh, node.en)}
    found = process.extract(wanted, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=3 * NEAR)
    return [nodes.get(each) for each in dict.fromkeys(key[0] for _, _, key in found)][:NEAR]


def _stages(nodes: NodeCatalogue) -> tuple[str, ...]:
    return in_order(node.stage for node in nodes)


def graph(options: argparse.Namespace, console: Console) -> int:
    """Write the drawing of one stage or of all nodes."""
    from standards.nodes.graph_svg import svg  # noqa: PLC0415 - the graph library, for this alone

    nodes = catalogue()
    stage = _stage(nodes, options.stage, console)
    drawn = svg(nodes, console.lang, stage)
    options.out.write_bytes(drawn)
    count = sum(node.stage == (stage or node.stage) for node in nodes)
    console.say("cli.hub.standards.drawn", count=count, path=options.out)
    console.result({"out": str(options.out), "nodes": count, "bytes": len(drawn)})
    return DONE
