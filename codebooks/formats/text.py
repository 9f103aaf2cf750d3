"""Size, byte order mark and encoding of a file supplied by a user.

UTF-8 is accepted unchanged. A byte order mark is removed and GB18030 (which holds GBK and GB 2312) is converted, with a
note each. Anything else is refused rather than guessed: a UTF-8 file with one damaged byte could also be read as
GB18030, giving rare characters that nobody wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from codebooks.errors import CodebookError
from codebooks.rows import MAX_BYTES
from standards.encodings import gb18030

_UTF8_BOM = b"\xef\xbb\xbf"


def read_limited(source: Path | BinaryIO, place: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file or stream. Raises `codebook.file-too-large`, for a file before a byte of it is read."""
    if isinstance(source, Path):
        if source.stat().st_size > limit:
            raise CodebookError("codebook.file-too-large", place, limit=limit)
        with source.open("rb") as stream:
            return read_limited(stream, place, limit)
    raw = source.read(limit + 1)
    if len(raw) > limit:
        raise CodebookError("codebook.file-too-large", place, limit=limit)
    return raw


def decoded(raw: bytes, place: str, notes: list[CodebookError]) -> str:
    """The text of a file. What was converted goes to `notes`. Raises `CodebookError` for a file too large, damaged, or
    of another encoding."""
    if len(raw) > MAX_BYTES:
        raise CodebookError("codebook.file-too-large", place, limit=MAX_BYTES)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CodebookError("codebook.file-encoding", f"{place}:1", looks_like="UTF-16")
    if raw.startswith(_UTF8_BOM):
        raw = raw[len(_UTF8_BOM) :]
        notes.append(CodebookError("codebook.note-bom", f"{place}:1"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = gb18030(raw)
        if found is None:
            raise CodebookError("codebook.file-encoding", f"{place}:{line}", looks_like="?") from None
        notes.append(CodebookError("codebook.note-encoding", f"{place}:{line}", encoding="GB18030"))
        text = found
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CodebookError("codebook.file-encoding", f"{place}:{line}", looks_like="NUL")
    return text
