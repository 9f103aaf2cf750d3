"""The node graph as one SVG file that needs nothing else: no script, no font file, no picture from elsewhere.

`svg(catalogue, "zh")` gives the bytes. Text is escaped by the XML writer; every box and line has a `<title>`, which
viewers show as a tooltip. Fonts are named by family with Chinese fallbacks, so any reader has one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from messages import Lang, text
from messages.columns import clip, width
from standards import agencies
from standards.nodes import Node, NodeCatalogue, wording
from standards.nodes.graph import BOX_HEIGHT, BOX_WIDTH, HEAD, MARGIN, Drawing, Edge, Panel, Spot, edges, lay_out

FONTS = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','WenQuanYi Micro Hei',sans-serif"
COLOURS: Mapping[str, str] = {name: each.colour for name, each in agencies.types().items()}
INK, PAPER, FAINT = "#1d2433", "#ffffff", "#5b6475"
_STYLE = f"""
text {{ font-family: {FONTS}; fill: {INK}; }}
.title {{ font-size: 24px; font-weight: 600; }}
.stage {{ font-size: 20px; font-weight: 600; }}
.small {{ font-size: 11px; fill: {FAINT}; }}
.name {{ font-size: 13px; }}
.panel {{ fill: #f4f6f9; stroke: #cdd4df; }}
.box {{ fill: {PAPER}; stroke: #7b8494; }}
.notice {{ stroke-dasharray: 5 3; }}
.core {{ stroke: {INK}; stroke-width: 2; }}
.reply {{ stroke: #0f766e; stroke-width: 1.6; fill: none; }}
.precondition {{ stroke: #8b93a3; stroke-width: 1.1; fill: none; stroke-dasharray: 6 4; }}
.alternative {{ opacity: 0.6; }}
.far {{ opacity: 0.18; }}
g.node:hover .box {{ fill: #fff7db; }}
"""
_PIXELS_PER_COLUMN = 6.6
_NEVER_FIRST, _NEVER_LAST = tuple("），、：；/"), tuple("（")
_LINE = int((BOX_WIDTH - 30) / _PIXELS_PER_COLUMN)


def svg(catalogue: NodeCatalogue, lang: Lang, stage: str | None = None) -> bytes:
    """The drawing of one stage, or of the whole catalogue, as UTF-8 XML. A stage without nodes gives an empty panel."""
    drawing = lay_out(catalogue, stage)
    wide = max(drawing.width, 1180)
    size = {"width": str(wide), "height": str(drawing.height), "viewBox": f"0 0 {wide} {drawing.height}"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "lang": "zh-CN" if lang == "zh" else "en", **size})
    SubElement(root, "title").text = _title(catalogue, drawing, lang, stage)
    SubElement(root, "style").text = _STYLE
    _markers(root)
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": PAPER})
    _write(root, "title", MARGIN, 42, _title(catalogue, drawing, lang, stage))
    _legend(root, lang)
    for panel in drawing.panels:
        _panel(root, panel, lang)
    spots = drawing.spots()
    home = {spot.node.id: panel.stage for panel in drawing.panels for spot in panel.spots}
    for edge in drawing.edges:
        _edge(root, edge, spots, home[edge.source] != home[edge.target], lang)
    leading: dict[str, list[Edge]] = {}
    for edge in edges(catalogue):
        leading.setdefault(edge.target, []).append(edge)
    for spot in spots.values():
        _box(root, spot, spots, leading.get(spot.node.id, ()), catalogue, lang)
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written + b"\n"


def _title(catalogue: NodeCatalogue, drawing: Drawing, lang: Lang, stage: str | None) -> str:
    shown = sum(len(panel.spots) for panel in drawing.panels)
    if stage:
        return text("graph.title.stage", lang, stage=wording.word("stage", stage, lang), count=shown)
    core = sum(node.core for node in catalogue)
    return text("graph.title", lang, count=shown, core=core)


def _markers(root: Element) -> None:
    definitions = SubElement(root, "defs")
    for name, colour in (("reply", "#0f766e"), ("precondition", "#8b93a3")):
        size = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "8", "markerHeight": "8"}
        marker = SubElement(definitions, "marker", {"id": f"head-{name}", "orient": "auto", **size})
        SubElement(marker, "path", {"d": "M0,0 L8,4 L0,8 z", "fill": colour})


def _legend(root: Element, lang: Lang) -> None:
    x, y = MARGIN, 74
    for agency, colour in COLOURS.items():
        SubElement(root, "rect", {"x": str(x), "y": str(y - 10), "width": "12", "height": "12", "fill": colour})
        x = _legend_word(root, x + 17, y, wording.word("agency", agency, lang))
    x = _legend_word(root, x + 8, y, text("graph.sides", lang))
    x, y = MARGIN, 98
    for kind in ("reply", "precondition"):
        line = {"x1": str(x), "y1": str(y - 4), "x2": str(x + 34), "y2": str(y - 4)}
        SubElement(root, "line", {**line, "class": kind, "marker-end": f"url(#head-{kind})"})
        x = _legend_word(root, x + 42, y, text(f"graph.{kind}", lang))
    for kind in ("transfer", "feedback", "notice"):
        _outline(root, kind, core=False, x=x, y=y - 12, wide=26, high=15)
        x = _legend_word(root, x + 33, y, wording.word("kind", kind, lang))
    _outline(root, "transfer", core=True, x=x, y=y - 12, wide=26, high=15)
    x = _legend_word(root, x + 33, y, text("graph.core", lang))
    _legend_word(root, x, y, text("graph.elsewhere", lang))


def _legend_word(root: Element, x: int, y: int, words: str) -> int:
    _write(root, "small", x, y, words)
    return x + int(width(words) * 6) + 22


def _panel(root: Element, panel: Panel, lang: Lang) -> None:
    place = {"x": str(panel.x), "y": str(panel.y), "width": str(panel.width), "height": str(panel.height)}
    SubElement(root, "rect", {**place, "rx": "8", "class": "panel"})
    words = f"{wording.word('stage', panel.stage, lang)}  ({len(panel.spots)})"
    _write(root, "stage", panel.x + MARGIN, panel.y + HEAD - 18, words)


def _outline(root: Element, kind: str, *, core: bool, x: int, y: int, wide: int, high: int) -> None:
    """Transfers have square corners, feedbacks round ones, notices a broken line; core nodes a bold line."""
    names = " ".join(["box", *(["notice"] if kind == "notice" else []), *(["core"] if core else [])])
    place = {"x": str(x), "y": str(y), "width": str(wide), "height": str(high)}
    SubElement(root, "rect", {**place, "rx": str(high // 3) if kind == "feedback" else "2", "class": names})


def _box(  # noqa: PLR0917 - one box and what it is drawn among
    root: Element, spot: Spot, spots: Mapping[str, Spot], before: Sequence[Edge], catalogue: NodeCatalogue, lang: Lang
) -> None:
    """A node's box. What leads to it from outside the drawing is named inside it."""
    node, x, y = spot.node, spot.x, spot.y
    group = SubElement(root, "g", {"class": "node", "id": node.id})
    SubElement(group, "title").text = tooltip(node, catalogue, lang)
    _outline(group, node.kind, core=node.core, x=x, y=y, wide=BOX_WIDTH, high=BOX_HEIGHT)
    for left, agency in ((x, node.sender), (x + BOX_WIDTH - 6, node.receiver)):
        side = {"x": str(left), "y": str(y + 8), "width": "6", "height": str(BOX_HEIGHT - 16)}
        SubElement(group, "rect", {**side, "fill": COLOURS.get(agency, FAINT)})
    short = " → ".join(wording.word("agency-short", agency, lang) for agency in (node.sender, node.receiver))
    mark = "" if node.confidence == "high" else f" · {text(f'graph.{node.confidence}', lang)}"
    _write(group, "small", x + 14, y + 17, f"{node.id} · {short}{mark}")
    for number, line in enumerate(_lines(node.name(lang))):
        _write(group, "name", x + 14, y + 34 + 16 * number, line)
    outside = dict.fromkeys(edge.source for edge in before if edge.source not in spots)
    if outside:
        _write(group, "small", x + 14, y + BOX_HEIGHT - 7, clip(f"← {'、'.join(outside)}", _LINE + 2))


def _lines(words: str) -> list[str]:
    """A name on at most two lines, broken between words or Chinese signs."""
    if width(words) <= _LINE:
        return [words]
    cut = len(words)
    while width(words[:cut]) > _LINE:
        cut -= 1
    space = words.rfind(" ", 0, cut + 1)
    cut = space if space > cut // 2 else cut
    while words[cut : cut + 1] in _NEVER_FIRST or words[cut - 1] in _NEVER_LAST:
        cut -= 1
    return [words[:cut].rstrip(), clip(words[cut:].lstrip(), _LINE)]


def tooltip(node: Node, catalogue: NodeCatalogue, lang: Lang) -> str:
    """What a node's box tells when asked."""
    lines = [f"{node.id} {node.name(lang)}", f"{wording.parties(node, lang)} · {wording.word('kind', node.kind, lang)}"]
    told = (
        ("graph.answers", "、".join(wording.named(each, catalogue, lang) for each in node.replies_to)),
        ("graph.needs", "；".join(wording.condition(each, catalogue, lang) for each in node.preconditions)),
        ("graph.papers", "；".join(wording.requirement(each, lang) for each in node.documents)),
        ("graph.term", wording.deadline(node, lang)),
        ("graph.basis", "；".join(node.legal_basis)),
    )
    return "\n".join([*lines, *(text(code, lang, value=value) for code, value in told if value)])


def _edge(root: Element, edge: Edge, spots: Mapping[str, Spot], far: bool, lang: Lang) -> None:
    source, target = spots[edge.source], spots[edge.target]
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    bend = max(24, min(abs(x2 - x1) // 2, 220))
    names = [edge.kind, *(["alternative"] if edge.alternative else []), *(["far"] if far else [])]
    line = {"d": f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}", "class": " ".join(names)}
    path = SubElement(root, "path", {**line, "marker-end": f"url(#head-{edge.kind})"})
    SubElement(path, "title").text = f"{edge.source} → {edge.target} · {text(f'graph.{edge.kind}', lang)}"


def _write(parent: Element, style: str, x: int, y: int, words: str) -> None:
    SubElement(parent, "text", {"x": str(x), "y": str(y), "class": style}).text = words
