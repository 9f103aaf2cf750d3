"""Writing a tree as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from standards.organs.columns import COLUMNS, SEPARATOR
from standards.organs.model import Organ

UTF8_BOM = b"\xef\xbb\xbf"
"""Put it before the text, so that a spreadsheet program reads it as UTF-8; `read` removes it."""


def write(organs: Iterable[Organ]) -> bytes:
    """The table in UTF-8, with English headings and lines that end in CR LF (RFC 4180); unknown columns are last.

    `standards.organs.read` reads the same organs from it. No cell is a formula, because `read` refuses formulas.
    """
    rows = list(organs)
    more = sorted({name for organ in rows for name, _ in organ.more})
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, [*COLUMNS, *more], restval="")
    writer.writeheader()
    for organ in rows:
        writer.writerow({**cells(organ), **dict(organ.more)})
    return made.getvalue().encode("utf-8")


def cells(organ: Organ) -> dict[str, str]:
    """The cells of an organ by column, without unknown columns."""
    told = {name: getattr(organ, name) for name in COLUMNS}
    return {**told, "areas": SEPARATOR.join(organ.areas), "hours": str(organ.hours or "")}
