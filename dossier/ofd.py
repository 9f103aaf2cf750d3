"""The page lists of an OFD file (GB/T 33190-2016, 7.4 and 7.5): a zip package whose `OFD.xml` names the documents.

A document that is named twice, a page that is listed twice and a document without pages are unsound: a small package
could claim any number of pages with them, and readers disagree about them. Only the few XML parts that name pages are
inflated, within the limits; no DTD, no entity, no network.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from typing import BinaryIO

from lxml import etree

from dossier.limits import LIMITS, MIB, Limits

_END = struct.Struct("<4s4H2IH")
_END_WINDOW = 65_557
_BROKEN = (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, NotImplementedError, EOFError, ValueError, KeyError)


class NotOfdError(Exception):
    """The zip package is something else."""


class _BrokenError(ValueError):
    pass


def ofd_pages(file: BinaryIO, limits: Limits = LIMITS) -> int | None:
    """Pages of all documents of an OFD package, None when it is damaged, unsound or beyond the limits.

    Raises `NotOfdError` for another zip file, `PermissionError` for an encrypted one.
    """
    try:
        _require_small_directory(file, limits)
        with zipfile.ZipFile(file) as package:
            return _pages(package, limits)
    except _BROKEN:
        return None


def _require_small_directory(file: BinaryIO, limits: Limits) -> None:
    """`zipfile` reads the whole central directory, so its size is looked at first."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_WINDOW))
    tail = file.read(_END_WINDOW)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise _BrokenError
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, at)
    # 0xFFFF and 0xFFFFFFFF mark ZIP64, which no document of pages needs.
    if entries > limits.ofd_entries or entries == 0xFFFF or directory > limits.ofd_directory_bytes:
        raise _BrokenError


def _pages(package: zipfile.ZipFile, limits: Limits) -> int:
    names = {info.filename.replace("\\", "/").lstrip("/").lower(): info for info in package.infolist()}
    if "ofd.xml" not in names:
        raise NotOfdError
    root = _part(package, names["ofd.xml"], limits)
    named = [_name(found.text) for found in root.iterfind("{*}DocBody/{*}DocRoot")]
    if not named or len(named) > limits.ofd_documents or len(set(named)) < len(named):
        raise _BrokenError
    pages = sum(_listed(_part(package, names[name], limits)) for name in named)
    if pages > limits.pages_per_file:
        raise _BrokenError
    return pages


def _name(text: str | None) -> str:
    return posixpath.normpath((text or "").strip().replace("\\", "/")).lstrip("/").lower()


def _listed(document: etree._Element) -> int:
    """The pages that a document lists: one at least, and none twice."""
    pages = document.findall("{*}Pages/{*}Page")
    places = [_name(place) for page in pages if (place := page.get("BaseLoc"))]
    if not pages or len(set(places)) < len(places):
        raise _BrokenError
    return len(pages)


def _part(package: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> etree._Element:
    if info.flag_bits & 1:
        raise PermissionError
    size = info.file_size
    if size > limits.ofd_xml_bytes or (size > MIB and size > limits.ofd_ratio * info.compress_size):
        raise _BrokenError
    with package.open(info) as part:
        data = part.read(limits.ofd_xml_bytes + 1)
    if len(data) > limits.ofd_xml_bytes:
        raise _BrokenError
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False
    )
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _BrokenError
    return root
