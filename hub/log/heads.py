"""The log head outside the database: `H/log-head`, the newest checkpoint that this hub has signed.

A database restored from a backup is consistent but older, and contains nothing that shows this. The file does. As long
as the database's log is behind the file, or does not lead to its root, nothing is signed and an alarm is raised; the
exchange of cases continues. docs/security.md says what to do.

If the whole machine is restored from a backup, the file is as old as the database, but the witnesses are not: a larger
checkpoint from one of them replaces the file, and a contradicting one is kept in `H/log-contradictions/` until a person
has examined it and moved it away.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from digests import Digest
from dossier.durable import write_durably
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, verify_checkpoint
from evidence.log.notes import NoteVerifier
from hub.log import stored
from messages.problems import Problem

FILE = "log-head"
CONTRADICTIONS = "log-contradictions"
MAX_CONTRADICTIONS = 100
"""One is enough to stop; more are kept for those who look into it, up to so many."""


class Head:
    """The file of one home. `verifier`: the log's key; a file that it did not sign raises `log.inconsistent`."""

    def __init__(self, home: Path, verifier: NoteVerifier) -> None:
        self._path = home / FILE
        self._folder = home / CONTRADICTIONS
        self._verifier = verifier

    def read(self) -> Checkpoint | None:
        """The kept checkpoint; None before the first. Raises `Problem("log.inconsistent")` for a damaged file."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return verify_checkpoint(data, [self._verifier])
        except Problem as error:
            raise Problem("log.inconsistent", FILE) from error

    def keep(self, note: bytes) -> None:
        """Keep a signed checkpoint, durably, unless a larger one is kept already."""
        kept, new = self.read(), verify_checkpoint(note, [self._verifier])
        if kept is not None and kept.size >= new.size:
            return
        write_durably(self._path, note)

    def accuse(self, note: bytes) -> None:
        """Keep, durably, a checkpoint that this log signed and that its database contradicts; each one once."""
        verify_checkpoint(note, [self._verifier])
        path = self._folder / f"{Digest.of(note).hex[:16]}.note"
        if not path.exists() and len(self.accusations()) < MAX_CONTRADICTIONS:
            self._folder.mkdir(exist_ok=True)
            write_durably(path, note)

    def accusations(self) -> list[Path]:
        """The checkpoints stored by `accuse` that nobody has moved away."""
        return sorted(self._folder.glob("*.note"))

    def require_reached(self, connection: Connection, size: int, kept: Checkpoint | None) -> None:
        """The database's log of `size` marks must go on from the kept checkpoint, which was read before the database
        was looked at: another process may sign in between.

        Raises `Problem` `log.behind` when it is shorter, `log.inconsistent` when it leads to another root, or while a
        contradiction is kept.
        """
        if found := self.accusations():
            raise Problem("log.inconsistent", f"{CONTRADICTIONS}/{found[0].name}")
        if kept is None:
            return
        if size < kept.size:
            raise Problem("log.behind", FILE, size=size, kept=kept.size)
        if merkle.frontier_at(kept.size, stored.reader(connection)).root() != kept.root:
            raise Problem("log.inconsistent", FILE)
