"""What a node is, once read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from messages.problems import Problem
from standards.domains import CRIMINAL

Kind = Literal["transfer", "feedback", "notice"]
Dossier = Literal["full", "delta", "none"]
Level = Literal["", "higher", "provincial", "supreme"]


@dataclass(frozen=True)
class Requirement:
    """One required document: any type of `any_of` meets it; `optional` ones are needed only under conditions."""

    any_of: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class Effects:
    """What an accepted transfer at the node says of the case and of the persons whom it concerns. Empty: nothing."""

    case_stage: str = ""
    case_status: str = ""
    person_gains: tuple[str, ...] = ()
    person_loses: tuple[str, ...] = ()
    person_role: str = ""


@dataclass(frozen=True)
class Node:
    """One collaboration node (协同节点).

    `preconditions` and `volumes` are ANDs of ORs. `required_items` are paths of `standards.record.items`; what a record
    lacks of them is a finding. `deadline` is the grammar of `standards.terms.deadlines`, `deadline_rules` the rules
    that judge it. `level` says which organ decides where it is not the one of the same level: the next higher one
    (上一级), that of the province (省级), the supreme one (最高). `domain` is the folder that the node was read from.
    """

    id: str
    zh: str
    en: str
    category: str
    stage: str
    sender: str
    receiver: str
    kind: Kind
    dossier: Dossier
    replies_to: tuple[str, ...] = ()
    documents: tuple[Requirement, ...] = ()
    volumes: tuple[tuple[str, ...], ...] = ()
    preconditions: tuple[tuple[str, ...], ...] = ()
    persons: Literal["any", "each"] = "any"
    required_items: tuple[str, ...] = ()
    deadline: str = ""
    deadline_starts: str = ""
    deadline_rules: tuple[str, ...] = ()
    legal_basis: tuple[str, ...] = ()
    confidence: str = "high"
    core: bool = False
    notes: str = ""
    effects: Effects = field(default_factory=Effects)
    category_en: str = ""
    level: Level = ""
    domain: str = CRIMINAL

    @property
    def needs_volumes(self) -> bool:
        """Whether the node asks for case volumes, carried or by reference."""
        return bool(self.volumes)

    @property
    def code(self) -> str:
        """The letters of the id: `ARR` of `N-ARR-001`."""
        return self.id.split("-")[1]

    @property
    def agencies(self) -> frozenset[str]:
        """The agency types that take part."""
        return frozenset({self.sender, self.receiver})

    def name(self, lang: str = "zh") -> str:
        """The node's name in `lang`."""
        return self.zh if lang == "zh" else self.en


class NodeCatalogue:
    """All nodes of a release, in the order of their ids."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = {key: nodes[key] for key in sorted(nodes)}
        self._answers: dict[str, tuple[Node, ...]] = {}
        for node in self._nodes.values():
            for request in node.replies_to:
                self._answers[request] = (*self._answers.get(request, ()), node)

    def get(self, node_id: str) -> Node:
        """The node `node_id`. Raises `Problem` `node.unknown`."""
        found = self._nodes.get(node_id)
        if found is None:
            raise Problem("node.unknown", node_id, node=node_id)
        return found

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    def answers(self, node_id: str) -> tuple[Node, ...]:
        """The nodes that list `node_id` in `replies_to`; a request stays open for every one of them."""
        return self._answers.get(node_id, ())

    def with_others(self, others: NodeCatalogue) -> NodeCatalogue:
        """Both catalogues as one. Raises `ValueError` with the ids of nodes, or the code of a category, in both."""
        twice = sorted({node.id for node in self} & {node.id for node in others})
        twice = twice or sorted({node.code for node in self} & {node.code for node in others})
        if twice:
            raise ValueError(", ".join(twice))
        return NodeCatalogue({node.id: node for each in (self, others) for node in each})
