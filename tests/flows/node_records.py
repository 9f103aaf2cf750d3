"""A valid record for any node: what its conditions ask of case and person is told by facts, made from the data alone.

A new way in which a state is told (`how` of `standards/criminal/rules/states.toml`) gets a line in `FACTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.cases import story
from evidence.identifiers import uuid7
from standards import rules
from standards.judging import conditions
from standards.judging.facts import CaseFacts
from standards.judging.states import holds
from standards.nodes import Node
from standards.record import Record
from tests.scene.drafts import Json
from tests.scene.records import coded, suspect, theft

TODAY = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def day(before: int) -> str:
    """The date so many days before the record's own."""
    return (TODAY - timedelta(days=before)).isoformat()


def bare(case_uid: str, agency: str) -> Json:
    """A case with one suspect and one charge, of whom nothing is told that any condition asks for."""
    born = date(1960, 1, 1) + timedelta(days=_number(case_uid) % 15_000)
    person_uid = f"{case_uid[:-1]}{'0' if case_uid[-1] != '0' else '1'}"
    kind = {"police": "AJBH", "procuratorate": "TYSAH", "court": "AH"}.get(agency.partition(":")[0], "DAH")
    number = story.identity_number(born.isoformat(), _number(case_uid) % 999 + 1)
    certificate = {"type": coded("unified.certificate-type", "ZJ01", "居民身份证"), "number": number}
    return theft(
        {
            "case_uid": case_uid,
            "refs": [{"agency": agency, "kind": kind, "value": NUMBERS[kind](case_uid)}],
            "filing_date": day(90),
            "brief_facts": "示例：窃取他人财物。",
            "offence_from": day(95),
        },
        suspect(person_uid, sex=coded("gb.sex", "1", "男"), birth_date=born.isoformat(), certificates=[certificate]),
        {
            "charge_uid": uuid7(),
            "stage": "filing",
            "main": True,
            "crime": coded("unified.crime", "XF264-01", "盗窃罪"),
        },
    )


def _number(case_uid: str) -> int:
    return int(case_uid.replace("-", ""), 16)


def _digits(case_uid: str, count: int) -> str:
    return str(_number(case_uid))[-count:]


NUMBERS: Mapping[str, Callable[[str], str]] = {
    "AJBH": lambda uid: f"A{_digits(uid, 22)}",
    "TYSAH": lambda uid: _digits(uid, 17),
    "AH": lambda uid: f"（2026）闽0102刑初{_digits(uid, 12)}号",
    "DAH": lambda uid: f"2026-{_digits(uid, 12)}",
}
"""An own number for a case, of the form that the agency's native format holds."""


def fitting(node: Node, case_uid: str, agency: str, walked: Mapping[str, Any]) -> Json:
    """A record under which every precondition of `node` holds in a case where the nodes `walked` have been passed."""
    record = bare(case_uid, agency)
    for clause in node.preconditions:
        if not any(token in walked for token in clause):
            tell(record, next(token for token in clause if not conditions.is_node(token)))
    for clause in node.preconditions:
        if not any(token in walked for token in clause):
            facts = CaseFacts(node, [], Record.read(record), NOW)
            assert holds((clause,), facts, facts.persons()[0]), (
                f"{node.id}: tests/flows/node_records.py tells no {clause}"
            )
    return record


def tell(record: Json, token: str) -> None:
    """Put into the record what makes a token of `standards.judging.conditions` true."""
    prefix, _, argument = token.partition(":")
    if prefix == "STATE":
        state = rules.states()[argument]
        FACTS[state.how](record, state.argument)
    else:
        TOKENS[prefix](record, argument)


def _add_measure(record: Json, name: str, before: int) -> None:
    words = rules.classes("measure")[name].words[0]
    record.setdefault("measures", []).append(
        {
            "measure_uid": uuid7(),
            "person_uid": record["persons"][0]["person_uid"],
            "measure": coded("example.measure", name, words),
            "decided_at": f"{day(before)}T08:00:00+08:00",
            "executed_at": f"{day(before)}T09:00:00+08:00",
        }
    )


def _classes(record: Json) -> Iterator[str]:
    for measure in record.get("measures", ()):
        yield measure["measure"]["codings"][0]["code"]


def _current(record: Json, wanted: Callable[[str], bool]) -> None:
    """End what runs and start a measure that is wanted, unless one already runs."""
    running = [each for each in record.get("measures", ()) if "ended_at" not in each]
    if running and wanted(running[-1]["measure"]["codings"][0]["code"]):
        return
    for measure in running:
        measure["ended_at"] = f"{day(20)}T09:00:00+08:00"
    _add_measure(record, next(name for name in rules.classes("measure") if wanted(name) and name != "none"), 20)


def _decision(record: Json, kinds: Any, **more: Any) -> None:
    record.setdefault("decisions", []).append(
        {
            "decision_uid": uuid7(),
            "kind": kinds[0],
            "person_uid": record["persons"][0]["person_uid"],
            "decided_at": f"{day(10)}T10:00:00+08:00",
            **more,
        }
    )


def _member(owner: Json, name: str) -> None:
    owner[name] = day(5) if name.endswith("_date") else True


def _custody_over(record: Json, _wanted: Any) -> None:
    _current(record, lambda name: name == "arrest")
    record["measures"][-1]["custody_to"] = day(1)


def _one(record: Json, way: Mapping[str, Any]) -> None:
    ((how, argument),) = way.items()
    FACTS[how](record, argument)


FACTS: Mapping[str, Callable[[Json, Any], None]] = {
    "measure": lambda record, classes: _current(record, lambda name: name in classes),
    "not_measure": lambda record, classes: _current(record, lambda name: name not in classes),
    "case": lambda record, name: _member(record["case"], name),
    "person": lambda record, name: _member(record["persons"][0], name),
    "under_age": lambda record, _: record["persons"][0].update(juvenile=True, birth_date="2010-01-02"),
    "effective": lambda record, told: _decision(record, told["decisions"], effective_date=day(2)),
    "decision": _decision,
    "stands": lambda record, told: _decision(record, told["since"]),
    "penalty": lambda record, names: _decision(record, ["judgment"], terms={"penalty": names[0]}),
    "custody_over": _custody_over,
    "identity": lambda record, words: record["persons"][0].update(
        special_identity=[coded("example.identity", "1", words[0])]
    ),
    "first": lambda record, ways: _one(record, ways[0]),
    "any": lambda record, ways: _one(record, ways[0]),
}
TOKENS: Mapping[str, Callable[[Json, str], None]] = {
    "MEASURE": lambda record, name: None if name in _classes(record) else _add_measure(record, name, 40),
    "DECISION": lambda record, kind: _decision(record, [kind]),
    "DOC": lambda record, code: record.setdefault("documents", []).append({"doc_uid": uuid7(), "doc_type": code}),
}
