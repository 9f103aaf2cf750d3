"""What an answer tells besides its outcome: cardinality, open conditions, headings, versions, provenance, releases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import OUTCOMES, CodebookError, Release, Translation
from codebooks.batch import MAX_ITEMS, translate_batch, translate_each
from codebooks.conversion import annex_entries, findings
from messages import catalogue
from tests.codebooks.small import FILES, header, table, walk

Build = Callable[..., Release]
TODAY = date(2024, 3, 4)

CARDINALITIES = [
    ("shared with another code", ("p", "P2", "u", "2024-03-04"), "n:1"),
    ("shared in another time", ("p", "P1", "u", "2005-06-01"), "n:1"),
    ("several candidates", ("p", "P8", "u", "2024-03-04"), "n:n"),
    ("no step", ("u", "U3", "u", "2024-03-04"), "1:1"),
    ("nothing found", ("p", "P6", "u", "2024-03-04"), ""),
    ("over a chain", ("p", "P1", "c", "2005-06-01"), "n:1"),
]


@pytest.mark.parametrize(("asked", "cardinality"), [pytest.param(*row[1:], id=row[0]) for row in CARDINALITIES])
def test_cardinality_is_computed(small: Release, asked: tuple[str, str, str, str], cardinality: str) -> None:
    system, code, target, day = asked
    assert small.translate(system, code, target, date.fromisoformat(day)).cardinality == cardinality


def test_cardinality_changes_with_the_rows_of_other_codes(build: Build) -> None:
    """The answer for P1 is stored once a stretch of time; another code's row begins in the middle of it."""
    release = build(
        crosswalks_p_u_csv=walk("P1,equivalent,U3", "P2,narrower,U3,2010-01-01,2012-01-01"),
        crosswalks_u_c_csv=walk("U3,broader,C3", "U3,broader,C4"),
    )
    days = [date(year, 6, 1) for year in (2009, 2010, 2011, 2012)]
    assert [release.translate("p", "P1", "u", day).cardinality for day in days] == ["1:1", "n:1", "n:1", "1:1"]
    assert [release.translate("p", "P1", "c", day).cardinality for day in days] == ["1:n", "n:n", "n:n", "1:n"]
    (match,) = release.translate("p", "P1", "u", days[1]).matches
    assert (match.sources, match.to_json()["sources"]) == (2, 2)


def test_an_undecided_condition_is_never_equivalent(build: Build) -> None:
    release = build(crosswalks_p_u_csv=walk("P1,equivalent,U3,,,minor=true", "P2,equivalent,U3"))
    open_ = release.translate("p", "P1", "c", TODAY)
    assert (open_.outcome, open_.note) == ("ambiguous", "condition-open")
    assert all(match.open and match.to_json()["condition_open"] for match in open_.matches)
    (match,) = release.translate("p", "P1", "u", TODAY, {"minor": True}).matches
    assert not match.open
    assert release.translate("p", "P2", "u", TODAY).outcome == "equivalent"


def test_a_heading_among_the_candidates_is_told(build: Build) -> None:
    release = build(crosswalks_p_u_csv=walk("P1,narrower,U0"))
    (match,) = release.translate("p", "P1", "u", TODAY).matches
    assert match.to_json()["selectable"] is False


def test_an_answer_tells_what_the_code_meant_then(build: Build) -> None:
    """GB/T 2260 gives codes to other places: the day decides which place is meant."""
    release = build(
        tables_u_csv=table("U1,旧县,,yes,,1990-01-01", "U1,新区,,yes,2000-01-01", "U3,别处,,yes"),
        crosswalks_p_u_csv=walk(),
        crosswalks_u_c_csv=walk("U1,equivalent,C1,,1990-01-01", "U1,equivalent,C3,2000-01-01"),
    )
    old, between, new = (release.translate("u", "U1", "c", date(year, 1, 1)) for year in (1985, 1995, 2005))
    assert [answer.source.display if answer.source else "" for answer in (old, between, new)] == [
        "旧县",
        "旧县",
        "新区",
    ]
    assert [[match.code for match in answer.matches] for answer in (old, between, new)] == [["C1"], [], ["C3"]]
    assert (between.outcome, between.note) == ("retired", "source-ended")
    assert between.to_json()["source"]["valid_to"] == "1990-01-01"


def test_who_says_so_is_told(small: Release) -> None:
    answer = small.translate("p", "P1", "c", TODAY).to_json()
    assert answer["release"] == small.id
    match = answer["matches"][0]
    assert (match["by"], match["via"][0]["by"], match["crosswalk"], match["row"]) == ("maker", "maker", "u--c", 3)


def test_releases_stand_side_by_side() -> None:
    before, after = codebooks.build(FILES), codebooks.build({**FILES, "crosswalks/p--u.csv": walk("P1,equivalent,U6")})
    answers = [release.translate("p", "P1", "u", TODAY) for release in (before, after, before)]
    assert [answer.matches[0].code for answer in answers] == ["U2", "U6", "U2"]
    assert [answer.release for answer in answers] == [before.id, after.id, before.id]
    assert before.digest != after.digest


def versioned(version: str) -> dict[str, object]:
    return {"x": {"codings": [{"system": "p", "version": version, "code": "P3"}]}}


def test_an_unknown_version_is_a_finding(build: Build) -> None:
    head = header("p", "u") + b'earlier_versions = ["0"]\n'
    release = build(tables_p_toml=head, crosswalks_u_c_csv=walk("U3,equivalent,C3"))
    (finding,) = findings(annex_entries(versioned("9"), "court", TODAY, release))
    assert (finding["code"], finding["params"]["version"]) == ("code.version-differs", "9")
    assert finding["code"] in catalogue()
    assert release.translate("p", "P3", "c", TODAY, version="9").note == "version-differs"
    for known in ("0", "1", ""):
        assert findings(annex_entries(versioned(known), "court", TODAY, release)) == []


def test_hierarchy(small: Release) -> None:
    assert [concept.code for concept in small.parents("u", "U2", TODAY)] == ["U0"]
    assert small.parents("u", "U0") == small.parents("u", "U9") == ()
    assert [concept.code for concept in small.children("u", "U0", date(2003, 1, 1))] == ["U1", "U3", "U4", "U6"]
    asked = [("U2", "U2"), ("U0", "U2"), ("U2", "U0"), ("U2", "U3"), ("U2", "U1"), ("U9", "U2")]
    found = [small.subsumes("u", one, other, TODAY) for one, other in asked]
    assert found == ["equivalent", "subsumes", "subsumed-by", "not-subsumed", None, None]
    with pytest.raises(CodebookError, match="unknown-system"):
        small.subsumes("x", "U0", "U2")


@pytest.mark.parametrize("system", ["unified.crime", "police.case-class", "court.cause", "gb.division"])
def test_subsumption_of_the_shipped_tables_is_an_order(shipped: Release, system: str) -> None:
    found = shipped.system(system)
    for concept in found.concepts[::7]:
        day = None if found.at(concept.code, None) is concept else concept.valid_from
        if day == date.min:
            continue
        above = shipped.parents(system, concept.code, day)
        assert len(set(above)) == len(above)
        for parent in above:
            if found.at(parent.code, day) is parent:
                assert shipped.subsumes(system, parent.code, concept.code, day) == "subsumes"
                assert shipped.subsumes(system, concept.code, parent.code, day) == "subsumed-by"


VALIDATIONS = [
    ("fine", ("U2", None, None), True, []),
    ("by an older name's form", ("U2", "乙", None), True, []),
    ("not there", ("U9", None, None), False, ["unknown-code"]),
    ("ended", ("U1", None, None), False, ["ended"]),
    ("heading", ("U0", None, None), False, ["heading"]),
    ("another name", ("U2", "丙罪", None), False, ["display-differs"]),
    ("another version", ("U2", None, "7"), True, ["version-differs"]),
    ("all at once", ("U1", "丙罪", "7"), False, ["ended", "display-differs", "version-differs"]),
]


@pytest.mark.parametrize(("asked", "valid", "reasons"), [pytest.param(*row[1:], id=row[0]) for row in VALIDATIONS])
def test_validation(small: Release, asked: tuple[str, str | None, str | None], valid: bool, reasons: list[str]) -> None:
    code, display, version = asked
    found = small.validate("u", code, TODAY, display=display, version=version)
    assert (found.valid, list(found.reasons)) == (valid, reasons)
    body = found.to_json()
    assert body["valid"] is valid
    assert ("concept" in body) == (code != "U9")
    assert [concept["code"] for concept in body.get("successors", [])] == (["U2"] if code == "U1" else [])


def test_validation_before_its_time(small: Release) -> None:
    assert small.validate("u", "U5", date(2019, 12, 31)).reasons == ("not-yet-valid",)


def test_a_batch_answers_item_by_item(small: Release) -> None:
    items = [
        {"system": "p", "code": "P1", "target": "u", "as_of": "2005-06-01"},
        {"system": "p", "code": "P10", "context": {"amount": "5"}},
        {"system": "p", "code": "P1", "as_of": "2005-6-1"},
        {"system": "p"},
        "P1",
        {"system": "p", "code": "P1", "context": [1]},
        {"system": "p", "code": "P1", "version": 3},
        {"system": "p", "code": "P" * 300},
        {"system": "p", "code": "P99"},
    ]
    answers = translate_each(small, items, TODAY, "u")
    texts = [json.loads(answer) for answer in translate_batch(small, items, TODAY, "u")]
    assert texts == [{name: value for name, value in answer.items() if name != "release"} for answer in answers]
    assert [answer.get("outcome", answer.get("error", {}).get("place")) for answer in answers] == [
        "equivalent", "narrower", "/2/as_of", "/3/code", "/4", "/5/context", "/6/version", "/7/code", "unmapped",
    ]  # fmt: skip
    assert {answer["error"]["code"] for answer in answers if "error" in answer} <= set(catalogue())


def test_a_batch_has_a_limit(small: Release) -> None:
    item = {"system": "p", "code": "P2", "target": "u"}
    assert len(translate_batch(small, [item] * MAX_ITEMS, TODAY)) == MAX_ITEMS
    with pytest.raises(CodebookError, match="batch-too-large"):
        translate_batch(small, [item] * (MAX_ITEMS + 1), TODAY)
    assert len(translate_each(small, [item] * (MAX_ITEMS + 1), TODAY)) == MAX_ITEMS + 1


_ROUTED = [
    *sorted((walk_.source, walk_.target) for walk_ in codebooks.load().crosswalks.values()),
    ("police.case-class", "court.cause"),
    ("police.case-class", "procuratorate.crime"),
    ("court.cause", "police.case-class"),
]


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, str, str, date]:
    system, target = draw(st.sampled_from(_ROUTED))
    code = draw(st.sampled_from(sorted(codebooks.load().system(system).by_code)))
    return system, code, target, draw(st.dates(date(1979, 1, 1), date(2030, 1, 1)))


@given(questions())
def test_every_answer_over_the_shipped_tables_keeps_its_word(asked: tuple[str, str, str, date]) -> None:
    system, code, target, day = asked
    release = codebooks.load()
    answer = release.translate(system, code, target, day)
    assert answer.outcome in OUTCOMES
    assert answer.path[0] == system
    assert answer.release == release.id
    assert bool(answer.matches) == (answer.outcome in ("equivalent", "broader", "narrower", "ambiguous"))
    assert (len(answer.matches) == 1) or answer.outcome in ("ambiguous", "retired", "no-equivalent", "unmapped")
    if answer.outcome == "equivalent":
        assert answer.matches[0].relationship == "equivalent"
    keys = [match.code for match in answer.matches]
    assert len(set(keys)) == len(keys)
    for match in answer.matches:
        _stands(release, answer, match.code, target, day)
    for concept in answer.successors:
        assert concept.valid_on(day) or concept.valid_from > day
    assert answer == release.translate(system, code, target, day)


def _stands(release: Release, answer: Translation, code: str, target: str, day: date) -> None:
    """The candidate is in force, comes from the row that it names, and counts at least the code itself."""
    match = next(match for match in answer.matches if match.code == code)
    concept = release.lookup(target, code, day)
    assert concept is not None
    assert concept.display == match.display
    rows = {row.line: row for row in release.crosswalks[match.crosswalk].rows}
    assert rows[match.row].target == code
    assert rows[match.row].valid_on(day)
    assert match.justification
    assert match.by
    assert match.sources >= 1
    assert len(match.via) == len(answer.path) - 2
