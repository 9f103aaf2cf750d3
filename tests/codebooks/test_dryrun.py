"""What another release would change for records, and the work that real traffic leaves: nothing personal."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

import codebooks
from codebooks import CodebookError
from codebooks.conversion import annex_entries
from codebooks.dryrun import DryRun, shown_code, shown_place
from codebooks.outcomes import changed_outcomes
from codebooks.worklist import Step, Worklist, suggestions
from tests.codebooks.small import FILES, table, walk

DAY = date(2026, 11, 22)
BEFORE = codebooks.build(FILES)
AFTER = codebooks.build(
    {**FILES, "crosswalks/p--u.csv": FILES["crosswalks/p--u.csv"].replace(b"P2,equivalent,U2", b"P6,equivalent,U3")}
)


def record(*codes: str, system: str = "p") -> dict[str, Any]:
    """A record of charges; the name is there to be found nowhere."""
    crimes = [{"codings": [{"system": system, "code": code, "display": "张某示例"}]} for code in codes]
    return {"case": {"name": "张某示例盗窃案"}, "charges": [{"crime": crime} for crime in crimes]}


def test_a_dry_run_counts_by_code_and_shows_places() -> None:
    run = DryRun(BEFORE, AFTER)
    run.add("t1", record("P2", "P6", "P1", "P2"), "court", DAY)
    run.add("t2", record("P2"), "court", DAY)
    run.add("t3", record("P1"), "court", DAY)
    found = run.to_json()
    assert (found["transfers"], found["values"], found["changed_values"]) == (3, 6, 4)
    by_code = {(item["code"], item["target"]): item for item in found["changes"]}
    assert set(by_code) == {("P2", "u"), ("P2", "c"), ("P6", "u"), ("P6", "c")}
    lost = by_code["P2", "u"]
    assert (lost["before"], lost["after"]) == (
        {"outcome": "equivalent", "codes": ["U2"]},
        {"outcome": "unmapped", "codes": []},
    )
    assert (lost["count"], lost["transfers"], lost["display"]) == (3, 2, "乙案")
    assert lost["examples"][0] == {"transfer_id": "t1", "place": "/charges/0/crime"}
    assert found["changes"][0]["count"] == 3
    assert "张某" not in json.dumps(found, ensure_ascii=False)
    assert {item["code"] for item in run.changes(lost_only=True)} == {"P2"}


def test_a_release_against_itself_changes_nothing() -> None:
    run = DryRun(BEFORE, BEFORE)
    run.add("t1", record(*(f"P{number}" for number in range(1, 14))), "court", DAY)
    assert run.to_json()["changes"] == []
    assert changed_outcomes(BEFORE, BEFORE, DAY) == []


def test_outcomes_that_differ_between_releases() -> None:
    assert [(item["code"], item["before"]["outcome"], item["after"]["outcome"]) for item in changed_outcomes(
        BEFORE, AFTER, DAY)] == [("P2", "equivalent", "unmapped"), ("P6", "unmapped", "equivalent")]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "shown"),
    [("P1", "P1"), ("P999", "P999"), ("张某示例", "?"), ("350102199003078812", "?"), (None, "?"), (7, "?")],
)
def test_only_what_looks_like_a_code_is_shown(code: Any, shown: str) -> None:
    assert shown_code("p", code, BEFORE) == shown


def test_places_show_no_member_that_a_sender_made_up() -> None:
    assert shown_place("/extensions/police/张某示例/0") == "/extensions/police/…/0"


def collected(release: codebooks.Release, *codes: str) -> Worklist:
    found = Worklist(release)
    for day in ("2026-11-20", "2026-11-22"):
        found.add(annex_entries(record(*codes), "court", DAY, BEFORE), "police", day)
    found.add(annex_entries(record(codes[0]), "court", DAY, BEFORE), "procuratorate", "2026-11-21")
    return found


def test_the_work_list_names_the_step_that_is_missing() -> None:
    items = {item["item"]: item for item in collected(BEFORE, "P6", "P8", "P1", "P99").items()}
    assert set(items) == {"p/P6/u", "p/P8/u", "p/P99/p", "u/U3/c"}
    assert items["p/P6/u"]["count"] == 3
    assert items["p/P6/u"]["senders"] == {"police": 2, "procuratorate": 1}
    assert items["p/P6/u"]["last_seen"] == "2026-11-22"
    assert (items["p/P8/u"]["outcome"], items["p/P8/u"]["candidates"]) == ("ambiguous", ["U2", "U3"])
    assert items["p/P99/p"]["note"] == "unknown-code"
    assert [item["item"] for item in collected(BEFORE, "P6", "P8").items(1)] == ["p/P6/u"]


def test_what_a_newer_release_answers_is_no_work_any_more() -> None:
    assert [item["item"] for item in collected(AFTER, "P6").items()] == ["u/U3/c"]


def test_names_suggest_codes_in_force() -> None:
    files = {
        **FILES,
        "tables/p.csv": table("P1,盗窃枪支案,,yes", "P2,无名案,,yes"),
        "tables/u.csv": table(
            "U0,盗窃枪支罪,,no", "U1,盗窃枪支罪,,yes", "U2,盗窃枪支、弹药罪,,yes", "U3,偷枪罪,,yes,,2001-01-01"
        ),
        "crosswalks/p--u.csv": walk(),
        "crosswalks/u--c.csv": walk(),
    }  # fmt: skip
    release = codebooks.build(files)
    first, second = suggestions(release, Step("p", "P1", "u"))
    assert (first.code, first.score, second.code) == ("U1", 100.0, "U2")
    assert second.score < first.score
    assert suggestions(release, Step("p", "P9", "u")) == []


@pytest.mark.parametrize("name", ["", "p/P1", "p/P1/u/x", "//"])
def test_what_is_no_item(name: str) -> None:
    with pytest.raises(CodebookError, match="no-work-item"):
        Step.named(name)
