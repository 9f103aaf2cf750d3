"""The log's head in a second place, outside the database: `H/log-head`, the newest checkpoint that this hub has signed.

A database that is restored from a backup comes back whole and in good order, only older; nothing in it tells. The file
does. As long as the database's log is behind the file, or does not lead to its root, nothing is signed and the alarm is
raised; exchange goes on. docs/security.md says what to do then.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection

from evidence import merkle
from evidence.checkpoints import Checkpoint, verify_checkpoint
from evidence.notes import NoteVerifier
from hub.log import stored
from standards.problems import Problem

FILE = "log-head"


class Head:
    """The file of one home. `verifier`: the log's key; a file that it did not sign raises `log.inconsistent`."""

    def __init__(self, home: Path, verifier: NoteVerifier) -> None:
        self._path = home / FILE
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
        fresh = self._path.with_name(f"{FILE}.{os.getpid()}.new")
        with fresh.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def require_reached(self, connection: Connection, size: int) -> None:
        """The database's log of `size` marks must go on from the kept checkpoint.

        Raises `Problem` `log.behind` when it is shorter, `log.inconsistent` when it leads to another root.
        """
        kept = self.read()
        if kept is None:
            return
        if size < kept.size:
            raise Problem("log.behind", FILE, size=size, kept=kept.size)
        if merkle.frontier_at(kept.size, stored.reader(connection)).root() != kept.root:
            raise Problem("log.inconsistent", FILE)
