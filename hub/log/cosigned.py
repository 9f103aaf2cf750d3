"""Cosignatures of checkpoints as they are kept and served: who has seen which tree (C2SP tlog-cosignature).

A witness (见证方) hands in the checkpoint that it has remembered, as a note with its own signature line:

 1. The note has the form of a checkpoint, and this log's key signed it.
 2. A line in the witness's name holds under its identity key, which counts now.
 3. The checkpoint is the stored one of that size. One beyond the newest stored tree shows that the database is behind
    what was signed, and one with another root that the log has two histories: it is kept outside the database
    (`hub.log.heads`), and nothing more is signed.
 4. The line is stored once for each size and witness.

Cosignatures are no part of what is signed or exchanged: nothing waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, func, select

from evidence.identifiers import timestamp
from evidence.keys import TrustedKeys
from evidence.log import cosignatures, merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from evidence.log.cosignatures import Cosigned, Witness
from evidence.log.notes import MAX_SIGNATURES, NoteVerifier, SignedNote, verify_note
from evidence.log.policy import Policy
from hub.log import proofs, stored
from hub.log.proofs import StoredCheckpoint
from hub.store import agencies
from hub.store.database import insert_if_absent
from hub.store.tables import checkpoints, log_cosignatures
from messages.problems import Problem

MAX_NOTE = 64 * 1024
SERVED = MAX_SIGNATURES - 1
"""A note has at most so many lines beside the log's own."""
LOOKED_BACK = 1000
"""How many cosigned checkpoints are looked at for one that fulfils the policy."""
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Handed:
    """A checkpoint of this log with a valid line of its witness; the tree is still to be compared."""

    witness: str
    checkpoint: Checkpoint
    note: SignedNote
    line: str


class Contradiction(Problem):
    """What a witness has seen cannot be true together with the database: `note` is the proof."""

    def __init__(self, problem: Problem, note: SignedNote) -> None:
        super().__init__(problem.code, problem.place, **problem.params)
        self.note = note


def read(data: bytes, witness: str, keys: TrustedKeys, verifier: NoteVerifier, now: datetime) -> Handed:
    """Steps 1 and 2. Raises `evidence.malformed-note`, `evidence.malformed-checkpoint`, `evidence.bad-note-signature`,
    `evidence.note-unsigned`, `log.other-origin`, `log.no-cosignature` or `log.cosigned-ahead`."""
    if len(data) > MAX_NOTE:
        raise Problem("evidence.malformed-note")
    # Step 1
    checkpoint, note = parse_checkpoint(data)
    if checkpoint.origin != verifier.name:
        raise Problem("log.other-origin", checkpoint.origin)
    verify_note(note, [verifier])
    # Step 2
    entry = keys.current(witness, "identity", now)
    found = [] if entry is None else _lines_of(note, Witness(witness, entry.public, entry.kty))
    if not found:
        raise Problem("log.no-cosignature", witness)
    line, cosigned = found[0]
    if cosigned.at > now + SKEW:
        raise Problem("log.cosigned-ahead", witness, at=timestamp(cosigned.at))
    return Handed(witness, checkpoint, note, line)


def _lines_of(note: SignedNote, witness: Witness) -> list[tuple[str, Cosigned]]:
    held = cosignatures.verify_cosignatures(note, [witness])
    lines = [s.line() for s in note.signatures if (s.name, s.key_hash) == (witness.name, witness.key_hash)]
    return list(zip(lines, held, strict=False))


def compare(connection: Connection, handed: Handed) -> None:
    """Step 3. Raises `Contradiction` (`log.witness-ahead`, `log.witness-differs`), and `Problem("log.size")` for a
    checkpoint of our tree that is not stored."""
    size, newest = handed.checkpoint.size, proofs.latest(connection)
    reached = 0 if newest is None else newest.size
    if size > reached:
        raise Contradiction(Problem("log.witness-ahead", handed.witness, size=reached, seen=size), handed.note)
    if merkle.frontier_at(size, stored.reader(connection)).root() != handed.checkpoint.root:
        raise Contradiction(Problem("log.witness-differs", handed.witness, size=size), handed.note)
    kept = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
    if kept is None or parse_checkpoint(kept.encode())[1].text != handed.note.text:
        raise Problem("log.size", str(size))


def keep(connection: Connection, handed: Handed, now: datetime) -> bool:
    """Step 4; False when this witness's cosignature of this size was there already, which stays."""
    row = {
        "size": handed.checkpoint.size,
        "witness": handed.witness,
        "line": handed.line,
        "received_at": timestamp(now),
    }
    return insert_if_absent(connection, log_cosignatures, row)


def lines(connection: Connection, size: int, policy: Policy | None = None) -> list[str]:
    """The cosignature lines of the checkpoint of `size`, each with its line feed: at most 99, those of the policy's
    witnesses first, then the oldest."""
    c = log_cosignatures.c
    query = select(c.witness, c.line).where(c.size == size).order_by(c.received_at, c.witness)
    return _served([(row.witness, row.line) for row in connection.execute(query)], policy)


def _served(held: list[tuple[str, str]], policy: Policy | None) -> list[str]:
    """A note has room for so many: the policy's witnesses are not pushed out by others."""
    named = set() if policy is None else {each.name for each in policy.witnesses.values()}
    return [line for _, line in sorted(held, key=lambda item: item[0] not in named)][:SERVED]


def with_lines(connection: Connection, checkpoint: StoredCheckpoint, policy: Policy | None = None) -> str:
    """The checkpoint's note with the cosignatures that it has."""
    return checkpoint.note + "".join(lines(connection, checkpoint.size, policy))


def covering(connection: Connection, needed: int, policy: Policy | None) -> list[str]:
    """For each witness the smallest checkpoint of at least `needed` marks that it has cosigned, as notes with their
    cosignatures, smallest first: a cosignature counts for every tree that its tree contains.

    With a policy only its witnesses are looked for.
    """
    c = log_cosignatures.c
    query = select(func.min(c.size)).where(c.size >= needed).group_by(c.witness)
    if policy is not None:
        query = query.where(c.witness.in_(sorted({each.name for each in policy.witnesses.values()})))
    sizes = sorted(set(connection.execute(query).scalars()))[:SERVED]
    notes = select(checkpoints.c.size, checkpoints.c.note).where(checkpoints.c.size.in_(sizes))
    rows = connection.execute(notes.order_by(checkpoints.c.size)).all()
    return [row.note + "".join(lines(connection, row.size, policy)) for row in rows]


def reached(connection: Connection, policy: Policy | None) -> int:
    """The largest tree that enough witnesses have seen, whichever larger ones they cosigned; 0 for none."""
    newest: dict[Witness, int] = {}
    c = log_cosignatures.c
    if policy is None:
        return int(connection.execute(select(func.max(c.size))).scalar() or 0)
    for witness in policy.witnesses.values():
        size = newest_of(connection, witness.name)
        note = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
        line = connection.execute(select(c.line).where(c.size == size, c.witness == witness.name)).scalar()
        if note is not None and line is not None and witness in _known(note, [line], policy):
            newest[witness] = size
    for size in sorted(set(newest.values()), reverse=True):
        if policy.holds([witness for witness, seen in newest.items() if seen >= size]):
            return size
    return 0


def witnessed(connection: Connection, policy: Policy | None) -> str | None:
    """The newest checkpoint whose cosignatures fulfil the policy, with them; without a policy, any cosignature does.

    None when none of the last 1,000 cosigned checkpoints does.
    """
    for size, held in _cosigned(connection, policy):
        note = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
        if note is not None and (policy is None or policy.holds(_known(note, held, policy))):
            return str(note) + "".join(held)
    return None


def _cosigned(connection: Connection, policy: Policy | None) -> Iterator[tuple[int, list[str]]]:
    """Sizes that have cosignatures, newest first, with their lines."""
    c = log_cosignatures.c
    sizes = select(c.size).distinct().order_by(c.size.desc()).limit(LOOKED_BACK).subquery()
    query = select(c.size, c.witness, c.line).where(c.size.in_(select(sizes.c.size)))
    rows = connection.execute(query.order_by(c.size.desc(), c.received_at, c.witness))
    for size, group in groupby(rows, key=lambda row: int(row.size)):
        yield size, _served([(row.witness, row.line) for row in group], policy)


def _known(note: str, held: list[str], policy: Policy) -> list[Witness]:
    """The policy's witnesses whose lines hold. A line that does not is no cosignature, and spoils no other."""
    found = []
    for line in held:
        try:
            parsed = parse_checkpoint((note + line).encode())[1]
            found += [one.witness for one in cosignatures.verify_cosignatures(parsed, policy.witnesses.values())]
        except Problem:
            continue
    return found


def newest_of(connection: Connection, witness: str) -> int:
    """The newest size that the witness has cosigned; 0 for none."""
    c = log_cosignatures.c
    return int(connection.execute(select(func.max(c.size)).where(c.witness == witness)).scalar() or 0)


def newest_of_each(connection: Connection) -> dict[str, int]:
    """The newest size that each agency has cosigned, for those that have; a look-up each, however long the log is."""
    found = {item.agency: newest_of(connection, item.agency) for item in agencies.every(connection)}
    return {name: size for name, size in found.items() if size}
