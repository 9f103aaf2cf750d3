"""Releases that nobody thought of: the engine against a plain reading of the rows, one code and one day at a time."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

import codebooks
from codebooks import CodebookError, CodebookErrors, Release
from codebooks.crosswalks import COLUMNS as ROW
from codebooks.engine import composed
from codebooks.formats.csv import export_crosswalk, export_table, import_crosswalk, import_table, kept
from codebooks.tables import COLUMNS as CONCEPT
from tests.codebooks.small import FILES, header

YEARS = ("", "1990", "2000", "2010", "2020")
CODES = 4
Cells = dict[str, str]


def day_of(year: str) -> str:
    return f"{year}-01-01" if year else ""


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, str]:
    first, last = sorted(draw(st.lists(st.integers(0, 4), min_size=2, max_size=2, unique=True)))
    return day_of(YEARS[first]), day_of(YEARS[last] if draw(st.booleans()) else "")


@st.composite
def tables(draw: st.DrawFn, letter: str) -> bytes:
    """Codes with one meaning, or two one after another; a parent that stands before; successors for what has ended."""
    rows: list[Cells] = []
    for number in range(CODES):
        code = f"{letter}{number}"
        begin, end = draw(spans())
        meanings = [(begin, end)]
        if end and draw(st.booleans()):
            meanings.append((end, ""))
        for turn, (since, until) in enumerate(meanings):
            heir = draw(st.sampled_from(["", f"{letter}{CODES}"])) if until else ""
            parent = f"{letter}{draw(st.integers(0, number - 1))}" if number and draw(st.booleans()) else ""
            rows.append(
                dict.fromkeys(CONCEPT, "")
                | {"code": code, "display": f"名{number}之{turn}", "parent": parent}
                | {"selectable": draw(st.sampled_from(["yes", "no"])), "valid_from": since, "valid_to": until}
                | {"successors": heir}
            )
    rows.append(dict.fromkeys(CONCEPT, "") | {"code": f"{letter}{CODES}", "display": "末", "selectable": "yes"})
    return kept(CONCEPT, rows)


@st.composite
def walks(draw: st.DrawFn, source: str, target: str) -> bytes:
    rows: dict[tuple[str, ...], Cells] = {}
    for number in range(draw(st.integers(0, 8))):
        begin, end = draw(spans())
        relationship = draw(st.sampled_from(["equivalent", "narrower", "broader", "related"]))
        row = {
            "source_code": f"{source}{draw(st.integers(0, CODES))}",
            "relationship": relationship,
            "target_code": f"{target}{draw(st.integers(0, CODES))}",
            "valid_from": begin,
            "valid_to": end,
            "condition": draw(st.sampled_from(["", "minor=true", "amount>=100"])),
            "justification": f"第{number}行",
            "by": "maker",
        }
        rows.setdefault((row["source_code"], row["target_code"]), row)
    for number in range(CODES):
        code = f"{source}{number}"
        if draw(st.booleans()) and not any(row["source_code"] == code for row in rows.values()):
            declared = {"source_code": code, "relationship": "no-equivalent", "justification": "无", "by": "maker"}
            rows[code,] = dict.fromkeys(ROW, "") | declared
    return kept(ROW, rows.values())


@st.composite
def releases(draw: st.DrawFn) -> Release:
    files = {
        **FILES,
        "tables/p.csv": draw(tables("P")),
        "tables/u.csv": draw(tables("U")),
        "tables/c.csv": draw(tables("C")),
        "crosswalks/p--u.csv": draw(walks("P", "U")),
        "crosswalks/u--c.csv": draw(walks("U", "C")),
        "tables/p.toml": header("p", "u"),
    }
    problems: tuple[CodebookError, ...] = ()
    try:
        return codebooks.build(files)
    except CodebookErrors as refused:
        problems = refused.problems
    assert {problem.code for problem in problems} == {"codebook.row-outside-validity"}
    bad = {problem.place for problem in problems}
    for name in ("crosswalks/p--u.csv", "crosswalks/u--c.csv"):
        lines = files[name].decode().splitlines()
        stay = [line for number, line in enumerate(lines, start=1) if f"{name}:{number}" not in bad]
        files[name] = "\n".join([*stay, ""]).encode()
    return codebooks.build(files)


DAYS = st.sampled_from([date(year, 6, 1) for year in (1985, 1990, 1995, 2000, 2005, 2010, 2015, 2020, 2025)])
CONTEXTS = st.fixed_dictionaries({}, optional={"minor": st.booleans(), "amount": st.sampled_from(["50", "100", "?"])})
Reached = dict[str, tuple[str, bool]]
"""What is reached, by code: the relationship, and whether it hangs on a condition that is open."""


def step(release: Release, name: str, code: str, day: date, context: dict[str, object]) -> Reached:
    """What the rows of one crosswalk say of a code on a day, read one by one."""
    walk = release.crosswalks[name]
    reached: Reached = {}
    for row in walk.rows:
        holds = True if row.condition is None else row.condition.holds(context)
        in_force = any(concept.valid_on(day) for concept in release.system(walk.target).by_code.get(row.target, ()))
        if row.source == code and row.target and row.valid_on(day) and in_force and holds is not False:
            reached[row.target] = (row.relationship, holds is None)
    return reached


@settings(max_examples=150)
@given(releases(), DAYS, CONTEXTS)
def test_the_engine_says_what_the_rows_say(release: Release, day: date, context: dict[str, object]) -> None:
    for code in release.system("p").by_code:
        answer = release.translate("p", code, "u", day, context)
        in_force = release.lookup("p", code, day) is not None
        expected = step(release, "p--u", code, day, context) if in_force else {}
        found = {match.code: (match.relationship, match.open) for match in answer.matches}
        assert found == expected
        single = len(expected) == 1 and next(iter(expected.values()))
        if single and single[0] != "related" and not single[1]:
            assert answer.outcome == single[0]
        elif expected:
            assert answer.outcome == "ambiguous"
        else:
            assert answer.outcome in ("retired", "no-equivalent", "unmapped")
        for match in answer.matches:
            others = [
                other
                for other in release.system("p").by_code
                if release.lookup("p", other, day) is not None
                and any(row.source == other and row.target == match.code and row.valid_on(day)
                        for row in release.crosswalks["p--u"].rows)
            ]  # fmt: skip
            assert match.sources == len(others)


@settings(max_examples=100)
@given(releases(), DAYS, CONTEXTS)
def test_a_chain_says_what_its_steps_say(release: Release, day: date, context: dict[str, object]) -> None:
    for code in release.system("p").by_code:
        answer = release.translate("p", code, "c", day, context)
        expected: dict[str, set[str]] = {}
        if release.lookup("p", code, day) is not None:
            for middle, (first, _) in step(release, "p--u", code, day, context).items():
                for end, (then, _) in step(release, "u--c", middle, day, context).items():
                    expected.setdefault(end, set()).add(composed(first, then))  # type: ignore[arg-type]
        assert {match.code for match in answer.matches} == set(expected)
        for match in answer.matches:
            ways = expected[match.code]
            assert match.relationship == (next(iter(ways)) if len(ways) == 1 else "related")
        assert answer.path == ("p", "u", "c")


@settings(max_examples=50)
@given(releases())
def test_any_release_goes_out_and_comes_back(release: Release) -> None:
    for name in ("p", "u", "c"):
        system = release.system(name)
        assert import_table(system.header, export_table(system)).content == release.files[f"tables/{name}.csv"]
    for name in ("p--u", "u--c"):
        back = import_crosswalk(name, export_crosswalk(release.crosswalks[name]), release.code_systems)
        assert back.content == release.files[f"crosswalks/{name}.csv"]


@settings(max_examples=50)
@given(releases(), DAYS)
def test_what_validates_is_in_force_and_selectable(release: Release, day: date) -> None:
    for code in [*release.system("u").by_code, "U99"]:
        verdict = release.validate("u", code, day)
        concept = release.lookup("u", code, day)
        assert verdict.valid == (concept is not None and concept.selectable)
        assert all(heir.valid_to > day for heir in verdict.successors)
        assert (verdict.concept is None) == (code == "U99")
