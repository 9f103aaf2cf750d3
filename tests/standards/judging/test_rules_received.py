"""Every rule that is judged on receipt, at its edge: what triggers it, and the nearest neighbour that does not."""

from __future__ import annotations

import pytest

import messages
from standards import rules
from tests.scene.records import worded
from tests.standards.rulebook import (
    Row,
    case,
    changed,
    charges,
    decided,
    every,
    free,
    hits,
    listed,
    measured,
    only,
    person,
    received,
    thing,
)

ARREST_0315 = measured("逮捕", "2024-03-15")
NO_CRIME = decided("arrest-refused", result="没有犯罪事实")
MINOR = person(birth_date="2008-05-01", legal_aid=False)

ROWS: dict[str, Row] = {
    "IR-04": Row("N-ARR-014", change=measured("逮捕", "2024-03-15"), spared=measured("逮捕", "2024-03-14")),
    "IR-05": Row("N-DET-001", late="2024-03-05T10:01:00+08:00", near="2024-03-05T10:00:00+08:00"),
    "IR-06": Row("N-ARR-001", change=listed("E0501", "2024-03-06"), spared=listed("E0501", "2024-03-05")),
    "IR-06-arrest": Row(
        "N-PRO-001",
        change=every(ARREST_0315, listed("E0501", "2024-03-17")),
        spared=every(ARREST_0315, listed("E0501", "2024-03-16")),
    ),
    "IR-07": Row("N-ARR-016", (("N-ARR-012", "2024-03-04"),), late="2024-03-08", near="2024-03-07"),
    "IR-09": Row("N-ARR-018", (("N-ARR-012", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-09-review": Row("N-ARR-020", (("N-ARR-019", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-10": Row("N-ARR-018", (("N-ARR-012", "2024-03-04"),), spared=free()),
    "IR-11": Row("N-ARR-019", (("N-ARR-018", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-11-review": Row("N-ARR-021", (("N-ARR-020", "2024-03-04"),), late="2024-03-20", near="2024-03-19"),
    "IR-12": Row("N-ARR-038", (("N-ARR-012", "2024-03-04"),), NO_CRIME, late="2024-03-20", near="2024-03-19"),
    "IR-13": Row(
        "N-ARR-018",
        (("N-ARR-012", "2024-03-04"),),
        decided("arrest-refused", result="证据不足"),
        spared=decided("arrest-refused", result="无社会危险性"),
    ),
    "IR-15": Row("N-CUS-001", change=ARREST_0315, late="2024-05-09", near="2024-05-08"),
    "IR-16": Row("N-CUS-001", change=ARREST_0315, late="2024-05-16", near="2024-05-15"),
    "IR-17": Row("N-CUS-003", change=ARREST_0315, spared_past=(("N-CUS-002", "2024-05-10"),)),
    "IR-17-sentence": Row(
        "N-CUS-005",
        change=decided("sentence-estimate", terms={"max-sentence-years": 9}),
        spared=decided("sentence-estimate", terms={"max-sentence-years": 10}),
    ),
    "IR-18": Row("N-CUS-008", change=decided("custody-restarted"), late="2024-03-12", near="2024-03-11"),
    "IR-22-transfer-decided": Row(
        "N-IND-001",
        (("N-PRO-001", "2024-03-04"), ("N-HAN-001", "2024-03-04")),
        spared_past=(("N-PRO-001", "2024-03-04"), ("N-HAN-001", "2024-03-04"), ("N-HAN-002", "2024-03-05")),
    ),
    "IR-22-return-decided": Row("N-SPI-002", (("N-SPI-001", "2024-03-04"),), spared=free()),
    "IR-22-resent-decided": Row("N-IND-001", (("N-SPI-002", "2024-03-04"),), spared=free()),
    "IR-22-indictment-decided": Row("N-TRI-032", (("N-IND-001", "2024-03-04"),), spared=free()),
    "IR-22-appeal-decided": Row("N-APP-017", (("N-APP-002", "2024-03-04"),), spared=free()),
    "IR-22-remand-decided": Row("N-TRI-032", (("N-APP-020", "2024-03-04"),), spared=free()),
    "IR-24": Row("N-NEC-002", (("N-NEC-001", "2024-03-04"),), late="2024-03-15", near="2024-03-14"),
    "IR-26": Row(
        "N-CMS-026",
        (("N-IND-004", "2024-03-04"),),
        only("取保候审", "2024-01-04"),
        late="2024-03-12",
        near="2024-03-11",
    ),
    "IR-27": Row(
        "N-CMS-032",
        change=only("逮捕", "2024-02-04", ended_at="2024-03-04"),
        late="2024-03-08",
        near="2024-03-07",
    ),
    "IR-30": Row(
        "N-IND-001",
        change=every(
            charges("indictment"),
            lambda record: record["charges"].append(
                {
                    "charge_uid": "c9",
                    "person_uid": record["case"]["case_uid"],
                    "stage": "transfer",
                    "crime": worded("x"),
                }
            ),
        ),
        spared=charges("transfer", "indictment"),
    ),
    "IR-35": Row("N-NPR-003", spared_past=(("N-SPI-001", "2024-03-04"),)),
    "IR-37": Row("N-PRO-001", (("N-SPI-004", "2024-03-04"),), spared_past=(("N-SPI-002", "2024-03-04"),)),
    "IR-40": Row("N-NPR-011", (("N-NPR-002", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-40-decision": Row("N-NPR-012", (("N-NPR-011", "2024-03-04"),), late="2024-04-07", near="2024-04-03"),
    "IR-40-review": Row("N-NPR-013", (("N-NPR-012", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-40-final": Row("N-NPR-014", (("N-NPR-013", "2024-03-04"),), late="2024-04-07", near="2024-04-03"),
    "IR-41": Row("N-JUV-009", change=person(birth_date="2006-02-26"), spared=person(birth_date="2006-02-27")),
    "IR-41-crime": Row(
        "N-JUV-009",
        change=charges("transfer", system="police.case-class", code="020100"),
        spared=charges("transfer", system="police.case-class", code="050200"),
    ),
    "IR-41-probation": Row(
        "N-JUV-011",
        change=decided("conditional-no-prosecution", terms={"probation-months": 13}),
        spared=decided("conditional-no-prosecution", terms={"probation-months": 12}),
    ),
    "IR-41-opinion": Row("N-JUV-011", spared_past=(("N-JUV-009", "2024-03-04"),)),
    "IR-42": Row("N-ARR-001", change=MINOR, spared=every(MINOR, person(legal_aid=True))),
    "IR-43": Row(
        "N-PRO-001",
        change=person(special_identity=[worded("聋哑人")], legal_aid=False),
        spared=person(special_identity=[worded("聋哑人")], counsel=["王某示例"]),
    ),
    "IR-44": Row(
        "N-IND-001",
        change=case(plea_lenient=True),
        spared=every(case(plea_lenient=True), listed("F0503", "2024-03-01")),
    ),
    "IR-44-proposal": Row(
        "N-IND-001",
        change=case(plea_lenient=True),
        spared=every(case(plea_lenient=True), listed("F0502", "2024-03-01")),
    ),
    "IR-45": Row(
        "N-IND-003",
        change=decided("sentence-proposal", terms={"proposed-months": 37}),
        spared=decided("sentence-proposal", terms={"proposed-months": 36}),
    ),
    "IR-46": Row("N-NPR-018", (("N-TRI-023", "2024-03-04"),), late="2024-04-04", near="2024-04-03"),
    "IR-46-again": Row(
        "N-IND-001",
        (("N-TRI-021", "2024-03-04"),),
        spared=decided("prosecute", terms={"new-facts": "true"}),
    ),
    "IR-47": Row(
        "N-PRO-001",
        change=every(lambda record: record.update(measures=[]), person(arrival={})),
        spared=every(lambda record: record.update(measures=[]), person(arrival={"manner": "传唤到案"})),
    ),
    "IR-48": Row(
        "N-IND-001", change=charges("transfer", "indictment", "indictment"), spared=charges("transfer", "indictment")
    ),
    "IR-51": Row(
        "N-TRI-001", change=decided("hearing", terms={"hearing-at": "2024-06-13"}), late="2024-06-11", near="2024-06-10"
    ),
    "IR-51-copy": Row(
        "N-IND-015", change=decided("hearing", terms={"hearing-at": "2024-06-13"}), late="2024-06-04", near="2024-06-03"
    ),
    "IR-53": Row(
        "N-TRI-008",
        (("N-TRI-008", "2024-03-04"), ("N-TRI-008", "2024-05-04")),
        spared_past=(("N-TRI-008", "2024-03-04"),),
    ),
    "IR-53-length": Row(
        "N-TRI-012",
        (("N-TRI-008", "2024-03-01"), ("N-TRI-011", "2024-03-04")),
        late="2024-04-05",
        near="2024-04-04",
    ),
    "IR-54": Row("N-TRI-019", change=decided("judgment"), spared=decided("hearing")),
    "IR-56": Row("N-APP-003", (("N-TRI-032", "2024-03-04"),), late="2024-03-15", near="2024-03-14"),
    "IR-57": Row("N-APP-002", (("N-TRI-032", "2024-03-04"),), late="2024-03-19", near="2024-03-18"),
    "IR-58": Row("N-APP-010", (("N-APP-009", "2024-03-04"),), late="2024-04-08", near="2024-04-07"),
    "IR-59": Row(
        "N-APP-019",
        (("N-APP-019", "2023-03-04"),),
        decided("remand", result="原判事实不清、证据不足"),
        spared=decided("remand", result="违反法定诉讼程序"),
    ),
    "IR-61": Row(
        "N-EXE-002", change=decided("judgment", effective_date="2024-03-04"), late="2024-03-15", near="2024-03-14"
    ),
    "IR-61-community": Row(
        "N-COR-002",
        change=every(decided("judgment", effective_date="2024-03-04"), decided("community-correction")),
        late="2024-03-15",
        near="2024-03-14",
    ),
    "IR-62": Row("N-EXE-004", (("N-EXE-002", "2024-03-04"),), late="2024-04-05", near="2024-04-04"),
    "IR-64": Row(
        "N-COR-001",
        change=every(decided("judgment", effective_date="2024-03-04"), decided("community-correction")),
        late="2024-03-12",
        near="2024-03-11",
    ),
    "IR-64-receipt": Row("N-COR-005", (("N-COR-002", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-65": Row("N-PAR-004", (("N-PAR-001", "2024-03-04"),), late="2024-04-08", near="2024-04-07"),
    "IR-65-copy": Row(
        "N-PAR-004",
        (("N-PAR-001", "2024-03-04"),),
        spared_past=(("N-PAR-001", "2024-03-04"), ("N-PAR-002", "2024-03-04")),
    ),
    "IR-66": Row("N-TRI-032", change=thing(), spared=thing(disposition="发还被害人")),
    "IR-66-receipt": Row("N-PRP-007", (("N-PRP-006", "2024-03-04"),), late="2024-04-08", near="2024-04-07"),
    "IR-70": Row("N-LSV-002", (("N-LSV-001", "2024-03-04"),), late="2024-03-12", near="2024-03-11"),
    "IR-70-filing": Row("N-LSV-006", (("N-LSV-005", "2024-03-04"),), late="2024-03-20", near="2024-03-19"),
    "IR-72": Row(
        "N-SUV-002",
        (("N-SUV-001", "2024-03-04"),),
        decided("correction-notice", terms={"reply-by": "2024-03-20"}),
        late="2024-03-21",
        near="2024-03-20",
    ),
    "IR-72-advice": Row("N-SUV-008", (("N-SUV-007", "2024-03-04"),), late="2024-05-07", near="2024-05-06"),
    "D-08": Row(
        "N-ARR-001",
        change=listed("F0201", "2024-03-04", sealed=False),
        spared=listed("F0201", "2024-03-04", sealed=True),
    ),
    "D-09-count": Row("N-ARR-001", change=case(person_count=2), spared=case(person_count=1)),
    "D-13": Row(
        "N-PRO-001",
        change=charges("transfer", display="故意杀人罪"),
        spared=every(charges("transfer", display="故意杀人罪"), listed("E0805", "2024-03-04")),
    ),
    "D-14": Row(
        "N-ARR-001",
        change=person(juvenile=True),
        spared=every(person(juvenile=True), lambda r: r["persons"].append({"roles": [{"role": "appropriate-adult"}]})),
    ),
    "D-16": Row(
        "N-PRO-001",
        change=thing(moves_with_case=False),
        spared=thing(moves_with_case=False, place="示例公安局保管室"),
    ),
    "D-17": Row(
        "N-PRO-001",
        change=thing(expiry_date="2024-04-03"),
        late="2024-03-04",
        spared=thing(expiry_date="2024-04-04"),
    ),
}
"""By rule. Those of the demo's own nodes stand day by day in `test_terms.py`."""

ELSEWHERE = {
    *("IR-01", "IR-02", "IR-03", "IR-08", "IR-14", "IR-31", "IR-32", "IR-33", "IR-50", "IR-50-supplement", "IR-55"),
    "D-09",
}


@pytest.mark.parametrize("rule_id", ROWS)
def test_a_rule_speaks_at_its_edge_and_not_beside_it(rule_id: str) -> None:
    row, code = ROWS[rule_id], f"rule.{rule_id}"
    assert hits(code, row) == 1
    if row.near:
        assert hits(code, row, now=row.near) == 0
    if row.spared is not None:
        assert hits(code, row, change=row.spared) == 0
    if row.spared_past is not None:
        assert hits(code, row, past=row.spared_past) == 0
    assert row.near or row.spared or row.spared_past is not None


def test_every_rule_that_is_judged_on_receipt_has_its_row() -> None:
    judged = {
        rule.id
        for rule in rules.rules().values()
        if rule.evaluated and (rule.at or rule.everywhere) and rule.kind != "package"
    }
    assert judged - set(ROWS) - ELSEWHERE == set()
    assert set(ROWS) <= judged


@pytest.mark.parametrize("rule_id", ROWS)
def test_findings_tell_their_facts_in_both_languages(rule_id: str) -> None:
    row = ROWS[rule_id]
    found = received(row.at, row.past, changed(row.change), row.late).findings
    finding = next(each for each in found if each.code == f"rule.{rule_id}")
    entry = messages.catalogue()[finding.code]
    assert "{" not in entry.text("zh", finding.params) + entry.text("en", finding.params)
    assert entry.remedy("zh", finding.params)
    assert entry.remedy("en", finding.params)
    rule = rules.rules()[rule_id]
    if rule.kind == "term":
        assert {"start", "start_from", "due", "act", "act_from", "mode", "calendar", "term"} <= set(finding.params)
    if rule.kind == "condition":
        assert finding.params["facts"]
        assert all(each["value"] in {"true", "false", "unknown"} for each in finding.params["facts"])


def test_a_person_who_differs_from_the_record_before_is_found_without_being_told() -> None:
    before, now = changed(), changed(person(name="张某某示例", birth_date="1990-01-03"))
    found = received("N-ARR-001", (), now, "2024-03-06", previous=before).findings
    finding = next(each for each in found if each.code == "rule.D-09")
    assert finding.params["members"] == ["name", "birth_date"]
    assert "张某" not in str(finding.params)
    assert "1990" not in str(finding.params)
    same = received("N-ARR-001", (), changed(), "2024-03-06", previous=before).findings
    assert "rule.D-09" not in {each.code for each in same}


def test_papers_of_the_volumes_answer_for_the_record() -> None:
    record = changed(case(plea_lenient=True))
    found = received("N-IND-001", (), record, "2024-12-02", declared={"F0502", "F0503"}).findings
    assert not {"rule.IR-44", "rule.IR-44-proposal"} & {each.code for each in found}


def test_a_recorded_excuse_suppresses_and_is_kept() -> None:
    record = changed(case(plea_lenient=True), decided("prosecute", terms={"plea-statement": "exempt"}))
    examined = received("N-IND-001", (), record, "2024-12-02")
    assert "rule.IR-44" not in {each.code for each in examined.findings}
    (kept,) = [each for each in examined.suppressed if each.code == "rule.IR-44"]
    assert kept.level == "I"
    assert kept.params["suppressed"] == "TERM:plea-statement=exempt"


def test_an_extension_suppresses_the_lateness_of_the_base_term_and_is_kept() -> None:
    extended = listed("F0203", "2024-03-06")
    asked = every(extended, lambda record: record["documents"][0].update(issue_date="2024-03-11"))
    examined = received("N-ARR-001", (), changed(asked), "2024-12-02")
    assert "rule.IR-01" not in {each.code for each in examined.findings}
    (kept,) = [each for each in examined.suppressed if each.code == "rule.IR-01"]
    assert (kept.params["due"], kept.params["days"]) == ("2024-03-07", 4)
    assert "F0203" in kept.params["suppressed"]
    in_time = every(extended, lambda record: record["documents"][0].update(issue_date="2024-03-07"))
    assert received("N-ARR-001", (), changed(in_time), "2024-12-02").suppressed == ()


def test_the_same_facts_give_the_same_findings() -> None:
    for row in ROWS.values():
        record = changed(row.change)
        assert received(row.at, row.past, record, row.late) == received(row.at, row.past, record, row.late)
