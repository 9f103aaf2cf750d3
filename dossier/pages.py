"""How many pages a file has, counted in the file itself. Files come from anywhere, so every reader here is bounded.

PDF            leaves of the page tree (ISO 32000-1, 7.7.3.2), read by `pypdf`
OFD            the page lists of its documents (GB/T 33190-2016, 7.4 and 7.5)
TIFF           image file directories that are no thumbnail and no mask (TIFF 6.0, section 2)
JPEG, PNG, BMP one
sound, film    none
"""

from __future__ import annotations

import io
import logging
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pypdf import PdfReader, apply_configuration
from pypdf.errors import FileNotDecryptedError
from pypdf.generic import IndirectObject

from dossier.formats import HEAD, OFD, PDF, SINGLE_IMAGES, TIFF, ZIP, is_recording, media_type
from dossier.limits import LIMITS, Limits
from dossier.ofd import NotOfdError, ofd_pages
from dossier.scanning import open_regular

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it thinks of a broken file, we say as a finding

Reason = Literal["counted", "encrypted", "damaged", "recording", "empty", "unknown-format"]


@dataclass(frozen=True)
class PageCount:
    """Pages of a file, or None and the reason why they cannot be counted; `recording` has none by nature."""

    pages: int | None
    reason: Reason
    media_type: str


class _BrokenError(Exception):
    """The file is not what it claims to be, or would cost more than the limits allow."""


def count_pages(path: Path | str, limits: Limits = LIMITS) -> PageCount:
    """Count the pages of a regular file. Never raises for its content; raises `OSError` when it cannot be read."""
    with open_regular(path) as file:
        head = file.read(HEAD)
        file.seek(0)
        media = media_type(head)
        counter = _COUNTERS.get(media)
        if counter:
            return counter(file, limits)
        if media in SINGLE_IMAGES:
            return PageCount(1, "counted", media)
        if is_recording(media):
            return PageCount(None, "recording", media)
        return PageCount(None, "unknown-format" if head else "empty", media)


def _count_ofd(file: BinaryIO, limits: Limits) -> PageCount:
    try:
        pages = ofd_pages(file, limits)
    except NotOfdError:
        return PageCount(None, "unknown-format", ZIP)
    except PermissionError:
        return PageCount(None, "encrypted", OFD)
    return PageCount(None, "damaged", OFD) if pages is None else PageCount(pages, "counted", OFD)


class _Bounded(io.BufferedReader):
    """A file that no single call reads whole: repairing a broken PDF would."""

    limit = 0

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > self.limit:
            raise _BrokenError
        return super().read(size)


def _count_pdf(file: BinaryIO, limits: Limits) -> PageCount:
    source: io.BytesIO | _Bounded
    if os.fstat(file.fileno()).st_size <= limits.pdf_inflated_bytes:
        source = io.BytesIO(file.read())
    else:
        source = _Bounded(io.FileIO(file.fileno(), closefd=False))
        source.limit = limits.pdf_inflated_bytes
    try:
        with apply_configuration(
            zlib_maximum_output_length=limits.pdf_inflated_bytes,
            array_maximum_element_count=limits.pdf_nodes,
            disable_legacy_handling=True,
        ):
            return PageCount(_pdf_leaves(PdfReader(source, strict=False), limits), "counted", PDF)
    except FileNotDecryptedError:
        return PageCount(None, "encrypted", PDF)
    except (Exception, RecursionError):  # whatever a hostile file makes the reader raise
        return PageCount(None, "damaged", PDF)


def _pdf_leaves(reader: PdfReader, limits: Limits) -> int:
    """Leaves of the page tree; a node reached twice is refused, for a small file could claim billions of pages."""
    root: Any = reader.root_object
    waiting: list[tuple[Any, int]] = [(root.raw_get("/Pages"), 0)]
    seen: set[tuple[int, int]] = set()
    leaves = visited = 0
    while waiting:
        reference, depth = waiting.pop()
        visited += 1
        if visited > limits.pdf_nodes or depth > limits.pdf_depth:
            raise _BrokenError
        if isinstance(reference, IndirectObject):
            key = (reference.idnum, reference.generation)
            if key in seen:
                raise _BrokenError
            seen.add(key)
        node = reference.get_object()
        if node is None:
            continue
        if "/Kids" in node:
            waiting += [(kid, depth + 1) for kid in node["/Kids"]]
        else:
            leaves += 1
        if visited % 1_000 == 0:
            reader.resolved_objects.clear()  # pypdf keeps every object that it has read
    return leaves


def _count_tiff(file: BinaryIO, limits: Limits) -> PageCount:
    try:
        pages = _tiff_directories(file, limits)
    except (_BrokenError, struct.error):
        return PageCount(None, "damaged", TIFF)
    return PageCount(pages, "counted", TIFF)


def _tiff_directories(file: BinaryIO, limits: Limits) -> int:
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\x00", b"\x00+")
    count_form, entry, offset_form = ("Q", 20, "Q") if big else ("H", 12, "I")
    (at,) = struct.unpack_from(order + offset_form, head, 8 if big else 4)
    size = os.fstat(file.fileno()).st_size
    seen: set[int] = set()
    pages = 0
    while at:
        if at in seen or at >= size or len(seen) >= limits.tiff_directories:
            raise _BrokenError
        seen.add(at)
        file.seek(at)
        (entries,) = struct.unpack(order + count_form, file.read(struct.calcsize(count_form)))
        if entries > limits.tiff_directories:
            raise _BrokenError
        table = file.read(entries * entry)
        (at,) = struct.unpack(order + offset_form, file.read(struct.calcsize(offset_form)))
        pages += _is_page(table, order, entry)
    if not pages:
        raise _BrokenError
    return pages


def _is_page(table: bytes, order: str, entry: int) -> bool:
    """Whether NewSubfileType (tag 254) is absent, or says neither reduced resolution (bit 0) nor mask (bit 2)."""
    for start in range(0, len(table) - entry + 1, entry):
        (tag,) = struct.unpack_from(order + "H", table, start)
        if tag == 254:
            (kind,) = struct.unpack_from(order + "I", table, start + entry - (8 if entry == 20 else 4))
            return not kind & 0b101
    return True


_COUNTERS = {PDF: _count_pdf, TIFF: _count_tiff, ZIP: _count_ofd}
