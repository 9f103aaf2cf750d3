"""Cases, their parties, and the crosswalk between the numbers under which agencies know one case.

Reference values are stored sealed; looking one up goes over the blind index of its normalised form, so that width,
brackets and spaces make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from codebooks.identifiers import normalize_reference
from evidence.identifiers import is_uuid, timestamp
from hub.store.database import insert_if_absent, lock
from hub.store.tables import case_links, case_parties, case_refs, cases, transfers
from hub.store.vault import Vault


@dataclass(frozen=True)
class Case:
    """One case as the hub knows it beside its transfers."""

    case_uid: str
    opened_by: str
    opened_at: str
    updated_at: str
    name: str | None


def hold(connection: Connection, vault: Vault, case_uid: str, refs: Iterable[Mapping[str, str]] = ()) -> None:
    """Be alone with the case and these numbers until the transaction ends.

    What is then read of the case stays true to the end, and two transfers cannot open two cases for one number.
    """
    names = {f"case/{case_uid}"} | {f"ref/{_blind(vault, ref['value'])}" for ref in refs}
    for name in sorted(names):  # one order for all, so that two holders never wait for each other
        lock(connection, name)


def open_case(
    connection: Connection, vault: Vault, case_uid: str, *, opened_by: str, name: str | None, now: datetime
) -> bool:
    """Make the case known; True when it is new, else only its time of change moves."""
    sealed = vault.seal_maybe("cases", "name", case_uid, None if name is None else name.encode())
    row = {
        "case_uid": case_uid,
        "opened_by": opened_by,
        "opened_at": timestamp(now),
        "updated_at": timestamp(now),
        "name": sealed,
    }
    if insert_if_absent(connection, cases, row):
        return True
    changes = {"updated_at": timestamp(now)} | ({} if sealed is None else {"name": sealed})
    connection.execute(update(cases).where(cases.c.case_uid == case_uid).values(changes))
    return False


def get(connection: Connection, vault: Vault, case_uid: str) -> Case | None:
    """The case, or None."""
    row = connection.execute(select(cases).where(cases.c.case_uid == case_uid)).one_or_none()
    if row is None:
        return None
    name = vault.open_maybe("cases", "name", case_uid, row.name)
    return Case(row.case_uid, row.opened_by, row.opened_at, row.updated_at, None if name is None else name.decode())


def add_party(connection: Connection, case_uid: str, agency: str, now: datetime) -> None:
    """Make `agency` a party: it sent or received a transfer of the case."""
    insert_if_absent(connection, case_parties, {"case_uid": case_uid, "agency": agency, "since": timestamp(now)})


def parties(connection: Connection, case_uid: str) -> frozenset[str]:
    """The agencies that are party to the case; empty for an unknown case."""
    query = select(case_parties.c.agency).where(case_parties.c.case_uid == case_uid)
    return frozenset(connection.execute(query).scalars())


def add_refs(
    connection: Connection, vault: Vault, case_uid: str, refs: Iterable[Mapping[str, str]], now: datetime
) -> None:
    """Remember `{"agency", "kind", "value"}` numbers of the case; known ones, and those taken away, are left alone."""
    for ref in refs:
        blind = _blind(vault, ref["value"])
        row = {
            "case_uid": case_uid,
            "agency": ref["agency"],
            "kind": ref["kind"],
            "blind": blind,
            "value": vault.seal(
                "case_refs", "value", f"{case_uid}/{ref['agency']}/{ref['kind']}/{blind}", ref["value"].encode()
            ),
            "since": timestamp(now),
            "ended_at": None,
        }
        insert_if_absent(connection, case_refs, row)


def refs(connection: Connection, vault: Vault, case_uid: str) -> list[dict[str, str]]:
    """The numbers of the case as `{"agency", "kind", "value"}`, oldest first, without those taken away."""
    return [
        {name: item[name] for name in ("agency", "kind", "value")}
        for item in every_ref(connection, vault, case_uid)
        if item["ended_at"] is None and item["value"] is not None
    ]


def every_ref(connection: Connection, vault: Vault, case_uid: str) -> list[dict[str, Any]]:
    """All numbers that the case ever had, with `since` and `ended_at`; an erased `value` is None."""
    c = case_refs.c
    query = select(case_refs).where(c.case_uid == case_uid).order_by(c.since, c.agency, c.kind, c.blind)
    found = []
    for row in connection.execute(query):
        place = f"{case_uid}/{row.agency}/{row.kind}/{row.blind}"
        value = vault.open_maybe("case_refs", "value", place, row.value)
        told = {"agency": row.agency, "kind": row.kind, "value": None if value is None else value.decode()}
        found.append({**told, "since": row.since, "ended_at": row.ended_at})
    return found


def end_ref(connection: Connection, vault: Vault, case_uid: str, ref: Mapping[str, str], now: datetime) -> bool:
    """Remove a number from the case: it stays in the row but is no longer found. False if it was not active."""
    statement = update(case_refs).where(*_same_ref(vault, case_uid, ref), case_refs.c.ended_at.is_(None))
    return connection.execute(statement.values(ended_at=timestamp(now))).rowcount == 1


def restore_ref(connection: Connection, vault: Vault, case_uid: str, ref: Mapping[str, str]) -> bool:
    """Restore a removed number; False if there is none."""
    c = case_refs.c
    statement = update(case_refs).where(*_same_ref(vault, case_uid, ref), c.ended_at.is_not(None))
    return connection.execute(statement.values(ended_at=None)).rowcount == 1


def _same_ref(vault: Vault, case_uid: str, ref: Mapping[str, str]) -> tuple[Any, ...]:
    c = case_refs.c
    blind = _blind(vault, ref["value"])
    return (c.case_uid == case_uid, c.agency == ref["agency"], c.kind == ref["kind"], c.blind == blind)


def cases_of_ref(connection: Connection, vault: Vault, agency: str, value: str) -> list[str]:
    """The cases that `agency` knows under the number `value`: several once a case was split."""
    c = case_refs.c
    same = (c.agency == agency, c.blind == _blind(vault, value), c.ended_at.is_(None))
    query = select(c.case_uid).where(*same).distinct()
    return list(connection.execute(query.order_by(c.case_uid)).scalars())


def find(connection: Connection, vault: Vault, wanted: str) -> list[str]:
    """The case ids that `wanted` names: a case id, a transfer id, or any agency's number for a case."""
    text = wanted.strip()
    found: set[str] = set()
    if is_uuid(text.lower()):
        found.update(connection.execute(select(cases.c.case_uid).where(cases.c.case_uid == text.lower())).scalars())
        query = select(transfers.c.case_uid).where(transfers.c.transfer_id == text.lower())
        found.update(connection.execute(query).scalars())
    same = (case_refs.c.blind == _blind(vault, text), case_refs.c.ended_at.is_(None))
    query = select(case_refs.c.case_uid).where(*same)
    found.update(connection.execute(query).scalars())
    return sorted(found)


def of_agency(connection: Connection, agency: str, *, after: str = "", limit: int = 200) -> list[str]:
    """The ids of the cases that `agency` is party to, in the order of the ids, from after `after` on."""
    c = case_parties.c
    query = select(c.case_uid).where(c.agency == agency, c.case_uid > after).order_by(c.case_uid).limit(limit)
    return list(connection.execute(query).scalars())


def add_link(connection: Connection, case_uid: str, other_uid: str, link_type: str, now: datetime) -> None:
    """Remember that `other_uid` came from `case_uid` by `split`, `merge`, `remand`, `retrial` or `supplement`."""
    row = {"case_uid": case_uid, "other_uid": other_uid, "type": link_type, "since": timestamp(now)}
    insert_if_absent(connection, case_links, row)


def links(connection: Connection, case_uid: str) -> list[dict[str, str]]:
    """The links from and to the case as `{"from", "to", "type"}`."""
    c = case_links.c
    query = select(c.case_uid, c.other_uid, c.type).where((c.case_uid == case_uid) | (c.other_uid == case_uid))
    rows = connection.execute(query.order_by(c.since, c.case_uid, c.other_uid))
    return [{"from": source, "to": target, "type": kind} for source, target, kind in rows]


def _blind(vault: Vault, value: str) -> str:
    return vault.blind_index("case-ref", normalize_reference(value))
