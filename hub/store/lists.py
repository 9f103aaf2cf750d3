"""Lists for operators: cases, transfers and findings by filters, newest first; and what a part of a name may mean.

Names and numbers are sealed, so what is searched by a part of them is opened row by row, at most `SEARCHED` rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from evidence.identifiers import timestamp
from hub.store.supervision import Kept, read_kept
from hub.store.tables import case_findings, case_parties, case_refs, cases, grants, transfers
from hub.store.transfers import OFFERED, Transfer
from hub.store.vault import Vault

SEARCHED = 50_000
SHORTEST_ID = 6
"""Fewest signs of an id that name it: fewer are a part of a number or a name."""


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; what is None narrows nothing."""

    agency: str | None = None
    since: datetime | None = None
    only_open: bool = False
    late: bool = False
    limit: int | None = None


@dataclass(frozen=True)
class CaseRow:
    """One case: its transfers, those not answered yet, its open findings, and when it moved last."""

    case_uid: str
    name: str | None
    opened_by: str
    opened_at: str
    moved_at: str
    transfers: int
    open: int
    late: int


def case_rows(connection: Connection, vault: Vault, wanted: Filter) -> list[CaseRow]:
    """Cases by the instant at which they moved last, newest first."""
    c, t, f = cases.c, transfers.c, case_findings.c
    moving = (
        select(
            t.case_uid,
            func.count().label("count"),
            func.sum(case((t.status == OFFERED, 1), else_=0)).label("open"),
            func.max(t.settled_at).label("moved_at"),
        )
        .group_by(t.case_uid)
        .subquery()
    )
    finding = (
        select(f.case_uid, func.count().label("late")).where(f.cleared_at.is_(None)).group_by(f.case_uid).subquery()
    )
    late, moved = func.coalesce(finding.c.late, 0), func.coalesce(moving.c.moved_at, c.opened_at)
    waiting = func.coalesce(moving.c.open, 0)
    query = (
        select(c.case_uid, c.name, c.opened_by, c.opened_at, moved, func.coalesce(moving.c.count, 0), waiting, late)
        .outerjoin(moving, moving.c.case_uid == c.case_uid)
        .outerjoin(finding, finding.c.case_uid == c.case_uid)
        .order_by(moved.desc(), c.case_uid)
    )
    if wanted.agency is not None:
        party = select(case_parties.c.case_uid).where(case_parties.c.agency == wanted.agency)
        query = query.where(c.case_uid.in_(party))
    query = _narrowed(query, wanted, since=moved, open_=waiting > 0, late=late > 0)
    return [
        CaseRow(row[0], _opened(vault, "cases", "name", row[0], row[1]), *row[2:]) for row in connection.execute(query)
    ]


def transfer_rows(connection: Connection, wanted: Filter, case_uid: str | None = None) -> list[Transfer]:
    """Transfers by the instant at which the hub received them, newest first; late are those of cases with findings."""
    t, f = transfers.c, case_findings.c
    query = select(*(t[name] for name in Transfer.__dataclass_fields__)).order_by(
        t.received_at.desc(), t.transfer_id.desc()
    )
    if wanted.agency is not None:
        query = query.where(or_(t.sender == wanted.agency, t.receiver == wanted.agency))
    if case_uid is not None:
        query = query.where(t.case_uid == case_uid)
    late = t.case_uid.in_(select(f.case_uid).where(f.cleared_at.is_(None)))
    query = _narrowed(query, wanted, since=t.received_at, open_=t.status == OFFERED, late=late)
    return [Transfer(*row) for row in connection.execute(query)]


def finding_rows(connection: Connection, vault: Vault, wanted: Filter) -> list[Kept]:
    """Findings of the sweep by when they opened, newest first."""
    f = case_findings.c
    query = select(case_findings).order_by(f.opened_at.desc(), f.change.desc())
    if wanted.agency is not None:
        party = select(case_parties.c.case_uid).where(case_parties.c.agency == wanted.agency)
        query = query.where(f.case_uid.in_(party))
    standing = f.cleared_at.is_(None)
    query = _narrowed(query, wanted, since=f.opened_at, open_=standing, late=standing)
    return [read_kept(vault, row) for row in connection.execute(query).mappings()]


def handlers(connection: Connection, case_uid: str) -> list[dict[str, Any]]:
    """Every grant on the case, standing ones first: agency, handler, by whom, since when, and when it ended."""
    g = grants.c
    columns = (g.agency, g.handler, g.granted_by, g.granted_at, g.revoked_at)
    query = select(*columns).where(g.case_uid == case_uid)
    query = query.order_by(g.revoked_at.is_not(None), g.agency, g.granted_at, g.handler)
    return [dict(row) for row in connection.execute(query).mappings()]


def parties(connection: Connection, case_uid: str) -> list[tuple[str, str]]:
    """The agencies that are party to the case, each with the instant since when."""
    p = case_parties.c
    query = select(p.agency, p.since).where(p.case_uid == case_uid).order_by(p.since, p.agency)
    return [(row.agency, row.since) for row in connection.execute(query)]


def by_short_id(connection: Connection, wanted: str) -> tuple[list[str], list[str]]:
    """The cases and the transfers whose id begins or ends with `wanted`, as lists and trails show ids."""
    if len(wanted) < SHORTEST_ID or not set(wanted) <= set("0123456789abcdef-"):
        return [], []
    return _like(connection, cases.c.case_uid, wanted), _like(connection, transfers.c.transfer_id, wanted)


def _like(connection: Connection, column: Any, wanted: str) -> list[str]:
    query = select(column).where(or_(column.like(f"{wanted}%"), column.like(f"%{wanted}"))).order_by(column)
    return list(connection.execute(query).scalars())


def parts_of(connection: Connection, vault: Vault) -> Iterator[tuple[str, str]]:
    """Every number and name that leads to a case, with the case, newest first and at most `SEARCHED` of each."""
    r, c = case_refs.c, cases.c
    numbers = select(case_refs).where(r.ended_at.is_(None)).order_by(r.since.desc()).limit(SEARCHED)
    for row in connection.execute(numbers):
        place = f"{row.case_uid}/{row.agency}/{row.kind}/{row.blind}"
        if value := _opened(vault, "case_refs", "value", place, row.value):
            yield row.case_uid, value
    for uid, sealed in connection.execute(select(c.case_uid, c.name).order_by(c.updated_at.desc()).limit(SEARCHED)):
        if name := _opened(vault, "cases", "name", uid, sealed):
            yield uid, name


def _narrowed(query: Select[Any], wanted: Filter, *, since: Any, open_: Any, late: Any) -> Select[Any]:
    told = []
    if wanted.since is not None:
        told.append(since >= timestamp(wanted.since))
    if wanted.only_open:
        told.append(open_)
    if wanted.late:
        told.append(late)
    return query.where(and_(*told)).limit(wanted.limit) if told else query.limit(wanted.limit)


def _opened(vault: Vault, table: str, column: str, row: str, sealed: Any) -> str | None:
    value = vault.open_maybe(table, column, row, None if sealed is None else bytes(sealed))
    return None if value is None else value.decode()
