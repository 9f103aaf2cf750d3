"""The pages of a PDF: the leaves of its page tree (ISO 32000-1, 7.7.3.2), read by `pypdf`.

The tree is sound when every node of it is there, a `/Pages` node has kids and a `/Page` has none. Readers disagree
about any other tree, so it has no count.
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from pypdf import PdfReader, apply_configuration
from pypdf.errors import FileNotDecryptedError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from dossier.limits import LIMITS, Limits

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it thinks of a broken file, we say as a finding


class _UnsoundError(Exception):
    """The file is not what it claims to be, or would cost more than the limits allow."""


class _Bounded(io.BufferedReader):
    """A file that no single call reads whole: repairing a broken PDF would."""

    limit = 0

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > self.limit:
            raise _UnsoundError
        return super().read(size)


def pdf_pages(file: BinaryIO, limits: Limits = LIMITS) -> int | None:
    """Pages of a PDF, None when it is damaged, unsound or beyond the limits.

    Raises `PermissionError` for an encrypted one, `MemoryError` when the memory of the process does not suffice.
    """
    if os.fstat(file.fileno()).st_size > limits.pdf_inflated_bytes:
        source = _Bounded(io.FileIO(file.fileno(), closefd=False))
        source.limit = limits.pdf_inflated_bytes
        return _read([lambda: source], limits)
    data = file.read()
    return _read([lambda: io.BytesIO(data), lambda: io.BytesIO(_mended(data))], limits)


_CATALOG = re.compile(rb"(\d{1,10})\s{1,4}(\d{1,5})\s{1,4}obj\s{0,8}<<[^<>]{0,1000}?/Type\s{0,4}/Catalog\b")


def _mended(data: bytes) -> bytes:
    """The file with a trailer that names its last catalogue and no cross-reference table, so that the objects are found
    by reading: as other readers repair a file whose table is cut off or points somewhere else."""
    found = _CATALOG.findall(data)
    root = b"%b %b R" % found[-1] if found else b"null"
    return data + b"\ntrailer\n<< /Root %b >>\nstartxref\n9999999999\n%%%%EOF\n" % root


def _read(sources: Sequence[Callable[[], io.BytesIO | _Bounded]], limits: Limits) -> int | None:
    """Pages by the first source in which the reader finds a page tree; an unsound tree is no reason to try another."""
    with apply_configuration(
        zlib_maximum_output_length=limits.pdf_inflated_bytes,
        array_maximum_element_count=limits.pdf_nodes,
        disable_legacy_handling=True,
    ):
        for source in sources:
            try:
                return _leaves(PdfReader(source(), strict=False), limits)
            except FileNotDecryptedError as error:
                raise PermissionError from error
            except MemoryError:
                raise
            except _UnsoundError:
                return None
            except (Exception, RecursionError):  # noqa: S112  (whatever a hostile file makes the reader raise)
                continue
    return None


def _leaves(reader: PdfReader, limits: Limits) -> int:
    """Leaves of the page tree; a node reached twice is refused, for a small file could claim billions of pages."""
    root: Any = reader.root_object
    waiting: list[tuple[Any, int]] = [(root.raw_get("/Pages"), 0)]
    seen: set[tuple[int, int]] = set()
    leaves = visited = 0
    while waiting:
        reference, depth = waiting.pop()
        visited += 1
        if visited > limits.pdf_nodes or depth > limits.pdf_depth:
            raise _UnsoundError
        if isinstance(reference, IndirectObject):
            key = (reference.idnum, reference.generation)
            if key in seen:
                raise _UnsoundError
            seen.add(key)
        kids = _kids(reference.get_object(), is_root=depth == 0)
        leaves += not kids
        waiting += [(kid, depth + 1) for kid in kids]
        if visited % 1_000 == 0:
            reader.resolved_objects.clear()  # pypdf keeps every object that it has read
    if leaves > limits.pages_per_file:
        raise _UnsoundError
    return leaves


def _kids(node: Any, *, is_root: bool) -> ArrayObject | tuple[()]:
    """The kids of a node of the page tree, none for a page. Raises `_UnsoundError` for a node that is neither."""
    if not isinstance(node, DictionaryObject):
        raise _UnsoundError
    named = node.get("/Type")
    if "/Kids" not in node:
        if is_root or named == "/Pages":
            raise _UnsoundError
        return ()
    kids = node["/Kids"]
    if named == "/Page" or not isinstance(kids, ArrayObject) or not kids:
        raise _UnsoundError
    return kids
