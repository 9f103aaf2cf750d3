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

    A statement that this program knows whole is accepted as `accept_key_chain` does. Set apart are a key of a type that
    it does not have, a statement that asks for more than it understands, and whatever a key set apart has signed. The
    identity key that was current then has signed each of them, or a key set apart has, which cannot be checked.
    Raises `Problem` as `accept_key_chain` does, `evidence.unknown-key-type` when it knows no key at all, and
    `evidence.broken-key-chain` for a newer key of another owner or not signed by the current key.
    """
    known: list[SignedStatement] = []
    apart: dict[str, SignedStatement] = {}
    for statement in chain:
        body = statement.unverified_body
        if is_newer_key(statement) or any(statements.newer_members(body)) or statement.keyid in apart:
            apart[str(body.get("key_id"))] = statement
        else:
            known.append(statement)
    if apart and not known:
        raise Problem("evidence.unknown-key-type", kty=str(chain[0].unverified_body.get("kty"))[:40])
    entries = accept_key_chain(known, revoked)
    _require_vouched(chain, entries, apart)
    return KnownKeys(tuple(entries), tuple(apart.values()))


def _require_vouched(
    chain: Sequence[SignedStatement], entries: Sequence[KeyEntry], apart: Mapping[str, SignedStatement]
) -> None:
    keys, owner, current = TrustedKeys(entries), entries[0].owner, ""
    for index, statement in enumerate(chain):
        body, place = statement.unverified_body, f"/keys/{index}"
        if str(body.get("key_id")) not in apart:
            current = str(body["key_id"]) if body["purpose"] == "identity" else current
        elif body.get("owner") != owner or statement.keyid not in {current, *apart}:
            raise Problem("evidence.broken-key-chain", place)
        elif statement.keyid not in apart:
            statements.authenticate(statement, keys, parse_timestamp(body.get("valid_from"), place), owner)


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
