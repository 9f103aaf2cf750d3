"""Content of a statement that is newer than this program: a separate verdict, neither valid nor invalid.

Vocabularies grow. A reader that meets a suite, a kind or version of statement, an action, a vocabulary number or a
member of `must_understand` that it does not know checks everything that can be checked without knowing it: the form of
the envelope, the signature, the place in the log, the chain. A failure is invalid, however new the statement claims to
be. If everything passes, the verdict is *newer than this program: signature, place and chain were checked, the meaning
was not read*.

An algorithm that this program does not have cannot be checked; the verdict is then that the suite is not available
here. A program that must act on a statement (a hub that receives, an adapter that delivers) refuses it:
`statements.verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digests import is_known
from evidence import statements, suites
from evidence.dsse import KINDS
from evidence.identifiers import parse_timestamp
from evidence.keys import KeyEntry, TrustedKeys, accept_key_chain
from evidence.statements import SignedStatement
from evidence.suites import VERSION
from messages.problems import Problem
from standards import actions

UNAVAILABLE = "newer.suite"


def newer(statement: SignedStatement) -> tuple[Problem, ...]:
    """Everything in a statement read with `newer=True` that this program does not know; empty for one that it knows.

    Codes: `newer.suite` (its algorithm is not available here: the signature cannot be checked), `newer.other-suite`,
    `newer.kind`, `newer.version`, `evidence.newer-vocabulary`, `evidence.must-understand`, `newer.action`,
    `newer.digest` (a volume that a mark names is sealed in a newer suite).
    """
    return tuple(_newer(statement))


def is_checkable(statement: SignedStatement) -> bool:
    """Whether this program has the algorithm of the signature."""
    return suites.of_signature(statement.alg) is not None


def is_newer_key(statement: SignedStatement) -> bool:
    """Whether a key statement announces a key of a type that this program does not have, or is signed by one."""
    body = statement.unverified_body
    known = _serves(body.get("kty"), str(body.get("purpose"))) and is_checkable(statement)
    return statement.kind == "key" and not known and isinstance(body.get("key_id"), str)


@dataclass(frozen=True)
class KnownKeys:
    """One owner's keys: the entries that this program can use, and the statements of those of newer types."""

    entries: tuple[KeyEntry, ...]
    newer: tuple[SignedStatement, ...] = ()


def accept_known_keys(chain: Sequence[SignedStatement], revoked: Mapping[str, datetime] | None = None) -> KnownKeys:
    """The keys of one owner's key statements, read with `newer=True`, for programs that use those they have.

    1. Each key stands in the chain once.
    2. A statement that this program knows whole is accepted as `accept_key_chain` does. Set apart are a key of a type
       that it does not have, a statement that asks for more than it understands, and whatever a key set apart signed.
    3. The identity key that is current at that point has signed each, known or set apart. An identity key set apart is
       current from then on: what it signs cannot be checked, and the key before it vouches for nothing more.

    Raises `Problem` as `accept_key_chain` does, `evidence.unknown-key-type` when it does not know the first key, and
    `evidence.broken-key-chain` or `evidence.bad-instant` for what else is not so.
    """
    known: list[SignedStatement] = []
    apart: dict[str, SignedStatement] = {}
    seen: set[str] = set()
    for index, statement in enumerate(chain):
        body = statement.unverified_body
        key_id = body.get("key_id")
        # Step 1
        if not isinstance(key_id, str) or key_id in seen:
            raise Problem("evidence.broken-key-chain", f"/keys/{index}")
        seen.add(key_id)
        # Step 2
        if is_newer_key(statement) or any(statements.newer_members(body)) or statement.keyid in apart:
            apart[key_id] = statement
        else:
            known.append(statement)
    if chain and chain[0] not in known[:1]:
        raise Problem("evidence.unknown-key-type", kty=str(chain[0].unverified_body.get("kty"))[:40])
    entries = accept_key_chain(known, revoked)
    # Step 3
    _require_vouched(chain, entries, apart)
    return KnownKeys(tuple(entries), tuple(apart.values()))


def _require_vouched(
    chain: Sequence[SignedStatement], entries: Sequence[KeyEntry], apart: Mapping[str, SignedStatement]
) -> None:
    keys, owner, current = TrustedKeys(entries), entries[0].owner, entries[0].key_id
    for index, statement in enumerate(chain):
        body, place = statement.unverified_body, f"/keys/{index}"
        if statement.kind != "key" or body.get("owner") != owner or statement.keyid != current:
            raise Problem("evidence.broken-key-chain", place)
        begins = parse_timestamp(body.get("valid_from"), place)
        if body["key_id"] in apart and current not in apart:
            statements.authenticate(statement, keys, begins, owner)
        if body.get("purpose") == "identity":
            current = body["key_id"]


def _serves(kty: Any, purpose: str) -> bool:
    try:
        return suites.of_key(kty).key_length(kty, purpose) is not None
    except Problem:
        return False


def is_known_suite(body: Mapping[str, Any]) -> bool:
    """Whether a body is of this program's suite and version, so that its members are those that are known."""
    return body["v"] == VERSION and _is_here(body["suite"])


def _is_here(name: Any) -> bool:
    try:
        suites.suite(name)
    except Problem:
        return False
    return True


def _newer(statement: SignedStatement) -> Iterator[Problem]:
    body = statement.unverified_body
    suite = str(body["suite"])
    if not is_checkable(statement):
        yield Problem(UNAVAILABLE, suite=suite)
    elif not _is_here(suite):
        yield Problem("newer.other-suite", suite=suite)
    if statement.kind not in KINDS:
        yield Problem("newer.kind", kind=statement.kind)
    elif body["v"] != VERSION:
        yield Problem("newer.version", v=body["v"])
    yield from statements.newer_members(body)
    action = body.get("action")
    if statement.kind == "mark" and actions.has_form(action) and action not in actions.actions():
        yield Problem("newer.action", action=action)
    sealed = body.get("digests") if statement.kind == "mark" and is_known_suite(body) else None
    if isinstance(sealed, Mapping):
        unknown = {str(text).partition(":")[0] for text in sealed.values() if not is_known(text)}
        yield from (Problem("newer.digest", algorithm=name) for name in sorted(unknown))
