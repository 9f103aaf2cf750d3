"""`python -m bench.log`: what the log costs as it grows: 10 thousand, 100 thousand, 1 million, 10 million marks.

One log in one SQLite file grows from size to size through the real storage of tiles. Its leaves have the length and the
form of real marks; up to `--rows` they stand in the table of marks as well, beyond that only their hashes stand in the
tiles. At each size, with real signed marks on top:

    append      one mark, from waiting to signed: sequencer and publisher, in batches of 100
    proof       one inclusion proof and one consistency proof, read from the database
    verify      one mark by whoever holds bundle and keys: signature, leaf hash, inclusion; the inclusion alone
    restart     a new process's first look: head outside the database, newest checkpoint, tree
    bytes       of tiles for each mark, beside the leaf itself

Appending waits for the disk and is told in wall-clock time, everything else in time of the processor. Both depend on
the machine; what counts are the ratios between sizes, where flat means O(log n), and what verifying a mark costs beside
the one Ed25519 verification in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from evidence import mark_bodies, statements
from evidence import marks as rules
from evidence.identifiers import parse_timestamp, timestamp, uuid7
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from evidence.log.notes import NoteVerifier
from hub.log import proofs, stored
from hub.log.heads import Head
from hub.log.publisher import Publisher
from hub.log.sequencer import Sequencer
from hub.store import marks
from hub.store.database import Database
from hub.store.tables import checkpoints, log_tiles
from hub.store.tables import marks as marks_table
from hub.store.vault import Vault
from messages import columns, terminal

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BATCH = 10_000
ON_TOP = 100
ROUNDS = 9
ORIGIN, HUB = "bench/log", "hub:bench"
NOW = datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC)
KEY, LOG_KEY = SigningKey.from_seed(b"h" * 32), SigningKey.from_seed(b"l" * 32)
VAULT = Vault({1: b"m" * 32})


def main(argv: Sequence[str] | None = None) -> int:
    """Grow the log, measure at every size, print the table or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.log", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="largest size (default: 10 million)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="up to here every mark has its row")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    terminal.force_utf8(sys.stdout, sys.stderr)
    with tempfile.TemporaryDirectory(prefix="casehub-bench-log-") as scratch:
        grown = Grown(Path(scratch), options.rows)
        figures = []
        for size in [size for size in SIZES if size <= options.most] or [options.most]:
            figures.append({"size": size, "build": timed(grown.to, size), **grown.measure()})
            told = f"{size} marks after {figures[-1]['build']:.0f} s"
            print(told, file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print_table(figures)
    return 0


def timed(work: Callable[..., Any], *given: Any) -> float:
    """Wall-clock seconds of `work`."""
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started


def busy(work: Callable[..., Any], *given: Any) -> float:
    """Seconds of this process's own work: what others do on the machine meanwhile does not count."""
    started = time.process_time()
    work(*given)
    return time.process_time() - started


def median(rounds: int, work: Callable[[], Any]) -> float:
    """The median of `busy` over several rounds."""
    return statistics.median(busy(work) for _ in range(rounds))


class Grown:
    """One growing log. Leaf `i` is always the same bytes, so that any of them can be proved without its row."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.rows, self.size = folder, rows, 0
        self.url = f"sqlite:///{folder / 'log.db'}"
        self.database = Database(self.url)
        self.database.migrate()
        self.verifier = NoteVerifier(ORIGIN, LOG_KEY.public)
        announced = key_statement(
            owner=HUB, kty="ed25519", public=KEY.public, purpose="identity", valid_from=NOW, signer=KEY
        )
        self.keys = TrustedKeys(accept_key_chain([announced]))
        body = mark_bodies.mark_body(
            mark_id=uuid7(0), action="viewed", actor=HUB, occurred_at=NOW, commitment="sha256:" + "0" * 64
        )
        self.shape = rules.leaf_bytes(rules.make_mark(body, KEY))
        self.chance = random.Random(20260304)
        self.listed: list[range] = []

    def leaf(self, index: int) -> bytes:
        """A leaf of the length of a mark; its middle tells its index."""
        return self.shape[:200] + f"{index:012}".encode() + self.shape[212:]

    def to(self, size: int) -> None:
        """Let the log grow to `size`, a batch in each transaction, and sign it."""
        while self.size < size:
            count = min(BATCH, size - self.size)
            self._batch(self.size, count)
            self.size += count
        with self.database.transaction() as connection:
            root = merkle.frontier_at(size, stored.reader(connection)).root()
            note = sign_checkpoint(Checkpoint(ORIGIN, size, root), LOG_KEY)
            row = {"size": size, "root": root, "note": note.decode(), "signed_at": timestamp(NOW)}
            connection.execute(insert(checkpoints).values(row))
        Head(self.folder, self.verifier).keep(note)
        # A hub's log of writes stays short; the large batches here left one in which every read would have to look.
        self.database.close()
        beside = sqlite3.connect(self.folder / "log.db")
        beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        beside.close()

    def _batch(self, start: int, count: int) -> None:
        hashes = [merkle.leaf_hash(self.leaf(index)) for index in range(start, start + count)]
        with self.database.transaction() as connection:
            if start < self.rows:
                connection.execute(insert(marks_table), list(self._rows(start, hashes)))
                self.listed.append(range(start, start + count))
            stored.grow(connection, ORIGIN, start, start + count)
            stored.append(connection, start, hashes)

    def _rows(self, start: int, hashes: list[bytes]) -> Iterator[dict[str, Any]]:
        for index, hashed in enumerate(hashes, start):
            yield {
                "mark_id": hashlib.md5(hashed, usedforsecurity=False).hexdigest(),
                "chain": "bench",
                "signer": HUB,
                "seq": index + 1,
                "action": "viewed",
                "leaf": self.leaf(index),
                "leaf_hash": hashed,
                "leaf_index": index,
                "inserted_at": timestamp(NOW),
            }

    def measure(self) -> dict[str, float]:
        """The figures at this size, in seconds and bytes."""
        append = statistics.median(self._append() for _ in range(ROUNDS))
        with self.database.transaction(write=False) as connection:
            newest = proofs.latest(connection)
            bytes_of_tiles = connection.execute(select(func.sum(func.length(log_tiles.c.hashes)))).scalar_one()
            tops = connection.execute(
                select(marks_table.c.leaf, marks_table.c.leaf_hash).order_by(marks_table.c.arrival.desc()).limit(50)
            ).all()
        assert newest is not None
        return {
            "append": append,
            "proof": median(200, lambda: self._prove(newest.size)),
            "consistency": median(100, lambda: self._consistency(newest.size)),
            **self._verification(tops, newest),
            "restart": median(ROUNDS, self._restart),
            "tile_bytes": bytes_of_tiles / newest.size,
            "leaf_bytes": float(len(self.shape)),
            "path": float(len(self._path(0, newest.size))),
        }

    def _append(self) -> float:
        """Seconds for one mark: numbered, written to tiles, re-read, signed."""
        with self.database.transaction() as connection:
            for _ in range(ON_TOP):
                marks.append(connection, VAULT, KEY, signer=HUB, action="viewed", now=NOW, private={"n": 1})
        sequencer = Sequencer(self.database, ORIGIN)
        publisher = Publisher(self.database, LOG_KEY, ORIGIN, lambda: NOW, Head(self.folder, self.verifier))

        def work() -> None:
            assert sequencer.step() == ON_TOP
            assert publisher.step() is not None

        spent = timed(work)
        self.size += ON_TOP
        return spent / ON_TOP

    def _prove(self, size: int) -> None:
        index = self.chance.choice(self.chance.choice(self.listed))
        with self.database.transaction(write=False) as connection:
            proofs.inclusion(connection, merkle.leaf_digest(self.leaf(index)), size)

    def _consistency(self, size: int) -> None:
        with self.database.transaction(write=False) as connection:
            proofs.consistency(connection, self.chance.randrange(1, size), size)

    def _path(self, index: int, size: int) -> list[bytes]:
        with self.database.transaction(write=False) as connection:
            return proofs.inclusion_path(connection, index, size)

    def _verification(self, tops: Sequence[Any], newest: proofs.StoredCheckpoint) -> dict[str, float]:
        with self.database.transaction(write=False) as connection:
            proved = []
            for row in tops:
                proof = proofs.inclusion(connection, merkle.text_of(bytes(row.leaf_hash)), newest.size)
                proved.append((bytes(row.leaf), proof))

        def inclusion(leaf: bytes, proof: proofs.InclusionProof) -> None:
            hashed = merkle.leaf_hash(leaf)
            merkle.verify_inclusion(proof.index, proof.size, hashed, proof.path, newest.root)

        def whole(leaf: bytes, proof: proofs.InclusionProof) -> None:
            mark = rules.read_mark(leaf)
            body = rules.body_of(mark)
            statements.verify(mark, "mark", self.keys, parse_timestamp(body.occurred_at), body.actor)
            inclusion(leaf, proof)

        def bare(leaf: bytes) -> None:
            mark = statements.SignedStatement.decode(leaf)
            entry = self.keys.find(mark.keyid)
            assert entry is not None
            started.append(time.process_time())
            statements.check_signature(mark, entry)
            started.append(time.process_time())

        for leaf, proof in proved:  # once, so that everything is warm
            whole(leaf, proof)
        started: list[float] = []
        for leaf, _ in proved:
            bare(leaf)
        signatures = [after - before for before, after in zip(started[::2], started[1::2], strict=True)]
        return {
            "verify": statistics.median(busy(whole, *each) for each in proved),
            "inclusion": statistics.median(busy(inclusion, *each) for each in proved),
            "ed25519": statistics.median(signatures),
        }

    def _restart(self) -> None:
        database = Database(self.url)
        publisher = Publisher(database, LOG_KEY, ORIGIN, lambda: NOW, Head(self.folder, self.verifier))
        assert publisher.step() is None
        database.close()


COLUMNS = {
    "append": "append",
    "proof": "inclusion proof",
    "consistency": "consistency proof",
    "verify": "verify a mark",
    "inclusion": "its inclusion",
    "ed25519": "one Ed25519",
    "restart": "restart",
}


def print_table(figures: list[dict[str, float]]) -> None:
    """Microseconds at each size, and ratios to the smallest size."""
    first = figures[0]
    headers = ["marks", *(f"{label} µs" for label in COLUMNS.values()), "tile bytes/mark", "path"]
    rows = [
        [
            f"{each['size']:,.0f}",
            *(f"{each[name] * 1e6:,.0f}" for name in COLUMNS),
            f"{each['tile_bytes']:.1f}",
            f"{each['path']:.0f}",
        ]
        for each in figures
    ]
    print(columns.table(headers, rows, right=range(len(headers))))
    print(f"\nratios to {first['size']:,.0f} marks (flat is O(log n)); a leaf has {first['leaf_bytes']:.0f} bytes")
    ratios = [
        [f"{each['size']:,.0f}", *(f"{each[name] / first[name]:.2f}" for name in COLUMNS)] for each in figures[1:]
    ]
    print(columns.table(["marks", *COLUMNS.values()], ratios, right=range(len(COLUMNS) + 1)))
    for each in figures:
        print(f"{each['size']:,.0f}: verifying a mark is {each['verify'] / each['ed25519']:.2f} × one Ed25519 check")


if __name__ == "__main__":
    sys.exit(main())
