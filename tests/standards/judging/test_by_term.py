"""Terms: every rule of the demo's nodes speaks when its term has passed, and only then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import messages
from standards.nodes import catalogue
from standards.record.history import HistoryEntry
from tests.scene.judging import JUDGED_AT, at, before, codes, document, evaluate

Json = dict[str, Any]
History = Callable[..., list[HistoryEntry]]


def _request_on(day: str) -> Callable[[Json], None]:
    return lambda record: document(record, "d1").update(issue_date=day)


def _extended(day: str) -> Callable[[Json], None]:
    def change(record: Json) -> None:
        _request_on(day)(record)
        record["documents"].append({"doc_uid": "e", "doc_type": "F0203", "issue_date": "2024-03-06"})

    return change


def _ground(day: str) -> Callable[[Json], None]:
    def change(record: Json) -> None:
        _request_on(day)(record)
        record["measures"][0]["basis"] = "结伙作案重大嫌疑"

    return change


def _dated(uid: str, day: str) -> Callable[[Json], None]:
    return lambda record: document(record, uid).update(issue_date=day)


def _undetained(day: str) -> Callable[[Json], None]:
    def change(record: Json) -> None:
        record["measures"][0]["measure"]["codings"][0]["display"] = "取保候审"
        _dated("d3", day)(record)

    return change


def _served(uid: str, day: str) -> Callable[[Json], None]:
    return lambda record: document(record, uid).update(served=[{"served_at": day}])


def _both(*changes: Callable[[Json], None]) -> Callable[[Json], None]:
    def change(record: Json) -> None:
        for each in changes:
            each(record)

    return change


def _arrested_on(day: str) -> Callable[[Json], None]:
    return lambda record: record["measures"][1].update(executed_at=day)


def _extensions(count: int) -> Callable[[Json], None]:
    return lambda record: record["measures"][1].update(extension_no=count)


def _expedited(display: str, over_one_year: str = "") -> Callable[[Json], None]:
    def change(record: Json) -> None:
        record["case"]["procedure"] = {"codings": [{"system": "s", "code": "3", "display": display}]}
        if over_one_year:
            terms = {"over-one-year": over_one_year}
            record["decisions"] = [{"decision_uid": "p", "kind": "sentence-proposal", "terms": terms}]

    return change


LATE = {
    # name: (node, change of the record, expected rule, due, days late)
    "request on day 4, no extension": ("N-ARR-001", _request_on("2024-03-08"), "IR-01", "2024-03-07", 1),
    "request on day 7, no extension": ("N-ARR-001", _request_on("2024-03-11"), "IR-01", "2024-03-07", 4),
    "request on day 7, extended": ("N-ARR-001", _extended("2024-03-11"), "", "", 0),
    "request on day 8, extended": ("N-ARR-001", _extended("2024-03-12"), "IR-02", "2024-03-11", 1),
    "request on day 20, gang": ("N-ARR-001", _ground("2024-03-24"), "", "", 0),
    "request on day 31, gang": ("N-ARR-001", _ground("2024-04-04"), "IR-02", "2024-04-03", 1),
    "arrest review, detained, day 7": ("N-ARR-011", _dated("d3", "2024-03-13"), "", "", 0),
    "arrest review, detained, day 8": ("N-ARR-011", _dated("d3", "2024-03-14"), "IR-03", "2024-03-13", 1),
    "arrest review, free, day 15": ("N-ARR-011", _undetained("2024-03-21"), "", "", 0),
    "arrest review, free, day 16": ("N-ARR-011", _undetained("2024-03-22"), "IR-03", "2024-03-21", 1),
    "arrest return, weekend rolls": ("N-ARR-014", _dated("d4", "2024-03-18"), "", "", 0),
    "arrest return late": ("N-ARR-014", _dated("d4", "2024-03-19"), "IR-08", "2024-03-18", 1),
    "custody over two months": ("N-PRO-001", _arrested_on("2024-03-05"), "IR-14", "2024-05-05", 1),
    "custody over two months, extended once": (
        "N-PRO-001",
        _both(_arrested_on("2024-03-05"), _extensions(1)),
        "",
        "",
        0,
    ),
    "custody over five months": (
        "N-PRO-001",
        _both(_arrested_on("2023-12-05"), _extensions(2)),
        "IR-14",
        "2024-05-05",
        1,
    ),
    "custody within seven months": ("N-PRO-001", _both(_arrested_on("2023-12-05"), _extensions(3)), "", "", 0),
    "review over a month": ("N-SPI-001", _dated("d7", "2024-06-08"), "IR-31", "2024-06-07", 1),
    "expedited review, ten days": ("N-SPI-001", _expedited("速裁程序"), "IR-31", "2024-05-17", 20),
    "expedited review, fifteen days": ("N-SPI-001", _expedited("速裁程序", "true"), "IR-31", "2024-05-22", 15),
    "supplement over a month": ("N-SPI-002", _dated("d8", "2024-07-08"), "IR-33", "2024-07-06", 2),
    "review restarts after the supplement": ("N-IND-001", _dated("d9", "2024-08-04"), "", "", 0),
    "review late after the supplement": ("N-IND-001", _dated("d9", "2024-08-05"), "IR-31", "2024-08-04", 1),
    "court check late": ("N-IND-004", _dated("d10", "2024-08-13"), "IR-50", "2024-08-12", 1),
    "judgment served on day 5": ("N-TRI-032", _served("d11", "2024-09-25"), "", "", 0),
    "judgment served on day 6": ("N-TRI-032", _served("d11", "2024-09-26"), "IR-55", "2024-09-25", 1),
}


@pytest.mark.parametrize("name", LATE)
def test_late_acts_are_found(name: str, journey: list[tuple[str, Json]], history: History) -> None:
    node, change, rule, due, days = LATE[name]
    record = at(journey, node)
    change(record)
    # the order of dates is another rule's business here
    passed = history(*before(journey, node))
    found = [each for each in evaluate(catalogue().get(node), passed, record, JUDGED_AT) if each.code != "rule.D-11"]
    if not rule:
        assert found == []
        return
    assert codes(found) == [f"rule.{rule}"]
    assert found[0].level == "V"
    assert found[0].basis.startswith(("刑诉法", "公安程序规定", "法院解释"))
    params = found[0].params
    assert (params["due"], params["days"]) == (due, days)
    assert params["mode"] == "statutory"
    assert params["calendar"].startswith("chinesecalendar ")
    for lang in ("zh", "en"):
        assert "{" not in messages.text(found[0].code, "zh" if lang == "zh" else "en", **params)


def test_a_judgment_announced_later_has_no_day_count(journey: list[tuple[str, Json]], history: History) -> None:
    record = at(journey, "N-TRI-032")
    document(record, "d11")["served"] = [{"served_at": "2024-11-30"}]
    record["decisions"][0]["terms"] = {"announced": "scheduled"}
    assert evaluate(catalogue().get("N-TRI-032"), history(*before(journey, "N-TRI-032")), record, JUDGED_AT) == []


def test_without_legal_dates_the_hubs_receipts_count(record: Json, history: History) -> None:
    passed = history("N-IND-001", "N-IND-005", received_at="2024-11-25T16:30:00.000Z")  # 26 November in Beijing
    found = evaluate(catalogue().get("N-IND-006"), passed, record, JUDGED_AT)
    assert codes(found) == ["rule.IR-50-supplement"]
    assert found[0].params["start"] == "2024-11-26T00:30+08:00"
    assert found[0].params["due"] == "2024-11-29"
    assert found[0].params["act_from"] == "now"


@pytest.mark.parametrize(
    ("passed", "told", "expected"),
    [
        (["N-PRO-002"], 1, []),
        (["N-PRO-002", "N-SPI-001", "N-SPI-002"], 0, []),
        (["N-PRO-002", "N-SPI-001", "N-SPI-002", "N-SPI-003", "N-SPI-004"], 0, ["rule.IR-32"]),
        (["N-PRO-002"], 3, ["rule.IR-32"]),
    ],
    ids=["first", "second", "third by history", "third by the record, after a change of jurisdiction"],
)
def test_the_third_return_is_found(
    passed: list[str], told: int, expected: list[str], record: Json, history: History
) -> None:
    record["case"]["return_count"] = told
    found = evaluate(catalogue().get("N-SPI-003"), [*history("N-PRO-001"), *history(*passed)], record, JUDGED_AT)
    assert [code for code in codes(found) if code.startswith("rule.IR")] == expected


def test_returns_that_never_arrived_do_not_count(record: Json, history: History) -> None:
    passed = [*history("N-PRO-001", "N-PRO-002", "N-SPI-001"), *history("N-SPI-003", status="undeliverable")]
    found = evaluate(catalogue().get("N-SPI-003"), passed, record, JUDGED_AT)
    assert "rule.IR-32" not in codes(found)


def test_terms_are_judged_for_each_person(record: Json, history: History) -> None:
    second = copy.deepcopy(record["persons"][0])
    second["person_uid"] = "01890a5d-ac96-774b-bcce-b302099a8059"
    record["persons"].append(second)
    other = copy.deepcopy(record["measures"][0])
    other.update(measure_uid="m9", person_uid=second["person_uid"], executed_at="2024-03-01")
    record["measures"].append(other)
    found = evaluate(catalogue().get("N-ARR-001"), [], record, JUDGED_AT)
    assert [(each.code, each.place) for each in found] == [("rule.IR-01", "/persons/1")]


class NoCalendar:
    """A table that knows no year."""

    version = "none"

    def is_workday(self, day: date) -> bool | None:
        return None


def test_a_year_without_calendar_makes_the_date_provisional(journey: list[tuple[str, Json]], history: History) -> None:
    record = at(journey, "N-ARR-014")
    document(record, "d4")["issue_date"] = "2024-03-19"
    found = evaluate(
        catalogue().get("N-ARR-014"), history(*before(journey, "N-ARR-014")), record, JUDGED_AT, calendar=NoCalendar()
    )
    assert [(each.code, each.level) for each in found] == [("rule.calendar-unknown", "W"), ("rule.IR-08", "W")]


def test_the_conservative_count_warns_on_the_last_lawful_day(journey: list[tuple[str, Json]], history: History) -> None:
    record = at(journey, "N-ARR-011")
    document(record, "d3")["issue_date"] = "2024-03-13"
    node, passed = catalogue().get("N-ARR-011"), history(*before(journey, "N-ARR-011"))
    assert evaluate(node, passed, record, JUDGED_AT) == []
    found = evaluate(node, passed, record, JUDGED_AT, mode="conservative")
    assert [(each.code, each.level, each.params["mode"]) for each in found] == [("rule.last-day", "W", "conservative")]
    document(record, "d3")["issue_date"] = "2024-03-12"
    assert evaluate(node, passed, record, JUDGED_AT, mode="conservative") == []


def test_rules_older_than_their_text_are_not_applied(journey: list[tuple[str, Json]], history: History) -> None:
    record = at(journey, "N-ARR-001")
    record["case"].update(filing_date="2010-01-01", offence_from="2010-01-01", offence_to="2010-01-01")
    record["measures"][0]["executed_at"] = "2010-03-04"
    assert codes(evaluate(catalogue().get("N-ARR-001"), history(), record, JUDGED_AT)) == []
