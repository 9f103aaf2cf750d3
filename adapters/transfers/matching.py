"""Which identifiers an own export's case, persons, charges … have already, so that nothing gets a second one.

The case is found by, in this order: the platform's id where the export carries it, a number of ours that was tied to
it, the transfer that is being answered, another agency's number in the export. A person is found by a number of ours,
by a certificate, or by name and date of birth; everything else by what it says. The order of persons never decides: the
police list by arrest, the court by rank of the accused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.native import NativeCase
from adapters.native.case import is_local
from adapters.native.matching import identify
from adapters.state.numbers import Numbers
from adapters.station import Station
from codebooks.identifiers import normalize_reference
from evidence.identifiers import uuid7
from messages.findings import Finding

Json = Mapping[str, Any]
Signature = Callable[[Json], tuple[Any, ...] | None]


def settle(
    case: NativeCase, agency: str, numbers: Numbers, answered_case: str | None = None
) -> tuple[dict[str, Any], list[Finding]]:
    """The record of an export with platform identifiers: known ones where they are known, new ones elsewhere.

    `answered_case` is the case of the transfer that is being answered, if any. Numbers of other agencies that are known
    for the case and its persons are added, so that every party sees every number. The findings tell which persons were
    matched without certainty.
    """
    case_uid = _case_uid(case.record, agency, numbers, answered_case)
    known: dict[str, str] = {case.record["case"]["case_uid"]: case_uid}
    before = numbers.record(case_uid) or {}
    persons, findings = _match_persons(case, before, numbers, case_uid)
    known.update(persons)
    for member, key, signature in REST:
        _match(case.record.get(member, ()), before.get(member, ()), key, signature, known)
    settled = case.settle({local: uid for local, uid in known.items() if is_local(local)}, uuid7)
    return with_known_numbers(settled, before), findings


def _case_uid(record: Json, agency: str, numbers: Numbers, answered_case: str | None) -> str:
    stated = str(record["case"]["case_uid"])
    if not is_local(stated):
        return stated
    refs = record["case"].get("refs", ())
    for ref in refs:
        if ref["agency"] == agency and (found := numbers.case_of(ref["kind"], ref["value"])):
            return found
    if answered_case:
        return answered_case
    others = {_number(ref) for ref in refs if ref["agency"] != agency}
    for before in numbers.known_records() if others else ():
        if others & {_number(ref) for ref in before["case"].get("refs", ())}:
            return str(before["case"]["case_uid"])
    return uuid7()


def _number(ref: Json) -> tuple[str, str, str]:
    return ref["agency"], ref["kind"], normalize_reference(ref["value"])


def _match_persons(
    case: NativeCase, before: Json, numbers: Numbers, case_uid: str
) -> tuple[dict[str, str], list[Finding]]:
    """Local identifiers of persons → known ones: by numbers of ours that were tied, else as `native.matching` finds."""
    found = identify(case, before) if before else None
    persons = dict(found.persons) if found else {}
    for person in case.record.get("persons", ()):
        local = person["person_uid"]
        refs = [ref for ref in person.get("refs", ()) if ref["agency"] == case.agency] if is_local(local) else []
        tied = [uid for ref in refs if (uid := numbers.item_of(case_uid, ref["kind"], ref["value"]))]
        if tied:
            persons = {name: uid for name, uid in persons.items() if uid != tied[0]} | {local: tied[0]}
    return persons, list(found.findings) if found else []


def _match(
    items: Iterable[Json], before: Iterable[Json], key: str, signature: Signature, known: dict[str, str]
) -> None:
    """Equal signatures pair in order; the references inside a signature are those of the settled record."""
    free: dict[tuple[Any, ...], list[str]] = {}
    for item in before:
        free.setdefault(signature(item) or (), []).append(item[key])
    for item in items:
        if is_local(item[key]):
            person = item.get("person_uid")
            found = free.get(signature({**item, "person_uid": known.get(str(person), person)}) or ())
            if found:
                known[item[key]] = found.pop(0)


def _code(value: Json | None) -> tuple[str, ...]:
    return tuple(f"{coding['system']}|{coding['code']}" for coding in (value or {}).get("codings", ())[:1])


REST: tuple[tuple[str, str, Signature], ...] = (
    ("charges", "charge_uid", lambda c: ("c", c.get("person_uid"), c.get("stage"), _code(c.get("crime")))),
    (
        "measures",
        "measure_uid",
        lambda m: ("m", m.get("person_uid"), _code(m.get("measure")), m.get("executed_at") or m.get("decided_at")),
    ),
    ("property", "property_uid", lambda p: ("p", p.get("kind"), p.get("name"), p.get("feature"), p.get("document_no"))),
    ("documents", "doc_uid", lambda d: ("d", d.get("doc_type"), d.get("doc_no"), d.get("title"))),
    ("decisions", "decision_uid", lambda d: ("x", d.get("node"), d.get("kind"), d.get("person_uid"), d.get("result"))),
)
"""What makes two entries the same one, beside persons."""


def with_known_numbers(record: dict[str, Any], before: Json) -> dict[str, Any]:
    """`record` with the numbers that `before` knows for the same case and persons."""
    persons = {person["person_uid"]: person for person in before.get("persons", ())}
    case = _with_refs(record["case"], before.get("case", {}))
    merged = [_with_refs(person, persons.get(person["person_uid"], {})) for person in record.get("persons", ())]
    return {**record, "case": case, **({"persons": merged} if merged else {})}


def _with_refs(item: dict[str, Any], before: Json) -> dict[str, Any]:
    refs = list(item.get("refs", ()))
    have = {_number(ref) for ref in refs}
    refs += [dict(ref) for ref in before.get("refs", ()) if _number(ref) not in have]
    return {**item, "refs": refs} if refs else item


def tie_own_numbers(station: Station, record: dict[str, Any]) -> None:
    """Tie every number of ours in `record` to its case and persons."""
    case_uid = record["case"]["case_uid"]
    for ref in record["case"].get("refs", []):
        if ref["agency"] == station.agency:
            station.numbers.tie_case(ref["kind"], ref["value"], case_uid)
    for person in record.get("persons", []):
        for ref in person.get("refs", []):
            if ref["agency"] == station.agency:
                station.numbers.tie_item(case_uid, ref["kind"], ref["value"], person["person_uid"])
