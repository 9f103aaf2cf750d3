"""Open findings of the sweep, and when each case was checked. Only changes are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select, update

from evidence.canonical import canonical
from evidence.identifiers import parse_timestamp, timestamp
from hub.store.database import insert_if_absent, upsert
from hub.store.tables import agencies, case_findings, case_parties, case_sweeps, cases, grants, sweep_state, transfers
from hub.store.vault import Vault
from messages.findings import Finding

STATE = "sweep"
_KEY = ("deadline", "start")


@dataclass(frozen=True)
class Kept:
    """One finding of the sweep: open while `cleared_at` is None. `change` counts its last opening or clearing."""

    case_uid: str
    key: str
    change: int
    opened_at: str
    cleared_at: str | None
    finding: Finding


@dataclass(frozen=True)
class Changed:
    """What one look at a case changed."""

    opened: int
    cleared: int


def finding_key(vault: Vault, finding: Finding) -> str:
    """What makes a finding the same tomorrow: rule, place, term and start; not how many days late it is by then."""
    told = [finding.code, finding.place, *(str(finding.params.get(name, "")) for name in _KEY)]
    return vault.blind_index("finding", canonical(told).decode())


def due(connection: Connection, now: datetime, basis: str, *, after: str = "", limit: int = 50) -> list[str]:
    """Cases that must be looked at, from after `after` on in the order of their ids.

    Those never looked at, those with a transfer or an answer since, those whose time has come, and all when the basis
    (rule book, calendar, enrolled agencies) is another.
    """
    c, s, t = cases.c, case_sweeps.c, transfers.c
    # an answer (acknowledged, declined) moves `settled_at` of a transfer, but not the case's own row
    newer = select(t.case_uid).where(t.case_uid == c.case_uid, t.settled_at >= s.swept_at).exists()
    query = (
        select(c.case_uid)
        .outerjoin(case_sweeps, s.case_uid == c.case_uid)
        .where(
            c.case_uid > after,
            or_(s.case_uid.is_(None), s.next_at <= timestamp(now), s.basis != basis, newer),
        )
        .order_by(c.case_uid)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def looked_at(connection: Connection, case_uid: str, now: datetime, next_at: datetime | None, basis: str) -> None:
    """Note that the case was looked at, and when it must be looked at again."""
    row = {
        "case_uid": case_uid,
        "swept_at": timestamp(now),
        "next_at": None if next_at is None else timestamp(next_at),
        "basis": basis,
    }
    upsert(connection, case_sweeps, row, update=("swept_at", "next_at", "basis"))


def keep(connection: Connection, vault: Vault, case_uid: str, found: Iterable[Finding], now: datetime) -> Changed:
    """Make `found` the open findings of the case: new ones open, those that are gone are cleared, the rest stays."""
    wanted = {finding_key(vault, finding): finding for finding in found}
    f = case_findings.c
    query = select(f.finding_key, f.cleared_at).where(f.case_uid == case_uid)
    known = {row.finding_key: row.cleared_at for row in connection.execute(query)}
    opened = [key for key in wanted if key not in known or known[key] is not None]
    cleared = [key for key, cleared_at in known.items() if cleared_at is None and key not in wanted]
    if not opened and not cleared:
        return Changed(0, 0)
    number = _next_change(connection, len(opened) + len(cleared))
    for key in opened:
        body = canonical(wanted[key].to_json())
        row = {
            "case_uid": case_uid,
            "finding_key": key,
            "change": number,
            "opened_at": timestamp(now),
            "cleared_at": None,
            "finding": vault.seal("case_findings", "finding", f"{case_uid}/{key}", body),
        }
        upsert(connection, case_findings, row, update=("change", "opened_at", "cleared_at", "finding"))
        number += 1
    for key in cleared:
        statement = update(case_findings).where(f.case_uid == case_uid, f.finding_key == key)
        connection.execute(statement.values(change=number, cleared_at=timestamp(now)))
        number += 1
    return Changed(len(opened), len(cleared))


def of_case(connection: Connection, vault: Vault, case_uid: str, *, only_open: bool = True) -> list[Kept]:
    """The case's findings of the sweep, the oldest change first."""
    condition = case_findings.c.case_uid == case_uid
    return _kept(connection, vault, and_(condition, case_findings.c.cleared_at.is_(None)) if only_open else condition)


def of_agency(
    connection: Connection, vault: Vault, agency: str, *, handler: str | None, since: int, limit: int
) -> list[Kept]:
    """Changes after number `since` in the agency's cases, oldest first; only granted cases for a named `handler`."""
    p, g = case_parties.c, grants.c
    mine = select(p.case_uid).where(p.agency == agency)
    if handler is not None:
        granted = select(g.case_uid).where(g.agency == agency, g.handler == handler, g.revoked_at.is_(None))
        mine = mine.where(p.case_uid.in_(granted))
    condition = and_(case_findings.c.change > since, case_findings.c.case_uid.in_(mine))
    return _kept(connection, vault, condition, limit)


def unmarked(connection: Connection) -> tuple[int, list[tuple[str, str, int, str | None]]]:
    """Changes that no mark records yet, with the number up to which marks record them: (case, key, change, cleared)."""
    state = _state(connection)
    f = case_findings.c
    query = select(f.case_uid, f.finding_key, f.change, f.cleared_at).where(f.change > state["marked_change"])
    rows = connection.execute(query.order_by(f.change)).all()
    return state["last_change"], [(row.case_uid, row.finding_key, row.change, row.cleared_at) for row in rows]


def marked(connection: Connection, change: int) -> None:
    """Note that a mark records every change up to this number."""
    statement = update(sweep_state).where(sweep_state.c.name == STATE)
    connection.execute(statement.values(marked_change=change))


def enrolled_types(connection: Connection, at: datetime) -> Mapping[str, datetime]:
    """The types of the agencies that were enrolled and not revoked at `at`, with the first admission of each."""
    a, instant = agencies.c, timestamp(at)
    query = select(a.type, func.min(a.admitted_at)).group_by(a.type)
    query = query.where(a.admitted_at <= instant, or_(a.revoked_at.is_(None), a.revoked_at > instant))
    return {type_: parse_timestamp(first) for type_, first in connection.execute(query)}


def counts(connection: Connection) -> Mapping[str, int]:
    """The number of open findings, and of the cases concerned."""
    f = case_findings.c
    query = select(func.count(), func.count(f.case_uid.distinct())).where(f.cleared_at.is_(None))
    open_ones, in_cases = connection.execute(query).one()
    return {"open": int(open_ones), "cases": int(in_cases)}


def _state(connection: Connection) -> dict[str, int]:
    insert_if_absent(connection, sweep_state, {"name": STATE, "last_change": 0, "marked_change": 0})
    row = connection.execute(select(sweep_state).where(sweep_state.c.name == STATE)).mappings().one()
    return {"last_change": int(row["last_change"]), "marked_change": int(row["marked_change"])}


def _next_change(connection: Connection, count: int) -> int:
    """The first of `count` numbers, taken under the row's lock."""
    _state(connection)
    c = sweep_state.c
    statement = update(sweep_state).where(c.name == STATE).values(last_change=c.last_change + count)
    last: int = connection.execute(statement.returning(c.last_change)).scalar_one()
    return last - count + 1


def _kept(connection: Connection, vault: Vault, condition: Any, limit: int | None = None) -> list[Kept]:
    query = select(case_findings).where(condition).order_by(case_findings.c.change)
    return [read_kept(vault, row) for row in connection.execute(query.limit(limit)).mappings()]


def read_kept(vault: Vault, row: RowMapping) -> Kept:
    """A row of the table, opened."""
    place = f"{row['case_uid']}/{row['finding_key']}"
    body = json.loads(vault.open("case_findings", "finding", place, row["finding"]))
    return Kept(
        row["case_uid"],
        row["finding_key"],
        int(row["change"]),
        row["opened_at"],
        row["cleared_at"],
        Finding.from_json(body),
    )
