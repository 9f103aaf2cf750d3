"""Outcomes, time, conditions, chains and provenance, on a release small enough to see through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import OUTCOMES, CodebookError, Release
from codebooks.answers import Outcome
from codebooks.conditions import Condition
from codebooks.crosswalks import RELATIONSHIPS, Relationship
from codebooks.engine import composed
from tests.codebooks.small import FILES, table, walk

Build = Callable[..., Release]
TODAY = date(2024, 3, 4)

CASES: list[tuple[str, tuple[str, str, str, str], str, list[str], str]] = [
    ("old name in its time", ("p", "P1", "u", "2005-06-01"), "equivalent", ["U1"], ""),
    ("last day of the old name", ("p", "P1", "u", "2009-12-31"), "equivalent", ["U1"], ""),
    ("first day of the new name", ("p", "P1", "u", "2010-01-01"), "narrower", ["U2"], ""),
    ("before there was a name", ("p", "P1", "u", "1999-12-31"), "unmapped", [], "target-not-yet-valid"),
    ("target not born", ("p", "P2", "u", "2009-12-31"), "unmapped", [], "target-not-yet-valid"),
    ("target ended without heir", ("p", "P4", "u", "2024-03-04"), "retired", [], "target-ended"),
    ("declared without equivalent", ("p", "P5", "u", "2024-03-04"), "no-equivalent", [], ""),
    ("a gap", ("p", "P6", "u", "2024-03-04"), "unmapped", [], "no-row"),
    ("a gap at a heading", ("p", "P7", "u", "2024-03-04"), "unmapped", [], "heading"),
    ("all candidates, the ended one dropped", ("p", "P8", "u", "2024-03-04"), "ambiguous", ["U2", "U3"], ""),
    ("one related candidate", ("p", "P9", "u", "2024-03-04"), "ambiguous", ["U3"], ""),
    ("condition left open", ("p", "P10", "u", "2024-03-04"), "ambiguous", ["U3", "U6"], "condition-open"),
    ("row had ended", ("p", "P13", "u", "2024-03-04"), "unmapped", [], "row-not-in-force"),
    ("code not there", ("p", "P99", "u", "2024-03-04"), "unmapped", [], "unknown-code"),
    ("system not there", ("x", "P1", "u", "2024-03-04"), "unmapped", [], "unknown-system"),
    ("target not there", ("p", "P1", "x", "2024-03-04"), "unmapped", [], "unknown-target"),
    ("no way there", ("p", "P1", "lone", "2024-03-04"), "unmapped", [], "no-crosswalk"),
    ("never read backwards", ("u", "U3", "p", "2024-03-04"), "unmapped", [], "no-crosswalk"),
    ("source retired", ("u", "U1", "c", "2024-03-04"), "retired", [], "source-ended"),
    ("source not born", ("u", "U5", "c", "2019-12-31"), "unmapped", [], "not-yet-valid"),
    ("already there", ("u", "U3", "u", "2024-03-04"), "equivalent", ["U3"], ""),
    ("chain keeps the weaker side", ("p", "P1", "c", "2005-06-01"), "equivalent", ["C1"], ""),
    ("chain of two narrower steps", ("p", "P1", "c", "2024-03-04"), "narrower", ["C1"], ""),
    ("chain that fans out", ("p", "P3", "c", "2024-03-04"), "ambiguous", ["C3", "C4"], ""),
    ("chain to a declared end", ("p", "P11", "c", "2024-03-04"), "no-equivalent", [], ""),
    ("chain of which half leads on", ("p", "P12", "c", "2024-03-04"), "ambiguous", ["C3", "C4"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "outcome", "codes", "note"), [pytest.param(*row[1:], id=row[0]) for row in CASES])
def test_outcomes(small: Release, asked: tuple[str, str, str, str], outcome: str, codes: list[str], note: str) -> None:
    system, code, target, day = asked
    answer = small.translate(system, code, target, date.fromisoformat(day))
    assert (answer.outcome, [match.code for match in answer.matches], answer.note) == (outcome, codes, note)
    assert answer.release == small.id
    assert answer is small.translate(system, code, target, date.fromisoformat(day)) or answer.note != ""


def test_a_retired_source_offers_who_is_in_force(small: Release) -> None:
    answer = small.translate("u", "U1", "c", TODAY)
    assert [concept.code for concept in answer.successors] == ["U2"]
    assert answer.to_json()["successors"][0]["display"] == "乙罪"


def test_a_retired_target_offers_its_successors(build: Build) -> None:
    release = build(crosswalks_p_u_csv=walk("P1,equivalent,U1"))
    answer = release.translate("p", "P1", "u", TODAY)
    assert (answer.outcome, [concept.code for concept in answer.successors]) == ("retired", ["U2"])


def test_several_retired_targets_offer_all_successors(build: Build) -> None:
    concepts = table("U1,甲,,yes,,2001-01-01,U3", "U2,乙,,yes,,2002-01-01,U4", "U3,丙,,yes", "U4,丁,,yes")
    release = build(
        tables_u_csv=concepts,
        crosswalks_p_u_csv=walk("P1,related,U1", "P1,related,U2", "P1,no-equivalent,,,,minor=true"),
        crosswalks_u_c_csv=walk(),
    )
    answer = release.translate("p", "P1", "u", TODAY)
    assert (answer.outcome, [concept.code for concept in answer.successors]) == ("retired", ["U3", "U4"])


def test_successors_are_followed_to_the_day_asked(build: Build) -> None:
    concepts = table(
        "U1,甲,,yes,,2001-01-01,U2|U3",
        "U2,乙,,yes,2001-01-01,2005-01-01,U4",
        "U3,丙,,yes,2001-01-01,2006-01-01",
        "U4,丁,,yes,2005-01-01",
    )
    release = build(tables_u_csv=concepts, crosswalks_p_u_csv=walk(), crosswalks_u_c_csv=walk("U1,equivalent,C1"))

    def successors(day: date) -> list[str]:
        return [concept.code for concept in release.translate("u", "U1", "c", day).successors]

    assert successors(date(2003, 1, 1)) == ["U2", "U3"]
    assert successors(date(2005, 6, 1)) == ["U4", "U3"]
    assert successors(TODAY) == ["U4"]


CONTEXTS: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("below the bound", {"amount": "999.99"}, "narrower", ["U3"]),
    ("at the bound", {"amount": "1000"}, "narrower", ["U6"]),
    ("no number", {"amount": "约一千"}, "ambiguous", ["U3", "U6"]),
    ("not a number", {"amount": "NaN"}, "ambiguous", ["U3", "U6"]),
    ("beside the point", {"minor": True}, "ambiguous", ["U3", "U6"]),
]


@pytest.mark.parametrize(("context", "outcome", "codes"), [pytest.param(*row[1:], id=row[0]) for row in CONTEXTS])
def test_conditions_on_the_context(small: Release, context: dict[str, Any], outcome: str, codes: list[str]) -> None:
    answer = small.translate("p", "P10", "u", TODAY, context)
    assert (answer.outcome, [match.code for match in answer.matches]) == (outcome, codes)


def test_a_match_tells_its_condition(small: Release) -> None:
    (match,) = small.translate("p", "P10", "u", TODAY, {"amount": "5"}).matches
    assert match.to_json()["condition"] == "amount<1000"


def test_a_condition_that_rules_all_rows_out_says_so(build: Build) -> None:
    release = build(crosswalks_p_u_csv=walk("P1,equivalent,U3,,,minor=true"))
    assert release.translate("p", "P1", "u", TODAY, {"minor": False}).note == "condition-unmet"
    assert release.translate("p", "P1", "u", TODAY, {"minor": True}).outcome == "equivalent"


@pytest.mark.parametrize(
    ("text", "context", "holds"),
    [
        ("minor=true", {"minor": True}, True),
        ("minor=true", {"minor": False}, False),
        ("minor!=true", {"minor": False}, True),
        ("minor=true", {}, None),
        ("article=第277条第5款", {"article": ["第277条", "第277条第5款"]}, True),
        ("article!=第277条第5款", {"article": ["第277条"]}, True),
        ("amount>=10 & amount<20", {"amount": 15}, True),
        ("amount>=10 & amount<20", {"amount": 20}, False),
        ("amount>10 & minor=true", {"amount": 5}, False),
        ("amount<=10 & minor=true", {"amount": 5}, None),
    ],
)
def test_what_a_condition_holds(text: str, context: dict[str, Any], holds: bool | None) -> None:
    assert Condition.parse(text).holds(context) is holds


def test_provenance_of_a_chain(small: Release) -> None:
    answer = small.translate("p", "P1", "c", TODAY)
    assert answer.path == ("p", "u", "c")
    (match,) = answer.matches
    assert (match.crosswalk, match.row, match.justification) == ("u--c", 3, "试验")
    (step,) = match.via
    assert (step.crosswalk, step.row, step.code, step.relationship) == ("p--u", 3, "U2", "narrower")
    body = match.to_json()
    assert (body["via"][0]["row"], body["version"]) == (3, "1")


def test_one_target_on_two_ways_is_only_related(build: Build) -> None:
    same = build(
        crosswalks_p_u_csv=walk("P1,broader,U3", "P1,broader,U6"),
        crosswalks_u_c_csv=walk("U3,equivalent,C3", "U6,equivalent,C3"),
    )
    assert same.translate("p", "P1", "c", TODAY).outcome == "broader"
    mixed = build(
        crosswalks_p_u_csv=walk("P1,broader,U3", "P1,broader,U6"),
        crosswalks_u_c_csv=walk("U3,equivalent,C3", "U6,narrower,C3"),
    )
    answer = mixed.translate("p", "P1", "c", TODAY)
    assert (answer.outcome, answer.matches[0].relationship) == ("ambiguous", "related")


def test_the_source_version_is_held_against_the_table(small: Release) -> None:
    assert small.translate("p", "P3", "u", TODAY, version="1").note == ""
    other = small.translate("p", "P3", "u", TODAY, version="2000")
    assert (other.outcome, other.note) == ("equivalent", "version-differs")


def test_routes(small: Release) -> None:
    assert small.engine.route("p", "c") == ("p", "u", "c")
    assert small.engine.route("p", "p") == ("p",)
    assert small.engine.route("c", "p") is None
    assert small.engine.route("x", "p") is None


def test_made_up_codes_fill_no_memory(small: Release) -> None:
    for number in range(50):
        small.translate("p", f"P{number + 1000}", "u", TODAY)
        small.translate(f"x{number}", "P1", "u", TODAY)
        small.translate("p", "P1", f"x{number}", TODAY)
    assert small.engine._timelines == {}
    assert all(key[0] in small.code_systems and key[1] in small.code_systems for key in small.engine._routes)


def test_outcomes_are_the_designs() -> None:
    assert set(OUTCOMES) == set(get_args(Outcome))
    assert len(OUTCOMES) == 7


@given(st.sampled_from(RELATIONSHIPS[:4]), st.sampled_from(RELATIONSHIPS[:4]), st.sampled_from(RELATIONSHIPS[:4]))
def test_relationships_compose_in_any_grouping(one: Relationship, two: Relationship, three: Relationship) -> None:
    assert composed("equivalent", one) == composed(one, "equivalent") == one
    assert composed(composed(one, two), three) == composed(one, composed(two, three))


@given(
    code=st.sampled_from([f"P{number}" for number in range(1, 14)]),
    target=st.sampled_from(["u", "c"]),
    day=st.dates(date(1995, 1, 1), date(2026, 1, 1)),
)
def test_the_stored_answer_is_the_computed_one(code: str, target: str, day: date) -> None:
    """Whatever was asked before, on the day itself and beside it: the lookup equals a fresh computation."""
    warm, cold = codebooks.build(FILES), codebooks.build(FILES)
    for near in (day - timedelta(days=1), day + timedelta(days=1)):
        warm.translate("p", code, target, near)
    answer = warm.translate("p", code, target, day)
    assert answer == cold.engine._answer("p", code, target, day, {})
    assert answer.outcome in OUTCOMES
    assert code not in [match.code for match in answer.matches]
    assert bool(answer.matches) == (answer.outcome in ("equivalent", "broader", "narrower", "ambiguous"))


def test_lookup_find_and_hierarchy(small: Release) -> None:
    table = small.system("u")
    assert small.systems() == ("c", "lone", "p", "u")
    assert [concept.code for concept in small.concepts("u", date(2003, 1, 1))] == ["U0", "U1", "U3", "U4", "U6"]
    assert len(small.concepts("u")) == 7
    assert table.subsumes("U0", "U1")
    assert table.subsumes("U1", "U1")
    assert not table.subsumes("U1", "U2")
    assert not table.subsumes("U0", "U9")
    assert [concept.code for concept in table.children("U0", TODAY)] == ["U2", "U3", "U5", "U6"]
    assert len(table.children("U0")) == 6
    assert small.lookup("u", "U1", TODAY) is None
    latest = small.lookup("u", "U1")
    assert latest is not None
    assert latest.to_json() == {
        "system": "u", "code": "U1", "display": "甲罪", "parent": "U0", "selectable": True, "valid_from": "2000-01-01",
        "valid_to": "2010-01-01", "successors": ["U2"],
    }  # fmt: skip
    assert small.lookup("u", "U9") is None
    with pytest.raises(CodebookError, match="unknown-system"):
        small.lookup("x", "U1")


@pytest.mark.parametrize(
    ("text", "day", "codes"),
    [
        ("甲罪", None, ["U1"]),
        ("甲", date(2005, 1, 1), ["U1"]),
        ("甲罪", TODAY, ["U2"]),
        ("甲罪", date(1990, 1, 1), []),
        ("U3", TODAY, ["U3"]),
        ("丁罪", TODAY, []),
        ("罪", None, []),
        ("没有", None, []),
        ("、", None, []),
    ],
)
def test_find_takes_any_form_of_a_name(small: Release, text: str, day: date | None, codes: list[str]) -> None:
    assert [concept.code for concept in small.find("u", text, day)] == codes
    assert [concept.code for concept in small.find("u", text, day)] == codes


def test_find_falls_back_on_names_that_contain_it(small: Release) -> None:
    assert [concept.code for concept in small.find("p", "丙")] == ["P3"]
    assert [concept.code for concept in small.find("c", "之一")] == ["C4"]
