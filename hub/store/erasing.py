"""Erasure of a case when the law requires it (个人信息保护法, 犯罪记录封存), so that what is left names nobody.

Kept: ids, nodes, times, parties, digests of ciphertext and of statements, and every leaf of the log, so that all proofs
hold. Erased: what was sealed at rest, the numbers of case and persons with their blind indexes, what the marks
committed to with its salts, and the claims on the parts, which the next collection then removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, or_, select, update

from evidence.identifiers import timestamp
from hub.store.tables import (
    blob_claims,
    blobs,
    case_findings,
    case_refs,
    cases,
    grants,
    identity_events,
    identity_members,
    identity_proposals,
    marks,
    person_refs,
    transfers,
)
from hub.store.transfers import OFFERED, SEALED


@dataclass(frozen=True)
class Erasable:
    """What there is to erase of a case; false once it was erased, whatever later looks have left in `marks`.

    `parts` are those that no other case needs.
    """

    transfers: int
    parts: int
    bytes: int
    numbers: int
    marks: int

    def __bool__(self) -> bool:
        return any((self.transfers, self.parts, self.numbers))


def waiting(connection: Connection, case_uid: str) -> list[str]:
    """The transfers of the case that their receivers have not settled yet."""
    c = transfers.c
    query = select(c.transfer_id).where(c.case_uid == case_uid, c.status == OFFERED)
    return list(connection.execute(query.order_by(c.transfer_id)).scalars())


def erasable(connection: Connection, case_uid: str) -> Erasable:
    """What `erase` would erase now."""
    mine = _transfers(case_uid)
    others = select(blob_claims.c.digest).where(blob_claims.c.transfer_id.not_in(mine))
    alone = and_(
        blobs.c.digest.in_(select(blob_claims.c.digest).where(blob_claims.c.transfer_id.in_(mine))),
        blobs.c.digest.not_in(others),
    )
    parts, size = connection.execute(select(func.count(), func.coalesce(func.sum(blobs.c.size), 0)).where(alone)).one()
    full = and_(transfers.c.case_uid == case_uid, transfers.c.envelope.is_not(None))
    return Erasable(
        transfers=_count(connection, transfers, full),
        parts=int(parts),
        bytes=int(size),
        numbers=_count(connection, case_refs, case_refs.c.case_uid == case_uid)
        + _count(connection, person_refs, person_refs.c.case_uid == case_uid),
        marks=_count(connection, marks, and_(_marks(case_uid), marks.c.private.is_not(None))),
    )


def erase(connection: Connection, case_uid: str, now: datetime) -> Erasable:
    """Erase the case for good; what was erased. Call `waiting` before: a transfer on its way must arrive first."""
    found = erasable(connection, case_uid)
    t, members = transfers.c, select(identity_members.c.member_id).where(identity_members.c.case_uid == case_uid)
    connection.execute(update(transfers).where(t.case_uid == case_uid).values(dict.fromkeys(SEALED)))
    connection.execute(delete(blob_claims).where(blob_claims.c.transfer_id.in_(_transfers(case_uid))))
    for table in (case_refs, person_refs, case_findings):
        connection.execute(delete(table).where(table.c.case_uid == case_uid))
    connection.execute(update(cases).where(cases.c.case_uid == case_uid).values(name=None))
    connection.execute(update(identity_members).where(identity_members.c.case_uid == case_uid).values(traits=None))
    for table in (identity_proposals, identity_events):
        concerned = or_(table.c.left_id.in_(members), table.c.right_id.in_(members))
        connection.execute(update(table).where(concerned).values(details=None))
    standing = and_(grants.c.case_uid == case_uid, grants.c.revoked_at.is_(None))
    connection.execute(update(grants).where(standing).values(revoked_at=timestamp(now)))
    connection.execute(update(marks).where(_marks(case_uid)).values(private=None, salt=None))
    return found


def _transfers(case_uid: str) -> Any:
    return select(transfers.c.transfer_id).where(transfers.c.case_uid == case_uid)


def _marks(case_uid: str) -> Any:
    return or_(marks.c.case_uid == case_uid, marks.c.transfer_id.in_(_transfers(case_uid)))


def _count(connection: Connection, table: Table, condition: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def erased(connection: Connection, transfer_ids: Sequence[str]) -> frozenset[str]:
    """Those of the transfers whose contents were erased."""
    t = transfers.c
    query = select(t.transfer_id).where(t.transfer_id.in_(list(transfer_ids)), t.envelope.is_(None))
    return frozenset(connection.execute(query).scalars())
