"""How far the monitor has read the log, and what it must remember of it: one small SQLite file, `log/monitor/book.db`.

The position is a number of marks and the frontier of the whole entry bundles among them; it moves on in one transaction
with everything that was learnt on the way, so that a process killed at any time reads a few bundles again and misses
nothing. What is kept grows with this agency's own transfers, not with the log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.state.files import StateFile
from evidence.identifiers import uuid7
from evidence.log.merkle import HASH_BYTES, Frontier

FOLDER = "monitor"
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS own_place (leaf_hash TEXT PRIMARY KEY, leaf_index INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS chain (
    signer TEXT NOT NULL, transfer_id TEXT NOT NULL, seq INTEGER NOT NULL, leaf_hash TEXT NOT NULL,
    PRIMARY KEY (signer, transfer_id)
) STRICT;
CREATE TABLE IF NOT EXISTS missed (leaf_hash TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fault (
    leaf_index INTEGER NOT NULL, code TEXT NOT NULL, transfer_id TEXT NOT NULL, params TEXT NOT NULL,
    PRIMARY KEY (leaf_index, code)
) STRICT;
"""


@dataclass(frozen=True)
class Fault:
    """Something about one entry of the log that is not as it must be. `params` hold no personal datum."""

    code: str
    leaf_index: int
    transfer_id: str
    params: dict[str, Any]

    @property
    def named(self) -> str:
        """The place under which it is told: the transfer, or the entry."""
        return self.transfer_id or str(self.leaf_index)

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {
            "code": self.code,
            "leaf_index": self.leaf_index,
            "transfer_id": self.transfer_id or None,
            "params": self.params,
        }


class LogBook(StateFile):
    """The open file. Made when it is not there: the log is then read from its beginning. Raises `StateFailed`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "book.db")
        for statement in SCHEMA.split(";\n"):
            self.run(statement)

    @property
    def identity(self) -> str:
        """What tells this book from one that was begun anew."""
        if not self.get("identity"):
            self.put("identity", uuid7())
        return self.get("identity")

    @property
    def size(self) -> int:
        """How many marks were read, from the first one."""
        return int(self.get("size", "0"))

    @property
    def bundles(self) -> Frontier:
        """The roots of perfect subtrees over the whole bundles that were read; its size counts bundles."""
        data = bytes.fromhex(self.get("nodes"))
        nodes = [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]
        return Frontier(int(self.get("bundles", "0")), nodes)

    @property
    def note(self) -> bytes | None:
        """The newest checkpoint that was verified."""
        text = self.get("checkpoint")
        return text.encode("utf-8") if text else None

    def keep_note(self, note: bytes) -> None:
        """Remember a checkpoint that continues the one before."""
        self.put("checkpoint", note.decode("utf-8"))

    def move(self, size: int, bundles: Frontier) -> None:
        """Everything before `size` has been read."""
        self.put("size", str(size))
        self.put("bundles", str(bundles.size))
        self.put("nodes", b"".join(bundles.nodes).hex())

    @property
    def tail_since(self) -> str:
        """Since when marks at the edge wait to be read; empty when none do."""
        return self.get("tail-since")

    def keep_tail(self, since: str) -> None:
        """Marks at the edge are left for later."""
        self.put("tail-since", since)

    def place(self, leaf_hash: str) -> int | None:
        """Where a mark of ours stands in the log."""
        row = self.one("SELECT leaf_index FROM own_place WHERE leaf_hash = ?", leaf_hash)
        return None if row is None else int(row["leaf_index"])

    def keep_place(self, leaf_hash: str, leaf_index: int) -> None:
        """A mark of ours, or one that a receipt promised, was found."""
        self.run("INSERT OR IGNORE INTO own_place VALUES (?, ?)", leaf_hash, leaf_index)

    def last_of(self, signer: str, transfer_id: str) -> tuple[int, str] | None:
        """Number and leaf hash of a chain's last mark."""
        row = self.one("SELECT seq, leaf_hash FROM chain WHERE signer = ? AND transfer_id = ?", signer, transfer_id)
        return None if row is None else (int(row["seq"]), str(row["leaf_hash"]))

    def extend(self, signer: str, transfer_id: str, seq: int, leaf_hash: str) -> None:
        """A chain goes on."""
        self.run("INSERT OR REPLACE INTO chain VALUES (?, ?, ?, ?)", signer, transfer_id, seq, leaf_hash)

    def missed(self, leaf_hash: str, now: str) -> str:
        """Since when a mark that the hub confirmed is not found: `now` at the first time."""
        self.run("INSERT OR IGNORE INTO missed VALUES (?, ?)", leaf_hash, now)
        row = self.one("SELECT since FROM missed WHERE leaf_hash = ?", leaf_hash)
        assert row is not None
        return str(row["since"])

    def keep_fault(self, fault: Fault) -> None:
        """Keep what was found, once."""
        self.run(
            "INSERT OR IGNORE INTO fault VALUES (?, ?, ?, ?)",
            fault.leaf_index,
            fault.code,
            fault.transfer_id,
            json.dumps(fault.params, sort_keys=True),
        )

    def faults(self) -> list[Fault]:
        """Everything that was ever found, in the order of the log."""
        rows = self.all("SELECT * FROM fault ORDER BY leaf_index, code")
        return [Fault(row["code"], row["leaf_index"], row["transfer_id"], json.loads(row["params"])) for row in rows]
