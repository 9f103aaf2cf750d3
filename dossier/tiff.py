"""The pages of a TIFF: image file directories that are no thumbnail and no mask (TIFF 6.0, section 2; BigTIFF)."""

from __future__ import annotations

import os
import struct
from itertools import pairwise
from typing import BinaryIO

from dossier.limits import LIMITS, Limits


class _UnsoundError(Exception):
    """The file is not what it claims to be, or would cost more than the limits allow."""


def tiff_pages(file: BinaryIO, limits: Limits = LIMITS) -> int | None:
    """Pages of a TIFF, None when it is damaged, unsound or beyond the limits.

    No two directories may share a byte: a file of a megabyte could make a thousand large ones of the same bytes. So
    what is read in all is never more than the file.
    """
    try:
        return _pages(file, limits)
    except (_UnsoundError, struct.error):
        return None


def _pages(file: BinaryIO, limits: Limits) -> int:
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\x00", b"\x00+")
    count_form, entry, offset_form = ("Q", 20, "Q") if big else ("H", 12, "I")
    (at,) = struct.unpack_from(order + offset_form, head, 8 if big else 4)
    size = os.fstat(file.fileno()).st_size
    taken: list[tuple[int, int]] = []
    read = pages = 0
    while at:
        if at >= size or len(taken) >= limits.tiff_directories:
            raise _UnsoundError
        file.seek(at)
        (entries,) = struct.unpack(order + count_form, file.read(struct.calcsize(count_form)))
        if entries > limits.tiff_directories:
            raise _UnsoundError
        length = struct.calcsize("=" + count_form + offset_form) + entries * entry
        read += length
        if read > size:
            raise _UnsoundError
        taken.append((at, at + length))
        table = file.read(entries * entry)
        (at,) = struct.unpack(order + offset_form, file.read(struct.calcsize(offset_form)))
        pages += _is_page(table, order, entry)
    if not pages or any(start < end for (_, end), (start, _) in pairwise(sorted(taken))):
        raise _UnsoundError
    return pages


def _is_page(table: bytes, order: str, entry: int) -> bool:
    """Whether NewSubfileType (tag 254) is absent, or says neither reduced resolution (bit 0) nor mask (bit 2)."""
    for start in range(0, len(table) - entry + 1, entry):
        (tag,) = struct.unpack_from(order + "H", table, start)
        if tag == 254:
            (kind,) = struct.unpack_from(order + "I", table, start + entry - (8 if entry == 20 else 4))
            return not kind & 0b101
    return True
