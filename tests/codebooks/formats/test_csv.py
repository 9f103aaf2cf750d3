"""CSV out and in: the same table comes back; what a desk does to a file is noted or refused by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import CodebookError, CodebookErrors, Header, Release
from codebooks.concepts import CodeSystem
from codebooks.crosswalks import COLUMNS as WALK
from codebooks.formats.csv import (
    concept_cells,
    export_crosswalk,
    export_table,
    guarded,
    import_crosswalk,
    import_table,
    kept,
    unguarded,
)
from codebooks.formats.text import read_limited
from codebooks.rows import MAX_BYTES
from codebooks.tables import COLUMNS
from codebooks.tables import system as table_of
from messages import catalogue

HEAD = Header("t", "表", "table", "p", "i", "1", "s", r"[0-9]{6}|[A-Z]\d*")


def csv_of(*lines: str, columns: str = ",".join(COLUMNS)) -> bytes:
    return "\n".join([columns, *lines, ""]).encode()


def full(code: str, display: str, rest: str = ",yes,,,,,,") -> str:
    return f"{code},{display},{rest}"


GOOD = csv_of(full("011000", "甲案"), full("011001", "乙案"))


def again(system: CodeSystem, raw: bytes) -> CodeSystem:
    problems: list[CodebookError] = []
    found = table_of(system.header, import_table(system.header, raw).content, "t.csv", problems)
    assert problems == []
    return found


@pytest.mark.parametrize("name", codebooks.load().systems())
def test_every_shipped_table_goes_out_and_comes_back(shipped: Release, name: str) -> None:
    system = shipped.system(name)
    back = import_table(system.header, export_table(system))
    assert back.content == shipped.files[f"tables/{name}.csv"].replace(b"\r\n", b"\n")
    assert [concept_cells(concept) for concept in system.concepts] == list(back.rows)


@pytest.mark.parametrize("name", sorted(codebooks.load().crosswalks))
def test_every_shipped_crosswalk_goes_out_and_comes_back(shipped: Release, name: str) -> None:
    back = import_crosswalk(name, export_crosswalk(shipped.crosswalks[name]), shipped.code_systems)
    assert back.content == shipped.files[f"crosswalks/{name}.csv"].replace(b"\r\n", b"\n")
    assert back.notes == ()


DESKS: list[tuple[str, bytes, list[str]]] = [
    ("as it is kept", GOOD, []),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, ["note-bom"]),
    ("GB18030", GOOD.decode().encode("gb18030"), ["note-encoding"]),
    ("line ends of Windows", GOOD.replace(b"\n", b"\r\n"), []),
    ("no last line end", GOOD.rstrip(b"\n"), []),
    ("empty rows at the end", GOOD + b",,,,,,,,,\n\n", ["note-empty-rows"]),
    ("a column of nothing", GOOD.replace(b"\n", b",\n"), []),
    (
        "columns in another order",
        csv_of("甲案,011000,,yes,,,,,,", "乙案,011001,,yes,,,,,,", columns="display,code," + ",".join(COLUMNS[2:])),
        ["note-columns-order"],
    ),
    (
        "code and name alone",
        csv_of("011000,甲案", "011001,乙案", columns="code,display"),
        ["note-columns-absent"],
    ),
]


@pytest.mark.parametrize(("raw", "notes"), [pytest.param(*row[1:], id=row[0]) for row in DESKS])
def test_what_a_desk_does_is_noted(raw: bytes, notes: list[str]) -> None:
    back = import_table(HEAD, raw)
    assert back.content == GOOD
    assert [note.code for note in back.notes] == [f"codebook.{name}" for name in notes]
    assert all(note.code in catalogue() for note in back.notes)


DAMAGED = csv_of(full("A1", "组织他人偷越国边境案")).replace(b"\xe5\xa2\x83", b"\xe5\xff\x83")
REFUSED: list[tuple[str, bytes, list[tuple[str, int]]]] = [
    ("what a spreadsheet made of codes", csv_of(full("1.1E+04", "甲"), full("11001", "乙")),
     [("cell-damaged", 2), ("code-shape", 3)]),
    ("a duplicate and a missing name", csv_of(full("A1", "甲"), full("A1", "乙"), full("A2", "")),
     [("duplicate-code", 3), ("cell-missing", 4)]),
    ("a cell of two lines", csv_of('A1,"甲\n乙",,yes,,,,,,', full("A1", "丙"), full("A1", "丁")),
     [("cell-spaces", 3), ("duplicate-code", 5)]),
    ("an empty row between", csv_of(full("A1", "甲"), ",,,,,,,,,", full("A2", "乙")), [("row-empty", 3)]),
    ("a cell too many", csv_of(full("A1", "甲") + ",x"), [("row-width", 2)]),
    ("a cell too few", csv_of("A1,甲,,yes"), [("row-width", 2)]),
    ("a date that is none", csv_of("A1,甲,,yes,2020/1/1,,,,,"), [("cell-date", 2)]),
    ("a loop of parents", csv_of(full("A1", "甲", "A2,yes,,,,,,"), full("A2", "乙", "A1,yes,,,,,,")),
     [("parent-loop", 2), ("parent-loop", 3)]),
    ("a quote that never ends", csv_of('A1,"甲'), [("row-quoting", 2)]),
    ("a column that is none", csv_of(columns="code,display,颜色"), [("columns-unknown", 1)]),
    ("a column missing", csv_of("A1", columns="code"), [("columns-missing", 1)]),
    ("a column twice", csv_of(columns="code,display,code"), [("columns-repeated", 1)]),
    ("nothing", b"", [("columns-missing", 1)]),
    ("UTF-16", GOOD.decode().encode("utf-16"), [("file-encoding", 1)]),
    ("a NUL", GOOD + b"\0", [("file-encoding", 4)]),
    ("UTF-8 with one damaged byte", DAMAGED, [("file-encoding", 2)]),
    ("Big5", csv_of(full("A1", "組織他人偷越國邊境罪、竊盜罪")).decode().encode("big5"), [("file-encoding", 2)]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_bad_rows_are_refused_by_line(raw: bytes, expected: list[tuple[str, int]]) -> None:
    with pytest.raises(CodebookErrors) as caught:
        import_table(HEAD, raw, "t.csv")
    found = [(problem.code, problem.place) for problem in caught.value.problems]
    assert found == [(f"codebook.{code}", f"t.csv:{line}") for code, line in expected]
    assert all(problem.code in catalogue() for problem in caught.value.problems)


def test_a_crosswalk_is_refused_by_line(small: Release) -> None:
    raw = csv_of("P1,equal,U3,,,,x,me", "P2,equivalent,U99,,,,x,me", "P3,equivalent,U3,,,,,", columns=",".join(WALK))
    with pytest.raises(CodebookErrors) as caught:
        import_crosswalk("p--u", raw, small.code_systems)
    assert [problem.place for problem in caught.value.problems] == ["p--u.csv:2", "p--u.csv:3", "p--u.csv:4"]
    with pytest.raises(CodebookErrors, match="unknown-system"):
        import_crosswalk("p--x", raw, small.code_systems)


class Endless(io.RawIOBase):
    """A file that would go on for ever; it counts what was asked of it."""

    asked = 0

    def read(self, size: int = -1, /) -> bytes:
        self.asked += size
        return b"x" * size


def test_a_file_of_300_mb_is_refused_early(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as out:
        out.truncate(300 * 1024 * 1024)
    with pytest.raises(CodebookError, match="file-too-large"):
        read_limited(large, "large.csv")
    endless = Endless()
    with pytest.raises(CodebookError, match="file-too-large"):
        read_limited(endless, "-")  # type: ignore[arg-type]
    assert endless.asked == MAX_BYTES + 1
    small = tmp_path / "small.csv"
    small.write_bytes(GOOD)
    assert read_limited(small, "small.csv") == GOOD


FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "'=1", "''@x", "'", "'x", "甲=乙", ""]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_runs_and_every_cell_comes_back(cell: str) -> None:
    safe = guarded(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert unguarded(safe) == cell


@given(st.text(alphabet="='+-@＝\t甲A", max_size=6))
def test_guarding_loses_nothing(cell: str) -> None:
    safe = guarded(cell)
    assert unguarded(safe) == cell
    assert safe == cell or safe == f"'{cell}"
    assert not safe.startswith(("=", "+", "-", "@", "＝", "\t"))


Build = Callable[..., Release]


def test_formulas_in_a_table_go_out_safe(build: Build) -> None:
    lines = ["=1+1,,yes", "'=2,,yes", "@x,,yes"]
    raw = csv_of(*(f"U{number},{rest},,,,,," for number, rest in enumerate(lines)))
    system = build(tables_u_csv=raw, crosswalks_p_u_csv=csv_of(columns=",".join(WALK)),
                   crosswalks_u_c_csv=csv_of(columns=",".join(WALK))).system("u")  # fmt: skip
    made = export_table(system)
    cells = [row[1] for row in csv.reader(io.StringIO(made.decode(), newline=""))][1:]
    assert cells == ["'=1+1", "''=2", "'@x"]
    back = import_table(system.header, made)
    assert [row["display"] for row in back.rows] == ["=1+1", "'=2", "@x"]
    assert [note.code for note in back.notes] == ["codebook.note-unguarded"]


_NAME = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)


@st.composite
def systems(draw: st.DrawFn) -> CodeSystem:
    """Tables with parents, validity, successors and names of any letters and signs."""
    count = draw(st.integers(1, 8))
    rows = []
    for number in range(count):
        ended = number + 1 < count and draw(st.booleans())
        rows.append(
            {
                "code": f"X{number}",
                "display": draw(_NAME),
                "parent": f"X{draw(st.integers(0, number - 1))}" if number and draw(st.booleans()) else "",
                "selectable": draw(st.sampled_from(["yes", "no"])),
                "valid_from": draw(st.sampled_from(["", "1997-10-01"])),
                "valid_to": "2020-01-01" if ended else "",
                "successors": f"X{count - 1}" if ended else "",
                "aliases": draw(_NAME.filter(lambda name: "|" not in name)),
                "article": draw(st.sampled_from(["", "第264条", "=264"])),
                "note": draw(st.just("") | _NAME),
            }
        )
    problems: list[CodebookError] = []
    made = table_of(HEAD, kept(COLUMNS, rows), "t.csv", problems)
    if problems:  # a name that looks like what a spreadsheet leaves behind
        return draw(systems())
    return made


@given(systems())
def test_any_table_goes_out_and_comes_back(system: CodeSystem) -> None:
    assert again(system, export_table(system)) == system
