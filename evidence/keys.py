"""Public keys: their data, which of them are trusted, and the chain from one key to the next.

A key is named by `key_id`, the digest of its type and public bytes. The key id of an agency's first identity key is the
agency's fingerprint. A signature is valid only within the validity of its key and before the key's revocation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from evidence import encoding, statements
from evidence.canonical import require_digest
from evidence.encoding import to_base64
from evidence.identifiers import parse_timestamp, require_party, timestamp
from evidence.signing import SigningKey, key_id_of
from evidence.statements import SignedStatement
from evidence.suites import of_key
from messages.problems import Problem

Purpose = Literal["identity", "log", "hpke"]

__all__ = [
    "KeyEntry",
    "Purpose",
    "SigningKey",
    "TrustedKeys",
    "accept_key_chain",
    "key_id_of",
    "key_statement",
]

TRUST_FORMAT = "casehub/keys/v1"
MAX_KEYS = 100_000


NEWER_KEY = frozenset({"evidence.unknown-key-type", "evidence.suite-unavailable"})
"""What is raised for a key of a type that this program does not have."""


@dataclass(frozen=True)
class KeyEntry:
    """One public key and its data. `origin` is the log's name, for log keys only."""

    key_id: str
    kty: str
    public: bytes
    purpose: Purpose
    owner: str
    valid_from: datetime
    valid_to: datetime | None = None
    revoked_at: datetime | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        if len(self.public) != of_key(self.kty).key_length(self.kty, self.purpose):
            raise Problem("evidence.bad-key", key_id=self.key_id)
        if self.key_id != key_id_of(self.kty, self.public):
            raise Problem("evidence.bad-key", key_id=self.key_id)
        if (self.origin is not None) != (self.purpose == "log"):
            raise Problem("evidence.bad-key", key_id=self.key_id)
        require_party(self.owner)

    def require_signer(self, purpose: Purpose, alg: str) -> None:
        """Raises `Problem("evidence.wrong-algorithm")` unless this key signs for `purpose` with `alg`."""
        if self.purpose != purpose or self.kty != alg:
            raise Problem("evidence.wrong-algorithm", key_id=self.key_id)

    def require_counts_at(self, at: datetime) -> None:
        """Raises `Problem` `evidence.key-not-valid` or `evidence.key-revoked` when a signature at `at` does not count.

        Validity holds from `valid_from` on and ends before `valid_to`; a revocation ends it before `revoked_at`.
        """
        if at < self.valid_from or (self.valid_to is not None and at >= self.valid_to):
            raise Problem("evidence.key-not-valid", key_id=self.key_id, at=timestamp(at))
        if self.revoked_at is not None and at >= self.revoked_at:
            raise Problem("evidence.key-revoked", key_id=self.key_id, revoked_at=timestamp(self.revoked_at))

    def counts_at(self, at: datetime) -> bool:
        """Whether a signature made at `at` counts."""
        try:
            self.require_counts_at(at)
        except Problem:
            return False
        return True

    def revoked(self, at: datetime) -> KeyEntry:
        """The same key, revoked at `at`, or earlier when it was revoked before."""
        return replace(self, revoked_at=min(at, self.revoked_at) if self.revoked_at else at)

    def to_json(self) -> dict[str, Any]:
        """The entry as in a KEYS file."""
        body: dict[str, Any] = {
            "key_id": self.key_id,
            "kty": self.kty,
            "public": to_base64(self.public),
            "purpose": self.purpose,
            "owner": self.owner,
            "valid_from": timestamp(self.valid_from),
            "valid_to": timestamp(self.valid_to) if self.valid_to else None,
            "revoked_at": timestamp(self.revoked_at) if self.revoked_at else None,
        }
        return body if self.origin is None else {**body, "origin": self.origin}

    @classmethod
    def from_json(cls, body: Mapping[str, Any], place: str = "") -> KeyEntry:
        """Read an entry or a key statement's body. Raises `Problem` `evidence.bad-key`,
        `evidence.unknown-key-type` for a key of a suite that is newer than this program, and what its parts raise."""
        try:
            of_key(body["kty"], place)  # first: all else may look otherwise in a newer suite
            return cls(
                key_id=require_digest(body["key_id"], place),
                kty=body["kty"],
                public=encoding.read_base64(body["public"], place),
                purpose=body["purpose"],
                owner=require_party(body["owner"], place),
                valid_from=parse_timestamp(body["valid_from"], place),
                valid_to=_optional_instant(body.get("valid_to"), place),
                revoked_at=_optional_instant(body.get("revoked_at"), place),
                origin=body.get("origin"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise Problem("evidence.bad-key", place) from error


def _optional_instant(text: Any, place: str) -> datetime | None:
    return None if text is None else parse_timestamp(text, place)


class TrustedKeys:
    """The keys that a verifier trusts: the KEYS file. Immutable; `with_entries` gives a larger set."""

    def __init__(self, entries: Iterable[KeyEntry] = ()) -> None:
        self._entries: dict[str, KeyEntry] = {}
        for entry in entries:
            known = self._entries.get(entry.key_id)
            if known is not None and known != entry:
                raise Problem("evidence.key-twice", key_id=entry.key_id)
            self._entries[entry.key_id] = entry

    def find(self, key_id: str) -> KeyEntry | None:
        """The entry of a key, or None."""
        return self._entries.get(key_id)

    def __iter__(self) -> Iterator[KeyEntry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, owner: str, purpose: Purpose | None = None) -> list[KeyEntry]:
        """An owner's keys, in the order in which they were added."""
        return [e for e in self if e.owner == owner and purpose in (None, e.purpose)]

    def current(self, owner: str, purpose: Purpose, at: datetime) -> KeyEntry | None:
        """The owner's key that counts at `at` and became valid last."""
        counting = [entry for entry in self.of(owner, purpose) if entry.counts_at(at)]
        return max(counting, key=lambda entry: entry.valid_from, default=None)

    def with_entries(self, entries: Iterable[KeyEntry]) -> TrustedKeys:
        """This set and `entries`; an entry replaces the one with its key id."""
        merged = dict(self._entries)
        merged.update((entry.key_id, entry) for entry in entries)
        return TrustedKeys(merged.values())

    def to_json(self) -> dict[str, Any]:
        """The KEYS file."""
        return {"format": TRUST_FORMAT, "keys": [entry.to_json() for entry in self]}

    @classmethod
    def from_json(cls, data: Any) -> TrustedKeys:
        """Read a KEYS file from its JSON value, text or bytes, passing over keys of types that this program does not
        have: nothing that they signed can be checked here. Raises `Problem("evidence.bad-keys-file")`, and what reading
        an entry raises."""
        if isinstance(data, (str, bytes)):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise Problem("evidence.bad-keys-file") from error
        if not isinstance(data, dict) or data.get("format") != TRUST_FORMAT or not isinstance(data.get("keys"), list):
            raise Problem("evidence.bad-keys-file")
        if len(data["keys"]) > MAX_KEYS:
            raise Problem("evidence.bad-keys-file")
        return cls(_known_entries(data["keys"]))


def _known_entries(items: Sequence[Any]) -> Iterator[KeyEntry]:
    for index, body in enumerate(items):
        try:
            yield KeyEntry.from_json(body, f"/keys/{index}")
        except Problem as problem:
            if problem.code not in NEWER_KEY or not isinstance(body["kty"], str):
                raise


def key_statement(
    *,
    owner: str,
    kty: str,
    public: bytes,
    purpose: Purpose,
    valid_from: datetime,
    signer: SigningKey,
    valid_to: datetime | None = None,
    replaces: str | None = None,
    origin: str | None = None,
) -> SignedStatement:
    """Announce a key. `signer` is the key itself for a first identity key, its predecessor for a later one, and the
    identity key for all others. Raises `Problem("evidence.bad-key")`."""
    entry = KeyEntry(key_id_of(kty, public), kty, public, purpose, owner, valid_from, valid_to, None, origin)
    body = entry.to_json()
    del body["revoked_at"]
    return statements.sign("key", {**body, "replaces": replaces}, signer)


def accept_key_chain(
    chain: Sequence[SignedStatement], revoked: Mapping[str, datetime] | None = None, *, newer: bool = False
) -> list[KeyEntry]:
    """The entries of one owner's key statements, oldest first, each vouched for by one before it.

    1. The first announces an identity key, replaces nothing and is signed by that key itself.
    2. Every other has the same owner and is signed by the identity key that is current at that point.
    3. The signing key counts at the instant from which the announced key is valid.
    4. A later identity key replaces the current one by name, and becomes current.

    The result depends only on the first key: compare its key id with a fingerprint received through another channel.
    Raises `Problem("evidence.broken-key-chain")` with the position, and what reading and signatures raise; unless
    `newer` is given, for readers only, also what `statements.require_understood` raises.
    """
    revocations = revoked or {}
    accepted: dict[str, KeyEntry] = {}
    current: KeyEntry | None = None
    for index, statement in enumerate(chain):
        place = f"/keys/{index}"
        entry = _announced(statement, place)
        if not newer:
            statements.require_understood(statement.unverified_body, place)
        if entry.key_id in revocations:
            entry = entry.revoked(revocations[entry.key_id])
        current = _vouched(statement, entry, current, place)
        if entry.key_id in accepted:
            raise Problem("evidence.broken-key-chain", place)
        accepted[entry.key_id] = entry
    if not accepted:
        raise Problem("evidence.broken-key-chain")
    return list(accepted.values())


def _announced(statement: SignedStatement, place: str) -> KeyEntry:
    body = statement.unverified_body
    if statement.kind != "key" or "replaces" not in body or "revoked_at" in body:
        raise Problem("evidence.broken-key-chain", place)
    return KeyEntry.from_json(body, place)


def _vouched(statement: SignedStatement, entry: KeyEntry, current: KeyEntry | None, place: str) -> KeyEntry:
    """The identity key that is current after `statement`."""
    replaces = statement.unverified_body["replaces"]
    # Step 1
    if current is None:
        if entry.purpose != "identity" or replaces is not None or statement.keyid != entry.key_id:
            raise Problem("evidence.broken-key-chain", place)
        statements.check_signature(statement, entry)
        return entry
    # Step 2
    if entry.owner != current.owner or statement.keyid != current.key_id:
        raise Problem("evidence.broken-key-chain", place)
    statements.check_signature(statement, current)
    # Step 3
    current.require_counts_at(entry.valid_from)
    # Step 4
    if entry.purpose != "identity":
        return current
    if replaces != current.key_id:
        raise Problem("evidence.broken-key-chain", place)
    return entry
