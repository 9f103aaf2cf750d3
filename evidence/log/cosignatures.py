"""Cosignatures of checkpoints by a log witness (见证方; C2SP tlog-cosignature).

A cosignature is a signature line of the note. Its blob is a time in eight bytes, big-endian, and a signature over

    cosignature/v1
    time <seconds since 1970>
    <the checkpoint's body>

It means: at that time, this was the largest consistent tree of this log that the witness had seen. The key hash is the
first 4 bytes of SHA-256(name || LF || identifier || public key), the identifier 0x04 for Ed25519. The first two lines
distinguish the message from everything else that the same key signs (DSSE, HTTP requests). Source:
c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from evidence import suites
from evidence.keys import SigningKey
from evidence.log import notes
from evidence.log.notes import NoteSignature, SignedNote, check_name
from messages.problems import Problem

_LATEST = 253_402_300_799
"""The last second of the year 9999: beyond it no calendar here can name the time."""


@dataclass(frozen=True)
class Witness:
    """A witness's name and public key, against which its cosignatures are checked."""

    name: str
    public: bytes
    alg: str = notes.DEFAULT_ALG

    @property
    def key_hash(self) -> bytes:
        """The 4 bytes that mark this witness's cosignatures."""
        return notes.key_hash(self.name, suites.signatures_of(self.alg).cosignature, self.public)

    @property
    def vkey(self) -> str:
        """The verifier key as one line of text."""
        return notes.write_vkey(self.name, self.public, suites.signatures_of(self.alg).cosignature)


@dataclass(frozen=True)
class Cosigned:
    """One valid cosignature: the witness and the time that it states."""

    witness: Witness
    at: datetime


def parse_vkey(text: str) -> Witness:
    """Read a witness's verifier key. Raises `Problem("evidence.bad-note-key")`."""
    return Witness(*notes.read_vkey(text, "cosignature"))


def message(body: str, seconds: int) -> bytes:
    """What is signed for a checkpoint's body at a time."""
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def cosign(body: str, name: str, key: SigningKey, at: datetime) -> NoteSignature:
    """A cosignature of a checkpoint's body. The caller has verified its consistency (`evidence.log.witnessing`)."""
    seconds = int(at.timestamp())
    witness = Witness(check_name(name), key.public, key.alg)
    return NoteSignature(name, witness.key_hash, seconds.to_bytes(8, "big") + key.sign(message(body, seconds)))


def verify_cosignatures(note: SignedNote, witnesses: Iterable[Witness]) -> list[Cosigned]:
    """The cosignatures of known witnesses, in the order of the note's lines; each witness counts once.

    Lines of unknown name and key hash are ignored. Raises `Problem("evidence.bad-note-signature")` when a line of a
    known witness does not hold: such a note is malformed as a whole (c2sp.org/signed-note).
    """
    known = {(witness.name, witness.key_hash): witness for witness in witnesses}
    found: dict[Witness, Cosigned] = {}
    for signature in note.signatures:
        witness = known.get((signature.name, signature.key_hash))
        if witness is not None and witness not in found:
            found[witness] = Cosigned(witness, _verified(note.text, signature, witness))
    return list(found.values())


def _verified(body: str, signature: NoteSignature, witness: Witness) -> datetime:
    seconds, signatures = int.from_bytes(signature.blob[:8], "big"), suites.signatures_of(witness.alg)
    right = len(signature.blob) == 8 + signatures.signature_bytes and 0 < seconds <= _LATEST
    if not right or not signatures.holds(witness.public, signature.blob[8:], message(body, seconds)):
        raise Problem("evidence.bad-note-signature", name=witness.name)
    return datetime.fromtimestamp(seconds, UTC)
