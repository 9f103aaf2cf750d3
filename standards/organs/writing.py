"""Writing a tree as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from standards.organs.columns import COLUMNS, SEPARATOR
from standards.organs.model import Organ

UTF8_BOM = b"\xef\xbb\xbf"
"""Before the text, so that a spreadsheet takes it for UTF-8; `read` takes it away."""


def write(organs: Iterable[Organ]) -> bytes:
    """The table in UTF-8, heads in English and lines ending in CR LF (RFC 4180), unknown columns behind the known ones.

    `standards.organs.read` gives the same organs back; a cell that would run in a spreadsheet it has refused before.
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
    """The cells of an organ by column, without those that Casehub does not know."""
    told = {name: getattr(organ, name) for name in COLUMNS}
    return {**told, "areas": SEPARATOR.join(organ.areas), "hours": str(organ.hours or "")}
