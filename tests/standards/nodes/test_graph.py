"""The node graph: nothing overlaps, every lead is drawn, the file needs nothing else and escapes everything."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import networkx as nx
import pytest

from standards.nodes import Node, NodeCatalogue, catalogue
from standards.nodes.graph import BOX_HEIGHT, BOX_WIDTH, edges, lay_out
from standards.nodes.graph_svg import svg
from standards.nodes.stages import in_order

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = Node("N-AAA-001", "甲", "a", "类", "filing", "police", "court", "notice", "none")


def chain(count: int, stage: str = "filing") -> NodeCatalogue:
    """Every node presupposes the one before, the first the last: a ring."""
    ids = [f"N-AAA-{number:03}" for number in range(count)]
    return NodeCatalogue(
        {
            name: replace(PLAIN, id=name, stage=stage, preconditions=((ids[place - 1],),))
            for place, name in enumerate(ids)
        }
    )


CATALOGUES = {
    "release": catalogue(),
    "none": NodeCatalogue({}),
    "one": NodeCatalogue({PLAIN.id: PLAIN}),
    "a ring of sixty": chain(60),
    "six hundred that lead nowhere": NodeCatalogue(
        {f"N-AAA-{number:03}": replace(PLAIN, id=f"N-AAA-{number:03}") for number in range(600)}
    ),
    "six hundred that answer one": NodeCatalogue(
        {
            PLAIN.id: PLAIN,
            **{
                f"N-BBB-{number:03}": replace(PLAIN, id=f"N-BBB-{number:03}", replies_to=(PLAIN.id,))
                for number in range(600)
            },
        }
    ),
}


@pytest.mark.parametrize("nodes", CATALOGUES.values(), ids=CATALOGUES)
def test_every_node_has_its_own_place_inside_its_panel(nodes: NodeCatalogue) -> None:
    drawing = lay_out(nodes)
    spots = drawing.spots()
    assert set(spots) == {node.id for node in nodes}
    cells: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for panel in drawing.panels:
        assert panel.x + panel.width <= drawing.width
        assert panel.y + panel.height <= drawing.height
        for spot in panel.spots:
            assert panel.x < spot.x < spot.x + BOX_WIDTH <= panel.x + panel.width
            assert panel.y < spot.y < spot.y + BOX_HEIGHT <= panel.y + panel.height
            cell = spot.x // BOX_WIDTH, spot.y // BOX_HEIGHT
            for x in (cell[0] - 1, cell[0], cell[0] + 1):
                for y in (cell[1] - 1, cell[1], cell[1] + 1):
                    for other in cells.get((x, y), ()):
                        apart = abs(other[0] - spot.x) >= BOX_WIDTH or abs(other[1] - spot.y) >= BOX_HEIGHT
                        assert apart, spot.node.id
            cells.setdefault(cell, []).append((spot.x, spot.y))


def test_whoever_answers_stands_to_the_right() -> None:
    nodes = catalogue()
    for stage in in_order(node.stage for node in nodes):
        spots = lay_out(nodes, stage).spots()
        inside = [edge for edge in edges(nodes) if {edge.source, edge.target} <= set(spots)]
        leads = nx.DiGraph((edge.source, edge.target) for edge in inside)
        rings = [ring for ring in nx.strongly_connected_components(leads) if len(ring) > 1]
        for edge in inside:
            if not any({edge.source, edge.target} <= ring for ring in rings):
                assert spots[edge.source].x < spots[edge.target].x, edge


def test_every_lead_is_drawn_once_or_named_in_the_box() -> None:
    nodes = catalogue()
    root = ElementTree.fromstring(svg(nodes, "zh"))
    paths = [path for path in root.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
    assert len(paths) == len(edges(nodes)) > 0
    outside = ElementTree.fromstring(svg(nodes, "zh", "execution"))
    assert "N-IND-004" not in {group.get("id") for group in outside.iter(f"{SVG}g")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_file_stands_alone(lang: str) -> None:
    data = svg(catalogue(), "zh" if lang == "zh" else "en")
    text = data.decode()
    assert text.count("http") == 1  # the namespace
    for foreign in ("<script", "<image", "@import", "url(h", "foreignObject", "href"):
        assert foreign not in text
    assert "word." not in text
    assert "graph." not in text
    assert all(group.find(f"{SVG}title") is not None for group in ElementTree.fromstring(data).iter(f"{SVG}g"))


def test_names_are_escaped_whatever_they_hold() -> None:
    spoiled = replace(PLAIN, zh='</text><script>alert("&")</script>', notes="]]>", legal_basis=("<&>",))
    data = svg(NodeCatalogue({PLAIN.id: spoiled}), "zh")
    root = ElementTree.fromstring(data)
    assert not list(root.iter(f"{SVG}script"))
    assert spoiled.zh in "".join(root.itertext())


def test_a_name_takes_two_lines_at_most_and_never_begins_one_with_a_closing_sign() -> None:
    long = replace(PLAIN, zh="要求公安机关通知值班律师到场见（审查逮捕阶段适用）" * 2, en="word " * 60)
    for lang in ("zh", "en"):
        root = ElementTree.fromstring(svg(NodeCatalogue({PLAIN.id: long}), "zh" if lang == "zh" else "en"))
        lines = [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == "name"]
        assert len(lines) == 2
        assert not lines[1].startswith(("）", "，", "、"))
        assert not lines[0].endswith("（")
        assert lines[1].endswith("…")
