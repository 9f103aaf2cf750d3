"""Procedure: a clean case is silent, and every rule of the demo's nodes speaks when its term has passed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import messages
from standards import rules
from standards.judging import comparisons, facts, procedure
from standards.judging.facts import CaseFacts
from standards.judging.procedure import answers_open_request
from standards.nodes import catalogue
from standards.plain import faults
from standards.record import Measure, Record
from standards.record.history import HistoryEntry
from tests.scene.judging import JUDGED_AT, at, before, codes, document, evaluate
from tests.standards.rulebook import history as past
from tests.standards.strategies import conforming_records

Json = dict[str, Any]
History = Callable[..., list[HistoryEntry]]


def test_a_clean_case_gives_no_finding_at_any_hop(journey: list[tuple[str, Json]], history: History) -> None:
    passed: list[str] = []
    for node, record in journey:
        assert evaluate(catalogue().get(node), history(*passed), record, JUDGED_AT) == [], node
        passed.append(node)


def test_an_unmet_precondition_names_the_node_in_both_languages(journey: list[tuple[str, Json]]) -> None:
    found = evaluate(catalogue().get("N-IND-001"), [], at(journey, "N-IND-001"), JUDGED_AT)
    assert codes(found)[:1] == ["rule.precondition-unmet"]
    assert found[0].params["wanted_zh"].startswith("移送审查起诉受理反馈（N-PRO-002）")
    assert found[0].params["wanted_en"].startswith("Prosecution review acceptance receipt (N-PRO-002)")


def test_an_unknown_state_is_a_finding_of_its_own(record: Json) -> None:
    record["documents"] = [{"doc_uid": "d5", "doc_type": "F0401", "issue_date": "2024-05-06"}]
    found = evaluate(catalogue().get("N-PRO-001"), [], record, JUDGED_AT)
    assert ("rule.precondition-unknown", "") in [(each.code, each.place) for each in found]
    assert ("item.missing", "/case/investigation_closed_date") in [(each.code, each.place) for each in found]


def test_states_are_judged_for_each_person_where_the_node_says_so(record: Json) -> None:
    second = copy.deepcopy(record["persons"][0])
    second["person_uid"] = "01890a5d-ac96-774b-bcce-b302099a8059"
    record["persons"].append(second)
    found = evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
    assert [(each.code, each.place) for each in found] == [("rule.precondition-unknown", "/persons/1")]


def test_a_person_arrested_already_does_not_meet_the_request_for_arrest(journey: list[tuple[str, Json]]) -> None:
    record = at(journey, "N-ARR-014")
    found = evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
    # arrested: neither detained nor free; whether bail was violated is not told
    assert "rule.precondition-unknown" in codes(found)


DISORDER: dict[str, tuple[Callable[[Json], Any], str]] = {
    "detention before filing": (lambda r: r["case"].update(filing_date="2024-03-05"), "/persons/0"),
    "arrest before detention": (
        lambda r: r["measures"].append(
            {
                **r["measures"][0],
                "measure": {"codings": [{"system": "s", "code": "5", "display": "逮捕"}]},
                "executed_at": "2024-03-03",
            }
        ),
        "/persons/0",
    ),
    "offence after filing": (lambda r: r["case"].update(offence_from="2024-03-02", offence_to="2024-03-02"), "/case"),
    "offence ends before it begins": (lambda r: r["case"].update(offence_to="2024-02-26"), "/case"),
    "document dated after the sending": (lambda r: document(r, "d1").update(issue_date="2024-12-03"), "/case"),
}


@pytest.mark.parametrize("name", DISORDER)
def test_dates_out_of_order_are_found(name: str, record: Json) -> None:
    change, place = DISORDER[name]
    change(record)
    found = [each for each in evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT) if each.code == "rule.D-11"]
    assert [each.place for each in found] == [place]
    assert "{" not in messages.text("rule.D-11", "zh", **found[0].params)
    assert found[0].params["earlier_zh"]
    assert found[0].params["later_en"]


MISSING: dict[str, tuple[Callable[[Json], Any], str]] = {
    "case name": (lambda r: r["case"].pop("name"), "/case/name"),
    "organ": (lambda r: r["case"].pop("investigating_organ"), "/case/investigating_organ"),
    "nobody accused": (lambda r: r["persons"][0].update(roles=[{"role": "victim"}]), "/persons"),
    "sex": (lambda r: r["persons"][0].pop("sex"), "/persons/0/sex"),
    "no certificate": (lambda r: r["persons"][0].update(certificates=[]), "/persons/0/certificates"),
    "no charge": (lambda r: r.pop("charges"), "/charges"),
    "measure without its time": (lambda r: r["measures"][0].pop("executed_at"), "/measures/0/executed_at"),
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_items_are_found_at_their_place(name: str, record: Json) -> None:
    change, place = MISSING[name]
    change(record)
    found = evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
    assert place in [each.place for each in found if each.code == "item.missing"]


def test_a_person_without_papers_is_normal(record: Json) -> None:
    someone = record["persons"][0]
    for member in ("certificates", "birth_date", "ethnicity"):
        someone.pop(member)
    someone["name_self_reported"] = True
    found = evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
    assert [(each.code, each.level) for each in found] == [("item.identity-self-reported", "D")]


def test_a_unit_is_asked_for_its_code_not_for_its_sex(journey: list[tuple[str, Json]], history: History) -> None:
    record = at(journey, "N-PRO-001")
    unit = {
        "person_uid": "01890a5d-ac96-774b-bcce-b302099a8059",
        "kind": "unit",
        "roles": [{"role": "suspect"}],
        "name": "示例公司",
    }
    record["persons"].append(unit)
    found = evaluate(catalogue().get("N-PRO-001"), history(*before(journey, "N-PRO-001")), record, JUDGED_AT)
    assert [each.place for each in found if each.code == "item.missing"] == ["/persons/1/unit/credit_code"]


def test_a_start_that_nobody_recorded_is_asked_for(record: Json) -> None:
    record["measures"][0].pop("executed_at")
    found = [
        each
        for each in evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
        if each.code == "rule.fact-missing"
    ]
    assert [each.params["fact_zh"] for each in found] == ["拘留执行日期"]


def test_references_to_nobody_are_found(record: Json) -> None:
    nobody = "01890a5d-ac96-774b-bcce-b30209900000"
    record["charges"][0]["person_uid"] = nobody
    record["documents"][0]["person_uids"] = [nobody]
    found = evaluate(catalogue().get("N-ARR-002"), [], record, JUDGED_AT)
    places = [each.place for each in found if each.code == "rule.dangling-reference"]
    assert places == ["/charges/0/person_uid", "/documents/0/person_uids/0"]


@pytest.mark.parametrize(
    ("node", "passed", "given", "expected"),
    [
        ("N-ARR-002", [], {}, False),
        ("N-ARR-002", ["N-ARR-001"], {}, True),
        ("N-ARR-011", ["N-ARR-001", "N-ARR-002"], {}, True),
        ("N-TRI-032", ["N-IND-001", "N-IND-004"], {}, True),
        ("N-SPI-011", ["N-SPI-001"], {}, False),
        ("N-SPI-001", [], {}, True),
        ("N-ARR-002", ["N-ARR-001"], {"sender": "procuratorate:1", "receiver": "police:1"}, True),
        ("N-ARR-002", ["N-ARR-001"], {"sender": "procuratorate:2"}, False),
        ("N-ARR-002", ["N-ARR-001"], {"receiver": "police:2"}, False),
        ("N-ARR-002", ["N-ARR-001"], {"in_reply_to": "t0"}, True),
        ("N-ARR-002", ["N-ARR-001"], {"in_reply_to": "t7"}, False),
    ],
)
def test_a_feedback_needs_its_request(
    node: str, passed: list[str], given: dict[str, str], expected: bool, history: History
) -> None:
    assert answers_open_request(catalogue().get(node), history(*passed), **given) is expected


def test_a_request_that_never_arrived_is_not_open(history: History) -> None:
    assert not answers_open_request(catalogue().get("N-ARR-002"), history("N-ARR-001", status="superseded"))


@settings(max_examples=60)
@given(conforming_records(), st.sampled_from([node.id for node in catalogue()]))
def test_no_conforming_record_breaks_the_evaluation(record: Json, node_id: str) -> None:
    node = catalogue().get(node_id)
    passed = past((each, "2024-12-01") for each in node.replies_to)
    found = evaluate(node, passed, record, JUDGED_AT, mode="conservative")
    assert list(faults([each.to_json() for each in found])) == [], "findings stand in signed receipts"
    assert all(each.code in messages.catalogue() for each in found)


def _odd_terms(record: Json) -> None:
    far = ["9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9" * 5000, {"from": [1]}, None]
    names = ["evaluation_from", "evaluation_to", "term_to", "pages", "days", "months", "until", "penalty"]
    kinds = ["judgment", "evaluation", "custody-extended", "prosecute"]
    record["decisions"] = [
        {"decision_uid": f"d-{kind}-{place}", "kind": kind, "terms": dict.fromkeys(names, value)}
        for kind in kinds
        for place, value in enumerate(far)
    ]


def _acceptances_without_a_time(record: Json) -> None:
    told = [
        {"agency": f"{each.agency}:1", "business": each.words[0], **when}
        for each in rules.classes("acceptance").values()
        for when in ({"accepted_at": "2024-11-01"}, {}, {"accepted_at": "2024-11-20T08:00:00+08:00"})
    ]
    record["case"]["acceptances"] = told


def _measures_that_end_before_they_begin(record: Json) -> None:
    for measure in record["measures"]:
        measure.update(executed_at="2199-12-31", ended_at="1800-01-01")


ODD: dict[str, Callable[[Json], None]] = {
    "terms that tell times nobody can count from": _odd_terms,
    "the same acceptance with and without its time": _acceptances_without_a_time,
    "measures that end before they begin": _measures_that_end_before_they_begin,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_facts_break_no_rule(name: str, journey: list[tuple[str, Json]], history: History) -> None:
    for node_id, _ in journey:
        record = at(journey, node_id)
        ODD[name](record)
        known = CaseFacts(catalogue().get(node_id), history(*before(journey, node_id)), Record.read(record), JUDGED_AT)
        found = (*procedure.examine(known).findings, *procedure.sweep(known).findings)
        assert [each.params for each in found if each.code == "rule.not-judged"] == []


def test_a_rule_that_fails_is_a_finding_and_the_others_are_judged(
    journey: list[tuple[str, Json]], history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_facts: object, _who: object) -> Any:
        message = "张某示例"
        raise ValueError(message)

    monkeypatch.setattr(comparisons, "COMPARISONS", dict.fromkeys(comparisons.COMPARISONS, fails))
    monkeypatch.setattr("standards.judging.verdicts.COMPARISONS", comparisons.COMPARISONS)
    record = at(journey, "N-IND-001")
    record["persons"][0]["person_uid"] = "01890a5d-ac96-774b-bcce-b302099a8057"
    known = CaseFacts(
        catalogue().get("N-IND-001"), history(*before(journey, "N-IND-001")), Record.read(record), JUDGED_AT
    )
    for found in (procedure.examine(known).findings, procedure.sweep(known).findings):
        failed = [each for each in found if each.code == "rule.not-judged"]
        assert failed
        assert {each.params["fault"] for each in failed} == {"ValueError"}
        assert "张某示例" not in str([each.to_json() for each in failed])
    assert "rule.dangling-reference" in codes(list(procedure.examine(known).findings))


def test_a_record_is_read_once_however_many_are_accused(
    journey: list[tuple[str, Json]], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = at(journey, "N-IND-001")
    uids = [f"01890a5d-ac96-774b-bcce-{index:012x}" for index in range(40)]
    person, measure = record["persons"][0], record["measures"][0]
    record["persons"] = [{**person, "person_uid": uid} for uid in uids]
    record["measures"] = [{**measure, "person_uid": uid} for uid in uids for _ in range(2)]
    asked: list[Measure] = []
    real = facts.measure_class

    def counting(each: Measure) -> str | None:
        asked.append(each)
        return real(each)

    monkeypatch.setattr(facts, "measure_class", counting)
    procedure.examine(CaseFacts(catalogue().get("N-IND-001"), [], Record.read(record), JUDGED_AT))
    assert len(asked) <= 5 * len(record["measures"]), "not once for every person and rule"
