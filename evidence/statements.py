"""Signed statements: what a party says, signed with its key, and whose it is (`verify`).

A statement travels as a DSSE envelope (`evidence.dsse`). Its payload is a JCS object that names its suite and version,
and, when it needs one newer than the first, the number of its vocabulary (`vocabulary`). It is open: a member that a
reader does not know is passed over, unless `must_understand` lists it. What is newer than this program is read when
asked for, and named by `evidence.newer`. The statement's own bytes are the JCS of the envelope; a mark's are its leaf.
Source: DSSE 1.0.2 protocol (secure-systems-lab), RFC 8785, RFC 8032.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digests import SHA256
from evidence import dsse, suites
from evidence.canonical import canonical, digest, parse_canonical
from evidence.encoding import to_base64
from evidence.suites import VERSION
from messages.problems import Problem
from standards import actions

if TYPE_CHECKING:
    from evidence.keys import KeyEntry, SigningKey, TrustedKeys

VOCABULARY = max(actions.vocabulary(), *dsse.KINDS.values())
"""The number of the vocabulary of marks and statements that this program has."""
UNDERSTOOD: frozenset[str] = frozenset()
"""Members beyond those of the first vocabulary that this program heeds where `must_understand` lists them."""


@dataclass(frozen=True)
class SignedStatement:
    """One statement as it was signed. Its form has been checked, its signature has not: see `verify`.

    Of a version of a kind that is not 1, `kind` tells it too: `mark.v2`.
    """

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
            "payloadType": dsse.media_type(self.kind),
            "signatures": [{"alg": self.alg, "keyid": self.keyid, "sig": to_base64(self.signature)}],
        }

    def encode(self) -> bytes:
        """The statement's canonical bytes, for marks the leaf."""
        return canonical(self.to_json())

    @property
    def digest(self) -> str:
        """The digest of `encode()`, by which other statements name this one, by the suite of the signature.

        SHA-256 where this program does not have that suite.
        """
        suite = suites.of_signature(self.alg)
        return digest(self.encode(), SHA256 if suite is None else suite.digest)

    @classmethod
    def from_json(cls, data: Any, place: str = "", *, newer: bool = False) -> SignedStatement:
        """Read a DSSE object strictly.

        Guarantees exactly the members of `evidence.dsse`, one signature, padded base64 in its only form, a known kind,
        a payload that is a canonical JSON object of a known suite and version, and an algorithm of that suite. Raises
        `Problem` with `evidence.malformed-statement`, `unknown-kind`, `unknown-suite`, `suite-unavailable`,
        `unknown-algorithm`, `not-canonical`.

        With `newer` a kind, version or suite that this program does not have is taken too, and with such a suite its
        algorithm, key id and signature, all in their forms: for readers that do not act on what they read.
        """
        return cls(*dsse.read(data, place, newer=newer))

    @classmethod
    def decode(cls, data: bytes, place: str = "", *, newer: bool = False) -> SignedStatement:
        """Read the bytes that `encode` wrote, and no others. `newer` and what it raises are those of `from_json`."""
        if len(data) > 2 * dsse.MAX_STATEMENT:
            raise Problem("evidence.statement-too-large", place, limit=dsse.MAX_STATEMENT)
        return cls.from_json(parse_canonical(data, place), place, newer=newer)


def sign(kind: str, body: Mapping[str, Any], key: SigningKey) -> SignedStatement:
    """Sign `body` as a statement of `kind`; `suite`, the key's, and `v` are added when absent.

    Raises `Problem` for an unknown kind, a body that is not JSON, a payload over the limit, an unknown suite, and
    `evidence.wrong-algorithm` for a key of another suite.
    """
    media_type = dsse.payload_type(kind)
    payload = canonical({"suite": key.suite.name, "v": VERSION, **body})
    suite = dsse.suite_of(payload, "")
    if suite is None or key.alg not in suite.signatures:
        raise Problem("evidence.wrong-algorithm", key_id=key.key_id)
    return SignedStatement(payload, kind, key.key_id, key.alg, key.sign(dsse.pae(media_type, payload)))


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
    7. Nothing in it is newer than this program: who verifies may act on all that it says.

    Raises `Problem` naming the step that failed: `evidence.wrong-kind`, `unknown-key`, `wrong-algorithm`,
    `wrong-owner`, `key-not-valid`, `key-revoked`, `bad-signature`, `newer-vocabulary`, `must-understand`.
    """
    # Step 1
    if statement.kind != kind:
        raise Problem("evidence.wrong-kind", kind=statement.kind, expected=kind)
    # Steps 2 to 6
    body = authenticate(statement, keys, at, owner)
    # Step 7
    require_understood(body)
    return body


def authenticate(
    statement: SignedStatement, keys: TrustedKeys, at: datetime, owner: str | None = None
) -> dict[str, Any]:
    """Steps 2 to 6 of `verify`: whose statement it is, of whatever kind and however new. For readers only."""
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
    signatures, message = suites.signatures_of(entry.kty), dsse.pae(dsse.media_type(statement.kind), statement.payload)
    if statement.alg != entry.kty or not signatures.holds(entry.public, statement.signature, message):
        raise Problem("evidence.bad-signature", key_id=statement.keyid)


def require_understood(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` `evidence.newer-vocabulary` or `evidence.must-understand` where the body is newer than this."""
    for problem in newer_members(body):
        raise Problem(problem.code, place, **problem.params)


def newer_members(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What `vocabulary` and `must_understand` of a body whose form was checked name that this program does not know."""
    if body.get("vocabulary", 1) > VOCABULARY:
        yield Problem("evidence.newer-vocabulary", number=body["vocabulary"], known=VOCABULARY)
    unknown = [name for name in body.get("must_understand", ()) if name not in UNDERSTOOD]
    if unknown:
        yield Problem("evidence.must-understand", names=", ".join(unknown))
