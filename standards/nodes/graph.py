"""Where each node of the catalogue stands in a drawing, and what leads where. `standards.nodes.graph_svg` writes it.

One panel a stage. In a panel, nodes that lead to each other form a group; in a group a node stands one column to the
right of everything that it answers or presupposes, and near it. Groups are packed onto shelves. All lengths are pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import networkx as nx

from standards.judging.conditions import is_node
from standards.nodes import Node, NodeCatalogue
from standards.nodes.stages import in_order

BOX_WIDTH, BOX_HEIGHT = 236, 72
GAP_X, GAP_Y = 54, 10
TALLEST = 12
"""Nodes of one column that stand under each other before the column is doubled."""
MARGIN, HEAD = 28, 52
GROUP_GAP = 26

Lead = Literal["reply", "precondition"]


@dataclass(frozen=True)
class Edge:
    """`source` comes before `target`. `alternative`: another node may stand in its place."""

    source: str
    target: str
    kind: Lead
    alternative: bool


@dataclass(frozen=True)
class Spot:
    """The upper left corner of a node's box."""

    node: Node
    x: int
    y: int


@dataclass(frozen=True)
class Panel:
    """One stage, with its frame."""

    stage: str
    x: int
    y: int
    width: int
    height: int
    spots: tuple[Spot, ...]

    def moved(self, x: int, y: int) -> Panel:
        """The same panel with its corner at `x`, `y`."""
        spots = tuple(Spot(spot.node, spot.x + x, spot.y + y) for spot in self.spots)
        return replace(self, x=self.x + x, y=self.y + y, spots=spots)


@dataclass(frozen=True)
class Drawing:
    """A whole drawing."""

    width: int
    height: int
    panels: tuple[Panel, ...]
    edges: tuple[Edge, ...]

    def spots(self) -> Mapping[str, Spot]:
        """Every node that is drawn."""
        return {spot.node.id: spot for panel in self.panels for spot in panel.spots}


def edges(catalogue: NodeCatalogue) -> list[Edge]:
    """What leads where: each reply and each precondition that names a node, once; a reply hides a precondition."""
    found: dict[tuple[str, str], Edge] = {}
    for node in catalogue:
        for clause in node.preconditions:
            for token in clause:
                if is_node(token):
                    found[token, node.id] = Edge(token, node.id, "precondition", len(clause) > 1)
        for request in node.replies_to:
            found[request, node.id] = Edge(request, node.id, "reply", len(node.replies_to) > 1)
    return [edge for edge in found.values() if edge.source != edge.target]


def lay_out(catalogue: NodeCatalogue, stage: str | None = None) -> Drawing:
    """Place the nodes of one stage, or of all, a panel a stage in the order of procedure, on shelves."""
    leads = edges(catalogue)
    panels: list[Panel] = []
    x, y, shelf, right = MARGIN, TOP, 0, 0
    for each in [stage] if stage else in_order(node.stage for node in catalogue):
        panel = _panel(each, [node for node in catalogue if node.stage == each], leads)
        if x > MARGIN and x + panel.width > SHELF:
            x, y, shelf = MARGIN, y + shelf + GAP_X, 0
        panels.append(panel.moved(x, y))
        x += panel.width + GAP_X
        shelf, right = max(shelf, panel.height), max(right, x)
    drawn = {spot.node.id for panel in panels for spot in panel.spots}
    shown = tuple(edge for edge in leads if edge.source in drawn and edge.target in drawn)
    return Drawing(right - GAP_X + MARGIN, y + shelf + MARGIN, tuple(panels), shown)


TOP = 118
"""Room for title and legend."""
WIDEST = 6 * (BOX_WIDTH + GAP_X)
"""How far the groups of a panel go before the next shelf; a longer group goes beyond."""
SHELF = 9000
"""How far panels stand beside each other."""


def _panel(stage: str, nodes: Sequence[Node], leads: Sequence[Edge]) -> Panel:
    spots: list[Spot] = []
    left, top, shelf, right = 0, 0, 0, 0
    for group in _groups(nodes, leads):
        placed, width, height = _group(group, leads)
        if left and left + width > WIDEST:
            left, top, shelf = 0, top + shelf + GROUP_GAP, 0
        spots += [Spot(spot.node, MARGIN + left + spot.x, HEAD + top + spot.y) for spot in placed]
        left += width + GROUP_GAP
        shelf = max(shelf, height)
        right = max(right, left - GROUP_GAP)
    return Panel(stage, 0, 0, max(right, BOX_WIDTH) + 2 * MARGIN, HEAD + top + shelf + MARGIN, tuple(spots))


def _graph(nodes: Iterable[Node], leads: Sequence[Edge]) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(node.id for node in nodes)
    graph.add_edges_from((edge.source, edge.target) for edge in leads if {edge.source, edge.target} <= set(graph))
    return graph


def _groups(nodes: Sequence[Node], leads: Sequence[Edge]) -> list[list[Node]]:
    """Nodes that lead to each other, directly or not; the single ones, which lead nowhere, last and together."""
    by_id = {node.id: node for node in nodes}
    graph = _graph(nodes, leads)
    groups = [sorted(part) for part in nx.weakly_connected_components(graph)]
    linked = sorted(group for group in groups if len(group) > 1)
    single = sorted(group[0] for group in groups if len(group) == 1)
    return [[by_id[name] for name in group] for group in linked] + [[by_id[name]] for name in single]


def _group(nodes: Sequence[Node], leads: Sequence[Edge]) -> tuple[list[Spot], int, int]:
    """Places inside a group from its own corner, its width and its height."""
    graph = _graph(nodes, leads)
    by_id = {node.id: node for node in nodes}
    rows: dict[str, float] = {}
    spots: list[Spot] = []
    column = 0
    for layer in _layers(graph):
        ordered = sorted(layer, key=lambda name: (_near(graph, name, rows), name))
        for place in range(0, len(ordered), TALLEST):
            for row, name in enumerate(ordered[place : place + TALLEST]):
                rows[name] = row
                spots.append(Spot(by_id[name], column * (BOX_WIDTH + GAP_X), row * (BOX_HEIGHT + GAP_Y)))
            column += 1
    height = max(spot.y for spot in spots) + BOX_HEIGHT
    return spots, column * (BOX_WIDTH + GAP_X) - GAP_X, height


def _layers(graph: Any) -> Iterable[list[str]]:
    """Each node after everything that leads to it; nodes that lead to each other in a ring share a layer."""
    rings = nx.condensation(graph)
    for generation in nx.topological_generations(rings):
        yield [name for ring in generation for name in rings.nodes[ring]["members"]]


def _near(graph: Any, name: str, rows: Mapping[str, float]) -> float:
    before = [rows[source] for source in graph.predecessors(name) if source in rows]
    return sum(before) / len(before) if before else 0.0
