"""What a search result shows of its page: the text of every section, as a script that the search page loads.

Sphinx fetches the pages that it found to quote from them, which a page opened from a folder may not do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree, html

TEXTS: Final = "excerpts.js"
SCRIPT: Final = "search-excerpts.js"
SEARCH: Final = "search.html"

BLOCKS: Final = frozenset({"br", "h1", "h2", "h3", "h4", "li", "p", "td", "th", "tr"})
"""Elements after which a word ends."""

Section = tuple[list[str], str]
"""The anchors of a section and its text, without the sections in it."""


def write(folder: Path) -> None:
    """Put the texts of the built pages beside them, and have the search page load them."""
    pages = {path.stem: sections(path) for path in sorted(folder.glob("*.html")) if path.name != SEARCH}
    texts = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (folder / "_static" / TEXTS).write_text(f"window.EXCERPTS = {texts};\n", "utf-8")
    search = folder / SEARCH
    loads = "".join(f'<script src="_static/{name}"></script>\n' for name in (TEXTS, SCRIPT))
    search.write_text(search.read_text("utf-8").replace("</body>", loads + "</body>"), "utf-8")


def sections(page: Path) -> list[Section]:
    """The sections of a page, in its order."""
    tree = html.document_fromstring(page.read_text("utf-8"))
    return [(_anchors(each), " ".join("".join(_pieces(each)).split())) for each in tree.iter("section")]


def _anchors(section: etree._Element) -> list[str]:
    named = [section, *(child for child in section if child.tag == "span")]
    return [anchor for each in named if (anchor := each.get("id"))]


def _pieces(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag != "section" and child.get("class") != "headerlink":
            yield from _pieces(child)
        yield " " if child.tag in BLOCKS else ""
        yield child.tail or ""
