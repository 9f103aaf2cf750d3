"""What the tables hold, fact by fact: rows, replaced crimes, codes given away twice, corrections of the sources."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from codebooks import OPEN_END, CodeSystem, Concept, Release

TODAY = date(2024, 3, 4)
# system: (codes, rows, without publisher's text: a stand-in)
ROWS = {
    "court.case-type": (37, 37, False), "court.cause": (558, 558, False), "court.certificate-type": (6, 6, True),
    "court.closing-method": (231, 231, False), "court.coercive-measure": (6, 6, True),
    "court.document-kind": (8, 8, False), "court.ethnic-group": (57, 57, True), "court.level": (5, 5, False),
    "court.procedure": (205, 205, False), "court.region": (34, 34, False), "court.sex": (3, 3, False),
    "gb.country": (258, 258, False),
    "gb.division": (7041, 7369, False), "gb.education": (36, 36, False), "gb.employment-status": (13, 13, False),
    "gb.ethnic-group": (56, 56, False), "gb.family-relation": (85, 85, False), "gb.marital-status": (8, 8, False),
    "gb.political-status": (13, 13, False), "gb.sex": (4, 4, False), "police.case-class": (693, 693, False),
    "police.case-type": (2, 2, True), "police.certificate-type": (49, 49, False),
    "police.coercive-measure": (4, 4, False), "police.coercive-measure-2": (4, 4, False),
    "police.custody-handover-reason": (4, 4, False), "police.disposal": (45, 45, False),
    "police.ethnic-group": (59, 59, False), "police.marital-status": (8, 8, False),
    "police.person-type": (29, 29, False), "police.political-status": (14, 14, False),
    "police.religion": (9, 9, False), "police.special-identity": (24, 24, False),
    "police.special-population": (8, 8, False), "procuratorate.case-type": (13, 13, True),
    "procuratorate.certificate-type": (7, 7, True), "procuratorate.coercive-measure": (8, 8, True),
    "procuratorate.crime": (569, 569, True), "unified.case-type": (27, 27, False),
    "unified.certificate-type": (16, 16, False), "unified.closing-method": (59, 59, False),
    "unified.coercive-measure": (8, 8, False), "unified.crime": (569, 569, False),
    "unified.custody-handover-reason": (7, 7, False), "unified.measure-end-reason": (11, 11, False),
    "gb.occupation": (8, 8, False), "unified.arrest-result": (9, 9, False),
    "unified.prosecution-result": (11, 11, False),
    "unified.penalty": (19, 19, False), "unified.procedure": (8, 8, False), "unified.special-identity": (14, 14, False),
}  # fmt: skip


def test_every_shipped_table_is_counted(shipped: Release) -> None:
    uncounted, gone = set(shipped.systems()) - set(ROWS), set(ROWS) - set(shipped.systems())
    assert not uncounted, f"add to ROWS in {__file__}, as (codes, rows, stand_in): {sorted(uncounted)}"
    assert not gone, f"in ROWS, but not in codebooks/tables: {sorted(gone)}"


@pytest.mark.parametrize(("system", "codes", "rows", "stand_in"), [(name, *counts) for name, counts in ROWS.items()])
def test_rows(shipped: Release, system: str, codes: int, rows: int, stand_in: bool) -> None:
    table = shipped.system(system)
    assert (len(table.by_code), len(table.concepts), table.header.stand_in) == (codes, rows, stand_in)


# Crimes: the instruments' own pairs, one a line, copied as facts (empty: abolished, nothing took its place).
def _replacements() -> list[tuple[str, str, str]]:
    with (Path(__file__).parent / "replacements.csv").open(encoding="utf-8", newline="") as file:
        return [(row["old"], row["new"], row["effective"]) for row in csv.DictReader(file)]


REPLACED = _replacements()
# Names of the courts' list of 1997-12-16 that differ from the procuratorate's, which had the present ones at once.
COURT_NAMES = {
    ("枉法裁判罪", "民事、行政枉法裁判罪"),
    ("国家机关工作人员签订、履行合同失职罪", "国家机关工作人员签订、履行合同失职被骗罪"),
}


def _pairs(table: CodeSystem) -> Iterator[tuple[str, str, str]]:
    for old in table.concepts:
        if old.valid_to == OPEN_END:
            continue
        heirs = [table.heir(code, old.valid_to) for code in old.successors]
        for heir in heirs or [None]:
            yield old.display, heir.display if heir else "", old.valid_to.isoformat()


def test_replacements_are_exactly_those_of_the_instruments(shipped: Release) -> None:
    instruments = {row for row in REPLACED if row[:2] not in COURT_NAMES}
    assert len(REPLACED) == 64
    assert set(_pairs(shipped.system("unified.crime"))) == instruments


@pytest.mark.parametrize(("court", "name"), sorted(COURT_NAMES))
def test_names_of_the_courts_list_find_the_crime(shipped: Release, court: str, name: str) -> None:
    for day in (date(2000, 1, 1), TODAY):
        assert [row.display for row in shipped.find("unified.crime", court, day)] == [name]


@pytest.mark.parametrize(("old", "new", "effective"), REPLACED)
def test_the_old_name_finds_the_new_crime(shipped: Release, old: str, new: str, effective: str) -> None:
    day = date.fromisoformat(effective)
    assert (new in [row.display for row in shipped.find("unified.crime", old, day)]) == (new != "")
    before = [row.display for row in shipped.find("unified.crime", old, date(day.year - 1, 12, 31))]
    assert old in before or (old, new) in COURT_NAMES


def test_splits_and_merges(shipped: Release) -> None:
    split = {old for old, count in Counter(old for old, _, _ in REPLACED).items() if count > 1}
    merged = {new for new, count in Counter(new for _, new, day in REPLACED if new).items() if count > 1}
    assert split == {"徇私舞弊造成破产、亏损罪", "国家机关工作人员徇私舞弊罪", "非法采伐、毁坏珍贵树木罪"}
    assert merged == {
        "侵犯公民个人信息罪", "非法生产、买卖、运输制毒物品、走私制毒物品罪", "危害珍贵、濒危野生动物罪",
        "危害国家重点保护植物罪",
    }  # fmt: skip
    table = shipped.system("unified.crime")
    (plants,) = shipped.find("unified.crime", "危害国家重点保护植物罪")
    before = {row.display for row in table.concepts if plants.code in row.successors}
    assert before == {
        "非法采伐、毁坏国家重点保护植物罪", "非法收购、运输、加工、出售国家重点保护植物、国家重点保护植物制品罪",
    }  # fmt: skip


def test_a_chain_of_names_leads_to_the_one_in_force(shipped: Release) -> None:
    def today(name: str) -> list[str]:
        return [row.display for row in shipped.find("unified.crime", name, TODAY)]

    assert today("操纵证券交易价格罪") == today("操纵证券、期货交易价格罪") == ["操纵证券、期货市场罪"]
    assert today("食品监管渎职罪") == ["食品、药品监管渎职罪"]
    assert today("非法采伐、毁坏珍贵树木罪") == ["危害国家重点保护植物罪"]


# Chapters of the special part, and how many crimes each has held since 1997.
CHAPTERS = {"1": 12, "2": 61, "3": 132, "4": 48, "5": 13, "6": 165, "7": 25, "8": 14, "9": 41, "10": 31}


def test_every_crime_has_article_chapter_and_instrument(shipped: Release) -> None:
    table = shipped.system("unified.crime")
    counted: Counter[str] = Counter()
    for row in table.concepts:
        if row.selectable:
            assert row.article.startswith(("刑法第", "《关于惩治骗购外汇")), row
            assert row.valid_from >= date(1997, 12, 25)
            counted[str(int(_chapter(table, row)[3:5]))] += 1
    assert counted == CHAPTERS


def _chapter(table: CodeSystem, row: Concept) -> str:
    while row.parent:
        row = table.by_code[row.parent][0]
    return row.code


# GB/T 2260: codes withdrawn and given to another place, each with the day's owner.
REUSED = [
    ("440106", "1987-06-01", "芳村区", "2018-01-01", "天河区"),
    ("440107", "1987-06-01", "天河区", "2000-01-01", "芳村区"),
    ("440203", "2000-01-01", "浈江区", "2018-01-01", "武江区"),
    ("220604", "1990-01-01", "临江区", "2007-01-01", "江源区"),
    ("139001", "1992-01-01", "武安市", "2016-01-01", "定州市"),
    ("419001", "1990-01-01", "义马市", "2018-01-01", "济源市"),
    ("421024", "1995-01-01", "松滋县", "2018-01-01", "江陵县"),
    ("422401", "1982-01-01", "荆门市", "1990-01-01", "仙桃市"),
    ("469031", "2005-01-01", "昌江黎族自治县", "2010-01-01", "西沙群岛"),
    ("132401", "1982-01-01", "保定市", "1990-01-01", "定州市"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "then", "first", "later", "second"), REUSED)
def test_a_code_given_to_another_place(
    shipped: Release, code: str, then: str, first: str, later: str, second: str
) -> None:
    table = shipped.system("gb.division")
    old, new = table.at(code, date.fromisoformat(then)), table.at(code, date.fromisoformat(later))
    assert old is not None
    assert new is not None
    assert (old.display, new.display) == (first, second)
    assert code not in old.successors
    assert new not in table.successors(old, new.valid_from)


SUCCEEDED = [
    ("132101", "邯郸市", "130400", "邯郸市"), ("522101", "遵义市", "520302", "红花岗区"),
    ("510200", "重庆市", "500000", "重庆市"), ("441000", "海口市", "460100", "海口市"),
    ("350182", "长乐市", "350112", "长乐区"), ("320205", "马山区", "320211", "滨湖区"),
    ("362501", "抚州市", "362501", "临川市"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "heir", "called"), SUCCEEDED)
def test_what_followed_a_withdrawn_division(shipped: Release, code: str, name: str, heir: str, called: str) -> None:
    table = shipped.system("gb.division")
    (old,) = (row for row in table.by_code[code] if row.display == name and row.valid_to != OPEN_END)
    assert [(row.code, row.display) for row in table.successors(old, old.valid_to)] == [(heir, called)]


def test_suburbs_of_different_cities_do_not_follow_each_other(shipped: Release) -> None:
    """A name that many places share says nothing: 市郊区 of Nanning and Liuzhou did not become that of Wuzhou."""
    table = shipped.system("gb.division")
    for row in table.concepts:
        for code in row.successors:
            heir = table.heir(code, row.valid_to)
            assert heir is not None
            if heir.display in ("郊区", "市郊区", "城区", "市辖区", "矿区", "市区"):
                assert code[:4] == row.code[:4], (row, heir)


def test_prefectures_and_counties_have_parents_of_their_own_province(shipped: Release) -> None:
    for row in shipped.system("gb.division").concepts:
        assert row.parent[:2] in ("", row.code[:2])
        assert (row.parent == "") == row.code.endswith("0000")


# Corrections of the sources: (system, code, name now, what the note must say)
CORRECTED = [
    ("gb.country", "634", "卡塔尔", "卡诺尔"), ("gb.country", "212", "多米尼克", "多米尼加"),
    ("gb.country", "396", "约翰斯顿岛", "约斡斯顿岛"), ("gb.country", "780", "特立尼达和多巴哥", "特立尼达和多哥巴"),
    ("gb.country", "384", "科特迪瓦", "象牙海岸"), ("gb.country", "688", "塞尔维亚", "来源表缺"),
    ("gb.country", "376", "以色列", "378"), ("gb.country", "554", "新西兰", "550"),
    ("gb.country", "591", "巴拿马", "590"),
    ("gb.country", "398", "哈萨克斯坦", "来源表缺"), ("gb.country", "732", "西撒哈拉", "西撤哈拉"),
    ("gb.ethnic-group", "20", "傈僳族", "僳僳族"), ("gb.ethnic-group", "46", "德昂族", "1985年"),
    ("police.case-class", "060103", "阻碍红十字会依法履行职责案", "红十字灰"),
    ("police.disposal", "310", "阻止出入境", "出人境"), ("gb.division", "371700", "菏泽市", "荷泽市"),
    ("gb.division", "340122", "肥东县", "肥西县"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "code", "name", "said"), CORRECTED)
def test_corrections_are_noted_on_the_row(shipped: Release, system: str, code: str, name: str, said: str) -> None:
    row = shipped.lookup(system, code)
    assert row is not None
    assert row.display == name
    assert said in row.note


def test_a_country_stands_once(shipped: Release) -> None:
    assert all(shipped.lookup("gb.country", code) is None for code in ("374", "378", "550", "590"))
    assert [row.code for row in shipped.find("gb.country", "巴基斯坦")] == ["586"]


def test_a_table_cut_off_says_so_on_its_face(shipped: Release) -> None:
    header = shipped.system("police.disposal").header
    assert "不完整" in header.title_zh
    assert "incomplete" in header.title_en
    assert "318" in header.note_zh
    assert max(shipped.system("police.disposal").by_code) == "317"


def test_every_row_shares_a_day_with_its_parent(shipped: Release) -> None:
    """All but the divisions: their lists name the 市辖区 of a city only since 2002."""
    for name in shipped.systems():
        table = shipped.system(name)
        for row in table.concepts:
            if row.parent and name != "gb.division":
                days = {row.valid_from, *(above.valid_from for above in table.by_code[row.parent])}
                assert any(row.valid_on(day) and table.at(row.parent, day) for day in days), (name, row)
