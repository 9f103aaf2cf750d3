"""The delivered dossier: a BagIt 1.0 bag (RFC 8493) with SHA-256 manifests, written completely or not at all.

    bag/bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
    bag/data/V20-01/V20-01-01-003_E0501_31-38.pdf …
    bag/data/V20-01/catalogue.json          titles, original names, pages
    bag/data/V20-01/catalogue.csv           the same for a person's eyes

A bag is built in the sibling folder `bag.partial`; a later run can continue it. `finish` writes the manifests, syncs
everything to disk and renames the folder, so `bag` is always complete.
"""

from __future__ import annotations

import csv
import ctypes
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digests import Digest, Hasher
from dossier.catalogue import Catalogue, item_json
from dossier.contents import SealedFile, Volume
from dossier.durable import sync_file, sync_folder
from dossier.unseal import UNFINISHED, disk_errors
from messages.problems import Problem

PARTIAL = ".partial"
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_COLUMNS = ("book", "seq", "doc_type", "title", "doc_no", "responsible", "doc_date")
_FILE_COLUMNS = ("page_from", "page_to", "pages")
_SYNC: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "syncfs", None)


@dataclass(frozen=True)
class _Written:
    """A file that was written: SHA-256 in hexadecimal, and bytes."""

    digest: str
    size: int


class Bag:
    """A bag in the making at `final`'s sibling. Use: `Bag(final)`, unseal each volume into `volume_folder(number)`,
    `add_volume`, `finish`."""

    def __init__(self, final: Path) -> None:
        """Begin, or go on with what an earlier run left. Raises `Problem("dossier.bag-exists")` when `final` exists."""
        if final.exists() or final.is_symlink():
            raise Problem("dossier.bag-exists", str(final))
        self.final = final
        self.partial = final.with_name(final.name + PARTIAL)
        self._volumes: list[Volume[SealedFile]] = []
        self._others: dict[str, _Written] = {}
        with disk_errors(self.partial):
            (self.partial / "data").mkdir(parents=True, exist_ok=True)

    def volume_folder(self, number: str) -> Path:
        """Where the files of a volume belong: `data/V20-01`. The caller makes it, or `unseal_volume` does."""
        return self.partial / "data" / number

    def add_volume(self, found: Catalogue) -> None:
        """Take in a volume that `unseal_volume` has written, and write its catalogue beside the files.

        The digests are those that unsealing has just checked; nothing is read again.
        """
        folder = f"data/{found.volume.number}"
        self._volumes.append(found.volume)
        self._others[f"{folder}/catalogue.json"] = self._write(f"{folder}/catalogue.json", _json(found))
        self._others[f"{folder}/catalogue.csv"] = self._write(f"{folder}/catalogue.csv", _table(found.volume))

    def add_data(self, path: str, data: bytes) -> None:
        """Write a further payload file; `path` is relative to `data/`, in ASCII."""
        self._others[f"data/{path}"] = self._write(f"data/{path}", [data])

    def finish(self, info: Iterable[tuple[str, str]], tags: Mapping[str, bytes] | None = None) -> Path:
        """Complete the bag and give it its name.

        1. `data/` contains nothing that is not in the manifest, and every listed file has its size.
        2. Tag files: `bagit.txt`, `bag-info.txt` from `info` (label, value), the manifests, and `tags` by name.
        3. All of it is on the disk before the folder is renamed, and the name after it.

        Raises `Problem` `dossier.bag-incomplete` naming the file, `dossier.disk-full`.
        """
        with disk_errors(self.partial):
            # Step 1
            count, size = self._clear_and_check()
            # Step 2
            self._write_tags([*info, ("Payload-Oxum", f"{size}.{count}")], tags or {})
            # Step 3
            sync_tree(self.partial)
            self.partial.rename(self.final)
            sync_folder(self.final.parent)
        return self.final

    def discard(self) -> None:
        """Remove what has been written so far."""
        shutil.rmtree(self.partial, ignore_errors=True)

    def _payload(self) -> Iterator[tuple[str, str, int]]:
        """Path, digest (hexadecimal) and size of every payload file."""
        for volume in self._volumes:
            for file in volume.files:
                yield f"data/{volume.number}/{file.path}", Digest.parse(file.sha256).hex, file.length
        for path, written in self._others.items():
            yield path, written.digest, written.size

    def _clear_and_check(self) -> tuple[int, int]:
        """Number and bytes of the payload files."""
        expected = {path: size for path, _, size in self._payload()}
        count, total = len(expected), sum(expected.values())
        for folder, folders, names in os.walk(self.partial, topdown=False):
            for name in names:
                path = Path(folder, name)
                if expected.get(path.relative_to(self.partial).as_posix()) == path.lstat().st_size:
                    del expected[path.relative_to(self.partial).as_posix()]
                elif path.relative_to(self.partial).as_posix() not in expected:
                    path.unlink()
            for name in folders:
                with suppress(OSError):  # a folder that is empty now is no part of a bag
                    Path(folder, name).rmdir()
        (self.partial / "data").mkdir(exist_ok=True)
        for relative in expected:
            raise Problem("dossier.bag-incomplete", relative)
        return count, total

    def _write_tags(self, info: Iterable[tuple[str, str]], tags: Mapping[str, bytes]) -> None:
        pieces: dict[str, Iterable[bytes]] = {
            "bagit.txt": [DECLARATION.encode()],
            "bag-info.txt": [f"{label}: {_one_line(value)}\n".encode() for label, value in info],
            # Our paths hold neither line breaks nor percent signs, so RFC 8493 section 2.1.3 asks for no escape.
            "manifest-sha256.txt": (f"{digest}  {path}\n".encode() for path, digest, _ in self._payload()),
            **{name: [data] for name, data in tags.items()},
        }
        written = {name: self._write(name, each) for name, each in pieces.items()}
        self._write("tagmanifest-sha256.txt", [f"{tag.digest}  {name}\n".encode() for name, tag in written.items()])

    def _write(self, relative: str, pieces: Iterable[bytes]) -> _Written:
        path = self.partial / relative
        hasher, size = Hasher(), 0
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(path.name + UNFINISHED)
            unfinished.unlink(missing_ok=True)
            with unfinished.open("xb") as out:
                for piece in pieces:
                    hasher.update(piece)
                    size += out.write(piece)
            unfinished.replace(path)
        return _Written(hasher.digest().hex, size)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _json(found: Catalogue) -> Iterator[bytes]:
    """The catalogue as JSON, one item a line."""
    volume = found.volume
    head = {
        "volume_id": found.volume_id,
        "number": volume.number,
        "title": volume.title,
        "books": volume.books,
        "pages": volume.pages,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "items": ['
    for number, item in enumerate(volume.items):
        yield (b",\n" if number else b"\n") + json.dumps(item_json(item), ensure_ascii=False).encode()
    yield b"\n]}\n"


def _table(volume: Volume[SealedFile]) -> Iterator[bytes]:
    """The catalogue as CSV, one row a file; cells that a spreadsheet would run as a formula are quoted with '."""
    yield "\ufeff".encode() + _line([*_COLUMNS, *_FILE_COLUMNS, "file", "original_name"])
    for item in volume.items:
        for file in item.files:
            cells = [getattr(item, name) for name in _COLUMNS] + [getattr(file, name) for name in _FILE_COLUMNS]
            yield _line([*cells, file.path, file.name])


def _line(cells: Iterable[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in cells])
    return out.getvalue().encode()


def _cell(value: object) -> object:
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text[:1] in "=+-@\t\r" and text else text


def sync_tree(folder: Path) -> None:
    """Everything below `folder` is on the disk when this returns. Raises `OSError` when the disk refuses."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _SYNC is not None and _SYNC(handle) == 0:  # one call for thousands of files; reports failed writes
            return
    finally:
        os.close(handle)
    for root, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(root, name))
        sync_folder(Path(root))
