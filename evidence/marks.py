"""Marks (留痕): what was done with a transfer, by whom, when, signed by the party that did it.

A mark is a statement of kind `mark` with the body of `evidence.mark_bodies`. Its canonical bytes are a leaf of the log.
The marks of one signer on one transfer form a chain: `seq` counts from 1, `prev` is the leaf hash of the one before.
Marks without a transfer form one chain per signer. The order across signers is the order of the log. Whatever is
private sits beside the business row and is bound by `commitment`, a salted hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evidence import statements
from evidence.canonical import canonical, digest
from evidence.dsse import KINDS
from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.mark_bodies import MarkBody, check_body, check_form, check_frame
from evidence.newer import is_known_suite, newer
from evidence.statements import SignedStatement
from messages.problems import Problem

MAX_LEAF = 65_535
"""Longest leaf in bytes: an entry of a tlog-tiles bundle has a two-byte length."""

SALT_BYTES = 32
_COMMITMENT_CONTEXT = b"casehub/commitment/v1\n"


def body_of(mark: SignedStatement) -> MarkBody:
    """What a mark says whose form was checked, by `check_mark` or `read_mark`. Raises as `standards.members` does."""
    return MarkBody.read(mark.unverified_body)


def make_mark(body: MarkBody, key: SigningKey) -> SignedStatement:
    """Sign a mark. Raises `Problem` for a malformed body or a leaf over `MAX_LEAF`."""
    told = body.to_json()
    check_body(told)
    mark = statements.sign("mark", told, key)
    leaf_bytes(mark)
    return mark


def read_mark(leaf: bytes, place: str = "") -> SignedStatement:
    """The mark of a leaf's bytes, form and body checked, signature not. Raises `Problem`."""
    if len(leaf) > MAX_LEAF:
        raise Problem("evidence.mark-too-large", place, limit=MAX_LEAF)
    mark = SignedStatement.decode(leaf, place)
    check_mark(mark, place)
    return mark


def look_at_mark(leaf: bytes, place: str = "") -> tuple[SignedStatement, tuple[Problem, ...]]:
    """The mark of a leaf's bytes for readers of a log, and what in it is newer than this program (`evidence.newer`).

    Form and body are checked as far as they are known, at least what every leaf has for good; the signature is not.
    Raises `Problem`, however new the leaf claims to be.
    """
    if len(leaf) > MAX_LEAF:
        raise Problem("evidence.mark-too-large", place, limit=MAX_LEAF)
    mark = SignedStatement.decode(leaf, place, newer=True)
    if mark.kind in KINDS and mark.kind != "mark":
        raise Problem("evidence.wrong-kind", place, kind=mark.kind, expected="mark")
    body = mark.unverified_body
    (check_form if is_read(mark) else check_frame)(body, place)
    return mark, newer(mark)


def is_read(mark: SignedStatement) -> bool:
    """Whether a leaf has all members of a mark: it is of this kind, version and suite, though its action may be new."""
    return mark.kind == "mark" and is_known_suite(mark.unverified_body)


def check_mark(mark: SignedStatement, place: str = "") -> None:
    """Raises `Problem` unless the statement is a well-formed mark; its signature is not looked at."""
    if mark.kind != "mark":
        raise Problem("evidence.wrong-kind", place, kind=mark.kind, expected="mark")
    check_body(mark.unverified_body, place)


def leaf_bytes(mark: SignedStatement) -> bytes:
    """The bytes that enter the log. Raises `Problem("evidence.mark-too-large")` over `MAX_LEAF`."""
    leaf = mark.encode()
    if len(leaf) > MAX_LEAF:
        raise Problem("evidence.mark-too-large", limit=MAX_LEAF)
    return leaf


def leaf_hash(mark: SignedStatement) -> str:
    """The RFC 6962 leaf hash of a mark, as `sha256:` and hexadecimal digits."""
    return merkle.leaf_digest(leaf_bytes(mark))


def new_salt() -> bytes:
    """32 random bytes. Deleting them cuts the link between a mark and its private part; the proofs stay valid."""
    return secrets.token_bytes(SALT_BYTES)


def commit(private: Mapping[str, Any], salt: bytes) -> str:
    """The commitment to a private part: the digest of the context `casehub/commitment/v1`, a line feed, the salt and
    the canonical JSON. Raises `Problem("evidence.bad-salt")` unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise Problem("evidence.bad-salt")
    return digest(_COMMITMENT_CONTEXT + salt + canonical(dict(private)))


def next_link(previous: SignedStatement | None) -> tuple[int, str | None]:
    """`seq` and `prev` of the mark that follows `previous` in its signer's chain."""
    if previous is None:
        return 1, None
    return previous.unverified_body["seq"] + 1, leaf_hash(previous)


def check_chain(chain: Sequence[SignedStatement], place: str = "", *, from_start: bool = True) -> None:
    """The marks of one signer on one transfer, oldest first, follow one another without gap.

    With `from_start` the first must be number 1; without, the chain may begin anywhere (marks without a transfer, of
    which a bundle shows a part). Raises `Problem("evidence.broken-chain")` naming the number that does not follow.
    """
    previous: SignedStatement | None = None
    for mark in chain:
        body = mark.unverified_body
        seq, prev = body["seq"], body["prev"]
        if previous is None and not from_start:
            expected: tuple[int, str | None] = (seq, prev)
        else:
            expected = next_link(previous)
        if (seq, prev) != expected or (previous is not None and chain_of(mark) != chain_of(previous)):
            raise Problem("evidence.broken-chain", place, signer=body["actor"]["agency"], seq=seq, expected=expected[0])
        previous = mark


def chain_of(mark: SignedStatement) -> tuple[str, str | None]:
    """The chain that a mark belongs to: its signer and transfer."""
    body = mark.unverified_body
    return body["actor"]["agency"], body["transfer_id"]


def chains(marks: Iterable[SignedStatement]) -> dict[tuple[str, str | None], list[SignedStatement]]:
    """The marks by chain, each in the order of `seq`."""
    found: dict[tuple[str, str | None], list[SignedStatement]] = {}
    for mark in marks:
        found.setdefault(chain_of(mark), []).append(mark)
    for chain in found.values():
        chain.sort(key=lambda mark: mark.unverified_body["seq"])
    return found
