"""The data of a record's persons that the identity crosswalk needs: numbers, and traits to check matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from codebooks.identifiers import check
from hub.identities.rules import Traits, certificate_class, is_number
from hub.store import persons
from hub.store.vault import Vault
from standards.record import Person, Record

UNIT, INMATE = "unit", "inmate"
"""Kinds of numbers that belong to no agency, beside certificates."""
CITIZEN_CARD = "ZJ01"
"""居民身份证 in the unified table."""
SHARED = frozenset({persons.CERTIFICATE, UNIT, INMATE})


@dataclass(frozen=True)
class Told:
    """One person in a record: `numbers` as `{"agency", "kind", "value"}`."""

    person_uid: str
    numbers: tuple[dict[str, str], ...]
    traits: Traits


def told(record: Record, annex: Iterable[Mapping[str, Any]], agency: str, vault: Vault) -> list[Told]:
    """Every person of the record. Of the agencies' numbers, only the sender's own count; other agencies report theirs
    themselves.
    """
    unified = {entry["place"]: _unified(entry) for entry in annex}
    return [_person(f"/persons/{index}", person, unified, agency, vault) for index, person in enumerate(record.persons)]


def _person(place: str, person: Person, unified: Mapping[str, str], agency: str, vault: Vault) -> Told:
    # Which certificate it is stays sealed: agencies code it differently, and rows tell nothing.
    certificates = {
        item.number: certificate_class(unified.get(f"{place}/certificates/{index}/type", ""), item.number)
        for index, item in enumerate(person.certificates)
        if is_number(item.number)
    }
    own = [ref.to_json() for ref in person.refs if ref.agency == agency]
    shared = [(persons.CERTIFICATE, number) for number in certificates]
    credit = None if person.unit is None else person.unit.credit_code
    inmate = None if person.custody is None else person.custody.inmate_no
    shared += [(UNIT, credit)] if credit and check("gb32100", credit).valid else []
    shared += [(INMATE, inmate)] if inmate and check("inmate", inmate).valid else []
    names = {person.name, *person.former_names, *person.aliases}
    return Told(
        person_uid=person.person_uid,
        numbers=(*own, *({"agency": "", "kind": kind, "value": value} for kind, value in shared)),
        traits=Traits(
            kind=person.kind,
            names=frozenset(name for name in names if name),
            sex=unified.get(f"{place}/sex", ""),
            birth_date=person.birth_date or "",
            certificates={
                persons.blind_of(vault, persons.CERTIFICATE, number): name for number, name in certificates.items()
            },
        ),
    )


def _unified(entry: Mapping[str, Any]) -> str:
    """The one unified code of an annex entry, "" where there is none or a choice. A wider one will do: an agency may
    tell kinds of passports apart that the unified table does not."""
    leg = entry["unified"]
    codes = {match["code"] for match in leg["matches"]} if leg["outcome"] in ("equivalent", "broader") else set()
    return str(next(iter(codes))) if len(codes) == 1 else ""
