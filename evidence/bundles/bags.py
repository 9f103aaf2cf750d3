"""Compares a delivered bag (案卷文件夹) with a bundle: every file in it must be the one that the sealing agency sealed.

 1. The bag's manifests list every file under `data/`, and each has its digest; nothing is missing, nothing is extra.
 2. Each volume `data/V20-01/` has its opening (`evidence.bundles.openings`) for a descriptor that the bundle
    encloses, whose signature was checked there.
 3. A mark of the bundle names this volume with the digest of its sealed parts, so it is in the log.
 4. The opening gives the catalogue that was sealed; the folder holds exactly its files, with its digests, and the
    `catalogue.json` beside them says the same.
 5. The bag's volumes are exactly those that the hub's `received` mark of one transfer names.

A file outside `data/` (`bag-info.txt`, tag files) proves nothing and is only compared with the tag manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from digests import Digest
from evidence.bundles.enclosures import sealed_digest
from evidence.bundles.openings import FOLDER, open_catalogue, read_opening
from evidence.bundles.report import Tally
from evidence.mark_bodies import fold_digests
from evidence.statements import SignedStatement
from messages.problems import Problem

MAX_TEXT = 512 * 1024 * 1024
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")
_VOLUME = re.compile(r"data/(V[0-9]{2}-[0-9]{2})/(.+)")
READABLE = ("catalogue.json", "catalogue.csv")
"""Written beside the files by whoever delivered them. Of the second only the manifest speaks."""


class BagCheck:
    """One bag. `marks` are those of the bundle, `descriptors` its enclosed ones, both verified by earlier checks."""

    def __init__(self, folder: Path, marks: Iterable[SignedStatement], descriptors: Iterable[SignedStatement]) -> None:
        self._folder = folder
        self._marks = [mark.unverified_body for mark in marks]
        self._descriptors = {item.digest: item for item in descriptors}
        self._sealed: dict[str, str] = {}

    def check(self, tally: Tally) -> None:
        """Look at all of it; each file is one thing that is counted."""
        listed: dict[str, str] = {}
        if not tally.run(MANIFEST, lambda: listed.update(self._manifest(MANIFEST))):
            return
        tally.run(TAG_MANIFEST, self._tags)
        tally.count = 0
        tally.run("data", self._require_complete, listed)
        tally.count = 0
        for name, hashed in listed.items():
            tally.run(name, self._require_digest, name, hashed)
        volumes: dict[str, dict[str, str]] = {}
        for name, hashed in listed.items():
            match = _VOLUME.fullmatch(name)
            if match is None:
                tally.run(name, _not_sealed)
                continue
            volumes.setdefault(match[1], {})[match[2]] = hashed
        counted = tally.count
        self._volumes(tally, volumes)
        tally.count = counted

    def _volumes(self, tally: Tally, volumes: Mapping[str, Mapping[str, str]]) -> None:
        opened: dict[str, Mapping[str, Any]] = {}
        for number in volumes:
            tally.run(f"data/{number}", self._opened, number, opened)
        for number, descriptor in opened.items():
            tally.run(f"data/{number}", self._logged, descriptor, tally)
            tally.run(f"data/{number}", self._catalogue, number, volumes[number])
        tally.run("data", self._require_volumes, tally)

    # Step 1

    def _text(self, name: str) -> bytes:
        path = self._folder / name
        try:
            if path.is_symlink() or path.stat().st_size > MAX_TEXT:
                raise Problem("evidence.bag-malformed", name)
            return path.read_bytes()
        except OSError as error:
            raise Problem("evidence.bag-missing", name) from error

    def _manifest(self, name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self._text(name).decode("utf-8", "replace").splitlines():
            match = _LINE.fullmatch(line)
            if match is None or match[2] in found or ".." in match[2].split("/") or match[2].startswith("/"):
                raise Problem("evidence.bag-malformed", name)
            found[match[2]] = match[1]
        return found

    def _tags(self) -> None:
        for name, hashed in self._manifest(TAG_MANIFEST).items():
            self._require_digest(name, hashed)

    def _require_complete(self, listed: Mapping[str, str]) -> None:
        there = set(self._files())
        for name in sorted(there - set(listed)):
            raise Problem("evidence.bag-extra", name)
        for name in sorted(set(listed) - there):
            raise Problem("evidence.bag-missing", name)

    def _files(self) -> Iterator[str]:
        for path in (self._folder / "data").rglob("*"):
            if path.is_symlink() or not path.is_dir():
                yield path.relative_to(self._folder).as_posix()

    def _require_digest(self, name: str, hashed: str) -> None:
        path = self._folder / name
        try:
            if path.is_symlink():
                raise Problem("evidence.bag-altered", name)
            with path.open("rb") as file:
                found = Digest.of_file(file).hex
        except OSError as error:
            raise Problem("evidence.bag-missing", name) from error
        if found != hashed:
            raise Problem("evidence.bag-altered", name)

    # Step 2

    def _opened(self, number: str, opened: dict[str, Mapping[str, Any]]) -> None:
        opening = read_opening(self._text(f"{FOLDER}/{number}.json"))
        if opening.descriptor.digest not in self._descriptors:
            raise Problem("evidence.bag-unsealed", f"data/{number}")
        body = opening.descriptor.unverified_body
        if body.get("number") != number:
            raise Problem("evidence.bag-other-volume", f"data/{number}")
        self._sealed[str(body["volume_id"])] = sealed_digest(body)
        opened[number] = body

    # Step 3

    def _logged(self, descriptor: Mapping[str, Any], tally: Tally) -> None:
        volume_id, folded = descriptor["volume_id"], fold_digests(self._sealed)
        naming = [
            mark
            for mark in self._marks
            if mark["digests"].get(volume_id) == self._sealed[volume_id] or mark["digests"] == folded
        ]
        if not naming:
            raise Problem("evidence.bag-unlogged")
        told = ("number", "volume_id", "sealed_by", "sealed_at", "files", "pages")
        by_sealer = [mark for mark in naming if mark["actor"]["agency"] == descriptor["sealed_by"]]
        first = (by_sealer or naming)[0]
        fact = {name: descriptor.get(name) for name in told}
        tally.facts.append({**fact, "marked_by": first["actor"]["agency"], "marked_at": first["occurred_at"]})

    # Step 4

    def _catalogue(self, number: str, listed: Mapping[str, str]) -> None:
        opening = read_opening(self._text(f"{FOLDER}/{number}.json"))
        body = opening.descriptor.unverified_body
        try:
            found = open_catalogue(opening)
            header, files = found["header"], [file for item in found["items"] for file in item["files"]]
            sealed = {file["path"]: Digest.parse(file["sha256"]).hex for file in files}
            pages = sum(file["pages"] or 0 for file in files)
            readable = json.loads(self._text(f"data/{number}/catalogue.json"))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Problem("evidence.opening-altered") from error
        if (header.get("volume_id"), header.get("number")) != (body["volume_id"], number):
            raise Problem("evidence.bag-other-volume")
        beside = {name: hashed for name, hashed in listed.items() if name not in READABLE}
        for name in sorted(set(beside) | set(sealed)):
            if beside.get(name) != sealed.get(name):
                code = "missing" if name not in beside else "extra" if name not in sealed else "altered"
                raise Problem(f"evidence.bag-{code}", f"data/{number}/{name}")
        if (len(sealed), pages) != (body.get("files"), body.get("pages")):
            raise Problem("evidence.bag-other-volume")
        if not isinstance(readable, dict) or readable.get("items") != found["items"]:
            raise Problem("evidence.bag-altered", f"data/{number}/catalogue.json")

    # Step 5

    def _require_volumes(self, tally: Tally) -> None:
        ours = fold_digests(self._sealed)
        received = [mark for mark in self._marks if mark["action"] == "received"]
        for mark in received:
            if mark["digests"] == ours:
                tally.facts.append({"transfer_id": mark["transfer_id"], "volumes": len(self._sealed)})
                return
        named = [set(mark["digests"]) for mark in received]
        nearest = max(named, key=lambda volumes: len(volumes & set(ours)), default=set())
        missing = len(nearest - set(ours))
        raise Problem("evidence.bag-volumes", count=len(self._sealed), missing=missing)


def _not_sealed() -> None:
    raise Problem("evidence.bag-extra")
