"""A record is read once, gives back what came in, and is read as far as it goes where it does not conform."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings

from standards import rules
from standards.judging import procedure
from standards.judging.facts import CaseFacts
from standards.nodes import catalogue
from standards.record import Case, Person, Record, items
from standards.record.base import Part
from standards.terms.clocks import clocks
from tests.scene.records import base_record
from tests.standards.rulebook import history, instant, swept
from tests.standards.strategies import conforming_records, disturbed

Json = dict[str, Any]
quick = settings(max_examples=150)
PAST = (("N-ARR-001", "2024-03-07"),)


@quick
@given(conforming_records())
def test_what_conforms_is_read_whole(record: Json) -> None:
    read = Record.read(record)
    assert read == Record.model_validate(record)
    assert (read.unread, read.to_json()) == ((), record)


@quick
@given(disturbed())
def test_whatever_was_stored_is_read_and_given_back(record: Json) -> None:
    before = copy.deepcopy(record)
    read = Record.read(record)
    assert read.to_json() == before == record
    assert [value for value in _values(read) if not isinstance(value, str | int | tuple | dict | None)] == []


def _values(part: Part) -> Iterator[Any]:
    for name in type(part).model_fields:
        for value in _flat(getattr(part, name)):
            if isinstance(value, Part):
                yield from _values(value)
            else:
                yield value


def _flat(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else [value]


@quick
@given(disturbed())
def test_whatever_was_stored_is_judged(record: Json) -> None:
    facts = CaseFacts(catalogue().get("N-IND-001"), history(PAST), Record.read(record), instant("2024-12-02"))
    found = (*procedure.examine(facts).findings, *procedure.sweep(facts).findings)
    assert [each.params for each in found if each.code == "rule.not-judged"] == []
    assert {each.place for each in found if each.code == "record.unread"} == set(facts.record.unread)
    clocks(facts)


ODD: dict[str, tuple[Callable[[Json], Any], list[str]]] = {
    "a number for a text": (lambda r: r["case"].update(name=7), ["/case/name"]),
    "a text for a list": (lambda r: r.update(charges="盗窃罪"), ["/charges"]),
    "one of a list": (lambda r: r["documents"].append("起诉书"), ["/documents/1"]),
    "deep inside": (
        lambda r: r["measures"][0]["measure"]["codings"][0].update(code=1),
        ["/measures/0/measure/codings/0/code"],
    ),
    "a flag that is a text": (lambda r: r["persons"][0].update(juvenile="否"), ["/persons/0/juvenile"]),
    "a truth for a number": (lambda r: r["case"].update(return_count=True), ["/case/return_count"]),
    "no identifier": (lambda r: r["persons"][0].pop("person_uid"), []),
    "a form of its own": (lambda r: r["case"].update(filing_date="二〇二四年三月"), []),
    "too long": (lambda r: r["case"].update(name="长" * 300), []),
    "null": (lambda r: r["case"].update(name=None), []),
    "no case": (lambda r: r.pop("case"), []),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_of_its_type_is_left_out_and_told(name: str) -> None:
    change, places = ODD[name]
    record = base_record()
    record["documents"] = record["documents"][:1]
    change(record)
    read = Record.read(record)
    assert list(read.unread) == places
    assert read.to_json() == record


def test_what_is_missing_is_blank() -> None:
    read = Record.read({"measures": [{}], "persons": [{"certificates": [{}]}]})
    assert (read.case.case_uid, read.persons[0].person_uid, read.measures[0].measure.codings) == ("", "", ())
    assert read.persons[0].certificates[0].number == ""
    assert not read.measures[0]


def test_the_rest_is_judged_and_the_place_is_told() -> None:
    """A detention of 4 March that was never decided on is late whatever else the record holds."""
    record = base_record()
    before = swept(PAST, record, "2024-12-02").findings
    record["property"] = ["手机"]
    found = swept(PAST, record, "2024-12-02").findings
    assert before
    assert [each for each in found if each.code != "record.unread"] == list(before)
    assert [each.place for each in found if each.code == "record.unread"] == ["/property/0"]


def test_members_that_data_name_are_members_of_the_models() -> None:
    """The type checker sees no name in a rule, a clock, a state or an item."""
    tables = [each for each in resources.files("standards").joinpath("criminal/rules").iterdir() if _is_table(each)]
    named = {"case": Case.model_fields, "person": Person.model_fields}
    for table in tables:
        for owner, member in _named(tomllib.loads(table.read_text("utf-8"))):
            assert member in named[owner], (table.name, owner, member)
    for rule in rules.rules().values():
        assert not rule.member or rule.member in Case.model_fields, rule.id
    for path in items.items():
        first, *rest = path.split(".")
        assert first.partition("[")[0] in Record.model_fields, path
        model: dict[str, Any] = Person.model_fields if first.startswith("persons[") else Case.model_fields
        assert not rest or first != "case" or rest[0] in model, path


def _is_table(each: Any) -> bool:
    return bool(each.name.endswith(".toml"))


def _named(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Members of case and person that a table names: `case = "…"`, `case:…`, `CASE:…`."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("case", "person") and isinstance(member, str):
                yield name, member
            yield from _named(member, name)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each, key)
    elif isinstance(value, str) and key not in ("zh", "en", "note", "basis"):
        for token in value.replace(";", "/").split("/"):
            owner, _, member = token.strip().removeprefix("!").partition(":")
            if owner in ("case", "CASE") and member:
                yield "case", member
