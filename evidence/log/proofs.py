"""Offline proofs that a leaf is in the log (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    index <decimal>
    <base64 of a 32-byte hash>      nearest sibling first, as many as the path has

    <the checkpoint, verbatim>

An `extra` line may come before `index`; it is ignored, because it is not authenticated. Source: c2sp.org/tlog-proof.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from evidence.encoding import read_base64, to_base64
from evidence.log import merkle, notes
from messages.problems import Problem

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HEAD = 65_536
"""Most bytes before the checkpoint; a full path takes less than 4,000, the rest is left to an extra line."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class LogProof:
    """Index and audit path of one leaf, and the signed checkpoint that they lead to."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The proof's bytes."""
        hashes = [to_base64(item) for item in self.path]
        return "\n".join([HEADER, f"index {self.index}", *hashes, "", ""]).encode("ascii") + self.checkpoint


def parse_proof(data: bytes, place: str = "") -> LogProof:
    """Read a proof's form; nothing is verified. Raises `Problem("evidence.malformed-proof")`."""
    head, gap, checkpoint = data.partition(b"\n\n")
    if len(head) > MAX_HEAD:
        raise Problem("evidence.malformed-proof", place)
    try:
        lines = head.decode("ascii").split("\n")
        if len(lines) > 1 and lines[1].startswith("extra "):
            read_base64(lines.pop(1)[6:])
        match = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
        path = tuple(read_base64(line) for line in lines[2 : 3 + merkle.MAX_PROOF])
    except (UnicodeDecodeError, Problem) as error:
        raise Problem("evidence.malformed-proof", place) from error
    too_long = len(lines) > 2 + merkle.MAX_PROOF or len(checkpoint) > notes.MAX_NOTE
    if not gap or lines[0] != HEADER or match is None or too_long or any(len(item) != 32 for item in path):
        raise Problem("evidence.malformed-proof", place)
    return LogProof(int(match[1]), path, checkpoint)
