"""What else a file could hold beside a bundle, or instead of a member: each is refused as not one archive alone."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from evidence.bundles.archive import require_exactly_one
from evidence.bundles.bundle import read_bundle
from messages.problems import Problem
from tests.scene.evidence import as_file, walked

WHOLE = as_file(walked().contents()).getvalue()
DIRECTORY = WHOLE.index(b"PK\1\2")
END = WHOLE.rindex(b"PK\5\6")
SECOND = WHOLE.index(b"PK\3\4", 4)


def rewritten(member_flag: int = 0, extra: bytes = b"", comment: bytes = b"", end: bytes = b"") -> bytes:
    """The same members, written otherwise."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            copy = zipfile.ZipInfo(info.filename)
            copy.flag_bits, copy.extra, copy.comment = member_flag, extra, comment
            new.writestr(copy, old.read(info))
        new.comment = end
    return made.getvalue()


def streamed() -> bytes:
    """Written to a pipe: the sizes follow each member."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    return made.getvalue()


def between(place: int) -> bytes:
    """Eight bytes at `place`, the directory moved by as much, so that readers from the end see nothing of them."""
    moved = bytearray(WHOLE[:place] + b"\0" * 8 + WHOLE[place:])
    end = END + 8
    (at,) = struct.unpack_from("<I", moved, end + 16)
    struct.pack_into("<I", moved, end + 16, at + 8)
    entry = at + 8
    while moved[entry : entry + 4] == b"PK\1\2":
        name, extra, comment = struct.unpack_from("<3H", moved, entry + 28)
        (local,) = struct.unpack_from("<I", moved, entry + 42)
        if local >= place:
            struct.pack_into("<I", moved, entry + 42, local + 8)
        entry += 46 + name + extra + comment
    return bytes(moved)


def other_header(offset: int, form: str, value: int) -> bytes:
    changed = bytearray(WHOLE)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


NOT_ONE: dict[str, Callable[[], bytes]] = {
    "begins as a PDF": lambda: b"%PDF-1.7\n" + WHOLE,
    "a line before": lambda: b"\n" + WHOLE,
    "a byte after": lambda: WHOLE + b"\0",
    "a PDF after": lambda: WHOLE + b"%PDF-1.7\n",
    "two archives": lambda: WHOLE + WHOLE,
    "bytes between two members": lambda: between(SECOND),
    "bytes before the directory": lambda: between(DIRECTORY),
    "a comment at the end": lambda: rewritten(end=b"%PDF-1.7"),
    "a comment at a member": lambda: rewritten(comment=b"%PDF-1.7"),
    "more about a member": lambda: rewritten(extra=struct.pack("<HH4s", 0x9999, 4, b"%PDF")),
    "sizes behind the members": streamed,
    "another size in front": lambda: other_header(18, "<I", 1),
    "another sum in front": lambda: other_header(14, "<I", 1),
    "compressed in front": lambda: other_header(8, "<H", 8),
    "another name in front": lambda: WHOLE[:30] + b"x" + WHOLE[31:],
}


@pytest.mark.parametrize("name", NOT_ONE)
def test_what_is_not_one_archive_alone_is_no_bundle(name: str) -> None:
    with pytest.raises(Problem) as refused:
        read_bundle(io.BytesIO(NOT_ONE[name]()))
    assert refused.value.code in ("evidence.bundle-not-one", "evidence.bundle-malformed")


@pytest.mark.parametrize("made", [lambda: WHOLE, rewritten], ids=["ours", "another date and system"])
def test_one_archive_alone_is_read(made: Callable[[], bytes]) -> None:
    assert read_bundle(io.BytesIO(made())).members


def test_an_archive_of_many_members_ends_in_the_long_form() -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(0xFFFF + 1):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    size = len(many.getvalue())
    with zipfile.ZipFile(many) as archive:
        require_exactly_one(many, archive, size)
    longer = io.BytesIO(many.getvalue() + b"\0")
    with zipfile.ZipFile(longer) as archive, pytest.raises(Problem, match="bundle-not-one"):
        require_exactly_one(longer, archive, size + 1)
