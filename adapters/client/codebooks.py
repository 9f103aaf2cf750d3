"""The codebook releases that this adapter holds, fetched from the hub as they are made, each checked before it is used.

Every answer of the hub names the newest release in the header `Casehub-Codebooks`. One that is not held yet is fetched
after the work at hand, and checked:

 1. its statement is signed by the pinned hub, with a key that counted when the release was made
 2. it is the release that was asked for, and no other than was seen before under its number
 3. every file is the one whose digest the statement names; those that are here already are not fetched
 4. all files together have the release's digest, and pass the checks of `codebooks.build`

Only then it is kept, under `codebooks/` in the home. What fails is an alarm, and the releases held before stay in use.
Names of codes come from the release in effect on the day, by the hub's rule: the highest number that is effective.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import codebooks
from adapters.client.hub import HubAway, Refused, segment, sound
from adapters.home import write_durably
from codebooks import CodebookError, Release
from codebooks.release import digest_of
from digests import Digest
from evidence.identifiers import parse_timestamp
from evidence.statements import SignedStatement, verify
from messages.problems import Problem

if TYPE_CHECKING:
    from adapters.station import Station

CHINA = timezone(timedelta(hours=8))
LIST = "/v1/codebooks/releases"


class HeldCodebooks:
    """The releases in one home."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._folder = station.home.path / "codebooks"
        self._held: dict[int, SignedStatement] | None = None
        self._built: dict[int, Release] = {}

    def held(self) -> Mapping[int, SignedStatement]:
        """The statements of the releases that are held, by number."""
        if self._held is None:
            self._held = {}
            for path in sorted((self._folder / "releases").glob("*.json")):
                statement = SignedStatement.decode(path.read_bytes(), str(path))
                self._held[int(statement.unverified_body["number"])] = statement
        return self._held

    def current(self, now: datetime | None = None) -> Release:
        """The release in effect: the one that ships with this adapter until another is held and effective."""
        day = (now or self._station.clock()).astimezone(CHINA).date().isoformat()
        bodies = {number: item.unverified_body for number, item in self.held().items()}
        number = max((one for one, body in bodies.items() if body["effective_from"] <= day), default=0)
        if number and number not in self._built:
            self._built[number] = codebooks.build(self._files(bodies[number]["files"]))
        return self._built[number] if number else codebooks.load()

    def display(self, system: str, code: str) -> str | None:
        """The name of a code in the release in effect; None for one that it does not have."""
        try:
            concept = self.current().lookup(system, code)
        except CodebookError:
            return None
        return concept.display if concept else None

    def pick_up(self) -> list[str]:
        """Fetch what the hub's last answer named and is not held; returns the ids of what is new.

        Raises `Alarm` for a release that does not stand the checks; a hub that is away is asked another time."""
        told = self._station.client.newest_codebooks
        if told is None or told in {item.unverified_body["release"] for item in self.held().values()}:
            return []
        try:
            listed = self._station.client.get(LIST)
            with sound(LIST):
                wanted = sorted(int(item["number"]) for item in listed["releases"])
                ids = {int(item["number"]): str(item["id"]) for item in listed["releases"]}
            fresh = [number for number in wanted if number > 0 and number not in self.held()]
            return [self._fetch(number, ids[number]) for number in fresh]
        except (HubAway, Refused):
            return []

    def _fetch(self, number: int, name: str) -> str:
        place = f"{LIST}/{segment(name)}"
        answer = self._station.client.get(place)
        try:
            with sound(place):
                statement = self._statement(number, name, answer["statement"])
                files = self._gathered(place, statement.unverified_body["files"])
                self._require_whole(name, statement.unverified_body, files)
        except (HubAway, Refused):
            raise
        except (Problem, CodebookError, ValueError) as error:
            reason = getattr(error, "code", "form")
            raise self._station.trust.alarm("trust.codebooks", name, self._station.clock(), reason=reason) from error
        self._keep(number, statement, files)
        return name

    def _statement(self, number: int, name: str, told: Any) -> SignedStatement:
        hub = self._station.trust.hub
        # Step 1
        statement = SignedStatement.from_json(told, "/statement")
        at = parse_timestamp(statement.unverified_body.get("released_at"), "/statement/released_at")
        body = verify(statement, "release", hub.keys, at, hub.party)
        # Step 2
        date.fromisoformat(body["effective_from"])
        if (body["number"], body["release"]) != (number, name):
            raise Problem("adapter.codebooks-differ", name, what="release")
        return statement

    def _gathered(self, place: str, named: Mapping[str, str]) -> dict[str, bytes]:
        """The files of a release: those that are here already, by digest, and the others from the hub."""
        # Step 3
        shipped = {_digest(raw): raw for raw in codebooks.load().files.values()}
        files = {}
        for file, digest in named.items():
            path = self._path(digest)
            raw = shipped.get(digest) or (path.read_bytes() if path.exists() else b"")
            if _digest(raw) != digest:
                raw = self._station.client.request("GET", f"{place}/files/{quote(file)}").content
            if _digest(raw) != digest:
                raise Problem("adapter.codebooks-differ", file, what="file")
            files[file] = raw
        return files

    def _require_whole(self, name: str, body: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        # Step 4
        if digest_of(files) != body["digest"]:
            raise Problem("adapter.codebooks-differ", name, what="digest")
        made = codebooks.build(files)
        if made.id != name:
            raise Problem("adapter.codebooks-differ", name, what="id")
        self._built[int(body["number"])] = made

    def _keep(self, number: int, statement: SignedStatement, files: Mapping[str, bytes]) -> None:
        """Files by their digests first, then the statement that names them: a kill between leaves nothing half."""
        for folder in ("files", "releases"):
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        for raw in files.values():
            path = self._path(_digest(raw))
            if not path.exists():
                write_durably(path, raw)
        write_durably(self._folder / "releases" / f"{number:06d}.json", statement.encode())
        self._held = {**self.held(), number: statement}

    def _files(self, named: Mapping[str, str]) -> dict[str, bytes]:
        files = {}
        for file, digest in named.items():
            raw = self._path(digest).read_bytes()
            if _digest(raw) != digest:
                raise Problem("adapter.codebooks-differ", str(self._path(digest)), what=file)
            files[file] = raw
        return files

    def _path(self, digest: str) -> Path:
        return self._folder / "files" / Digest.parse(digest).hex


def _digest(raw: bytes) -> str:
    return str(Digest.of(raw))
