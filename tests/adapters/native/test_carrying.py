"""What a record has and a format has no row for is told, once for each kind of object; what is carried is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import codebooks
from adapters import native
from adapters.native import formats
from adapters.native.formats import AGENCY_TYPES, Format, load_format
from codebooks.conversion import annex_entries
from evidence.identifiers import uuid7
from messages import catalogue
from messages.findings import Finding
from standards.record.names import names
from tests.adapters.native.samples import FEWER_ROWS, SAMPLES, sample
from tests.scene.agencies import OF_TYPE


def without(fmt: Format, *records: str) -> Format:
    """The format without the rows that write these members, given as `scope member`."""
    scopes = {
        name: tuple(row for row in rows if f"{name} {'/'.join(row.record)}" not in records)
        for name, rows in fmt.scopes.items()
    }
    return replace(fmt, scopes=scopes)


@pytest.fixture
def police(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the police's format lack rows, and tell what is found when a record is written in it."""

    def written(record: dict[str, Any], *lacking: str) -> dict[str, tuple[str, str]]:
        fmt = without(load_format("police"), *lacking)
        monkeypatch.setattr(native, "load_format", lambda _agency_type: fmt)
        return told(native.compose("police", record, (), OF_TYPE["police"]).findings)

    assert formats.load_format is load_format
    return written


def told(findings: tuple[Finding, ...]) -> dict[str, tuple[str, str]]:
    assert {finding.code for finding in findings} <= {"native.not-carried"}
    assert {finding.level for finding in findings} <= {"D"}
    return {finding.place: (finding.params["members_zh"], finding.params["members_en"]) for finding in findings}


def whole() -> dict[str, Any]:
    return sample("police/one-suspect").settle({}, uuid7)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("receiver", AGENCY_TYPES)
def test_the_shipped_formats_carry_every_sample(name: str, receiver: str) -> None:
    record = sample(name).settle({}, uuid7)
    entries = annex_entries(record, receiver, date(2024, 9, 1), codebooks.load())
    written = native.compose(receiver, record, [entry.to_json() for entry in entries], OF_TYPE[receiver])
    lost = {} if receiver in FEWER_ROWS else told(written.findings)
    assert not lost, f"adapters/{receiver}/mapping.csv lacks rows (test_the_shipped_tables_… says what to do): {lost}"


def test_members_without_a_row_are_named_once_for_each_kind_of_object(police: Any) -> None:
    found = police(whole(), "person domicile/text", "person domicile/division", "person ethnicity", "charge facts")
    assert found["/persons"] == ("民族、户籍地", "ethnic group, domicile")
    assert set(found) <= {"/persons", "/charges"}


def test_a_part_of_a_member_is_told_by_its_name(police: Any) -> None:
    record = whole()
    record["persons"][0]["custody"] = {"place": {"name": "甲"}, "inmate_no": "1"}
    assert police(record, "person custody/inmate_no")["/persons"] == (
        "羁押情况：在押人员编号",
        "custody: inmate number",
    )
    record["persons"][0]["roles"] = [{"role": "suspect", "since": "2026-03-02"}]
    assert police(record, "role since")["/persons"] == ("诉讼地位：起始时间", "roles: since")


def test_a_whole_object_inside_another_is_told_as_one(police: Any) -> None:
    record = whole()
    record["persons"][0] |= {"arrival": {"manner": "抓获", "at": "2026-03-02"}}
    record["case"]["acceptances"] = [{"agency": "court:350102", "business": "一审"}]
    found = police(record, "person arrival/manner", "person arrival/at", "case case/acceptances")
    assert (found["/persons"][0], found["/case"][0]) == ("到案情况", "受理情况")


def test_a_list_without_a_row_is_told_and_not_refused(police: Any) -> None:
    record = whole()
    assert record["measures"]
    (place,) = police(record, "case measures")
    assert place == "/measures"


def test_numbers_of_others_without_a_row_are_told(police: Any) -> None:
    record = whole()
    record["case"]["refs"] = [{"agency": "court:350102", "kind": "AH", "value": "1"}]
    assert police(record) == {}
    rest = without(load_format("police"))
    rows = tuple(row for row in rest.scopes["case"] if row.codec != "refs-rest")
    lacking = replace(rest, scopes={**rest.scopes, "case": rows})
    assert load_format("police") is not lacking
    writing = pytest.MonkeyPatch()
    writing.setattr(native, "load_format", lambda _agency_type: lacking)
    try:
        findings = native.compose("police", record, (), OF_TYPE["police"]).findings
    finally:
        writing.undo()
    assert told(findings)["/case"] == ("各单位案件编号", "the agencies' case numbers")


def test_members_outside_the_standard_are_told_by_key_and_never_by_value() -> None:
    record = whole()
    record["persons"][0] |= {"shoe_size": "43", "张三": "x"}
    record["fleet"] = [{"plate": "x"}]
    found = native.compose("court", record, (), OF_TYPE["court"]).findings
    assert told(found) == {"/persons": ("shoe_size、…", "shoe_size, …"), "/case": ("fleet", "fleet")}


def test_a_member_that_only_one_person_lacks_a_row_for() -> None:
    """The police write units by rows of their own, which have no sex."""
    record = whole()
    unit = {**record["persons"][0], "person_uid": uuid7(), "kind": "unit", "recidivist": False}
    record["persons"].append(unit)
    found = told(native.compose("police", record, (), OF_TYPE["police"]).findings)
    assert "性别" in found["/persons"][0]
    assert "是否累犯" in found["/persons"][0]


def test_the_frame_and_what_an_agency_keeps_for_itself_is_no_loss() -> None:
    record = {**whole(), "domain": "criminal", "must_understand": [], "extensions": {"prison": {"x": 1}}}
    record["charges"][0]["by_case"] = True
    assert told(native.compose("court", record, (), OF_TYPE["court"]).findings) == {}


def test_terms_that_no_row_can_say() -> None:
    record = whole()
    record["decisions"] = [{"decision_uid": uuid7(), "kind": "judgment", "terms": {"penalty": "odd", "fine": "1.00"}}]
    fmt = load_format("court")
    rows = tuple(row for row in fmt.scopes["decision"] if row.codec != "terms-rest")
    writing = pytest.MonkeyPatch()
    writing.setattr(native, "load_format", lambda _type: replace(fmt, scopes={**fmt.scopes, "decision": rows}))
    try:
        findings = native.compose("court", record, (), OF_TYPE["court"]).findings
    finally:
        writing.undo()
    assert [finding.place for finding in findings] == ["/decisions"]


def test_the_words_name_the_way_out() -> None:
    message = catalogue()["native.not-carried"]
    assert "record.json" in message.remedy_zh
    assert "record.json" in message.remedy_en


SCOPES = {
    "person": ("person", "unit"), "charge": ("charge",), "measure": ("measure",), "property-item": ("property",),
    "document-entry": ("document",), "decision": ("decision",), "acceptance": ("acceptance",), "case-link": ("link",),
    "role": ("role",), "certificate": ("certificate",), "service": ("served",),
}  # fmt: skip
"""Object of the standard → the scopes of the shipped tables that write it."""
PARTS = {"unit": "person", "custody": "person", "arrival": "person", "amount": "charge"}
"""Objects that are parts of another, written by its scopes."""


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
def test_the_shipped_tables_have_a_row_for_every_member_of_the_standard(agency_type: str) -> None:
    if agency_type in FEWER_ROWS:
        pytest.skip(FEWER_ROWS[agency_type])
    fmt = load_format(agency_type)
    held: dict[str, set[str]] = {name: set() for name in names() if name != "record"}
    for row in fmt.rows():
        if row.scope == "case" and row.record[:1] == ("case",):
            held["case"].add(row.record[1])
        for name, scopes in SCOPES.items():
            if row.scope in scopes and not row.absolute:
                held[name] |= set(row.record[:1])
            if row.codec == "list" and row.listing.scope in scopes:
                held[name] |= {row.listing.link, *(variant.member for variant in row.listing.variants)}
        for name, whole in PARTS.items():
            if row.scope in SCOPES[whole] and row.record[:1] == (name,):
                held[name].add(row.record[1])
    lacking = {name: set(names()[name]) - members for name, members in held.items() if set(names()[name]) - members}
    assert not lacking, (
        f"{agency_type}: its mapping.csv has no row for {lacking}. Add the rows, or, if its format is meant to be"
        " smaller, a line with the reason to FEWER_ROWS in tests/adapters/native/samples.py"
    )
