"""One cell that is wrong: code, place, what was found, and words in both languages that say what is right."""

from __future__ import annotations

import csv
import io
import re

import pytest

from messages import catalogue
from messages.problems import ProblemList
from messages.rendering import problem_text, sentence
from standards.limits import LIMITS
from standards.organs import Organ, read
from standards.organs.columns import COLUMNS

GOOD = {"id": "court:35", "zh": "甲法院", "level": "provincial", "areas": "350000"}
BAD: dict[str, tuple[str, str, str, str]] = {
    "no id": ("id", "", "organ.cell-empty", ""),
    "no name": ("zh", "", "organ.cell-empty", ""),
    "no level": ("level", "", "organ.cell-empty", ""),
    "no type": ("id", "350102", "organ.id-form", "350102"),
    "a capital": ("id", "Court:35", "organ.id-form", "Court:35"),
    "a full-width colon": ("id", "court：35", "organ.id-form", "court：35"),
    "a code too long": ("id", f"court:{'1' * 33}", "organ.id-form", "1" * 33),
    "another type": ("id", "customs:35", "agency.unknown-type", "customs"),
    "another level": ("level", "乡级", "organ.level-unknown", "乡级"),
    "five digits": ("areas", "35000", "organ.area-form", "35000"),
    "a spreadsheet's number": ("areas", "3.5E+05", "organ.area-form", "3.5E+05"),
    "areas by spaces": ("areas", "350100 350200", "organ.area-form", "350100 350200"),
    "one of several": ("areas", "350100|0350", "organ.area-form", "0350"),
    "a place by name": ("areas", "福州", "organ.area-form", "福州"),
    "too many areas": ("areas", "|".join(map(str, range(350000, 350257))), "organ.areas-many", "257"),
    "no number": ("telephone", "见官网", "organ.telephone-form", "见官网"),
    "one of two": ("telephone", "110;办公室", "organ.telephone-form", "110;办公室"),
    "a plus": ("telephone", "+86 591-1", "organ.telephone-form", "+86 591-1"),
    "hours": ("hours", "周一至周五", "organ.hours-form", "周一至周五"),
    "a day": ("hours", "Mon 08:00-09:00", "organ.hours-day", "Mon"),
    "a day twice": ("hours", "Mo,Mo 08:00-09:00", "organ.hours-day-twice", "Mo,Mo"),
    "a span": ("hours", "Mo 09:00-08:00", "organ.hours-span", "09:00-08:00"),
    "two spans": ("hours", "Mo 08:00-10:00,09:00-11:00", "organ.hours-spans-overlap", "08:00-10:00,09:00-11:00"),
    "a formula for an area": ("areas", "=350000", "organ.area-form", "=350000"),
    "a line break in a number": ("telephone", "110\n119", "organ.telephone-form", "110"),
    "a line break between numbers": ("telephone", "110;\n119", "organ.telephone-form", "110;\n119"),
    "a hidden break between numbers": ("telephone", "110;\u2028119", "organ.telephone-form", "110;\u2028119"),
    "many numbers": ("telephone", ";".join(["12309"] * 40), "organ.telephone-form", "12309"),
    "a formula": ("notes", "=1+1", "organ.cell-formula", "=1+1"),
    "a full-width one": ("address", "＝HYPERLINK()", "organ.cell-formula", "＝HYPERLINK()"),
    "a formula elsewhere": ("传真", "@SUM(1)", "organ.cell-formula", "@SUM(1)"),
    "a line break": ("address", "甲\n乙", "organ.cell-control", ""),
    "a sign that turns the line": ("zh", "甲\u202e乙", "organ.cell-control", ""),
    "a name too long": ("zh", "甲" * 201, "organ.cell-long", "201"),
    "notes too long": ("notes", "甲" * 20_001, "organ.cell-long", "20001"),
    "another column too long": ("传真", "甲" * 20_001, "organ.cell-long", "20001"),
}


def table(**changed: str) -> bytes:
    """A table of one organ."""
    cells = {**GOOD, **changed}
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, list(cells))
    writer.writeheader()
    writer.writerow(cells)
    return made.getvalue().encode()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_cell_is_named_with_what_was_found(name: str) -> None:
    column, cell, code, shown = BAD[name]
    with pytest.raises(ProblemList) as caught:
        read(table(**{column: cell}), "t.csv")
    (problem,) = caught.value.problems
    line = 3 if "\n" in cell else 2
    assert (problem.code, problem.place) == (code, f"t.csv:{line} {column}")
    assert shown in sentence(problem, "zh")
    assert shown in sentence(problem, "en")
    assert catalogue()[code].remedy_zh
    for lang in ("zh", "en"):
        assert "{" not in problem_text(caught.value, "zh" if lang == "zh" else "en")


def test_a_number_with_a_country_code_says_to_leave_it_out() -> None:
    with pytest.raises(ProblemList) as caught:
        read(table(telephone="+86 591-12345678"), "t.csv")
    for lang in ("zh", "en"):
        assert "+86" in catalogue()["organ.telephone-form"].remedy("zh" if lang == "zh" else "en")
        assert "0591-" in problem_text(caught.value, "zh" if lang == "zh" else "en")
    assert "+86" not in catalogue()["organ.cell-formula"].remedy_en


def test_english_sentences_hold_no_chinese() -> None:
    for code, entry in catalogue().items():
        if code.startswith(("organ.", "cli.hub.organ")):
            assert not re.search("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", entry.en + entry.remedy_en), code


def test_lists_are_joined_as_the_language_does() -> None:
    raw = table(areas="3501|福州", level="x") + b"prison:1,x,county,350102\r\n"
    with pytest.raises(ProblemList) as caught:
        read(raw, "t.csv")
    assert "supreme, provincial, municipal, county, base" in problem_text(caught.value, "en")
    assert "supreme 最高、provincial 省级" in problem_text(caught.value, "zh")
    assert "、" not in problem_text(caught.value, "en")


def only(**changed: str) -> Organ:
    """The organ of a table of one."""
    (organ,) = read(table(**changed), "t.csv")
    return organ


@pytest.mark.parametrize("column", [name for name in COLUMNS if COLUMNS[name].free])
def test_cells_at_the_limit_are_read(column: str) -> None:
    longest = COLUMNS[column].longest
    assert getattr(only(**{column: "甲" * longest}), column) == "甲" * longest


def test_as_many_areas_as_there_may_be() -> None:
    assert len(only(areas="|".join(map(str, range(350000, 350000 + LIMITS.small)))).areas) == LIMITS.small


@pytest.mark.parametrize(
    "number", ["12309", "0591-12345678", "(0591) 1234 5678", "0591-12345678转801; 110", "110、119"]
)
def test_telephone_numbers_as_people_write_them(number: str) -> None:
    assert only(telephone=number).telephone == number
