"""Clocks: which terms run in a case, for whom, and how extensions, pauses, restarts and custody change them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from standards.judging.facts import CaseFacts
from standards.nodes import catalogue
from standards.record import Record
from standards.record.history import HistoryEntry
from standards.terms.calendars import OFFICIAL, with_years
from standards.terms.clock_view import OPEN, URGENCY, by_urgency, entry, page, reasons, who
from standards.terms.clocks import Clock, clocks, summary
from tests.scene.judging import passed
from tests.scene.records import LI, ZHANG, base_record, measure, paper, person, worded

Json = dict[str, Any]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T18:00:00+08:00" if len(text) == 10 else text)


def hop(node: str, day: str, *, reply_to: str | None = None, uid: str = "") -> HistoryEntry:
    return passed(node, uid or f"{node}@{day}", received_at=f"{day}T02:00:00.000Z", in_reply_to=reply_to)


def judged(record: Json, now: str, *history: HistoryEntry, **options: Any) -> list[Clock]:
    node = catalogue().get(history[-1].node if history else "N-ARR-001")
    return clocks(CaseFacts(node, list(history), Record.read(record), at(now)), **options)


def named(found: list[Clock], name: str) -> list[Clock]:
    return [each for each in found if each.name == name]


def one(found: list[Clock], name: str) -> Clock:
    (only,) = named(found, name)
    return only


def arrested(day: str = "2024-03-13", **more: Any) -> Json:
    """张某示例, detained on 4 March 2024, arrested on `day`."""
    record = base_record()
    record["measures"][0]["ended_at"] = day
    record["measures"].append(measure("m2", ZHANG, "逮捕", day, **more))
    return record


def decision(kind: str, day: str, **more: Any) -> Json:
    return {"decision_uid": f"{kind}@{day}", "kind": kind, "person_uid": ZHANG, "decided_at": day, **more}


def decided(record: Json, *made: Json) -> Json:
    record.setdefault("decisions", []).extend(made)
    return record


def review(accepted: str, *more: Json, custody: bool = True) -> Json:
    record = arrested("2024-03-13")
    record["documents"] = []
    record["case"]["acceptances"] = [
        {"agency": "procuratorate:1", "business": "一审公诉", "accepted_at": each} for each in accepted.split()
    ]
    if not custody:
        record["measures"][1]["ended_at"] = accepted[:10]
        record["measures"].append(measure("m3", ZHANG, "取保候审", accepted[:10]))
    return decided(record, *more)


# ---- the course of the sample case


def test_the_sample_case_runs_the_terms_of_its_stage(journey: list[tuple[str, Json]]) -> None:
    expected = {
        "N-ARR-001": ("2024-03-06", {"detention-delivery", "arrest-request", "arrest-review"}),
        "N-ARR-014": ("2024-03-14", {"investigation-custody", "arrest-return"}),
        "N-PRO-002": ("2024-05-07", {"prosecution-review"}),
        "N-SPI-001": ("2024-06-06", {"supplementary-investigation"}),
        "N-IND-001": ("2024-08-02", {"acceptance-review"}),
        "N-TRI-034": ("2024-10-20", {"execution-papers"}),
    }
    for node, (now, names) in expected.items():
        record = next(told for name, told in journey if name == node)
        passed = [name for name, _ in journey][: [name for name, _ in journey].index(node) + 1]
        history = [hop(name, DAYS[name]) for name in passed]
        assert names <= {each.name for each in judged(record, now, *history)}, node


DAYS = {
    "N-ARR-001": "2024-03-06", "N-ARR-002": "2024-03-06", "N-ARR-011": "2024-03-12", "N-ARR-014": "2024-03-14",
    "N-PRO-001": "2024-05-06", "N-PRO-002": "2024-05-07", "N-SPI-001": "2024-06-06", "N-SPI-002": "2024-07-04",
    "N-SPI-011": "2024-07-05", "N-IND-001": "2024-08-02", "N-IND-004": "2024-08-09", "N-TRI-032": "2024-09-24",
    "N-TRI-034": "2024-10-20",
}  # fmt: skip


def test_the_whole_sample_case_is_in_time(journey: list[tuple[str, Json]]) -> None:
    history = [hop(name, DAYS[name]) for name, _ in journey]
    found = judged(journey[-1][1], "2024-10-20", *history, enrolled=["police", "procuratorate", "court"])
    states = {each.name: each.state(at("2024-10-20")) for each in found}
    assert states.pop("detention-delivery") == "not-assessed", "the detention centre is not connected"
    assert states.pop("execution-papers") == "not-assessed"
    assert (states.pop("appeal"), states.pop("protest")) == ("lapsed", "lapsed")
    assert set(states.values()) == {"met"}
    reviews = named(found, "prosecution-review")
    assert [(day(each.start), each.restarted_by) for each in reviews] == [
        ("2024-05-07", None),
        ("2024-07-04", "supplemented"),
    ]


def day(value: Any) -> str:
    return str(value.isoformat()[:10])


# ---- states


@pytest.mark.parametrize(
    ("now", "state", "left"),
    [
        ("2024-03-13", "running", 61),
        ("2024-05-04", "running", 9),
        ("2024-05-05", "due-soon", 8),
        ("2024-05-13", "due-soon", 0),
        ("2024-05-14", "overdue", -1),
    ],
)
def test_a_term_warns_from_its_conservative_day_and_is_missed_after_its_statutory_day(
    now: str, state: str, left: int
) -> None:
    clock = one(judged(arrested(), now), "investigation-custody")
    assert (day(clock.due_statutory.at), day(clock.due_conservative.at)) == ("2024-05-13", "2024-05-12")
    assert clock.state(at(now)) == state
    assert clock.days_left(at(now)) == left
    assert clock.days_left(at(now), "conservative") == left - 1
    assert clock.ahead == 7


@pytest.mark.parametrize(("act", "state"), [("2024-05-13", "met"), ("2024-05-14", "met-late")])
def test_the_act_ends_it_in_time_or_late(act: str, state: str) -> None:
    record = arrested()
    record["documents"].append(paper("d5", "F0401", act))
    clock = one(judged(record, "2024-06-01"), "investigation-custody")
    assert (day(clock.done), clock.done_from) == (act, "document:F0401")
    assert clock.state(at("2024-06-01")) == state


def test_release_ends_custody() -> None:
    record = arrested()
    record["measures"][1]["ended_at"] = "2024-04-20"
    clock = one(judged(record, "2024-06-01"), "investigation-custody")
    assert clock.ceased
    assert clock.state(at("2024-06-01")) == "met"


def test_the_close_of_the_case_ends_what_runs() -> None:
    record = arrested()
    record["documents"].append(paper("d9", "F0103", "2024-04-20"))
    found = judged(record, "2024-06-01")
    assert one(found, "investigation-custody").ceased
    assert [each.name for each in found if each.state(at("2024-06-01")) in OPEN] == []


def test_a_right_that_passes_unused_lapses() -> None:
    history = [hop("N-ARR-001", "2024-03-06"), hop("N-ARR-012", "2024-03-12")]
    clock = one(judged(base_record(), "2024-03-25", *history), "arrest-reconsideration-request")
    assert (clock.right, day(clock.due_statutory.at)) == (True, "2024-03-18")
    assert clock.state(at("2024-03-18")) == "due-soon"
    assert clock.state(at("2024-03-19")) == "lapsed"


def test_what_an_agency_that_is_not_connected_would_tell_is_not_assessed() -> None:
    now = at("2024-03-20")
    without = one(judged(base_record(), "2024-03-20", enrolled=["police"]), "detention-delivery")
    assert (without.assessed, without.state(now)) == (False, "not-assessed")
    with_them = one(judged(base_record(), "2024-03-20", enrolled=["police", "detention"]), "detention-delivery")
    assert (with_them.assessed, with_them.state(now)) == (True, "overdue")
    assert one(judged(base_record(), "2024-03-20"), "detention-delivery").assessed


def test_nothing_is_guessed() -> None:
    record = base_record()
    record["measures"], record["documents"] = [], []
    assert judged(record, "2024-06-01") == []
    record["measures"] = [{"measure_uid": "m", "person_uid": ZHANG, "measure": worded("拘留")}]
    assert judged(record, "2024-06-01") == [], "a measure without a date starts nothing"


# ---- alternatives and extensions


def _ground(record: Json) -> None:
    record["measures"][0]["basis"] = "结伙作案重大嫌疑"


def _extended(record: Json) -> None:
    record["documents"].append(paper("e", "F0203", "2024-03-06"))


def _extended_late(record: Json) -> None:
    record["documents"].append(paper("e", "F0203", "2024-03-08"))


@pytest.mark.parametrize(
    ("change", "rule", "term", "due"),
    [
        (lambda record: None, "DL-04", "P3D", "2024-03-07"),
        (_extended, "DL-04", "P7D", "2024-03-11"),
        (_extended_late, "DL-04", "P3D", "2024-03-07"),
        (_ground, "DL-05", "P30D", "2024-04-03"),
    ],
)
def test_the_request_for_arrest_has_three_seven_or_thirty_days(
    change: Callable[[Json], None], rule: str, term: str, due: str
) -> None:
    record = base_record()
    record["documents"] = []
    change(record)
    clock = one(judged(record, "2024-03-06"), "arrest-request")
    assert (clock.id, clock.term, day(clock.due_statutory.at)) == (rule, term, due)
    assert clock.late_extension == (date(2024, 3, 8) if change is _extended_late else None)


EXTENSIONS = [
    ([], 0, "2024-05-15"),
    (["2024-05-10"], 1, "2024-06-15"),
    (["2024-05-15"], 1, "2024-06-15"),
    (["2024-05-16"], 0, "2024-05-15"),
    (["2024-05-10", "2024-06-10"], 2, "2024-08-15"),
    (["2024-05-10", "2024-06-17"], 1, "2024-06-15"),
    (["2024-05-10", "2024-06-10", "2024-08-01"], 3, "2024-10-15"),
    (["2024-05-10", "2024-06-10", "2024-08-01", "2024-10-01"], 3, "2024-10-15"),
]


@pytest.mark.parametrize(("days", "count", "due"), EXTENSIONS)
def test_custody_is_extended_by_decisions_before_the_term_ends_counted_from_the_arrest(
    days: list[str], count: int, due: str
) -> None:
    record = decided(arrested("2024-03-15"), *(decision("custody-extended", each) for each in days))
    clock = one(judged(record, "2024-05-16"), "investigation-custody")
    assert (clock.extended, day(clock.due_statutory.at)) == (count, due)
    assert len(clock.dues) == count + 1
    assert (clock.late_extension is not None) == (len(days) > count and count < 3)


def test_the_end_of_the_month_does_not_drift_over_extensions() -> None:
    record = decided(arrested("2024-12-31"), decision("custody-extended", "2025-02-20"))
    clock = one(judged(record, "2025-02-21"), "investigation-custody")
    assert [day(each.at) for each in clock.dues] == ["2025-02-28", "2025-03-31"]


def test_an_extension_is_requested_seven_days_before_each_end() -> None:
    record = decided(arrested("2024-03-15"), decision("custody-extended", "2024-05-10"))
    history = [hop("N-CUS-001", "2024-05-08"), hop("N-CUS-003", "2024-06-10")]
    found = judged(record, "2024-06-11", *history)
    first, second = (one(found, f"custody-extension-request-{number}") for number in (1, 2))
    assert (day(first.due_statutory.at), first.state(at("2024-06-11"))) == ("2024-05-08", "met")
    assert (day(second.due_statutory.at), second.state(at("2024-06-11"))) == ("2024-06-08", "met-late")
    assert named(found, "custody-extension-request-3") == []


@pytest.mark.parametrize(
    ("procedure", "terms", "rule", "due"),
    [
        ("普通程序", {}, "DL-30", "2024-10-21"),
        ("速裁程序", {}, "DL-31", "2024-09-30"),
        ("速裁程序", {"over-one-year": "true"}, "DL-32", "2024-10-08"),
    ],
)
def test_prosecution_review_depends_on_the_procedure(procedure: str, terms: Json, rule: str, due: str) -> None:
    record = review("2024-09-20", decision("sentence-proposal", "2024-09-21", terms=terms), custody=False)
    record["case"]["procedure"] = worded(procedure)
    clock = one(judged(record, "2024-09-21"), "prosecution-review")
    assert (clock.id, day(clock.due_statutory.at), clock.custody) == (rule, due, False)


@pytest.mark.parametrize(
    ("procedure", "terms", "rule", "due"),
    [
        ("普通程序", {}, "DL-72", "2024-06-12"),
        ("简易程序", {}, "DL-74", "2024-05-02"),
        ("简易程序", {"over-three-years": "true"}, "DL-74-over", "2024-05-27"),
        ("速裁程序", {}, "DL-75", "2024-04-22"),
        ("速裁程序", {"over-one-year": "true"}, "DL-75-over", "2024-04-27"),
    ],
)
def test_the_trial_depends_on_the_procedure(procedure: str, terms: Json, rule: str, due: str) -> None:
    record = decided(arrested(), decision("sentence-proposal", "2024-04-12", terms=terms))
    record["case"]["procedure"] = worded(procedure)
    record["case"]["acceptances"] = [{"agency": "court:1", "business": "一审", "accepted_at": "2024-04-12"}]
    clock = one(judged(record, "2024-04-15"), "first-instance")
    assert (clock.id, day(clock.due_statutory.at), clock.custody) == (rule, due, True)


# ---- pauses and restarts


def test_an_evaluation_does_not_count() -> None:
    record = review(
        "2024-03-01",
        decision("psychiatric-evaluation", "2024-03-10"),
        decision("psychiatric-evaluation-ended", "2024-04-08"),
    )
    record["measures"][1]["executed_at"] = "2024-01-10"
    record["measures"][0]["ended_at"] = record["measures"][0]["executed_at"] = "2024-01-10"
    clock = one(judged(record, "2024-04-10"), "prosecution-review")
    assert day(clock.due_statutory.at) == "2024-05-01"
    assert [(each.rule.id, day(each.first), day(each.last)) for each in clock.pauses] == [
        ("evaluation", "2024-03-10", "2024-04-08")
    ]
    assert not clock.paused


def test_a_pause_that_lasts_moves_the_due_day_with_every_day() -> None:
    record = review("2024-05-07", decision("psychiatric-evaluation", "2024-05-20"))
    for now, due in (("2024-05-20", "2024-06-08"), ("2024-06-30", "2024-07-19"), ("2024-09-30", "2024-10-19")):
        clock = one(judged(record, now), "prosecution-review")
        assert (day(clock.due_statutory.at), clock.paused) == (due, True)
        assert clock.state(at(now)) == "running"


def test_the_procuratorates_reading_does_not_count_from_the_day_after_the_notice() -> None:
    record = decided(arrested("2024-01-10"))
    record["measures"][0].update(executed_at="2024-01-08", ended_at="2024-01-10")
    history = [
        hop("N-APP-002", "2024-03-04"),
        hop("N-APP-009", "2024-03-20"),
        hop("N-APP-010", "2024-04-10", reply_to="N-APP-009@2024-03-20"),
    ]
    found = judged(record, "2024-04-11", *history)
    assert day(one(found, "second-instance").due_statutory.at) == "2024-05-25"
    reading = one(found, "dossier-reading")
    assert (day(reading.due_statutory.at), day(reading.done)) == ("2024-04-22", "2024-04-10")


def test_another_grave_offence_starts_custody_again() -> None:
    record = decided(arrested("2024-03-15"), decision("custody-restarted", "2024-05-01"))
    first, second = named(judged(record, "2024-05-20"), "investigation-custody")
    assert (day(first.done), first.state(at("2024-05-20"))) == ("2024-05-01", "met")
    assert (day(second.due_statutory.at), second.restarted_by) == ("2024-07-01", "grave-offence")


def test_a_restart_after_the_end_leaves_the_term_missed() -> None:
    record = decided(arrested("2024-03-15"), decision("custody-restarted", "2024-05-20"))
    first, _ = named(judged(record, "2024-05-21"), "investigation-custody")
    assert first.state(at("2024-05-21")) == "met-late"


def test_custody_of_an_unknown_person_counts_from_the_day_on_which_the_identity_is_known() -> None:
    unknown = decision("identity-unknown", "2024-03-16")
    lasting = one(judged(decided(arrested("2024-03-15"), unknown), "2024-09-01"), "investigation-custody")
    assert (lasting.paused, lasting.state(at("2024-09-01"))) == (True, "running")
    known = decided(arrested("2024-03-15"), unknown, decision("identity-established", "2024-09-02"))
    second = named(judged(known, "2024-09-03"), "investigation-custody")[-1]
    assert (day(second.start), day(second.due_statutory.at)) == ("2024-09-02", "2024-11-02")


def test_supplementary_investigation_and_the_new_review() -> None:
    record = review(
        "2024-01-10 2024-03-08", decision("return", "2024-02-08"), decision("supplement-done", "2024-03-07")
    )
    found = judged(record, "2024-03-10")
    assert day(one(found, "supplementary-investigation").due_statutory.at) == "2024-03-08"
    reviews = named(found, "prosecution-review")
    assert [day(each.due_statutory.at) for each in reviews] == ["2024-02-18", "2024-04-08"]
    assert [each.state(at("2024-03-10")) for each in reviews] == ["met", "running"]
    extended = decided(record, decision("review-extended", "2024-04-01"))
    assert day(named(judged(extended, "2024-04-02"), "prosecution-review")[-1].due_statutory.at) == "2024-04-23"


def test_an_extension_of_the_first_review_does_not_extend_the_second() -> None:
    record = review(
        "2024-05-07 2024-08-05",
        decision("review-extended", "2024-06-03"),
        decision("return", "2024-06-20"),
        decision("supplement-done", "2024-08-02"),
    )
    first, second = named(judged(record, "2024-08-06"), "prosecution-review")
    assert (first.extended, day(first.due_statutory.at)) == (1, "2024-06-22")
    assert (second.extended, day(second.due_statutory.at)) == (0, "2024-09-05")


# ---- persons, replies, custody


def test_each_person_has_clocks_of_their_own() -> None:
    record = arrested()
    record["persons"].append(person(LI, "李某示例"))
    record["measures"].append(measure("m9", LI, "取保候审", "2024-03-10"))
    decided(record, decision("arrest-approved", "2024-03-12"))
    history = [hop("N-ARR-001", "2024-03-06"), hop("N-ARR-011", "2024-03-12")]
    found = judged(record, "2024-03-14", *history)
    assert [each.place for each in named(found, "investigation-custody")] == ["/persons/0"]
    assert [(each.place, day(each.due_statutory.at)) for each in named(found, "bail")] == [("/persons/1", "2025-03-10")]
    zhang, li = named(found, "arrest-review")
    assert (zhang.id, li.id) == ("DL-06", "DL-07")
    assert zhang.done is not None
    assert li.done is None, "the decision that came was another person's"


def test_a_person_detained_later_is_reviewed_later() -> None:
    record = base_record()
    record["case"]["acceptances"] = [
        {"agency": "procuratorate:1", "business": "审查逮捕", "accepted_at": each}
        for each in ("2024-03-06", "2024-04-02")
    ]
    record["persons"].append(person(LI, "李某示例"))
    record["measures"].append(measure("m9", LI, "拘留", "2024-03-30"))
    first, second = named(judged(record, "2024-04-03"), "arrest-review")
    assert (day(first.start), day(second.start)) == ("2024-03-06", "2024-04-02")


def test_an_arrest_that_the_court_decides_is_no_custody_during_investigation() -> None:
    record = review("2024-05-07")
    record["measures"][1]["executed_at"] = "2024-08-20"
    assert named(judged(record, "2024-12-01"), "investigation-custody") == []


def test_a_reply_ends_the_clock_of_the_transfer_that_it_answers() -> None:
    history = [
        hop("N-NEC-001", "2024-04-01", uid="a"),
        hop("N-NEC-001", "2024-04-03", uid="b"),
        hop("N-NEC-002", "2024-04-09", reply_to="b"),
    ]
    first, second = named(judged(arrested(), "2024-04-15", *history), "custody-need-reply-police")
    assert (first.transfer, first.done, first.state(at("2024-04-15"))) == ("a", None, "overdue")
    assert (second.transfer, day(second.done), second.state(at("2024-04-15"))) == ("b", "2024-04-09", "met")


def test_one_reply_is_enough_where_nothing_tells_which_it_answers() -> None:
    history = [hop("N-NEC-001", "2024-04-01", uid="a"), hop("N-NEC-002", "2024-04-09")]
    assert one(judged(arrested(), "2024-04-15", *history), "custody-need-reply-police").done is not None


def test_transfers_that_never_arrived_start_nothing() -> None:
    history = [replace(hop("N-NEC-001", "2024-04-01"), status="undeliverable"), hop("N-ARR-014", "2024-04-02")]
    assert named(judged(arrested(), "2024-04-15", *history), "custody-need-reply-police") == []


@pytest.mark.parametrize(
    ("released", "due"), [("", "2024-10-05"), ("2024-09-25", "2024-10-08"), ("2024-10-06", "2024-10-05")]
)
def test_custody_on_the_last_day_decides_whether_a_term_moves(released: str, due: str) -> None:
    record = review("2024-09-05")
    if released:
        record["measures"][1]["ended_at"] = released
        record["measures"].append(measure("m3", ZHANG, "取保候审", released))
    clock = one(judged(record, "2024-10-20"), "prosecution-review")
    assert (day(clock.due_statutory.at), clock.custody) == (due, due == "2024-10-05")


def test_a_hearing_is_announced_three_days_before() -> None:
    record = decided(arrested(), decision("hearing", "2024-06-13"))
    found = judged(record, "2024-06-09", hop("N-TRI-001", "2024-06-08"))
    notice = one(found, "hearing-notice")
    assert (day(notice.due_statutory.at), notice.state(at("2024-06-09"))) == ("2024-06-10", "met")
    assert day(one(found, "indictment-served").due_statutory.at) == "2024-06-03"
    late = one(judged(record, "2024-06-12", hop("N-TRI-001", "2024-06-12")), "hearing-notice")
    assert late.state(at("2024-06-12")) == "met-late"


def test_frozen_property_is_watched_by_its_kind() -> None:
    record = base_record()
    record["property"] = [
        {"property_uid": "p1", "kind": "存款", "measure": "冻结", "date": "2024-03-05"},
        {"property_uid": "p2", "kind": "股权", "measure": "冻结", "date": "2024-03-06"},
        {"property_uid": "p3", "kind": "手机", "measure": "扣押", "date": "2024-03-07"},
        {"property_uid": "p4", "kind": "股票", "measure": "冻结", "date": "2024-03-08", "disposition": "解除"},
    ]
    found = [each for each in judged(record, "2024-03-10") if each.name.startswith("freezing")]
    assert [(each.id, day(each.due_statutory.at)) for each in found] == [
        ("DL-64", "2024-09-05"),
        ("DL-64-shares", "2024-09-06"),
    ]


# ---- calendar, readings, views


def test_beyond_the_calendar_a_term_is_provisional_until_the_year_is_added() -> None:
    history = [hop("N-ARR-001", "2098-12-20"), hop("N-ARR-012", "2098-12-27")]
    record = base_record()
    unknown = one(judged(record, "2098-12-28", *history), "arrest-reconsideration-request")
    assert unknown.provisional
    assert "2099" in "".join(reasons(entry(unknown, Record.read(record), at("2098-12-28")), "zh"))
    year = b"date,kind,name\n2099-01-01,off,x\n2099-01-02,off,x\n"
    calendar = with_years(OFFICIAL, {"2099.csv": year, "2098.csv": b"date,kind,name\n2098-01-01,off,x\n"})
    known = one(judged(record, "2098-12-28", *history, calendar=calendar), "arrest-reconsideration-request")
    assert (known.provisional, day(known.due_statutory.at)) == (False, "2099-01-05")
    assert "2099.csv" in known.due_statutory.calendar
    custody = one(judged(arrested("2098-12-30"), "2098-12-31"), "investigation-custody")
    assert not custody.provisional


def test_a_hub_may_read_the_law_otherwise() -> None:
    history = [hop("N-ARR-001", "2024-03-06"), hop("N-ARR-012", "2024-03-12")]
    record = base_record()
    record["measures"][0]["ended_at"] = "2024-03-14"
    default = one(judged(record, "2024-03-14", *history), "arrest-refused-return")
    police = {"arrest-refused-return": "police"}
    other = one(judged(record, "2024-03-14", *history, readings=police), "arrest-refused-return")
    assert (day(default.start), day(default.due_statutory.at)) == ("2024-03-12", "2024-03-15")
    assert (day(other.start), day(other.due_statutory.at)) == ("2024-03-14", "2024-03-18")
    assert other.basis == "公安程序规定第140条"


def test_the_most_urgent_stand_first_and_the_case_is_due_with_its_earliest_clock() -> None:
    record = decided(arrested("2024-03-15"), decision("hearing", "2024-08-01"))
    now = at("2024-05-20")
    found = judged(record, "2024-05-20")
    order = [URGENCY.index(each.state(now)) for each in by_urgency(found, now)]
    assert order == sorted(order)
    told = summary(found, now)
    assert sum(told["states"].values()) == len(found)
    assert told["next_due"] == "2024-05-08", "the detention centre's notice before custody ends"


def test_an_entry_holds_no_name(journey: list[tuple[str, Json]]) -> None:
    history = [hop(name, DAYS[name]) for name, _ in journey]
    record = copy.deepcopy(journey[-1][1])
    found = judged(decided(record, decision("psychiatric-evaluation", "2024-05-20")), "2024-10-20", *history)
    now = at("2024-10-20")
    entries = [entry(each, Record.read(record), now) for each in found]
    body = {"as_of": now.isoformat(), "calendar": OFFICIAL.version, **summary(found, now), "clocks": entries}
    shown = str(entries) + page(body, "zh", everything=True)
    assert "张某" not in shown
    assert ZHANG not in page(body, "zh", everything=True)
    assert {who(each, "zh") for each in entries} == {"第1人（犯罪嫌疑人）", "全案"}
    assert {who(each, "en") for each in entries} == {"person 1 (suspect)", "the case"}


def test_every_reason_is_told_in_both_languages() -> None:
    record = review(
        "2024-01-10 2024-03-08",
        decision("return", "2024-02-08"),
        decision("supplement-done", "2024-03-07"),
        decision("psychiatric-evaluation", "2024-03-20"),
        decision("review-extended", "2024-04-01"),
    )
    clock = named(judged(record, "2024-04-02"), "prosecution-review")[-1]
    told = entry(clock, Record.read(record), at("2024-04-02"))
    zh, en = reasons(told, "zh"), reasons(told, "en")
    assert len(zh) == len(en) == 3
    assert not any("{" in words or "deadline." in words for words in (*zh, *en))
