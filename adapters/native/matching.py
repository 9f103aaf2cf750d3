"""Matches the persons of an export with the known persons of the case.

An agency's own system seldom keeps the platform's identifiers, and its order of persons is its own (police by arrest,
court by rank of the accused), so persons are recognised, in this order: by the platform's identifier, by a number that
both sides give, by a certificate number (a 15-digit identity number and its 18-digit successor are the same, GB 11643),
and last by name and date of birth, which is only a candidate to be checked. What fits two persons fits none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.native.case import NativeCase, is_local
from codebooks.identifiers import check, normalize_reference
from messages.findings import Finding
from standards.record import Case, Person, Record

Traits = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Identification:
    """`same_case`: whether the two are one case, by identifier or number. `persons`: local identifier → platform's."""

    same_case: bool
    persons: Mapping[str, str]
    findings: tuple[Finding, ...]


def identify(own: NativeCase, known: Record) -> Identification:
    """Match an own export against the `known` record (already exchanged) of presumably the same case."""
    persons: dict[str, str] = {}
    findings: list[Finding] = []
    taken: set[str] = set()
    for traits, certain in _STEPS:
        for place, person in enumerate(own.told.persons):
            uid = person.person_uid
            if uid in persons:
                continue
            fits = [other for other in known.persons if traits(person) & traits(other)]
            if not fits:
                continue
            found = _decide(fits, taken, f"/persons/{place}", certain, findings)
            if found is not None:
                persons[uid] = found.person_uid
                taken.add(found.person_uid)
                findings += _contradictions(person, found, f"/persons/{place}")
    local = {uid: found for uid, found in persons.items() if is_local(uid)}
    return Identification(_same_case(own.told.case, known.case), local, tuple(findings))


def _decide(fits: list[Person], taken: set[str], place: str, certain: bool, findings: list[Finding]) -> Person | None:
    if len(fits) > 1:
        findings.append(Finding("native.match-ambiguous", "W", place, params={"candidates": len(fits)}))
        return None
    if fits[0].person_uid in taken:
        findings.append(Finding("native.match-taken", "W", place))
        return None
    if not certain:
        findings.append(Finding("native.match-by-name", "W", place))
    return fits[0]


def _same_case(own: Case, known: Case) -> bool:
    stated = own.case_uid
    return (stated == known.case_uid and not is_local(stated)) or bool(_numbers(own) & _numbers(known))


def _identifier(person: Person) -> Traits:
    uid = person.person_uid
    return frozenset() if is_local(uid) else frozenset({(uid,)})


def _numbers(item: Case | Person) -> Traits:
    return frozenset((ref.agency, ref.kind, normalize_reference(ref.value)) for ref in item.refs)


def _certificates(person: Person) -> Traits:
    return frozenset((certificate_key(item.number),) for item in person.certificates)


def _name_and_birth(person: Person) -> Traits:
    name, birth = person.name, person.birth_date or ""
    return frozenset({(name, birth)}) if name and len(birth) == 10 else frozenset()


_STEPS: tuple[tuple[Callable[[Person], Traits], bool], ...] = (
    (_identifier, True),
    (_numbers, True),
    (_certificates, True),
    (_name_and_birth, False),
)


def certificate_key(number: str) -> str:
    """What two forms of one certificate number have in common: 15 digits of an identity number become 18 (GB 11643)."""
    verdict = check("gb11643", number)
    return verdict.normalized if verdict.valid else normalize_reference(number).upper()


def _contradictions(own: Person, known: Person, place: str) -> list[Finding]:
    """D-09: the same person, but name, date of birth or certificates differ. The values are not repeated."""
    return [Finding(code, "D", place, "D-09") for code, clash in _CLASHES.items() if clash(own, known)]


def _names_clash(own: Person, known: Person) -> bool:
    names = {own.name, *own.former_names}, {known.name, *known.former_names}
    return bool(own.name and known.name) and not names[0] & names[1]


def _births_clash(own: Person, known: Person) -> bool:
    one, other = own.birth_date or "", known.birth_date or ""
    return not (one.startswith(other) or other.startswith(one))


def _certificates_clash(own: Person, known: Person) -> bool:
    one, other = _certificates(own), _certificates(known)
    return bool(one and other) and not one & other


_CLASHES: Mapping[str, Callable[[Person, Person], bool]] = {
    "native.match-name-differs": _names_clash,
    "native.match-birth-differs": _births_clash,
    "native.match-certificate-differs": _certificates_clash,
}
