"""Which identifiers an own export's case, persons, charges … have already, so that nothing gets a second one.

The case is found by, in this order: the platform's id where the export carries it, a number of ours that was tied to
it, the transfer that is being answered, another agency's number in the export. A person is found by a number of ours,
by a certificate, or by name and date of birth; everything else by what it says. The order of persons never decides: the
police list by arrest, the court by rank of the accused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.native import NativeCase
from adapters.native.case import is_local
from adapters.native.matching import identify
from adapters.state.numbers import Numbers
from adapters.station import Station
from codebooks.identifiers import normalize_reference
from evidence.identifiers import uuid7
from messages.findings import Finding
from standards.record import Coded, Record, Reference

Signature = tuple[str | None, ...]
Entry = tuple[str, Signature]
NOBODY: Mapping[str, str] = {}


def settle(
    case: NativeCase, agency: str, numbers: Numbers, answered_case: str | None = None
) -> tuple[Record, list[Finding]]:
    """The record of an export with platform identifiers: known ones where they are known, new ones elsewhere.

    `answered_case` is the case of the transfer that is being answered, if any. Numbers of other agencies that are known
    for the case and its persons are added, so that every party sees every number. The findings tell which persons were
    matched without certainty.
    """
    own = case.told
    case_uid = _case_uid(own, agency, numbers, answered_case)
    known: dict[str, str] = {own.case.case_uid: case_uid}
    before = numbers.record(case_uid)
    persons, findings = _match_persons(case, before, numbers, case_uid)
    known.update(persons)
    if before is not None:
        _match(_charges(own, known), _charges(before), known)
        _match(_measures(own, known), _measures(before), known)
        _match(_things(own), _things(before), known)
        _match(_documents(own), _documents(before), known)
        _match(_decisions(own, known), _decisions(before), known)
    settled = case.settle({local: uid for local, uid in known.items() if is_local(local)}, uuid7)
    return Record.read(settled if before is None else with_known_numbers(settled, before)), findings


def _case_uid(record: Record, agency: str, numbers: Numbers, answered_case: str | None) -> str:
    stated, refs = record.case.case_uid, record.case.refs
    if not is_local(stated):
        return stated
    for ref in refs:
        if ref.agency == agency and (found := numbers.case_of(ref.kind, ref.value)):
            return found
    if answered_case:
        return answered_case
    others = {_number(ref) for ref in refs if ref.agency != agency}
    return (numbers.case_with(others) if others else None) or uuid7()


def _number(ref: Reference) -> tuple[str, str, str]:
    return ref.agency, ref.kind, normalize_reference(ref.value)


def _match_persons(
    case: NativeCase, before: Record | None, numbers: Numbers, case_uid: str
) -> tuple[dict[str, str], list[Finding]]:
    """Local identifiers of persons → known ones: by numbers of ours that were tied, else as `native.matching` finds."""
    found = None if before is None else identify(case, before)
    persons = dict(found.persons) if found else {}
    for person in case.told.persons:
        local = person.person_uid
        refs = [ref for ref in person.refs if ref.agency == case.agency] if is_local(local) else []
        tied = [uid for ref in refs if (uid := numbers.item_of(case_uid, ref.kind, ref.value))]
        if tied:
            persons = {name: uid for name, uid in persons.items() if uid != tied[0]} | {local: tied[0]}
    return persons, list(found.findings) if found else []


def _match(own: Iterable[Entry], before: Iterable[Entry], known: dict[str, str]) -> None:
    """Equal signatures pair in order; the references inside a signature are those of the settled record."""
    free: dict[Signature, list[str]] = {}
    for uid, signature in before:
        free.setdefault(signature, []).append(uid)
    for uid, signature in own:
        found = free.get(signature) if is_local(uid) else None
        if found:
            known[uid] = found.pop(0)


# What makes two entries the same one, beside persons: each entry's identifier and its signature.


def _person(uid: str | None, known: Mapping[str, str]) -> str | None:
    return uid if uid is None else known.get(uid, uid)


def _code(value: Coded) -> str | None:
    return f"{value.codings[0].system}|{value.codings[0].code}" if value.codings else None


def _charges(record: Record, known: Mapping[str, str] = NOBODY) -> Iterator[Entry]:
    for each in record.charges:
        yield each.charge_uid, (_person(each.person_uid, known), each.stage, _code(each.crime))


def _measures(record: Record, known: Mapping[str, str] = NOBODY) -> Iterator[Entry]:
    for each in record.measures:
        began = each.executed_at or each.decided_at
        yield each.measure_uid, (_person(each.person_uid, known), _code(each.measure), began)


def _things(record: Record) -> Iterator[Entry]:
    for each in record.property:
        yield each.property_uid, (each.kind, each.name, each.feature, each.document_no)


def _documents(record: Record) -> Iterator[Entry]:
    for each in record.documents:
        yield each.doc_uid, (each.doc_type, each.doc_no, each.title)


def _decisions(record: Record, known: Mapping[str, str] = NOBODY) -> Iterator[Entry]:
    for each in record.decisions:
        yield each.decision_uid, (each.node, each.kind, _person(each.person_uid, known), each.result)


def with_known_numbers(record: dict[str, Any], before: Record) -> dict[str, Any]:
    """`record`, which is still being made, with the numbers that `before` knows for the same case and persons."""
    numbers = {person.person_uid: person.refs for person in before.persons}
    case = _with_refs(record["case"], before.case.refs)
    merged = [_with_refs(person, numbers.get(person["person_uid"], ())) for person in record.get("persons", ())]
    return {**record, "case": case, **({"persons": merged} if merged else {})}


def _with_refs(item: dict[str, Any], before: Iterable[Reference]) -> dict[str, Any]:
    refs = list(item.get("refs", ()))
    have = {(ref["agency"], ref["kind"], normalize_reference(ref["value"])) for ref in refs}
    refs += [ref.to_json() for ref in before if _number(ref) not in have]
    return {**item, "refs": refs} if refs else item


def tie_own_numbers(station: Station, record: Record) -> None:
    """Tie every number of ours in `record` to its case and persons."""
    case_uid = record.case.case_uid
    for ref in record.case.refs:
        if ref.agency == station.agency:
            station.numbers.tie_case(ref.kind, ref.value, case_uid)
    for person in record.persons:
        for ref in person.refs:
            if ref.agency == station.agency:
                station.numbers.tie_item(case_uid, ref.kind, ref.value, person.person_uid)
