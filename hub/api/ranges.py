"""RFC 9110 section 14: one byte range, which is all that a reader of segments needs."""

from __future__ import annotations

import re

from messages.problems import Problem

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def single_range(header: str | None, size: int) -> tuple[int, int]:
    """Start and length of the bytes asked for, the whole (0, size) without a header.

    Raises `part.range` (416) for several ranges, another unit or a range outside the part.
    """
    if header is None:
        return 0, size
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        raise Problem("part.range", size=size)
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        length = min(int(last) if last else size - 1, size - 1) - start + 1
    if length <= 0 or start >= size:
        raise Problem("part.range", size=size)
    return start, length
