"""Markdown as the pages need it: escaped cells, tables, headings with anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$^])")


def escape(text: object) -> str:
    """`text` as plain words of a paragraph or a table cell."""
    return " ".join(_SPECIAL.sub(r"\\\1", str(text)).split())


def code(text: object) -> str:
    """`text` as code; a bar inside would end a table cell, so it stands as its escaped form."""
    plain = str(text).replace("|", "\\|").replace("\n", " ")
    if not plain:
        return ""
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns are named (zh, en). Cells are Markdown already: pass words through `escape`."""
    head = " | ".join(zh if not en else f"{zh}<br>{en}" for zh, en in columns)
    lines = [f"| {head} |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell or "&nbsp;" for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def heading(level: int, zh: str, en: str = "", anchor: str = "") -> str:
    """A heading in both languages, with an anchor that other pages can point at."""
    mark = f"({anchor})=\n" if anchor else ""
    words = escape(zh) if not en else f"{escape(zh)} {escape(en)}"
    return f"{mark}{'#' * level} {words}\n"


def both(zh: str, en: str) -> str:
    """A paragraph in Chinese, and the same in English below it. Both are Markdown already."""
    return f"{zh}\n\n:::{{container}} en\n{en}\n:::\n"


def listing(items: Iterable[str]) -> str:
    """A list of Markdown items."""
    return "\n".join(f"- {each}" for each in items) + "\n"


def joined(*blocks: str) -> str:
    """Blocks with an empty line between them."""
    return "\n\n".join(block.strip("\n") for block in blocks if block.strip()) + "\n"


def consecutive(text: str) -> str:
    """`text` with headings raised where a level was left out, fenced blocks aside: a part knows not where it stands."""
    lines: list[str] = []
    above: list[int] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        match = None if fenced else re.match(r"(#+) ", line)
        if match is None:
            lines.append(line)
            continue
        level = len(match.group(1))
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        lines.append("#" * len(above) + line[level:])
    return "\n".join(lines)
