"""The numbers under which agencies, and certificates, know one person of one case.

Values are sealed; looking one up goes over the blind index of its look-up form, which for a citizen's number is the one
of 18 digits, whichever of its two forms was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from codebooks.identifiers import check, normalize_reference
from evidence.identifiers import timestamp, uuid7
from hub.store.database import insert_those_absent
from hub.store.tables import person_refs
from hub.store.vault import Vault

CERTIFICATE = "certificate"
"""The kind under which all certificate numbers stand; which certificate it is stays sealed."""


MOST_HOLDERS = 100
"""Holders of one number who are looked at when somebody else brings it."""


@dataclass(frozen=True)
class PersonInCase:
    """One person of one case."""

    person_uid: str
    case_uid: str


@dataclass(frozen=True)
class Numbered:
    """One person of one case with an active number, without the number itself."""

    person: PersonInCase
    agency: str
    kind: str
    blind: str


def add_refs(
    connection: Connection,
    vault: Vault,
    person: PersonInCase,
    refs: Iterable[Mapping[str, str]],
    now: datetime,
) -> list[Numbered]:
    """Remember `{"agency", "kind", "value"}` numbers of the person; `agency` may be "" for a certificate number.

    Returns those that were not known for the person before. One that people took away stays away.
    """
    wanted = {(ref["agency"], ref["kind"], blind_of(vault, ref["kind"], ref["value"])): ref["value"] for ref in refs}
    if not wanted:
        return []
    c = person_refs.c
    query = select(c.agency, c.kind, c.blind).where(c.person_uid == person.person_uid, c.case_uid == person.case_uid)
    known = {(agency, kind, blind) for agency, kind, blind in connection.execute(query)}
    fresh = {key: value for key, value in wanted.items() if key not in known}
    rows = [_row(vault, person, key, value, now) for key, value in fresh.items()]
    insert_those_absent(connection, person_refs, rows)
    return [Numbered(person, *key) for key in fresh]


def _row(vault: Vault, person: PersonInCase, key: tuple[str, str, str], value: str, now: datetime) -> dict[str, Any]:
    agency, kind, blind = key
    return {
        "person_uid": person.person_uid,
        "case_uid": person.case_uid,
        "agency": agency,
        "kind": kind,
        "blind": blind,
        "value": vault.seal("person_refs", "value", _place(person, *key), value.encode()),
        "since": timestamp(now),
        "ended_at": None,
    }


def refs(connection: Connection, vault: Vault, person: PersonInCase) -> list[dict[str, str]]:
    """The person's numbers in this case, oldest first, without those that were taken away or erased."""
    return [
        {name: item[name] for name in ("agency", "kind", "value")}
        for item in every_ref(connection, vault, person)
        if item["value"] is not None and item["ended_at"] is None
    ]


def every_ref(connection: Connection, vault: Vault, person: PersonInCase) -> list[dict[str, Any]]:
    """All numbers that the person ever had in this case, with `since` and `ended_at`; an erased `value` is None."""
    c = person_refs.c
    query = select(person_refs).where(c.case_uid == person.case_uid, c.person_uid == person.person_uid)
    found = []
    for row in connection.execute(query.order_by(c.since, c.agency, c.kind, c.blind)):
        place = _place(person, row.agency, row.kind, row.blind)
        value = vault.open_maybe("person_refs", "value", place, row.value)
        told = {"agency": row.agency, "kind": row.kind, "value": None if value is None else value.decode()}
        found.append({**told, "since": row.since, "ended_at": row.ended_at})
    return found


def find(connection: Connection, vault: Vault, value: str) -> list[PersonInCase]:
    """Everyone known under the number `value`, whichever agency or certificate it is of."""
    c = person_refs.c
    forms = {blind_of(vault, kind, value) for kind in ("", CERTIFICATE)}
    query = select(c.person_uid, c.case_uid).where(c.blind.in_(forms), c.ended_at.is_(None)).distinct()
    return [PersonInCase(*row) for row in connection.execute(query.order_by(c.person_uid, c.case_uid))]


def numbers_of(connection: Connection, person: PersonInCase) -> set[tuple[str, str, str]]:
    """Agency, kind and blind index of the person's active numbers."""
    c = person_refs.c
    query = select(c.agency, c.kind, c.blind).where(
        c.person_uid == person.person_uid, c.case_uid == person.case_uid, c.ended_at.is_(None)
    )
    return {(agency, kind, blind) for agency, kind, blind in connection.execute(query)}


def sharing(connection: Connection, blinds: Collection[str]) -> list[Numbered]:
    """Who is under any of these numbers now: of each number the `MOST_HOLDERS` who have had it longest.

    They are one identity, or many whom people must sort out: more of them would change nothing but the work, and a
    bank is a party to ten thousand cases.
    """
    c = person_refs.c
    age = func.row_number().over(partition_by=(c.agency, c.kind, c.blind), order_by=(c.since, c.case_uid, c.person_uid))
    found = []
    for some in _chunks(sorted(blinds)):
        ranked = select(c.person_uid, c.case_uid, c.agency, c.kind, c.blind, age.label("age"))
        r = ranked.where(c.blind.in_(some), c.ended_at.is_(None)).subquery().c
        query = select(r.person_uid, r.case_uid, r.agency, r.kind, r.blind).where(r.age <= MOST_HOLDERS)
        query = query.order_by(r.person_uid, r.case_uid, r.kind)
        found += [
            Numbered(PersonInCase(row.person_uid, row.case_uid), row.agency, row.kind, row.blind)
            for row in connection.execute(query)
        ]
    return found


def end_ref(connection: Connection, vault: Vault, person: PersonInCase, ref: Mapping[str, str], now: datetime) -> bool:
    """Remove a number from the person: it stays in the row but is no longer found. False if it was not active."""
    statement = update(person_refs).where(*_same_ref(vault, person, ref), person_refs.c.ended_at.is_(None))
    return connection.execute(statement.values(ended_at=timestamp(now))).rowcount == 1


def restore_ref(connection: Connection, vault: Vault, person: PersonInCase, ref: Mapping[str, str]) -> bool:
    """Restore a removed number; False if there is none."""
    c = person_refs.c
    ended = (*_same_ref(vault, person, ref), c.ended_at.is_not(None), c.value.is_not(None))
    return connection.execute(update(person_refs).where(*ended).values(ended_at=None)).rowcount == 1


def _same_ref(vault: Vault, person: PersonInCase, ref: Mapping[str, str]) -> tuple[Any, ...]:
    c = person_refs.c
    blind = blind_of(vault, ref["kind"], ref["value"])
    mine = (c.person_uid == person.person_uid, c.case_uid == person.case_uid)
    return (*mine, c.agency == ref["agency"], c.kind == ref["kind"], c.blind == blind)


def erase(connection: Connection, person: PersonInCase, now: datetime) -> int:
    """Delete the person's numbers and their blind indexes for good; returns how many. Ties and history stay."""
    c = person_refs.c
    mine = (c.person_uid == person.person_uid, c.case_uid == person.case_uid, c.value.is_not(None))
    rows = connection.execute(select(c.agency, c.kind, c.blind).where(*mine)).all()
    for agency, kind, blind in rows:
        statement = update(person_refs).where(*mine, c.agency == agency, c.kind == kind, c.blind == blind)
        connection.execute(statement.values(value=None, blind=f"erased/{uuid7()}", ended_at=timestamp(now)))
    return len(rows)


def blind_of(vault: Vault, kind: str, value: str) -> str:
    """The blind index under which a number of this kind is found."""
    form = certificate_form(value) if kind == CERTIFICATE else normalize_reference(value)
    return vault.blind_index("person-ref", form)


def certificate_form(number: str) -> str:
    """The look-up form of a certificate number: 15 digits of a citizen's number become 18 (GB 11643)."""
    verdict = check("gb11643", number)
    return verdict.normalized if verdict.valid else normalize_reference(number)


def _chunks(items: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Pieces that fit into one statement of either database."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _place(person: PersonInCase, *rest: str) -> str:
    return "/".join((person.person_uid, person.case_uid, *rest))
