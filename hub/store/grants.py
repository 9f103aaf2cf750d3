"""Grants: which handlers of an agency may see a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from evidence.identifiers import timestamp
from hub.store.database import upsert
from hub.store.tables import grants


def grant(connection: Connection, case_uid: str, agency: str, handler: str, *, by: str, now: datetime) -> bool:
    """Let `handler` see the case; `by` is the handler who grants. False when it was granted already."""
    if handler in granted(connection, case_uid, agency):
        return False
    row = {
        "case_uid": case_uid,
        "agency": agency,
        "handler": handler,
        "granted_by": by,
        "granted_at": timestamp(now),
        "revoked_at": None,
    }
    upsert(connection, grants, row, update=("granted_by", "granted_at", "revoked_at"))
    return True


def revoke(connection: Connection, case_uid: str, agency: str, handler: str, now: datetime) -> bool:
    """End a grant; False when there is none."""
    c = grants.c
    statement = update(grants).where(
        c.case_uid == case_uid, c.agency == agency, c.handler == handler, c.revoked_at.is_(None)
    )
    return connection.execute(statement.values(revoked_at=timestamp(now))).rowcount == 1


def revoke_all(connection: Connection, agency: str, handler: str, now: datetime) -> list[str]:
    """End every grant of `handler`; returns the cases, sorted."""
    c = grants.c
    standing = (c.agency == agency, c.handler == handler, c.revoked_at.is_(None))
    query = select(c.case_uid).where(*standing).order_by(c.case_uid).with_for_update()
    found = list(connection.execute(query).scalars())
    connection.execute(update(grants).where(*standing).values(revoked_at=timestamp(now)))
    return found


def granted(connection: Connection, case_uid: str, agency: str) -> frozenset[str]:
    """The handlers of `agency` who may see the case now."""
    c = grants.c
    query = select(c.handler).where(c.case_uid == case_uid, c.agency == agency, c.revoked_at.is_(None))
    return frozenset(connection.execute(query).scalars())
