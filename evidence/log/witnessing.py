"""The decision of a log witness (C2SP tlog-witness, `add-checkpoint`): a pure function of its stored state.

    old <size>
    <base64 of a hash of the consistency proof>   … at most 63 of them
    <empty line>
    <the checkpoint, a signed note>

 1. The request has this form, and the old size is not above the checkpoint's.
 2. The origin is one that this witness follows.
 3. The checkpoint has a valid signature by the origin's log key.
 4. The old size is that of the last checkpoint which this witness cosigned.
 5. The proof leads from the stored root to the new one; equal sizes have equal roots.
 6. The caller stores the new checkpoint durably, and only then gives out the cosignature.

A refusal is a `Refused` with the HTTP status of the specification. A validly signed checkpoint that contradicts the
stored one proves that the log misbehaves; it is kept (`contradiction`). Source: c2sp.org/tlog-witness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.encoding import read_base64, to_base64
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from evidence.log.notes import NoteVerifier, verify_note
from messages.problems import Problem

MAX_PROOF_LINES = 63
MAX_REQUEST = 64 * 1024
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Seen:
    """The last checkpoint of a log that a witness cosigned: size, root, and the note as it was."""

    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    note: bytes = b""


@dataclass(frozen=True)
class Request:
    """An `add-checkpoint` request whose form has been checked."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The request's bytes."""
        lines = [f"old {self.old}", *(to_base64(each) for each in self.proof)]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.note


@dataclass(frozen=True)
class Accepted:
    """What may be cosigned once it is remembered."""

    checkpoint: Checkpoint
    seen: Seen


class Refused(Exception):  # noqa: N818 - an answer of the protocol, not a fault
    """A refusal: the HTTP status, the body of a 409 (the remembered size), and whether the log contradicts itself."""

    def __init__(self, status: int, *, size: int | None = None, contradiction: bool = False) -> None:
        super().__init__(f"add-checkpoint refused with {status}")
        self.status = status
        self.size = size
        self.contradiction = contradiction


def parse_request(data: bytes) -> Request:
    """Step 1, the form alone. Raises `Refused(400)`."""
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        match = _OLD.fullmatch(lines[0])
        if not gap or match is None or len(data) > MAX_REQUEST or len(lines) > MAX_PROOF_LINES + 1:
            raise Refused(400)
        proof = tuple(read_base64(line) for line in lines[1:])
    except (UnicodeDecodeError, Problem) as error:
        raise Refused(400) from error
    if any(len(each) != merkle.HASH_BYTES for each in proof):
        raise Refused(400)
    return Request(int(match[1]), proof, note)


def judge(request: Request, logs: Mapping[str, Sequence[NoteVerifier]], seen: Mapping[str, Seen]) -> Accepted:
    """Steps 1 to 5. `logs`: log keys by origin; `seen`: what was cosigned last, by origin. Raises `Refused`."""
    # Step 1
    try:
        checkpoint, note = parse_checkpoint(request.note)
    except Problem as error:
        raise Refused(422 if _empty_tree_with_root(request.note) else 400) from error
    # Step 2
    verifiers = logs.get(checkpoint.origin)
    if not verifiers:
        raise Refused(404)
    # Step 3
    try:
        verify_note(note, [each for each in verifiers if each.name == checkpoint.origin])
    except Problem as error:
        raise Refused(403) from error
    if request.old > checkpoint.size:
        raise Refused(400)
    # Step 4
    last = seen.get(checkpoint.origin, Seen())
    if request.old != last.size:
        raise Refused(409, size=last.size, contradiction=contradicts(checkpoint, last))
    # Step 5
    _consistent(request, checkpoint, last)
    return Accepted(checkpoint, Seen(checkpoint.size, checkpoint.root, request.note))


def _empty_tree_with_root(note: bytes) -> bool:
    """A checkpoint of size zero whose root is not that of nothing: the specification's own case of 422."""
    lines = note.split(b"\n")
    if len(lines) < 4 or lines[1] != b"0":
        return False
    lines[2] = to_base64(merkle.EMPTY_ROOT).encode()
    try:
        parse_checkpoint(b"\n".join(lines))
    except Problem:
        return False
    return True


def _consistent(request: Request, checkpoint: Checkpoint, last: Seen) -> None:
    if contradicts(checkpoint, last):
        raise Refused(422, contradiction=True)
    try:
        merkle.verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, request.proof)
    except Problem as error:
        raise Refused(422) from error


def contradicts(checkpoint: Checkpoint, last: Seen) -> bool:
    """Whether two signed checkpoints of one log cannot both be true: one size, two roots."""
    return checkpoint.size == last.size and checkpoint.root != last.root
