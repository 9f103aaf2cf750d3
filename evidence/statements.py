"""Signed statements: DSSE envelopes with one signature over canonical JSON.

    {"payload": base64, "payloadType": "application/vnd.casehub.mark.v1+json",
     "signatures": [{"alg": "ed25519", "keyid": "sha256:…", "sig": base64}]}

The payload is a JCS object that names its suite and version. What is signed is the DSSE pre-authentication encoding
(`pae`) of payload type and payload. The statement's own bytes are the JCS of the three members; a mark's are its leaf.
Source: DSSE 1.0.2 protocol (secure-systems-lab), RFC 8785, RFC 8032.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evidence import suites
from evidence.canonical import canonical, digest, parse_canonical, require_digest
from evidence.encoding import read_base64, to_base64
from evidence.suites import VERSION, Suite
from messages.problems import Problem

if TYPE_CHECKING:
    from evidence.keys import KeyEntry, SigningKey, TrustedKeys

KINDS = ("envelope", "receipt", "annex", "mark", "descriptor", "key", "enrolment", "admission", "release")
MAX_STATEMENT = 16 * 1024 * 1024
"""Largest payload in bytes."""

_PREFIX, _SUFFIX = "application/vnd.casehub.", ".v1+json"


def payload_type(kind: str) -> str:
    """The media type of a kind. Raises `Problem("evidence.unknown-kind")`."""
    if kind not in KINDS:
        raise Problem("evidence.unknown-kind", kind=kind)
    return _PREFIX + kind + _SUFFIX


def pae(media_type: str, payload: bytes) -> bytes:
    """The DSSE pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`."""
    name = media_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


@dataclass(frozen=True)
class SignedStatement:
    """One statement as it was signed. Its form has been checked, its signature has not: see `verify`."""

    payload: bytes
    kind: str
    keyid: str
    alg: str
    signature: bytes

    @property
    def unverified_body(self) -> dict[str, Any]:
        """The payload read as JSON, a fresh copy each time. The name is the warning: `verify` returns the same."""
        body: dict[str, Any] = json.loads(self.payload)
        return body

    def to_json(self) -> dict[str, Any]:
        """The DSSE object."""
        return {
            "payload": to_base64(self.payload),
            "payloadType": payload_type(self.kind),
            "signatures": [{"alg": self.alg, "keyid": self.keyid, "sig": to_base64(self.signature)}],
        }

    def encode(self) -> bytes:
        """The statement's canonical bytes, for marks the leaf."""
        return canonical(self.to_json())

    @property
    def digest(self) -> str:
        """The digest of `encode()`, by which other statements name this one, by the suite of the signature."""
        return digest(self.encode(), suites.of_key(self.alg).digest)

    @classmethod
    def from_json(cls, data: Any, place: str = "") -> SignedStatement:
        """Read a DSSE object strictly.

        Guarantees exactly the members above, one signature, padded base64 in its only form, a known kind, a payload
        that is a canonical JSON object of a known suite and version, and an algorithm of that suite. Raises `Problem`
        with `evidence.malformed-statement`, `unknown-kind`, `unknown-suite`, `suite-unavailable`, `unknown-algorithm`,
        `not-canonical`.
        """
        _members(data, {"payload", "payloadType", "signatures"}, place)
        signatures = data["signatures"]
        if not isinstance(signatures, list) or len(signatures) != 1:
            raise Problem("evidence.malformed-statement", _at(place, "signatures"))
        signature = signatures[0]
        _members(signature, {"alg", "keyid", "sig"}, _at(place, "signatures/0"))
        payload = read_base64(data["payload"], _at(place, "payload"))
        suite, alg = _suite_of(payload, _at(place, "payload")), signature["alg"]
        if not isinstance(alg, str) or alg not in suite.signatures:
            raise Problem("evidence.unknown-algorithm", _at(place, "signatures/0/alg"))
        return cls(
            payload=payload,
            kind=_kind_of(data["payloadType"], _at(place, "payloadType")),
            keyid=require_digest(signature["keyid"], _at(place, "signatures/0/keyid")),
            alg=alg,
            signature=_signature_bytes(signature["sig"], suite, alg, _at(place, "signatures/0/sig")),
        )

    @classmethod
    def decode(cls, data: bytes, place: str = "") -> SignedStatement:
        """Read the bytes that `encode` wrote, and no others. Raises what `from_json` raises."""
        if len(data) > 2 * MAX_STATEMENT:
            raise Problem("evidence.statement-too-large", place, limit=MAX_STATEMENT)
        return cls.from_json(parse_canonical(data, place), place)


def _at(place: str, member: str) -> str:
    return f"{place}/{member}"


def _members(data: Any, expected: set[str], place: str) -> None:
    if not isinstance(data, Mapping) or set(data) != expected:
        raise Problem("evidence.malformed-statement", place)


def _kind_of(media_type: Any, place: str) -> str:
    for kind in KINDS:
        if media_type == _PREFIX + kind + _SUFFIX:
            return kind
    raise Problem("evidence.unknown-kind", place, kind=str(media_type)[:80])


def _signature_bytes(text: Any, suite: Suite, alg: str, place: str) -> bytes:
    signature = read_base64(text, place)
    if len(signature) != suite.signatures[alg].signature_bytes:
        raise Problem("evidence.malformed-statement", place)
    return signature


def _suite_of(payload: bytes, place: str) -> Suite:
    """The suite of a payload whose form is checked."""
    if len(payload) > MAX_STATEMENT:
        raise Problem("evidence.statement-too-large", place, limit=MAX_STATEMENT)
    body = parse_canonical(payload, place)
    if not isinstance(body, dict):
        raise Problem("evidence.malformed-statement", place)
    return suites.of_body(body, place)


def sign(kind: str, body: Mapping[str, Any], key: SigningKey) -> SignedStatement:
    """Sign `body` as a statement of `kind`; `suite`, the key's, and `v` are added when absent.

    Raises `Problem` for an unknown kind, a body that is not JSON, a payload over the limit, an unknown suite, and
    `evidence.wrong-algorithm` for a key of another suite.
    """
    media_type = payload_type(kind)
    payload = canonical({"suite": key.suite.name, "v": VERSION, **body})
    if key.alg not in _suite_of(payload, "").signatures:
        raise Problem("evidence.wrong-algorithm", key_id=key.key_id)
    return SignedStatement(payload, kind, key.key_id, key.alg, key.sign(pae(media_type, payload)))


def verify(
    statement: SignedStatement, kind: str, keys: TrustedKeys, at: datetime, owner: str | None = None
) -> dict[str, Any]:
    """The body of a statement that `owner` signed with a key that counted at the instant `at`.

    1. The statement is of the expected kind.
    2. The key that it names is among the trusted ones.
    3. That key is an identity key, and the algorithm named is the one of the trusted entry.
    4. That key belongs to `owner`, when one is given.
    5. `at` lies inside the key's validity and before its revocation.
    6. The signature holds over the pre-authentication encoding of the bytes received.

    Raises `Problem` naming the step that failed: `evidence.wrong-kind`, `unknown-key`, `wrong-algorithm`,
    `wrong-owner`, `key-not-valid`, `key-revoked`, `bad-signature`.
    """
    # Step 1
    if statement.kind != kind:
        raise Problem("evidence.wrong-kind", kind=statement.kind, expected=kind)
    # Step 2
    entry = keys.find(statement.keyid)
    if entry is None:
        raise Problem("evidence.unknown-key", key_id=statement.keyid)
    # Step 3
    entry.require_signer("identity", statement.alg)
    # Step 4
    if owner is not None and entry.owner != owner:
        raise Problem("evidence.wrong-owner", owner=entry.owner, expected=owner)
    # Step 5
    entry.require_counts_at(at)
    # Step 6
    check_signature(statement, entry)
    return statement.unverified_body


def check_signature(statement: SignedStatement, entry: KeyEntry) -> None:
    """The bare signature check by the entry's algorithm, without time or owner.

    Raises `Problem("evidence.bad-signature")`."""
    signatures, message = suites.signatures_of(entry.kty), pae(payload_type(statement.kind), statement.payload)
    if statement.alg != entry.kty or not signatures.holds(entry.public, statement.signature, message):
        raise Problem("evidence.bad-signature", key_id=statement.keyid)
