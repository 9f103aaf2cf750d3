"""The crosswalk between the numbers under which agencies, and their certificates, know one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from codebooks.identifiers import normalize_reference
from evidence.identifiers import timestamp
from hub.store.database import insert_if_absent
from hub.store.tables import person_refs
from hub.store.vault import Vault


@dataclass(frozen=True)
class PersonInCase:
    """One person of one case."""

    person_uid: str
    case_uid: str


def add_refs(
    connection: Connection,
    vault: Vault,
    person: PersonInCase,
    refs: Iterable[Mapping[str, str]],
    now: datetime,
) -> None:
    """Remember `{"agency", "kind", "value"}` numbers of the person; `agency` may be "" for a certificate number."""
    for ref in refs:
        blind = _blind(vault, ref["value"])
        place = _place(person, ref["agency"], ref["kind"], blind)
        row = {
            "person_uid": person.person_uid,
            "case_uid": person.case_uid,
            "agency": ref["agency"],
            "kind": ref["kind"],
            "blind": blind,
            "value": vault.seal("person_refs", "value", place, ref["value"].encode()),
            "since": timestamp(now),
        }
        insert_if_absent(connection, person_refs, row)


def refs(connection: Connection, vault: Vault, person: PersonInCase) -> list[dict[str, str]]:
    """The person's numbers in this case, oldest first."""
    c = person_refs.c
    query = select(person_refs).where(c.case_uid == person.case_uid, c.person_uid == person.person_uid)
    found = []
    for row in connection.execute(query.order_by(c.since, c.agency, c.kind)):
        place = _place(person, row.agency, row.kind, row.blind)
        value = vault.open("person_refs", "value", place, row.value).decode()
        found.append({"agency": row.agency, "kind": row.kind, "value": value})
    return found


def find(connection: Connection, vault: Vault, value: str) -> list[PersonInCase]:
    """Everyone known under the number `value`, whichever agency or certificate it is of."""
    c = person_refs.c
    query = select(c.person_uid, c.case_uid).where(c.blind == _blind(vault, value)).distinct()
    return [PersonInCase(*row) for row in connection.execute(query.order_by(c.person_uid, c.case_uid))]


def _place(person: PersonInCase, *rest: str) -> str:
    return "/".join((person.person_uid, person.case_uid, *rest))


def _blind(vault: Vault, value: str) -> str:
    return vault.blind_index("person-ref", normalize_reference(value))
