"""The calendar: years that maintainers add as CSV, what they may look like, and how terms use them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from messages.problems import Problem
from standards.terms.calendars import LARGEST, OFFICIAL, read_folder, with_years
from standards.terms.deadlines import due

# An invented arrangement of a year that no package knows.
FAR = """date,kind,name
2099-01-01,off,元旦
2099-01-02,off,元旦
2099-01-04,work,元旦调休

2098-12-31,off,元旦
"""


def test_a_year_is_honoured_without_code() -> None:
    unknown = due(date(2098, 12, 27), "P5D", custody=False)
    assert unknown.provisional
    assert OFFICIAL.is_workday(date(2099, 1, 1)) is None
    calendar = with_years(OFFICIAL, {"2099.csv": FAR.encode()})
    answers = [calendar.is_workday(date(2099, 1, number)) for number in range(1, 6)]
    assert answers == [False, False, False, True, True], "the second is a Friday, the third a Saturday"
    found = due(date(2098, 12, 28), "P5D", custody=False, calendar=calendar)
    assert (found.at, found.provisional, found.rolled) == (date(2099, 1, 4), False, True)


def test_days_of_the_year_before_count_but_do_not_make_that_year_known() -> None:
    calendar = with_years(OFFICIAL, {"2099.csv": FAR.encode()})
    assert calendar.is_workday(date(2098, 12, 31)) is False
    assert calendar.is_workday(date(2098, 12, 30)) is None


def test_a_file_corrects_single_days_of_a_known_year() -> None:
    calendar = with_years(OFFICIAL, {"2024.csv": b"date,kind,name\n2024-03-04,off,x\n"})
    assert calendar.is_workday(date(2024, 3, 4)) is False
    assert calendar.is_workday(date(2024, 2, 12)) is False, "the package's other days stay"
    assert calendar.is_workday(date(2024, 2, 18)) is True


def test_every_finding_names_the_files_that_counted() -> None:
    calendar = with_years(OFFICIAL, {"2099.csv": FAR.encode()})
    other = with_years(OFFICIAL, {"2099.csv": FAR.replace("01-02", "01-05").encode()})
    assert calendar.version.startswith(f"{OFFICIAL.version} + 2099.csv sha256:")
    assert calendar.version != other.version
    assert due(date(2099, 1, 1), "P3D", custody=True, calendar=calendar).calendar == calendar.version


@pytest.mark.parametrize("raw", [FAR.encode("utf-8-sig"), FAR.encode("gb18030"), FAR.replace("\n", "\r\n").encode()])
def test_what_a_spreadsheet_saves_is_read(raw: bytes) -> None:
    assert with_years(OFFICIAL, {"2099.csv": raw}).is_workday(date(2099, 1, 2)) is False


BAD = {
    "another name": ("holidays.csv", FAR, "calendar.bad-name", "holidays.csv"),
    "no columns": ("2099.csv", "2099-01-01,off,元旦\n", "calendar.bad-columns", "2099.csv:1"),
    "no such day": ("2099.csv", "date,kind,name\n2099-02-29,off,x\n", "calendar.bad-date", "2099.csv:2"),
    "a spreadsheet's date": ("2099.csv", "date,kind,name\n2099/1/1,off,x\n", "calendar.bad-date", "2099.csv:2"),
    "another kind": ("2099.csv", "date,kind,name\n2099-01-01,休,x\n", "calendar.bad-kind", "2099.csv:2"),
    "no kind": ("2099.csv", "date,kind,name\n2099-01-01\n", "calendar.bad-kind", "2099.csv:2"),
    "another year": ("2099.csv", "date,kind,name\n2089-01-01,off,x\n", "calendar.wrong-year", "2099.csv:2"),
    "off and worked": (
        "2099.csv",
        "date,kind,name\n2099-01-01,off,x\n2099-01-01,work,x\n",
        "calendar.twice",
        "2099.csv:3",
    ),
    "nothing off": ("2099.csv", "date,kind,name\n2099-01-04,work,x\n", "calendar.empty", "2099.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_by_line(case: str) -> None:
    name, words, code, place = BAD[case]
    with pytest.raises(Problem) as caught:
        with_years(OFFICIAL, {name: words.encode()})
    assert (caught.value.code, caught.value.place) == (code, place)


@pytest.mark.parametrize(
    ("raw", "code"), [(b"\xff\xff\xff", "calendar.bad-encoding"), (b"x" * (LARGEST + 1), "calendar.too-large")]
)
def test_what_is_no_text_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Problem) as caught:
        with_years(OFFICIAL, {"2099.csv": raw})
    assert caught.value.code == code


def test_a_folder_need_not_exist(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "calendars") == {}
    assert with_years(OFFICIAL, {}) is OFFICIAL
    (tmp_path / "2099.csv").write_text(FAR, "utf-8")
    (tmp_path / "README.md").write_text("x", "utf-8")
    assert list(read_folder(tmp_path)) == ["2099.csv"]
