"""Marks (留痕) as rows: inserted with the business transaction, numbered later by the sequencer.

The exact leaf bytes are stored once and never written again. The private part and its salt are sealed beside them;
erasing both leaves every proof valid and the link to the person gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from evidence import mark_bodies
from evidence import marks as rules
from evidence.canonical import canonical, digest_bytes
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.statements import SignedStatement
from hub.store.database import insert_if_absent, lock
from hub.store.tables import marks
from hub.store.vault import Vault
from messages.problems import Problem


@dataclass(frozen=True)
class StoredMark:
    """One mark. `leaf_index` is its place in the log, None as long as it waits; `private` is never in the log."""

    mark_id: str
    transfer_id: str | None
    case_uid: str | None
    signer: str
    seq: int
    action: str
    leaf: bytes
    leaf_hash: str
    leaf_index: int | None
    inserted_at: str
    private: dict[str, Any] | None
    salt: bytes | None

    @property
    def statement(self) -> SignedStatement:
        """The signed mark."""
        return SignedStatement.decode(self.leaf, newer=True)


def append(
    connection: Connection,
    vault: Vault,
    key: SigningKey,
    *,
    signer: str,
    action: str,
    now: datetime,
    transfer_id: str | None = None,
    case_uid: str | None = None,
    about: str | None = None,
    node: str | None = None,
    digests: Mapping[str, str] | None = None,
    private: Mapping[str, Any] | None = None,
) -> StoredMark:
    """Sign and store the hub's own next mark of the transfer, or of its chain outside transfers.

    `case_uid` puts the mark on a case's trail, `about` names the agency concerned; both are stored only in the row.

    `seq` and `prev` are read under a lock that holds to the end of the transaction, so chains never fork. A
    transaction that writes marks of a transfer and marks outside must write those of the transfer first: one order
    for all, so that two never wait for each other.
    """
    seq, prev = next_link(connection, transfer_id, signer)
    salt = None if private is None else rules.new_salt()
    body = mark_bodies.mark_body(
        mark_id=uuid7(int(now.timestamp() * 1000)),
        action=action,
        actor=signer,
        occurred_at=now,
        transfer_id=transfer_id,
        seq=seq,
        prev=prev,
        node=node,
        digests=digests,
        commitment=None if private is None or salt is None else rules.commit(private, salt),
        suite=key.suite.name,
    )
    return _insert(connection, vault, rules.make_mark(body, key), _Beside(case_uid, about, private, salt), now)


def accept(
    connection: Connection,
    vault: Vault,
    mark: SignedStatement,
    *,
    now: datetime,
    case_uid: str | None = None,
    private: Mapping[str, Any] | None = None,
    salt: bytes | None = None,
) -> StoredMark:
    """Store an agency's mark, whose signature the caller has verified. The same mark again changes nothing.

    Raises `Problem("mark.out-of-order")` unless it follows the signer's last mark of that transfer, and
    `Problem("mark.private")` when the private part is not the one that the mark commits to.
    """
    body = rules.body_of(mark)
    expected = next_link(connection, body.transfer_id, body.actor)
    known = by_leaf_hash(connection, vault, rules.leaf_hash(mark))
    if known is not None:
        return known
    if (body.seq, body.prev) != expected:
        raise Problem("mark.out-of-order", "/seq", expected=expected[0], seq=body.seq)
    if private is not None and (salt is None or body.commitment != rules.commit(private, salt)):
        raise Problem("mark.private")
    return _insert(connection, vault, mark, _Beside(case_uid, None, private, salt), now)


def next_link(connection: Connection, transfer_id: str | None, signer: str) -> tuple[int, str | None]:
    """`seq` and `prev` that the signer's next mark of the transfer must have; locks the chain until the end."""
    chain = transfer_id or ""
    lock(connection, f"chain/{chain}/{signer}")
    c = marks.c
    query = select(c.seq, c.leaf_hash).where(c.chain == chain, c.signer == signer).order_by(c.seq.desc()).limit(1)
    last = connection.execute(query).one_or_none()
    return (1, None) if last is None else (last.seq + 1, _text(last.leaf_hash))


@dataclass(frozen=True)
class _Beside:
    """What stands in the row beside the leaf."""

    case_uid: str | None
    about: str | None
    private: Mapping[str, Any] | None
    salt: bytes | None


def _insert(connection: Connection, vault: Vault, mark: SignedStatement, beside: _Beside, now: datetime) -> StoredMark:
    body, leaf = rules.body_of(mark), rules.leaf_bytes(mark)
    mark_id, transfer_id = body.mark_id, body.transfer_id
    secret = None if beside.private is None else canonical(dict(beside.private))
    row = {
        "mark_id": mark_id,
        "transfer_id": transfer_id,
        "chain": transfer_id or "",
        "signer": body.actor,
        "seq": body.seq,
        "action": body.action,
        "case_uid": beside.case_uid,
        "about": beside.about,
        "leaf": leaf,
        "leaf_hash": merkle.leaf_hash(leaf),
        "leaf_index": None,
        "inserted_at": timestamp(now),
        "private": vault.seal_maybe("marks", "private", mark_id, secret),
        "salt": vault.seal_maybe("marks", "salt", mark_id, beside.salt),
    }
    if not insert_if_absent(connection, marks, row):
        raise Problem("mark.out-of-order", "/mark_id", expected=body.seq, seq=body.seq)
    private = None if beside.private is None else dict(beside.private)
    return _stored(row, private, beside.salt)


def _stored(row: Mapping[str, Any], private: dict[str, Any] | None, salt: bytes | None) -> StoredMark:
    return StoredMark(
        mark_id=row["mark_id"],
        transfer_id=row["transfer_id"],
        case_uid=row["case_uid"],
        signer=row["signer"],
        seq=row["seq"],
        action=row["action"],
        leaf=bytes(row["leaf"]),
        leaf_hash=_text(row["leaf_hash"]),
        leaf_index=row["leaf_index"],
        inserted_at=row["inserted_at"],
        private=private,
        salt=salt,
    )


def of_transfer(connection: Connection, vault: Vault, transfer_id: str) -> list[StoredMark]:
    """The transfer's marks in the order of the log, those that still wait last."""
    return _rows(connection, vault, marks.c.chain == transfer_id)


def of_case(connection: Connection, vault: Vault, case_uid: str) -> list[StoredMark]:
    """The case's marks in the order of the log, those that still wait last."""
    return _rows(connection, vault, marks.c.case_uid == case_uid)


def has(connection: Connection, transfer_id: str, action: str) -> bool:
    """Whether any mark of the transfer tells of `action`."""
    query = select(marks.c.arrival).where(marks.c.chain == transfer_id, marks.c.action == action).limit(1)
    return connection.execute(query).first() is not None


def first_at(connection: Connection, transfer_id: str, action: str) -> str | None:
    """When the first mark of this action came in on the transfer; None without one."""
    c = marks.c
    query = select(c.inserted_at).where(c.transfer_id == transfer_id, c.action == action).order_by(c.arrival).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def by_leaf_hash(connection: Connection, vault: Vault, leaf_hash: str) -> StoredMark | None:
    """The mark with this leaf hash (`sha256:…`), or None."""
    return next(iter(_rows(connection, vault, marks.c.leaf_hash == digest_bytes(leaf_hash))), None)


def waiting(connection: Connection) -> int:
    """How many marks have no place in the log yet."""
    query = select(func.count()).select_from(marks).where(marks.c.leaf_index.is_(None))
    return int(connection.execute(query).scalar_one())


def oldest_waiting(connection: Connection) -> str | None:
    """When the longest waiting mark was inserted; None when none waits. Past the promised delay it is an alarm."""
    return connection.execute(select(func.min(marks.c.inserted_at)).where(marks.c.leaf_index.is_(None))).scalar()


def erase_private(connection: Connection, mark_id: str) -> bool:
    """Delete a mark's private part and salt for good; its leaf and proofs stay. False when there is none."""
    statement = update(marks).where(marks.c.mark_id == mark_id, marks.c.private.is_not(None))
    return connection.execute(statement.values(private=None, salt=None)).rowcount == 1


def _rows(connection: Connection, vault: Vault, condition: Any) -> list[StoredMark]:
    c = marks.c
    query = select(marks).where(condition).order_by(c.leaf_index.is_(None), c.leaf_index, c.arrival)
    found = []
    for row in map(dict, connection.execute(query).mappings()):
        private = vault.open_maybe("marks", "private", row["mark_id"], row["private"])
        salt = vault.open_maybe("marks", "salt", row["mark_id"], row["salt"])
        found.append(_stored(row, None if private is None else json.loads(private), salt))
    return found


def _text(raw: bytes) -> str:
    return merkle.text_of(bytes(raw))
