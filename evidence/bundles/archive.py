"""A bundle is exactly one ZIP archive: member after member, then the directory, then the end, and not a byte else.

ZIP readers look from the end, so that bytes before, between or after pass unseen by them: a file that begins as a PDF
and ends as a bundle shows a person something else than it shows a verifier. And some readers believe the header in
front of a member, others the directory: two contents in one file. Formats: APPNOTE 6.3, section 4.3.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO, Final

from messages.problems import Problem

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_ENTRY: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LONG_END_BYTES: Final = 56 + 20
"""The ZIP64 end and its locator, which a directory of 65,535 entries or more needs."""
_MANY: Final = 0xFFFF


def require_exactly_one(source: BinaryIO, archive: zipfile.ZipFile, size: int) -> None:
    """The archive fills the file from its first byte to its last, and both descriptions of each member agree.

    Raises `Problem("evidence.bundle-not-one")` naming the member after which it is otherwise.
    """
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    place, before = 0, ""
    for info in infos:
        if info.header_offset != place or _local(source, place) != _described(info):
            raise Problem("evidence.bundle-not-one", info.filename)
        place += _LOCAL.size + len(info.filename) + info.file_size
        before = info.filename
    if archive.start_dir != place:
        raise Problem("evidence.bundle-not-one", before)
    for info in archive.infolist():
        source.seek(place)
        entry = _ENTRY.unpack(source.read(_ENTRY.size))
        extra, comment = entry[11], entry[12]
        if entry[10] != len(info.filename) or extra or comment:
            raise Problem("evidence.bundle-not-one", info.filename)
        place += _ENTRY.size + len(info.filename)
    _require_end(source, place, size, len(infos))


def _local(source: BinaryIO, place: int) -> tuple[object, ...]:
    source.seek(place)
    found = _LOCAL.unpack(source.read(_LOCAL.size))
    return (found[0], found[2], found[3], *found[6:9], found[10], source.read(found[9]))


def _described(info: zipfile.ZipInfo) -> tuple[object, ...]:
    """What the header in front of a member must say: signature, flags, method, sum, both sizes, no extra, name.

    Flag 3 (the sizes follow the member) is none of a file that can be read from its first byte.
    """
    flags = info.flag_bits & ~0x8
    name = info.filename.encode("ascii")
    return (b"PK\3\4", flags, info.compress_type, info.CRC, info.compress_size, info.file_size, 0, name)


def _require_end(source: BinaryIO, place: int, size: int, count: int) -> None:
    directory = place
    if count >= _MANY:
        place += _LONG_END_BYTES
    source.seek(place)
    end = _END.unpack(source.read(_END.size))
    whole = end[0] == b"PK\5\6" and end[7] == 0 and place + _END.size == size
    source.seek(directory)
    if not whole or (count >= _MANY and source.read(4) != b"PK\6\6"):
        raise Problem("evidence.bundle-not-one")
