"""Checkpoints of the log (C2SP tlog-checkpoint): a signed note of origin, size and root.

    <origin>
    <number of leaves, decimal>
    <base64 of the 32-byte root>

Further lines of the body are extensions; they are kept and signed, and never interpreted. The note's key has the name
of the origin. Source: c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evidence.encoding import read_base64, to_base64
from evidence.keys import KeyEntry, SigningKey
from evidence.log import merkle, notes
from evidence.log.notes import NoteVerifier, SignedNote
from messages.problems import Problem

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """One state of one log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        notes.check_name(self.origin)
        if not 0 <= self.size < 1 << 63 or len(self.root) != merkle.HASH_BYTES:
            raise Problem("evidence.malformed-checkpoint")
        if self.size == 0 and self.root != merkle.EMPTY_ROOT:
            raise Problem("evidence.malformed-checkpoint")
        if any(not line or "\n" in line for line in self.extensions):
            raise Problem("evidence.malformed-checkpoint")

    def body(self) -> str:
        """The note's text."""
        root = to_base64(self.root)
        return "\n".join([self.origin, str(self.size), root, *self.extensions]) + "\n"


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """The signed note's bytes, signed in the name of the origin."""
    return notes.sign_note(checkpoint.body(), checkpoint.origin, key).encode()


def parse_checkpoint(data: bytes) -> tuple[Checkpoint, SignedNote]:
    """Read a checkpoint's form; signatures are not looked at. Raises `Problem` `evidence.malformed-note` or
    `evidence.malformed-checkpoint`."""
    note = notes.parse_note(data)
    lines = note.text[:-1].split("\n")
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]):
        raise Problem("evidence.malformed-checkpoint")
    try:
        root = read_base64(lines[2])
        return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:])), note
    except Problem as error:
        raise Problem("evidence.malformed-checkpoint") from error


def verify_checkpoint(data: bytes, verifiers: Iterable[NoteVerifier]) -> Checkpoint:
    """The checkpoint, signed by one of the log keys given, whose name is its origin.

    Cosignatures and other unknown lines are ignored. Raises what `parse_checkpoint` and `notes.verify_note` raise, and
    `Problem("evidence.note-unsigned")` when the origin's own signature is missing.
    """
    checkpoint, note = parse_checkpoint(data)
    notes.verify_note(note, [verifier for verifier in verifiers if verifier.name == checkpoint.origin])
    return checkpoint


def log_verifiers(entries: Iterable[KeyEntry]) -> list[NoteVerifier]:
    """The note verifiers of the log keys among `entries`."""
    return [NoteVerifier(entry.origin, entry.public, entry.kty) for entry in entries if entry.origin is not None]
