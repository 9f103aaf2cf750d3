"""Paragraphs, tables and pages in both languages, with a typeface that is part of the file.

The typeface is a subset of Noto Sans SC (SIL Open Font License, `OFL.txt`): the characters of GB/T 2312 and all that
stand in the standard. What it lacks, such as a rare character in a name, is shown as 〓; the bundle has it whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from evidence.bundles.report import Verdict
from messages.columns import printable

FONT = "NotoSansSC"
MISSING = "〓"
WIDTH = A4[0] - 36 * mm - 12
_GRID = colors.HexColor("#b8bec6")
_HEAD = colors.HexColor("#eef1f5")
COLOURS: Mapping[Verdict, Color] = {
    "VALID": colors.HexColor("#1b6e3c"),
    "INVALID": colors.HexColor("#a31d1d"),
    "NEWER": colors.HexColor("#1d4f91"),
    "UNANCHORED": colors.HexColor("#8a5a00"),
    "LESS": colors.HexColor("#8a5a00"),
    "NOTHING": colors.HexColor("#8a5a00"),
}


@cache
def typeface() -> TTFont:
    """The typeface, registered."""
    with resources.as_file(resources.files("hub.reporting").joinpath("NotoSansSC-subset.ttf")) as path:
        font = TTFont(FONT, str(path))
    pdfmetrics.registerFont(font)
    return font


def shown(text: str) -> str:
    """Text that can be shown: control characters escaped, characters that the typeface lacks as 〓."""
    known = typeface().face.charToGlyph
    return "".join(each if ord(each) in known else MISSING for each in printable(text))


def _style(size: float, **more: object) -> ParagraphStyle:
    typeface()
    return ParagraphStyle(FONT, fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)


def text(words: str, size: float = 9, **more: object) -> Paragraph:
    """A paragraph that breaks at line feeds and, as digests need, anywhere."""
    lines = "<br/>".join(escape(shown(line)) for line in words.split("\n"))
    return Paragraph(lines, _style(size, **more))


def heading(words: str) -> Paragraph:
    """The heading of a chapter."""
    return text(words, 12, spaceBefore=10, spaceAfter=4, keepWithNext=True)


def table(rows: Sequence[Sequence[str]], widths: Sequence[float], *, head: bool = True) -> Flowable:
    """A table whose first row is repeated on every page; `widths` are parts of the page's width."""
    cells = [[text(cell, 8) for cell in row] for row in rows]
    columns = [WIDTH * width / sum(widths) for width in widths]
    made = Table(cells, colWidths=columns, repeatRows=int(head), spaceAfter=4)
    style = [
        ("GRID", (0, 0), (-1, -1), 0.4, _GRID),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    shaded = ((0, 0), (-1, 0)) if head else ((0, 0), (0, -1))
    made.setStyle(TableStyle([*style, ("BACKGROUND", *shaded, _HEAD)]))
    return made


def beside(left: Sequence[Flowable], right: Flowable, right_width: float) -> Flowable:
    """Paragraphs with something beside them."""
    made = Table([[list(left), right]], colWidths=[WIDTH - right_width, right_width])
    made.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return made


def qr_code(words: str, side: float = 30 * mm) -> Drawing:
    """A QR code of `words`, error correction M."""
    code = QrCodeWidget(words, barLevel="M", barWidth=side, barHeight=side, barBorder=2)
    drawing = Drawing(side, side)
    drawing.add(code)
    return drawing


def gap(height: float = 4) -> Spacer:
    """Room between two things."""
    return Spacer(1, height)


def write(target: Path, story: Sequence[Flowable], *, title: str, author: str, footer: str, pages: str) -> None:
    """Write the document; equal contents give equal bytes. `footer` is on every page, with `pages`, in which
    `{page}` is the page's number.
    """

    def finish(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 7)
        canvas.setFillColor(colors.HexColor("#555555"))
        canvas.drawString(18 * mm, 10 * mm, shown(footer))
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, shown(pages.format(page=canvas.getPageNumber())))
        canvas.restoreState()

    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 16 * mm, "bottomMargin": 18 * mm}
    document = SimpleDocTemplate(str(target), pagesize=A4, title=title, author=author, invariant=1, **margins)
    document.build(list(story), onFirstPage=finish, onLaterPages=finish)
