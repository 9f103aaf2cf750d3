"""The codebook releases in one home, under `codebooks/`: each was checked before it was kept (`client.codebooks`).

Names of codes come from the release in effect on the day, by the hub's rule: the highest number that is effective.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import codebooks
from adapters.client.codebooks import Fetched, digest_of_file
from adapters.home import Home
from codebooks import CodebookError, Release
from digests import Digest
from dossier.durable import write_durably
from evidence.statements import SignedStatement
from messages.problems import Problem
from standards.times import BEIJING


class HeldCodebooks:
    """The releases in one home."""

    def __init__(self, home: Home, clock: Callable[[], datetime]) -> None:
        self._folder = home.path / "codebooks"
        self._clock = clock
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
        day = (now or self._clock()).astimezone(BEIJING).date().isoformat()
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

    def keep(self, fetched: Fetched) -> None:
        """Files by their digests first, then the statement that names them: a kill between leaves nothing half."""
        for folder in ("files", "releases"):
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        for raw in fetched.files.values():
            path = self._path(digest_of_file(raw))
            if not path.exists():
                write_durably(path, raw)
        write_durably(self._folder / "releases" / f"{fetched.number:06d}.json", fetched.statement.encode())
        self._held = {**self.held(), fetched.number: fetched.statement}
        self._built[fetched.number] = fetched.release

    def file(self, digest: str) -> bytes | None:
        """The content kept under `digest`, as it is; None when there is none."""
        path = self._path(digest)
        return path.read_bytes() if path.exists() else None

    def _files(self, named: Mapping[str, str]) -> dict[str, bytes]:
        files = {}
        for file, digest in named.items():
            raw = self._path(digest).read_bytes()
            if digest_of_file(raw) != digest:
                raise Problem("adapter.codebooks-differ", str(self._path(digest)), what=file)
            files[file] = raw
        return files

    def _path(self, digest: str) -> Path:
        return self._folder / "files" / Digest.parse(digest).hex  # it names a file
