"""The annex: every coded value of a record beside its unified and its receiver's code."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import OUTCOMES, Release
from codebooks.conversion import annex_entries, findings
from codebooks.facts import article_forms, charge_context, measure_context, offence_date
from messages import catalogue, message
from messages.findings import Finding
from standards.record.annex import AnnexEntry
from tests.scene.records import coded

AS_OF = date(2024, 3, 4)


RECORD: dict[str, Any] = {
    "schema": "casehub/record/v1",
    "case": {
        "offence_from": "2008-12-30",
        "offence_to": "2009-01-02T23:10:00+08:00",
        "offence_place": {"division": coded("gb.division", "350102"), "text": "某路"},
    },
    "persons": [
        {
            "person_uid": "p1",
            "name": "张某示例",
            "juvenile": True,
            "sex": coded("gb.sex", "1"),
            "certificates": [{"type": coded("police.certificate-type", "411"), "number": "-"}],
            "special_identity": [coded("police.special-identity", "01"), coded("police.special-identity", "17")],
        }
    ],
    "charges": [
        {"person_uid": "p1", "crime": coded("police.case-class", "030601", version="2000"), "amount": {"value": "5"}},
        {"person_uid": "p2", "crime": coded("unified.crime", "XF201-02")},
        {"crime": coded("police.case-class", "050200"), "articles": ["《刑法》第二百六十四条"]},
    ],
    "measures": [{"measure": coded("police.coercive-measure-2", "4"), "designated_residence": False}],
    "extensions": {"police": {"a/b~c": coded("police.secret", "7")}},
}


def entries(receiver: str = "court") -> dict[str, AnnexEntry]:
    return {entry.place: entry for entry in annex_entries(RECORD, receiver, AS_OF, codebooks.load())}


def test_every_coded_value_has_one_entry_in_document_order() -> None:
    assert list(entries()) == [
        "/case/offence_place/division",
        "/persons/0/sex",
        "/persons/0/certificates/0/type",
        "/persons/0/special_identity/0",
        "/persons/0/special_identity/1",
        "/charges/0/crime",
        "/charges/1/crime",
        "/charges/2/crime",
        "/measures/0/measure",
        "/extensions/police/a~1b~0c",
    ]


@pytest.mark.parametrize(
    ("place", "as_of", "unified", "system", "receiver"),
    [
        ("/persons/0/sex", "2024-03-04", ["男"], "court.sex", ["男"]),
        ("/persons/0/certificates/0/type", "2024-03-04", ["护照"], "court.certificate-type", ["护照"]),
        ("/charges/0/crime", "2009-01-02", ["偷税罪"], "court.cause", ["偷税罪"]),
        ("/charges/1/crime", "2009-01-02", [], "court.cause", []),
        ("/charges/2/crime", "2009-01-02", ["盗窃罪"], "court.cause", ["盗窃罪"]),
        ("/measures/0/measure", "2024-03-04", ["监视居住"], "court.coercive-measure", ["监视居住"]),
        ("/extensions/police/a~1b~0c", "2024-03-04", [], "police.secret", []),
    ],
)
def test_both_legs(place: str, as_of: str, unified: list[str], system: str, receiver: list[str]) -> None:
    entry = entries()[place]
    assert entry.as_of == as_of
    assert [match.display for match in entry.unified.matches] == unified
    assert entry.receiver.system == system
    assert [match.display for match in entry.receiver.matches] == receiver
    assert entry.original is not RECORD


def test_the_original_stands_as_sent() -> None:
    assert entries()["/charges/0/crime"].original == RECORD["charges"][0]["crime"]["codings"][0]


def test_the_path_and_rows_are_shown() -> None:
    leg = entries()["/charges/2/crime"].receiver.to_json()
    assert leg["path"] == ["police.case-class", "unified.crime", "court.cause"]
    assert leg["matches"][0]["crosswalk"] == "unified.crime--court.cause"
    assert leg["matches"][0]["row"] > 1
    assert "release" not in leg
    json.dumps([entry.to_json() for entry in entries().values()], ensure_ascii=False)


def test_a_receiver_of_the_same_kind_reads_its_own_code() -> None:
    entry = entries("police")["/charges/2/crime"]
    assert (entry.receiver.outcome, entry.receiver.matches[0].code) == ("equivalent", "050200")


def test_an_agency_type_without_targets_gets_the_unified_code() -> None:
    assert entries("prison")["/charges/2/crime"].receiver.system == "unified.crime"


def test_findings_are_what_is_not_equivalent() -> None:
    found = {item["place"]: item for item in findings(list(entries().values()))}
    assert {place: item["code"] for place, item in found.items()} == {
        "/persons/0/certificates/0/type": "code.narrower",
        "/persons/0/special_identity/1": "code.no-equivalent",
        "/charges/1/crime": "code.not-yet-valid",
        "/extensions/police/a~1b~0c": "code.unknown-system",
    }
    for item in found.values():
        finding = Finding.from_json(item)
        assert finding.level == "D"
        assert finding.code in catalogue()
        for lang in ("zh", "en"):
            assert "{" not in message(finding.code).text(lang, finding.params)
    assert found["/persons/0/certificates/0/type"]["params"]["candidates"] == "护照（09_00006-2）"


@pytest.mark.parametrize(
    ("coding", "code"),
    [
        (("police.case-class", "999999"), "code.unknown"),
        (("court.cause", "128"), "code.retired"),
        (("court.cause", "441"), "code.no-equivalent"),
        (("police.case-class", "060880"), "code.ambiguous"),
        (("police.case-class", "020100"), "code.broader"),
        (("police.case-class", "050240"), "code.narrower"),
    ],
)
def test_each_outcome_has_its_finding(coding: tuple[str, str], code: str) -> None:
    made = annex_entries({"charges": [{"crime": coded(*coding)}]}, "unified", AS_OF, codebooks.load())
    (finding,) = findings(made)
    assert finding["code"] == code
    assert code in catalogue()
    if code == "code.retired":
        assert finding["params"]["candidates"] == "逃税罪（XF201-02）"


def test_a_leg_towards_the_unified_code_alone_is_found_too() -> None:
    """The receiver reads the sender's own codes, but the unified code between is not clear."""
    made = annex_entries(
        {"charges": [{"crime": coded("police.case-class", "060880")}]}, "police", AS_OF, codebooks.load()
    )
    assert made[0].receiver.outcome == "equivalent"
    assert [item["code"] for item in findings(made)] == ["code.ambiguous"]


ODD: list[dict[str, Any]] = [
    {},
    {"a": {"codings": []}},
    {"a": {"codings": "x"}},
    {"a": {"codings": [None]}},
    {"a": {"codings": [{"system": 1, "code": None, "version": 3}]}},
    {"a": {"codings": [{"system": "gb.sex"}]}},
    {"case": None, "charges": [{"crime": {"codings": [{}]}, "articles": [3], "amount": "x"}], "persons": {}},
    {"charges": {"0": {"codings": [{}]}}, "persons": [None, {"person_uid": "p"}]},
]


@pytest.mark.parametrize("record", ODD)
def test_odd_records_answer_unmapped(record: dict[str, Any]) -> None:
    for entry in annex_entries(record, "court", AS_OF, codebooks.load()):
        assert entry.receiver.outcome == "unmapped"
        assert findings([entry])


def test_a_record_10000_levels_deep_is_walked() -> None:
    record: dict[str, Any] = coded("gb.sex", "1")
    for _ in range(10_000):
        record = {"deeper": [record]}
    (entry,) = annex_entries(record, "court", AS_OF, codebooks.load())
    assert entry.receiver.outcome == "equivalent"


@pytest.mark.parametrize(
    ("case", "day"),
    [
        ({"offence_to": "2020-05-06", "offence_from": "2020-01-01"}, date(2020, 5, 6)),
        ({"offence_from": "2020-01-01T09:00:00+08:00"}, date(2020, 1, 1)),
        ({"offence_to": "2020", "offence_from": "2020-01-01"}, date(2020, 1, 1)),
        ({"offence_to": 20200506}, None),
        ({}, None),
        ([], None),
    ],
)
def test_the_day_of_the_offence(case: Any, day: date | None) -> None:
    assert offence_date({"case": case}) == day


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("《刑法》第二百七十七条第五款", ["第277条第5款", "第277条"]),
        ("《中华人民共和国刑法》第一百三十三条之一第一款第（二）项", ["第133条之1第1款", "第133条之1"]),
        ("刑法第264条", ["第264条"]),
        ("第三百零三条第二款、第六十七条", ["第303条第2款", "第303条", "第67条"]),
        ("第十条", ["第10条"]),
        ("酌定情节", []),
    ],
)
def test_articles_in_figures(written: str, forms: list[str]) -> None:
    assert article_forms(written) == forms


def test_the_context_of_a_charge() -> None:
    record = {"persons": [{"person_uid": "p1", "juvenile": True}, {"person_uid": "p2"}]}
    charge = {"person_uid": "p1", "amount": {"value": "12000.00", "currency": "CNY"}, "articles": ["第二百六十四条"]}
    assert charge_context(record, charge) == {"minor": True, "amount": "12000.00", "article": ["第264条"]}
    assert charge_context(record, {"person_uid": "p2", "amount": {"value": "1", "currency": "USD"}}) == {}
    assert charge_context({}, {"articles": ["无"]}) == {}
    assert measure_context({"designated_residence": True}) == {"designated_residence": True}
    assert measure_context({"designated_residence": "yes"}) == {}


def test_a_charge_is_settled_by_its_article() -> None:
    charge = {"crime": coded("police.case-class", "060101"), "articles": ["《刑法》第二百七十七条第五款"]}
    (entry,) = annex_entries({"charges": [charge]}, "procuratorate", AS_OF, codebooks.load())
    assert [match.display for match in entry.receiver.matches] == ["袭警罪"]


def test_a_small_release_converts_as_well(small: Release) -> None:
    (entry,) = annex_entries({"x": coded("p", "P3")}, "court", AS_OF, small)
    assert (entry.unified.outcome, entry.receiver.outcome) == ("equivalent", "ambiguous")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["codings", "system", "code", "charges", "persons", "a"]), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["case", "charges", "measures", "persons", "codings"]), _JSON, max_size=4))
def test_no_record_breaks_the_annex(record: dict[str, Any]) -> None:
    made = annex_entries(record, "court", AS_OF, codebooks.load())
    assert all(leg.outcome in OUTCOMES for entry in made for leg in (entry.unified, entry.receiver))
    assert len({entry.place for entry in made}) == len(made)
