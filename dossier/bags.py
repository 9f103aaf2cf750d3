"""The delivered dossier: a BagIt 1.0 bag (RFC 8493) with SHA-256 manifests, there whole or not there at all.

    bag/bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
    bag/data/V20-01/V20-01-01-003_E0501_31-38.pdf …
    bag/data/V20-01/catalogue.json          titles, original names, pages
    bag/data/V20-01/catalogue.csv           the same for a person's eyes

A bag grows in the sibling folder `bag.partial`, which a later run goes on with. `finish` writes the manifests, brings
everything to the disk and renames: whoever sees `bag` sees a whole one.
"""

from __future__ import annotations

import csv
import ctypes
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dossier.catalogue import Catalogue, item_json
from dossier.unseal import UNFINISHED, disk_errors
from standards.problems import Problem

PARTIAL = ".partial"
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_COLUMNS = ("book", "seq", "doc_type", "title", "doc_no", "responsible", "doc_date", "page_from", "page_to", "pages")
_SYNC: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "syncfs", None)


class Bag:
    """A bag in the making at `final`'s sibling. Use: `Bag(final)`, unseal each volume into `volume_folder(number)`,
    `add_volume`, `finish`."""

    def __init__(self, final: Path) -> None:
        """Begin, or go on with what an earlier run left. Raises `Problem("dossier.bag-exists")` when `final` exists."""
        if final.exists() or final.is_symlink():
            raise Problem("dossier.bag-exists", str(final))
        self.final = final
        self.partial = final.with_name(final.name + PARTIAL)
        self._digests: dict[str, tuple[str, int]] = {}
        with disk_errors(self.partial):
            (self.partial / "data").mkdir(parents=True, exist_ok=True)

    def volume_folder(self, number: str) -> Path:
        """Where the files of a volume belong: `data/V20-01`. The caller makes it, or `unseal_volume` does."""
        return self.partial / "data" / number

    def add_volume(self, found: Catalogue) -> None:
        """Take in a volume that `unseal_volume` has written, and write its catalogue beside the files.

        The digests are those that unsealing has just checked; nothing is read again.
        """
        number = found.volume.number
        for file in found.volume.files:
            self._digests[f"data/{number}/{file.path}"] = (file.sha256.removeprefix("sha256:"), file.length)
        items = [item_json(item) for item in found.volume.items]
        body = {
            "volume_id": found.volume_id,
            "number": number,
            "title": found.volume.title,
            "books": found.volume.books,
            "pages": found.volume.pages,
            "items": items,
        }
        self.add_data(f"{number}/catalogue.json", _json(body))
        self.add_data(f"{number}/catalogue.csv", _table(items).encode("utf-8-sig"))

    def add_data(self, path: str, data: bytes) -> None:
        """Write a further payload file; `path` is relative to `data/`, in ASCII."""
        self._write(f"data/{path}", data)
        self._digests[f"data/{path}"] = (hashlib.sha256(data).hexdigest(), len(data))

    def finish(self, info: Iterable[tuple[str, str]], tags: Mapping[str, bytes] | None = None) -> Path:
        """Complete the bag and give it its name.

        1. Nothing stands in `data/` that is not in the manifest, and everything that is has its size.
        2. Tag files: `bagit.txt`, `bag-info.txt` from `info` (label, value), the manifests, and `tags` by name.
        3. All of it is on the disk before the folder is renamed, and the name after it.

        Raises `Problem` `dossier.bag-incomplete` naming the file, `dossier.disk-full`.
        """
        with disk_errors(self.partial):
            # Step 1
            self._clear_and_check()
            # Step 2
            self._write_tags([*info, ("Payload-Oxum", self._oxum())], tags or {})
            # Step 3
            sync_tree(self.partial)
            self.partial.rename(self.final)
            _sync_folder(self.final.parent)
        return self.final

    def discard(self) -> None:
        """Remove what has been written so far."""
        shutil.rmtree(self.partial, ignore_errors=True)

    def _clear_and_check(self) -> None:
        sizes = {}
        for folder, _, names in os.walk(self.partial):
            for name in names:
                path = Path(folder, name)
                relative = path.relative_to(self.partial).as_posix()
                if relative not in self._digests:
                    path.unlink()
                else:
                    sizes[relative] = path.lstat().st_size
        for relative, (_, size) in self._digests.items():
            if sizes.get(relative) != size:
                raise Problem("dossier.bag-incomplete", relative)
        for folder, folders, names in os.walk(self.partial / "data", topdown=False):
            if not names and not folders and Path(folder) != self.partial / "data":
                Path(folder).rmdir()

    def _oxum(self) -> str:
        return f"{sum(size for _, size in self._digests.values())}.{len(self._digests)}"

    def _write_tags(self, info: Iterable[tuple[str, str]], tags: Mapping[str, bytes]) -> None:
        written = {
            "bagit.txt": DECLARATION.encode(),
            "bag-info.txt": "".join(f"{label}: {_one_line(value)}\n" for label, value in info).encode(),
            "manifest-sha256.txt": _manifest({path: digest for path, (digest, _) in self._digests.items()}),
            **tags,
        }
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in written.items()}
        written["tagmanifest-sha256.txt"] = _manifest(digests)
        for name, data in written.items():
            self._write(name, data)

    def _write(self, relative: str, data: bytes) -> None:
        path = self.partial / relative
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(path.name + UNFINISHED)
            unfinished.write_bytes(data)
            unfinished.replace(path)


def _manifest(digests: Mapping[str, str]) -> bytes:
    # Our paths hold neither line breaks nor percent signs, so RFC 8493 section 2.1.3 asks for no escape.
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode()


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _json(body: object) -> bytes:
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def _table(items: Iterable[Mapping[str, object]]) -> str:
    """The catalogue as CSV, one row a file; cells that a spreadsheet would run as a formula are quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*_COLUMNS, "file", "original_name"])
    for item in items:
        files = item["files"]
        assert isinstance(files, list)
        for file in files:
            cells = [file.get(name, item.get(name)) for name in _COLUMNS]
            writer.writerow([_cell(value) for value in [*cells, file["path"], file["name"]]])
    return out.getvalue()


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
            _sync_file(Path(root, name))
        _sync_folder(Path(root))


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
