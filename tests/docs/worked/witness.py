"""A witness over the example's log: what the police bureau cosigns, asked for and handed in."""

from __future__ import annotations

from evidence.log import merkle
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.cosignatures import Witness, cosign, message
from evidence.log.notes import SignedNote
from evidence.log.witnessing import Request
from tests.docs.worked import parties
from tests.docs.worked.log import Grown
from tests.docs.worked.value import Value, octets, text

SECONDS_LATER = 90


def values(log: Grown) -> dict[str, Value]:
    """The values of the section on witnesses in chapter 14."""
    note = parse_checkpoint(log.note)[1]
    at = parties.instant(SECONDS_LATER)
    line = cosign(note.text, parties.POLICE, parties.police, at)
    proof = tuple(merkle.consistency_path(3, 6, log.node))
    return {
        "witness.vkey": text(Witness(parties.POLICE, parties.police.public).vkey),
        "witness.message": text(message(note.text, int(at.timestamp()))),
        "witness.signature": octets(line.blob[8:]),
        "witness.request": text(Request(3, proof, log.note).encode()),
        "witness.answer": text(line.line()),
        "witness.note": text(SignedNote(note.text, (*note.signatures, line)).encode()),
    }
