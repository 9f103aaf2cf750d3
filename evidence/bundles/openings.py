"""Openings (启封凭据): prove to somebody without an agency's decryption key what was sealed in a volume.

The receiver of a volume puts one beside the files that it delivers, `casehub/V20-01.json` in the bag: canonical JSON
`{"catalogue": [base64 of each encrypted part], "descriptor": the signed descriptor, "volume_key": base64}`. It reveals
nothing more to anyone who has the files. With a descriptor from another source, one can follow the chain

    descriptor ── digests ──▶ encrypted catalogue ── volume key ──▶ catalogue ── SHA-256 ──▶ each file

The descriptor commits to the key, so that no other key can show another catalogue. The stream is Tink's AES256-GCM-HKDF
with segments of 1 MiB (docs/protocol.md chapter 5), opened here with the suite's own library alone; sealing and
unsealing are in `dossier`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digests import Digest, equal
from evidence import suites
from evidence.canonical import canonical, parse_canonical
from evidence.encoding import read_base64, to_base64
from evidence.statements import SignedStatement
from evidence.suites import Suite
from messages.problems import Problem

FOLDER = "casehub"
"""The bag's folder of openings."""
_SEGMENT, _HEADER, _KEY = 1 << 20, 40, 32
_COMMIT_INFO = b"casehub/commit/v1"


@dataclass(frozen=True)
class Opening:
    """An opening as read; `catalogue` is the encrypted catalogue's parts in order."""

    descriptor: SignedStatement
    catalogue: Sequence[bytes]
    volume_key: bytes

    def __repr__(self) -> str:
        return "Opening(key not shown)"

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical(
            {
                "catalogue": [to_base64(part) for part in self.catalogue],
                "descriptor": self.descriptor.to_json(),
                "volume_key": to_base64(self.volume_key),
            }
        )


def read_opening(data: bytes) -> Opening:
    """Read a file's form. Raises `Problem("evidence.bad-opening")`."""
    try:
        found = parse_canonical(data)
        parts = [read_base64(part) for part in found["catalogue"]]
        return Opening(SignedStatement.from_json(found["descriptor"]), parts, read_base64(found["volume_key"]))
    except (Problem, KeyError, TypeError) as error:
        raise Problem("evidence.bad-opening") from error


def open_catalogue(opening: Opening) -> dict[str, Any]:
    """The catalogue `{"header", "items"}` that was sealed.

    1. The key is the one that the descriptor commits to.
    2. The encrypted parts have the descriptor's digests.
    3. Every segment opens under the key, bound to this volume, in its place, and the last is the last.

    Raises `Problem` `evidence.bad-opening` for another key, `evidence.opening-altered` for other bytes.
    """
    body = opening.descriptor.unverified_body
    suite = suites.of_body(body)
    # Step 1
    _require_committed(suite, opening.volume_key, body.get("key_commitment"))
    # Step 2
    try:
        expected = [part["digest"] for part in body["catalogue"]["parts"]]
    except (KeyError, TypeError) as error:
        raise Problem("evidence.enclosure-malformed") from error
    if [str(Digest.of(part, suite.digest)) for part in opening.catalogue] != expected:
        raise Problem("evidence.opening-altered")
    # Step 3
    plain = _decrypt(suite, opening.volume_key, str(body.get("volume_id")), b"".join(opening.catalogue))
    found = json.loads(plain)
    if not isinstance(found, dict) or not isinstance(found.get("header"), dict):
        raise Problem("evidence.opening-altered")
    return found


def _require_committed(suite: Suite, key: bytes, commitment: Any) -> None:
    if len(key) != _KEY:
        raise Problem("evidence.bad-opening")
    made = suite.derive(key, None, _COMMIT_INFO).hex()
    if not equal(made.encode(), str(commitment).encode("utf-8", "replace")):
        raise Problem("evidence.bad-opening")


def _decrypt(suite: Suite, key: bytes, volume_id: str, stream: bytes) -> bytes:
    bound: Mapping[str, str] = {"suite": suite.name, "volume_id": volume_id, "purpose": "catalogue"}
    if len(stream) < _HEADER or stream[0] != _HEADER:
        raise Problem("evidence.opening-altered")
    salt, prefix = stream[1:33], stream[33:_HEADER]
    aead = suite.aead(suite.derive(key, salt, canonical(bound)))
    segments = max(1, -(-len(stream) // _SEGMENT))
    plain = []
    for number in range(segments):
        ciphertext = stream[max(_HEADER, number * _SEGMENT) : (number + 1) * _SEGMENT]
        last = number == segments - 1
        try:
            plain.append(aead.decrypt(prefix + number.to_bytes(4, "big") + bytes([last]), ciphertext, None))
        except suite.refusals as error:
            raise Problem("evidence.opening-altered") from error
    return b"".join(plain)
