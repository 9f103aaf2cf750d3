"""Edits between sets of release files: applied, told apart, conflicting; and that nothing gets lost between."""

from __future__ import annotations

import string
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codebooks
from codebooks import CodebookError, CodebookErrors
from codebooks.edits import Edit, apply, diff, merged_onto
from codebooks.rowfiles import RowFile, found_key, key_of, keyed, place_of, read
from codebooks.tables import COLUMNS
from tests.codebooks.small import FILES

TABLE, WALK = "tables/u.csv", "crosswalks/p--u.csv"


def row(file: str, key: str, files: Mapping[str, bytes] = FILES) -> dict[str, str]:
    """A row of the small release."""
    return dict(keyed(file, read(file, files[file]).rows)[key])


def changed(file: str, key: str, **cells: str) -> Edit:
    before = row(file, key)
    return Edit(file, key, before, {**before, **cells})


def test_shipped_files_are_written_as_they_are_read() -> None:
    for name, raw in codebooks.load().files.items():
        if name.endswith(".csv"):
            assert read(name, raw).encode() == raw, name


def test_no_two_rows_of_a_shipped_file_have_one_key() -> None:
    for name, raw in codebooks.load().files.items():
        if name.endswith(".csv"):
            rows = read(name, raw).rows
            assert len({key_of(name, cells) for cells in rows}) == len(rows), name


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        (Edit(TABLE, "U9", None, dict.fromkeys(COLUMNS, "") | {"code": "U9"}), "added"),
        (changed(TABLE, "U6", display="新名"), "changed"),
        (changed(TABLE, "U6", valid_to="2027-01-01"), "ended"),
        (changed(TABLE, "U6", valid_to="2027-01-01", successors="U3"), "ended"),
        (changed(TABLE, "U6", valid_to="2027-01-01", display="新名"), "changed"),
        (changed(TABLE, "U1@2000-01-01", valid_to="2011-01-01"), "changed"),
        (Edit(TABLE, "U6", row(TABLE, "U6"), None), "removed"),
    ],
)
def test_what_an_edit_is_called(edit: Edit, kind: str) -> None:
    assert edit.kind == kind
    assert Edit.from_json(edit.to_json()) == edit


def test_a_new_row_stands_by_its_neighbours() -> None:
    cells = dict.fromkeys(COLUMNS, "") | {"code": "U31", "display": "新罪", "selectable": "yes"}
    made = apply(FILES, [Edit(TABLE, "U31", None, cells)])
    codes = [found["code"] for found in read(TABLE, made[TABLE]).rows]
    assert codes == ["U0", "U1", "U2", "U3", "U31", "U4", "U5", "U6"]
    assert codebooks.build(made).lookup("u", "U31") is not None


def test_edits_of_one_row_one_after_another() -> None:
    first = changed(TABLE, "U6", display="一")
    second = Edit(TABLE, "U6", first.after, {**row(TABLE, "U6"), "display": "二"})
    assert row(TABLE, "U6", apply(FILES, [first, second]))["display"] == "二"


def test_a_conflict_names_the_row_and_both_values_and_leaves_everything() -> None:
    theirs = apply(FILES, [changed(TABLE, "U6", display="他人的")])
    with pytest.raises(CodebookErrors) as caught:
        apply(theirs, [changed(TABLE, "U5@2020-01-01", display="我的"), changed(TABLE, "U6", display="我的")])
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.params["key"]) == ("codebook.conflict", TABLE, "U6")
    assert (problem.params["mine"], problem.params["theirs"]) == ("display=我的", "display=他人的")
    assert row(TABLE, "U6", theirs)["display"] == "他人的"


def test_laid_on_another_release_the_same_change_is_no_conflict() -> None:
    mine = [changed(TABLE, "U6", display="同"), changed(TABLE, "U0", display="只有我")]
    theirs = apply(FILES, [changed(TABLE, "U6", display="同"), changed(TABLE, "U3", display="只有他")])
    names = [row(TABLE, key, merged_onto(theirs, mine))["display"] for key in ("U6", "U0", "U3")]
    assert names == ["同", "只有我", "只有他"]


def test_whole_files_come_and_go() -> None:
    other = {**FILES, "tables/new.toml": b'id = "new"\n', "tables/new.csv": b"code\n1\n"}
    there, back = diff(FILES, other), diff(other, FILES)
    assert apply(FILES, there) == other
    assert apply(other, back) == dict(FILES)
    assert {(edit.key, edit.kind) for edit in there} == {("", "added")}


def test_rolled_back_whole_even_the_order_of_rows_is_kept() -> None:
    lines = FILES[TABLE].splitlines(keepends=True)
    other = {**FILES, TABLE: b"".join([lines[0], *reversed(lines[1:])])}
    assert apply(FILES, diff(FILES, other, whole=True)) == other


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("U9", "codebook.no-row"), ("P8", "codebook.key-ambiguous")],
)
def test_a_row_that_is_not_told_exactly(wanted: str, code: str) -> None:
    rows = {**keyed(TABLE, read(TABLE, FILES[TABLE]).rows), **keyed(WALK, read(WALK, FILES[WALK]).rows)}
    with pytest.raises(CodebookError) as caught:
        found_key(TABLE, rows, wanted)
    assert caught.value.code == code


def test_a_row_is_found_by_the_beginning_of_its_key() -> None:
    assert found_key(TABLE, keyed(TABLE, read(TABLE, FILES[TABLE]).rows), "U1") == "U1@2000-01-01"
    assert found_key(WALK, keyed(WALK, read(WALK, FILES[WALK]).rows), "P2") == "P2:U2"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("gb.sex", "tables/gb.sex.csv"),
        ("gb.sex.csv", "tables/gb.sex.csv"),
        ("a--b", "crosswalks/a--b.csv"),
        ("targets", "targets.csv"),
        ("tables/x.toml", "tables/x.toml"),
    ],
)
def test_names_of_tables(name: str, file: str) -> None:
    assert place_of(name) == file


@pytest.mark.parametrize(
    "name", ["", "../secret", "tables/../x", "release.toml/x", "a b", "crosswalks/a.csv", "x/y.csv"]
)
def test_a_release_has_no_other_files(name: str) -> None:
    with pytest.raises(CodebookError, match="not-a-table"):
        place_of(name)


CELL = st.text(string.ascii_letters + "罪案,\"'=", max_size=6)


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    """One edit for each of some rows, and some new rows; each changes something."""
    made = []
    there = keyed(TABLE, read(TABLE, FILES[TABLE]).rows)
    for key in draw(st.lists(st.sampled_from(sorted(there)), unique=True)):
        before = dict(there[key])
        after = None if draw(st.booleans()) else {**before, "display": draw(CELL), "note": draw(CELL)}
        if after != before:
            made.append(Edit(TABLE, key, before, after))
    fresh = draw(st.lists(st.sampled_from([f"U{n}" for n in range(10, 40)]), unique=True))
    empty = dict.fromkeys(COLUMNS, "")
    return made + [Edit(TABLE, code, None, {**empty, "code": code, "display": draw(CELL)}) for code in fresh]


@given(edits())
@settings(max_examples=60)
def test_the_difference_that_edits_make_is_the_edits(made: list[Edit]) -> None:
    after = apply(FILES, made)
    found = diff(FILES, after)
    assert sorted(found, key=lambda edit: edit.key) == sorted(made, key=lambda edit: edit.key)
    assert apply(FILES, reversed(made)) == after
    assert diff(after, FILES) is not None
    kept = RowFile(COLUMNS, tuple(row for row in read(TABLE, after[TABLE]).rows if row["code"] < "U1"))
    assert read(TABLE, kept.encode()) == kept
