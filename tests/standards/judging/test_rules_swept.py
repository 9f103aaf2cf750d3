"""Every rule that the sweep judges, at its edge: nothing has come, a day before it is late, and once it has come."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

import messages
from standards import rules
from standards.judging.procedure import CORE_AGENCIES, not_judged
from tests.standards.rulebook import (
    Past,
    Row,
    changed,
    decided,
    every,
    free,
    instant,
    measured,
    only,
    person,
    swept,
    thing,
)

ARREST_0315 = measured("逮捕", "2024-03-15")
EFFECTIVE = decided("judgment", effective_date="2024-03-04")
CORRECTED = every(EFFECTIVE, decided("community-correction"))
MINOR = every(person(birth_date="2008-05-01", legal_aid=False))
BLIND = person(special_identity=[{"codings": [{"system": "s", "code": "1", "display": "盲人"}]}], legal_aid=False)


def on(*past: tuple[str, str]) -> Past:
    """A history."""
    return past


ROWS: dict[str, Row] = {
    "IR-03": Row(
        "",
        on(("N-ARR-001", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-ARR-001", "2024-03-04"), ("N-ARR-012", "2024-03-08")),
    ),
    "IR-04": Row(
        "", on(("N-ARR-001", "2024-03-06")), late="2024-03-15", near="2024-03-14", spared=measured("逮捕", "2024-03-13")
    ),
    "IR-05": Row(
        "",
        on(("N-DET-003", "2024-03-04")),
        late="2024-03-05T10:01:00+08:00",
        near="2024-03-05T10:00:00+08:00",
        spared_past=on(("N-DET-003", "2024-03-04"), ("N-DET-001", "2024-03-04")),
    ),
    "IR-05-arrest": Row(
        "",
        on(("N-ARR-014", "2024-03-15")),
        ARREST_0315,
        late="2024-03-17",
        near="2024-03-16",
        spared_past=on(("N-ARR-014", "2024-03-15"), ("N-DET-010", "2024-03-16")),
    ),
    "IR-07": Row(
        "",
        on(("N-ARR-001", "2024-03-01"), ("N-ARR-012", "2024-03-04")),
        late="2024-03-08",
        near="2024-03-07",
        spared_past=on(("N-ARR-001", "2024-03-01"), ("N-ARR-012", "2024-03-04"), ("N-ARR-016", "2024-03-05")),
    ),
    "IR-08": Row(
        "",
        on(("N-ARR-001", "2024-03-06"), ("N-ARR-011", "2024-03-13")),
        ARREST_0315,
        late="2024-03-19",
        near="2024-03-18",
        spared_past=on(("N-ARR-001", "2024-03-06"), ("N-ARR-011", "2024-03-13"), ("N-ARR-014", "2024-03-16")),
    ),
    "IR-08-none": Row(
        "",
        on(("N-ARR-011", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-ARR-011", "2024-03-04"), ("N-ARR-015", "2024-03-08")),
    ),
    "IR-11": Row(
        "",
        on(("N-ARR-012", "2024-03-01"), ("N-ARR-018", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-ARR-012", "2024-03-01"), ("N-ARR-018", "2024-03-04"), ("N-ARR-019", "2024-03-08")),
    ),
    "IR-11-review": Row(
        "",
        on(("N-ARR-019", "2024-03-01"), ("N-ARR-020", "2024-03-04")),
        late="2024-03-20",
        near="2024-03-19",
        spared_past=on(("N-ARR-019", "2024-03-01"), ("N-ARR-020", "2024-03-04"), ("N-ARR-021", "2024-03-08")),
    ),
    "IR-12": Row(
        "",
        on(("N-ARR-012", "2024-03-04")),
        decided("arrest-refused", result="没有犯罪事实"),
        late="2024-03-20",
        near="2024-03-19",
        spared=decided("arrest-refused", result="无社会危险性"),
    ),
    "IR-14": Row(
        "",
        on(("N-ARR-014", "2024-03-16")),
        ARREST_0315,
        late="2024-05-16",
        near="2024-05-15",
        spared_past=on(("N-ARR-014", "2024-03-16"), ("N-PRO-001", "2024-05-14")),
    ),
    "IR-18": Row(
        "",
        on(("N-ARR-014", "2024-03-04")),
        every(ARREST_0315, decided("custody-restarted", "2024-04-08")),
        late="2024-04-16",
        near="2024-04-15",
        spared_past=on(("N-ARR-014", "2024-03-04"), ("N-CUS-008", "2024-04-10")),
    ),
    "IR-18-notice": Row(
        "",
        on(("N-ARR-014", "2024-03-04")),
        every(ARREST_0315, decided("custody-restarted", "2024-05-06")),
        late="2024-05-16",
        near="2024-05-15",
        spared_past=on(("N-ARR-014", "2024-03-04"), ("N-CUS-009", "2024-05-10")),
    ),
    "IR-19": Row(
        "",
        on(("N-CUS-002", "2024-05-10")),
        measured("逮捕", "2024-03-15", extension_no=1),
        late="2024-05-16",
        near="2024-05-15",
        spared_past=on(("N-CUS-002", "2024-05-10"), ("N-CUS-007", "2024-05-11")),
    ),
    "IR-20": Row(
        "",
        on(("N-ARR-014", "2024-03-16")),
        ARREST_0315,
        late="2024-05-16",
        near="2024-05-15",
        spared=every(ARREST_0315, lambda r: r["measures"][-1].update(ended_at="2024-05-10")),
    ),
    "IR-21": Row(
        "",
        on(("N-ARR-014", "2024-03-16")),
        ARREST_0315,
        late="2024-05-08",
        near="2024-05-07",
        spared_past=on(("N-ARR-014", "2024-03-16"), ("N-DET-011", "2024-05-07")),
    ),
    "IR-24": Row(
        "",
        on(("N-NEC-001", "2024-03-04")),
        late="2024-03-15",
        near="2024-03-14",
        spared_past=on(("N-NEC-001", "2024-03-04"), ("N-NEC-002", "2024-03-12")),
    ),
    "IR-25": Row(
        "",
        on(("N-ARR-016", "2024-03-04")),
        only("监视居住", "2024-03-04"),
        late="2024-09-05",
        near="2024-09-04",
        spared=only("监视居住", "2024-03-04", ended_at="2024-09-03"),
    ),
    "IR-25-bail": Row(
        "",
        on(("N-ARR-016", "2024-03-04")),
        only("取保候审", "2024-03-04"),
        late="2025-03-05",
        near="2025-03-04",
        spared=only("监视居住", "2024-03-04"),
    ),
    "IR-26": Row(
        "",
        on(("N-IND-004", "2024-03-04")),
        only("取保候审", "2024-01-04"),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-IND-004", "2024-03-04"), ("N-CMS-027", "2024-03-08")),
    ),
    "IR-27": Row(
        "",
        on(("N-ARR-014", "2024-02-05")),
        only("逮捕", "2024-02-04", ended_at="2024-03-04"),
        late="2024-03-08",
        near="2024-03-07",
        spared_past=on(("N-ARR-014", "2024-02-05"), ("N-CMS-032", "2024-03-05")),
    ),
    "IR-31": Row(
        "",
        on(("N-PRO-001", "2024-03-04")),
        ARREST_0315,
        late="2024-04-05",
        near="2024-04-04",
        spared_past=on(("N-PRO-001", "2024-03-04"), ("N-IND-001", "2024-04-01")),
    ),
    "IR-33": Row(
        "",
        on(("N-PRO-001", "2024-02-04"), ("N-SPI-001", "2024-03-04")),
        ARREST_0315,
        late="2024-04-05",
        near="2024-04-04",
        spared_past=on(("N-PRO-001", "2024-02-04"), ("N-SPI-001", "2024-03-04"), ("N-SPI-002", "2024-04-01")),
    ),
    "IR-36": Row(
        "",
        on(("N-SPI-004", "2024-03-04")),
        late="2024-04-05",
        near="2024-04-04",
        spared_past=on(("N-SPI-004", "2024-03-04"), ("N-NPR-003", "2024-04-01")),
    ),
    "IR-38": Row(
        "",
        on(("N-NPR-002", "2024-03-04")),
        late="2024-03-05",
        near="2024-03-04",
        spared_past=on(("N-NPR-002", "2024-03-04"), ("N-NPR-008", "2024-03-04")),
    ),
    "IR-39": Row(
        "",
        on(("N-NPR-002", "2024-03-04")),
        every(thing(), free()),
        late="2024-03-05",
        near="2024-03-04",
        spared=every(thing(disposition="已发还"), free()),
    ),
    "IR-40-decision": Row(
        "",
        on(("N-NPR-002", "2024-03-01"), ("N-NPR-011", "2024-03-04")),
        late="2024-04-07",
        near="2024-04-03",
        spared_past=on(("N-NPR-002", "2024-03-01"), ("N-NPR-011", "2024-03-04"), ("N-NPR-012", "2024-04-01")),
    ),
    "IR-40-final": Row(
        "",
        on(("N-NPR-012", "2024-03-01"), ("N-NPR-013", "2024-03-04")),
        late="2024-04-07",
        near="2024-04-03",
        spared_past=on(("N-NPR-012", "2024-03-01"), ("N-NPR-013", "2024-03-04"), ("N-NPR-014", "2024-04-01")),
    ),
    "IR-42-notice": Row(
        "",
        on(("N-ARR-001", "2024-03-06")),
        MINOR,
        late="2024-03-08",
        near="2024-03-07",
        spared_past=on(("N-ARR-001", "2024-03-06"), ("N-JUV-001", "2024-03-07")),
    ),
    "IR-43-notice": Row(
        "",
        on(("N-ARR-001", "2024-03-06")),
        BLIND,
        late="2024-03-08",
        near="2024-03-07",
        spared_past=on(("N-ARR-001", "2024-03-06"), ("N-AID-001", "2024-03-07")),
    ),
    "IR-46": Row(
        "",
        on(("N-TRI-023", "2024-03-04")),
        late="2024-04-04",
        near="2024-04-03",
        spared=decided("withdrawal", result="不准许撤回起诉"),
    ),
    "IR-50": Row(
        "",
        on(("N-IND-001", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-IND-001", "2024-03-04"), ("N-IND-004", "2024-03-08")),
    ),
    "IR-50-supplement": Row(
        "",
        on(("N-IND-001", "2024-03-01"), ("N-IND-005", "2024-03-04")),
        late="2024-03-08",
        near="2024-03-07",
        spared_past=on(("N-IND-001", "2024-03-01"), ("N-IND-005", "2024-03-04"), ("N-IND-006", "2024-03-06")),
    ),
    "IR-52": Row(
        "",
        on(("N-IND-001", "2024-03-01"), ("N-IND-004", "2024-03-04")),
        ARREST_0315,
        late="2024-05-05",
        near="2024-05-04",
        spared_past=on(("N-IND-001", "2024-03-01"), ("N-IND-004", "2024-03-04"), ("N-TRI-032", "2024-05-01")),
    ),
    "IR-53-length": Row(
        "",
        on(("N-TRI-008", "2024-03-01"), ("N-TRI-011", "2024-03-04")),
        late="2024-04-05",
        near="2024-04-04",
        spared_past=on(("N-TRI-008", "2024-03-01"), ("N-TRI-011", "2024-03-04"), ("N-TRI-012", "2024-04-01")),
    ),
    "IR-58": Row(
        "",
        on(("N-APP-009", "2024-03-04")),
        late="2024-04-08",
        near="2024-04-07",
        spared_past=on(("N-APP-009", "2024-03-04"), ("N-APP-010", "2024-04-01")),
    ),
    "IR-58-trial": Row(
        "",
        on(("N-APP-002", "2024-03-04")),
        ARREST_0315,
        late="2024-05-05",
        near="2024-05-04",
        spared_past=on(("N-APP-002", "2024-03-04"), ("N-APP-017", "2024-05-01")),
    ),
    "IR-60": Row(
        "",
        on(("N-TRI-032", "2024-03-04")),
        decided("judgment", result="无罪"),
        late="2024-03-05",
        near="2024-03-04",
        spared_past=on(("N-TRI-032", "2024-03-04"), ("N-TRI-036", "2024-03-04")),
    ),
    "IR-61": Row(
        "",
        on(("N-TRI-034", "2024-03-04")),
        EFFECTIVE,
        late="2024-03-15",
        near="2024-03-14",
        spared_past=on(("N-TRI-034", "2024-03-04"), ("N-EXE-002", "2024-03-12")),
    ),
    "IR-61-community": Row(
        "",
        on(("N-TRI-034", "2024-03-04")),
        CORRECTED,
        late="2024-03-15",
        near="2024-03-14",
        spared_past=on(("N-TRI-034", "2024-03-04"), ("N-COR-002", "2024-03-12")),
    ),
    "IR-62": Row(
        "",
        on(("N-EXE-002", "2024-03-04")),
        late="2024-04-05",
        near="2024-04-04",
        spared_past=on(("N-EXE-002", "2024-03-04"), ("N-EXE-004", "2024-04-01")),
    ),
    "IR-64": Row(
        "",
        on(("N-TRI-034", "2024-03-04")),
        CORRECTED,
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-TRI-034", "2024-03-04"), ("N-COR-001", "2024-03-08")),
    ),
    "IR-64-receipt": Row(
        "",
        on(("N-COR-002", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-COR-002", "2024-03-04"), ("N-COR-005", "2024-03-08")),
    ),
    "IR-65": Row(
        "",
        on(("N-PAR-001", "2024-03-04")),
        late="2024-04-08",
        near="2024-04-07",
        spared_past=on(("N-PAR-001", "2024-03-04"), ("N-PAR-004", "2024-04-01")),
    ),
    "IR-66-receipt": Row(
        "",
        on(("N-PRP-006", "2024-03-04")),
        late="2024-04-08",
        near="2024-04-07",
        spared_past=on(("N-PRP-006", "2024-03-04"), ("N-PRP-007", "2024-04-01")),
    ),
    "IR-67": Row(
        "",
        on(("N-TRI-034", "2024-03-04")),
        every(MINOR, decided("judgment", effective_date="2024-03-04", terms={"months": 60})),
        late="2024-03-15",
        near="2024-03-14",
        spared=every(MINOR, decided("judgment", effective_date="2024-03-04", terms={"months": 61})),
    ),
    "IR-70": Row(
        "",
        on(("N-LSV-001", "2024-03-04")),
        late="2024-03-12",
        near="2024-03-11",
        spared_past=on(("N-LSV-001", "2024-03-04"), ("N-LSV-002", "2024-03-08")),
    ),
    "IR-70-filing": Row(
        "",
        on(("N-LSV-005", "2024-03-04")),
        late="2024-03-20",
        near="2024-03-19",
        spared_past=on(("N-LSV-005", "2024-03-04"), ("N-LSV-006", "2024-03-08")),
    ),
    "IR-71": Row(
        "",
        on(("N-LSV-006", "2024-03-04")),
        late="2024-06-05",
        near="2024-06-04",
        spared_past=on(("N-LSV-006", "2024-03-04"), ("N-PRO-001", "2024-05-30")),
    ),
    "IR-72": Row(
        "",
        on(("N-SUV-001", "2024-03-04")),
        decided("correction-notice", terms={"reply-by": "2024-03-20"}),
        late="2024-03-21",
        near="2024-03-20",
        spared_past=on(("N-SUV-001", "2024-03-04"), ("N-SUV-002", "2024-03-18")),
    ),
    "IR-72-advice": Row(
        "",
        on(("N-SUV-007", "2024-03-04")),
        late="2024-05-07",
        near="2024-05-06",
        spared_past=on(("N-SUV-007", "2024-03-04"), ("N-SUV-008", "2024-05-01")),
    ),
    "IR-73": Row(
        "",
        on(("N-ARR-001", "2024-03-04")),
        free(),
        late="2024-09-05",
        near="2024-09-04",
        spared_past=on(("N-ARR-001", "2024-03-04"), ("N-FIL-003", "2024-04-01")),
    ),
}
HANDOVERS = {
    "IR-22-transfer": ("N-PRO-001", "N-HAN-001", "N-HAN-002"),
    "IR-22-return": ("N-SPI-001", "N-HAN-004", "N-HAN-005"),
    "IR-22-resent": ("N-SPI-002", "N-HAN-007", "N-HAN-008"),
    "IR-22-indictment": ("N-IND-001", "N-HAN-010", "N-HAN-011"),
    "IR-22-appeal": ("N-APP-002", "N-HAN-019", "N-HAN-020"),
    "IR-22-remand": ("N-APP-020", "N-HAN-022", "N-HAN-023"),
}
for _rule, (_moved, _gives, _takes) in HANDOVERS.items():
    _half = on((_moved, "2024-03-04"), (_gives, "2024-03-04"))
    ROWS[_rule] = Row(
        "", _half, ARREST_0315, late="2024-03-05", near="2024-03-04", spared_past=(*_half, (_takes, "2024-03-04"))
    )


def open_ones(rule_id: str, row: Row, now: str, *, spared: bool = False, past: Past | None = None) -> int:
    change = row.spared if spared and row.spared is not None else row.change
    found = swept(row.past if past is None else past, changed(change), now).findings
    return sum(1 for each in found if each.code == f"rule.{rule_id}-open")


@pytest.mark.parametrize("rule_id", ROWS)
def test_the_sweep_speaks_when_the_term_is_over_and_nothing_has_come(rule_id: str) -> None:
    row = ROWS[rule_id]
    assert open_ones(rule_id, row, row.late) >= 1
    assert open_ones(rule_id, row, row.near) == 0
    if row.spared is not None:
        assert open_ones(rule_id, row, row.late, spared=True) == 0
    if row.spared_past is not None:
        assert open_ones(rule_id, row, row.late, past=row.spared_past) == 0


def test_every_rule_of_the_sweep_has_its_row() -> None:
    judged = {
        rule.id
        for rule in rules.rules().values()
        if rule.evaluated and rule.kind in {"term", "clock"} and (rule.daily or rule.clocks)
    }
    assert judged == set(ROWS)


@pytest.mark.parametrize("rule_id", ROWS)
def test_what_the_sweep_says_is_complete(rule_id: str) -> None:
    row = ROWS[rule_id]
    found = swept(row.past, changed(row.change), row.late).findings
    finding = next(each for each in found if each.code == f"rule.{rule_id}-open")
    entry = messages.catalogue()[finding.code]
    for words in (entry.zh, entry.en):
        assert "{" not in words.format_map(finding.params)
    assert finding.basis
    assert {"start", "start_from", "due", "act", "mode", "calendar", "term"} <= set(finding.params)


@pytest.mark.parametrize("rule_id", ROWS)
def test_the_sweep_wakes_in_time_to_see_it(rule_id: str) -> None:
    row = ROWS[rule_id]
    record = changed(row.change)
    woken, before = instant(row.near), instant(row.late)
    for _ in range(40):  # what wakes earlier may be another rule's
        told = swept(row.past, record, woken.isoformat()).wake
        assert told is not None
        assert told <= before + timedelta(minutes=1)
        woken = told + timedelta(seconds=1)
        again = swept(row.past, record, woken.isoformat()).findings
        if f"rule.{rule_id}-open" in {each.code for each in again}:
            return
    pytest.fail("never woken")


def test_an_offer_that_nobody_acknowledges_is_found_after_the_platforms_time() -> None:
    record, past = changed(free()), on(("N-ARR-001", "2024-03-04"))
    codes = [
        [each.code for each in swept(past, record, now, status="offered").findings]
        for now in ("2024-03-07", "2024-03-08")
    ]
    assert ["rule.D-18" in each for each in codes] == [False, True]
    assert "rule.D-18" not in [each.code for each in swept(past, record, "2024-03-08").findings]


def test_rules_that_need_an_agency_wait_until_it_is_enrolled() -> None:
    row = ROWS["IR-22-transfer"]
    record = changed(row.change)
    found = swept(row.past, record, row.late, enrolled=CORE_AGENCIES).findings
    assert "rule.IR-22-transfer-open" not in {each.code for each in found}
    waiting = {rule.id for rule in not_judged(CORE_AGENCIES)}
    assert {"IR-05", "IR-21", "IR-22-transfer", "IR-61", "IR-62", "IR-23"} <= waiting
    assert {rule.id for rule in not_judged({*CORE_AGENCIES, "detention", "justice", "prison"})} == {"IR-23", "D-12"}


def test_nobody_is_told_seven_days_ahead_of_a_term_of_seven_days() -> None:
    record, past = changed(free()), on(("N-ARR-001", "2024-03-04"))
    for now in ("2024-03-05", "2024-03-10"):
        assert "rule.IR-21-open" not in {each.code for each in swept(past, record, now).findings}


def test_a_case_that_is_over_never_wakes() -> None:
    record = changed(only("逮捕", "2024-02-04", ended_at="2024-03-04"))
    past = on(("N-ARR-014", "2024-02-05"), ("N-CMS-032", "2024-03-04"), ("N-FIL-003", "2024-03-04"))
    told = swept(past, record, "2026-03-08", enrolled=CORE_AGENCIES)
    assert told.findings == ()
    assert told.wake is None


def test_the_sweep_is_pure() -> None:
    for row in ROWS.values():
        record = changed(row.change)
        kept = copy.deepcopy(record)
        assert swept(row.past, record, row.late) == swept(row.past, record, row.late)
        assert record == kept
