"""What the catalogue itself says of the way to a node: what lies before it, who sends it, what goes along."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from standards.documents import volumes
from standards.judging import conditions
from standards.nodes import Node, catalogue
from tests.scene.agencies import OF_TYPE

SECOND = {kind: f"{kind}:350199" for kind in OF_TYPE}
"""Another agency of each type, for nodes between two of one type."""
FAR = 10**6


@cache
def ranks() -> Mapping[str, int]:
    """How many steps must lie before a node: 0 when it neither presupposes nor answers another."""
    known: dict[str, int] = {}
    while True:
        more: dict[str, int] = {}
        for node in catalogue():
            steps = [] if node.id in known else [[known.get(way, FAR) for way in ways] for ways in before(node)]
            if node.id not in known and all(min(ways) < FAR for ways in steps):
                more[node.id] = 1 + max((min(ways) for ways in steps), default=-1)
        if not more:
            return known
        known |= more


def before(node: Node) -> list[tuple[str, ...]]:
    """The nodes one of which must have been passed, for each thing that only an earlier node can give."""
    ways = [clause for clause in node.preconditions if all(conditions.is_node(token) for token in clause)]
    return [*ways, *([node.replies_to] if node.kind == "feedback" else [])]


def nearest(ways: tuple[str, ...]) -> str:
    """The one of several nodes with the fewest steps before it."""
    return min(ways, key=lambda way: (ranks().get(way, FAR), way))


def ways_in(kind: str) -> list[Node]:
    """The nodes by which an agency of a type can be told of a case without anything before them."""
    return [each for each in catalogue() if each.receiver == kind and not before(each) and not each.volumes]


def only_starts(kind: str) -> bool:
    """Whether nobody can tell such an agency of a case, so that it sends only in cases that it starts."""
    return not any(each.sender != kind for each in ways_in(kind))


def papers(node: Node) -> list[str]:
    """Document types that the node asks for: one for each requirement, or one at all where all are conditional."""
    needed = [requirement.any_of[0] for requirement in node.documents if not requirement.optional]
    return needed or [requirement.any_of[0] for requirement in node.documents[:1]]


def volume_kind(node: Node, kinds: tuple[str, ...]) -> str:
    """The kind that may go this way; where none may, the dossier goes back and the first is as good as any."""
    return next((kind for kind in kinds if volumes.may_send(kind, node.sender, node.receiver)), kinds[0])


def between(node: Node) -> tuple[str, str]:
    """Sender and receiver of a node that answers nobody."""
    return OF_TYPE[node.sender], (SECOND if node.sender == node.receiver else OF_TYPE)[node.receiver]


def wrong_sender(node: Node) -> str:
    """An agency that is neither sender nor receiver of the node."""
    return next(agency for kind, agency in OF_TYPE.items() if kind not in (node.sender, node.receiver))
