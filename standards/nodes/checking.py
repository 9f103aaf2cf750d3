"""What a node catalogue must hold to be used: whatever it names exists, replies answer, every node can be reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from standards.documents import document_types, volumes
from standards.judging import conditions
from standards.nodes.model import Node, NodeCatalogue
from standards.nodes.stages import ANY, stages, statuses
from standards.record import items
from standards.rules import deadlines, rules, states

ROLES = frozenset({"suspect", "defendant", "convict"})

Fault = tuple[str, str]


def faults(catalogue: NodeCatalogue) -> Iterator[Fault]:
    """Every fault of a catalogue as (node id, reason).

    1. Documents, volume kinds, states, stages, nodes and terms that do not exist.
    2. A reply whose request does not come from its receiver; a feedback that answers nobody.
    3. Two nodes that are the same for those who use them: name, sender, receiver and kind.
    4. A node that can never be reached, be it in a cycle without an exit or behind one.
    5. A core node that needs one outside of the core.
    """
    known_documents = document_types()
    for node in catalogue:
        yield from ((node.id, reason) for reason in _names(node, known_documents, catalogue))
        yield from ((node.id, reason) for reason in _effects(node))
        yield from ((node.id, reason) for reason in _answers(node, catalogue))
    yield from _twins(catalogue)
    yield from _unreachable(catalogue)


def item_faults(catalogue: Iterable[Node]) -> Iterator[Fault]:
    """Items of `items.toml` that are asked for at nodes or categories that do not exist, as (path, reason)."""
    known = {"*", *(name for node in catalogue for name in (node.code, node.id))}
    for item in items.items().values():
        unknown = sorted(item.nodes - known)
        if unknown:
            yield item.path, f"asked for at unknown nodes: {', '.join(unknown)}"


def mentioned(catalogue: NodeCatalogue, sources: Mapping[str, str]) -> Iterator[Fault]:
    """Nodes that texts (the rule book, the clocks) name and that do not exist, as (name of the text, reason)."""
    for name, text in sources.items():
        unknown = sorted({each for each in conditions.NODE_ID.findall(text) if each not in catalogue})
        yield from ((name, f"names the unknown node {node_id}") for node_id in unknown)


def _names(node: Node, known_documents: Collection[str], catalogue: NodeCatalogue) -> Iterator[str]:
    for requirement in node.documents:
        yield from (f"unknown document {code}" for code in requirement.any_of if code not in known_documents)
    for clause in node.volumes:
        yield from (f"unknown volume kind {code}" for code in clause if code not in volumes.kinds())
        yield from (f"volume {code} never leaves its agency" for code in clause if _stays(code))
    if node.volumes and node.dossier == "none":
        yield "asks for case volumes, though its dossier is none"
    for token in (token for clause in node.preconditions for token in clause):
        if conditions.is_node(token) and token not in catalogue:
            yield f"precondition names the unknown node {token}"
        elif token.startswith("STATE:") and token.removeprefix("STATE:") not in states():
            yield f"precondition names the unknown {token}"
    if node.stage not in stages():
        yield f"unknown stage {node.stage}"
    for key in node.deadline_rules:
        yield from (
            f"rule {key} names the unknown term {regime.deadline}"
            for regime in rules()[key].regimes
            if regime.deadline and regime.deadline not in deadlines()
        )


def _stays(code: str) -> bool:
    return code in volumes.kinds() and volumes.never_leaves(code)


def _effects(node: Node) -> Iterator[str]:
    told = node.effects
    gains, loses = set(told.person_gains), set(told.person_loses)
    yield from (f"effect names the unknown state {state}" for state in sorted((gains | loses) - set(states())))
    if gains & loses:
        yield f"effects both give and take {', '.join(sorted(gains & loses))}"
    for state in sorted(gains & set(states())):
        kept = sorted(set(states()[state].excludes) - loses)
        if kept:
            yield f"effects give {state} and do not take {', '.join(kept)}"
    if told.case_stage and (told.case_stage not in stages() or told.case_stage == ANY):
        yield f"effect names the unknown stage {told.case_stage}"
    if told.case_status and told.case_status not in statuses():
        yield f"effect names the unknown case status {told.case_status}"
    if told.person_role and told.person_role not in ROLES:
        yield f"effect names the unknown role {told.person_role}"


def _answers(node: Node, catalogue: NodeCatalogue) -> Iterator[str]:
    if node.kind == "feedback" and not node.replies_to:
        yield "a feedback answers a node"
    for request_id in node.replies_to:
        if request_id not in catalogue:
            yield f"replies to the unknown node {request_id}"
            continue
        request = catalogue.get(request_id)
        if (request.sender, request.receiver) != (node.receiver, node.sender):
            yield f"answers {request_id}, which does not go from {node.receiver} to {node.sender}"


def _twins(catalogue: NodeCatalogue) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], str] = {}
    for node in catalogue:
        for lang in ("zh", "en"):
            first = seen.setdefault((lang, node.name(lang), node.sender, node.receiver, node.kind), node.id)
            if first != node.id:
                yield node.id, f"is the same as {first}: name, sender, receiver and kind"


def _needs(node: Node) -> tuple[tuple[str, ...], ...]:
    """What must have happened before: the preconditions, and for a feedback one of the requests that it answers."""
    answers = node.kind == "feedback" and node.replies_to
    return (*node.preconditions, node.replies_to) if answers else node.preconditions


def _met(clause: Iterable[str], reached: Collection[str]) -> bool:
    return any(not conditions.is_node(token) or token in reached for token in clause)


def _reached(nodes: Collection[Node]) -> set[str]:
    """The nodes that can be reached, step by step, from those that need no other."""
    reached: set[str] = set()
    waiting = list(nodes)
    while True:
        more = {node.id for node in waiting if all(_met(clause, reached) for clause in _needs(node))}
        if not more:
            return reached
        reached |= more
        waiting = [node for node in waiting if node.id not in more]


def _unreachable(catalogue: NodeCatalogue) -> Iterator[Fault]:
    reached = _reached(list(catalogue))
    for node in catalogue:
        if node.id not in reached and _known(node, catalogue):
            yield node.id, _why(node, catalogue, reached)
    core = _reached([node for node in catalogue if node.core])
    for node in catalogue:
        if node.core and node.id in reached and node.id not in core:
            missing = [token for clause in _needs(node) if not _met(clause, core) for token in clause]
            yield node.id, f"a core node that needs one outside of the core: {' / '.join(missing)}"


def _known(node: Node, catalogue: NodeCatalogue) -> bool:
    """Unknown nodes have been named already; only cycles, and what lies behind them, are left to be told."""
    return all(not conditions.is_node(t) or t in catalogue for clause in _needs(node) for t in clause)


def _why(node: Node, catalogue: NodeCatalogue, reached: Collection[str]) -> str:
    """The chain of nodes for which a node waits in vain, up to where it closes, or to a node that is unknown."""
    chain = [node.id]
    while True:
        here = catalogue.get(chain[-1])
        clause = next(each for each in _needs(here) if not _met(each, reached))
        chain.append(clause[0])
        if clause[0] in chain[:-1] or clause[0] not in catalogue:
            break
    shown = " → ".join(chain)
    closed = chain[-1] == node.id
    return f"can never be reached: {shown}{' is a cycle without an exit' if closed else ''}"
