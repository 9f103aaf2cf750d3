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

from collections.abc import Iterator, Mapping
from typing import Any

from evidence import statements, suites
from evidence.statements import KINDS, SignedStatement
from evidence.suites import VERSION
from messages.problems import Problem
from standards import actions

UNAVAILABLE = "newer.suite"


def newer(statement: SignedStatement) -> tuple[Problem, ...]:
    """Everything in a statement read with `newer=True` that this program does not know; empty for one that it knows.

    Codes: `newer.suite` (its algorithm is not available here: the signature cannot be checked), `newer.other-suite`,
    `newer.kind`, `newer.version`, `evidence.newer-vocabulary`, `evidence.must-understand`, `newer.action`.
    """
    return tuple(_newer(statement))


def is_checkable(statement: SignedStatement) -> bool:
    """Whether this program has the algorithm of the signature."""
    return statements.is_available(statement.alg)


def is_newer_key(statement: SignedStatement) -> bool:
    """Whether a key statement announces a key of a type that this program does not have, or is signed by one."""
    body = statement.unverified_body
    known = _serves(body.get("kty"), str(body.get("purpose"))) and is_checkable(statement)
    return statement.kind == "key" and not known and isinstance(body.get("key_id"), str)


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
