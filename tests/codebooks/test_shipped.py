"""The shipped tables against the facts that they carry, and against each other."""

from __future__ import annotations

from collections import Counter
from datetime import date
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import OPEN_END, OUTCOMES, Release
from codebooks.coverage import coverage
from codebooks.names import fold

TODAY = date(2024, 3, 4)
# Crimes in force after each instrument: 高检发释字〔1997〕3号, then 补充规定（一）to（八）.
SERIES = [
    ("1997-12-25", 414), ("2002-03-25", 414), ("2002-03-26", 418), ("2003-08-21", 422), ("2007-11-06", 435),
    ("2009-10-16", 444), ("2011-05-01", 451), ("2015-11-01", 468), ("2021-02-28", 468), ("2021-03-01", 483),
    ("2024-02-29", 483), ("2024-03-01", 483),
]  # fmt: skip
REPLACED = [
    ("投毒罪", "2002-03-26", ["投放危险物质罪"]),
    ("奸淫幼女罪", "2002-03-26", ["强奸罪"]),
    ("徇私舞弊造成破产、亏损罪", "2002-03-26",
     ["国有公司、企业、事业单位人员失职罪", "国有公司、企业、事业单位人员滥用职权罪"]),
    ("国家机关工作人员徇私舞弊罪", "2002-03-26", ["滥用职权罪", "玩忽职守罪"]),
    ("枉法追诉、裁判罪", "2002-03-26", ["徇私枉法罪"]),
    ("非法采伐、毁坏珍贵树木罪", "2003-08-21",
     ["非法采伐、毁坏国家重点保护植物罪", "非法收购、运输、加工、出售国家重点保护植物、国家重点保护植物制品罪"]),
    ("违法向关系人发放贷款罪", "2007-11-06", ["违法发放贷款罪"]),
    ("偷税罪", "2009-10-16", ["逃税罪"]),
    ("非法获取公民个人信息罪", "2015-11-01", ["侵犯公民个人信息罪"]),
    ("走私制毒物品罪", "2015-11-01", ["非法生产、买卖、运输制毒物品、走私制毒物品罪"]),
    ("嫖宿幼女罪", "2015-11-01", []),
    ("非法猎捕、杀害珍贵、濒危野生动物罪", "2021-03-01", ["危害珍贵、濒危野生动物罪"]),
    ("徇私舞弊低价折股、出售国有资产罪", "2024-03-01", ["徇私舞弊低价折股、出售公司、企业资产罪"]),
]  # fmt: skip
ROWS = {
    "police.case-class": 693, "court.cause": 558, "police.disposal": 45, "police.person-type": 29,
    "court.procedure": 205, "court.closing-method": 231, "court.case-type": 37, "gb.ethnic-group": 56,
    "gb.sex": 4, "gb.education": 36,
}  # fmt: skip


@pytest.mark.parametrize(("day", "count"), SERIES)
def test_the_series_of_crimes_in_force(shipped: Release, day: str, count: int) -> None:
    crimes = [row for row in shipped.concepts("unified.crime", date.fromisoformat(day)) if row.selectable]
    assert len(crimes) == count


@pytest.mark.parametrize(("name", "day", "heirs"), REPLACED)
def test_replaced_crimes(shipped: Release, name: str, day: str, heirs: list[str]) -> None:
    (old,) = (row for row in shipped.find("unified.crime", name) if row.display == name)
    assert old.valid_to.isoformat() == day
    table = shipped.system("unified.crime")
    assert [row.display for row in table.successors(old, old.valid_to)] == heirs


def test_61_replacements_and_one_abolition(shipped: Release) -> None:
    ended = [row for row in shipped.concepts("unified.crime") if row.valid_to != OPEN_END]
    assert len(ended) == 59
    assert sum(len(row.successors) for row in ended) == 61
    assert [row.display for row in ended if not row.successors] == ["嫖宿幼女罪"]


@pytest.mark.parametrize(("system", "count"), ROWS.items())
def test_tables_are_whole(shipped: Release, system: str, count: int) -> None:
    assert len(shipped.concepts(system)) == count


def test_stand_ins_say_so_on_their_face(shipped: Release) -> None:
    stand_ins = {name for name in shipped.systems() if shipped.system(name).header.stand_in}
    assert "procuratorate.crime" in stand_ins
    for name in stand_ins:
        header = shipped.system(name).header
        assert "代用表" in header.title_zh, f"tables/{name}.toml: title_zh of a table with stand_in must say 代用表"
        assert "stand-in" in header.title_en
        assert header.version.startswith("stand-in")


def test_every_header_is_complete(shipped: Release) -> None:
    for name in shipped.systems():
        header = shipped.system(name).header
        assert all(
            (header.title_zh, header.title_en, header.publisher, header.instrument, header.version, header.source)
        )
        assert header.unified in ("", *shipped.systems())


DIVISIONS = [
    ("120110", "1990-01-01", "东郊区"), ("120110", "2000-01-01", "东丽区"), ("130123", "1990-01-01", "栾城县"),
    ("130123", "2000-01-01", "正定县"), ("350102", "2024-03-04", "鼓楼区"), ("350112", "2016-01-01", None),
    ("350112", "2024-03-04", "长乐区"), ("210200", "1981-06-01", "旅大市"), ("810000", "2024-03-04", "香港特别行政区"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "day", "name"), DIVISIONS)
def test_divisions_are_told_apart_by_date(shipped: Release, code: str, day: str, name: str | None) -> None:
    found = shipped.lookup("gb.division", code, date.fromisoformat(day))
    assert (found and found.display) == name


def test_counties_that_traded_codes_follow_each_other(shipped: Release) -> None:
    table = shipped.system("gb.division")
    old = table.at("130124", date(1990, 1, 1))
    assert old is not None
    assert [(row.code, row.display) for row in table.successors(old, TODAY)] == [("130123", "正定县")]


def test_3219_divisions_of_april_2019(shipped: Release) -> None:
    real = [row for row in shipped.concepts("gb.division", date(2019, 4, 30)) if row.selectable]
    assert len(real) == 3219


THEFTS = ["050201", "050212", "050223", "050235", "050240", "060126", "030662"]
CRIMES: list[tuple[str, str, str, str, list[str]]] = [
    *(("police.case-class", code, "2024-03-04", "narrower", ["盗窃罪"]) for code in THEFTS),
    ("police.case-class", "050200", "2024-03-04", "equivalent", ["盗窃罪"]),
    ("police.case-class", "050300", "2024-03-04", "equivalent", ["诈骗罪"]),
    ("police.case-class", "050101", "2024-03-04", "narrower", ["抢劫罪"]),
    ("police.case-class", "040103", "2024-03-04", "equivalent", ["故意伤害罪"]),
    ("police.case-class", "060702", "2024-03-04", "narrower", ["走私、贩卖、运输、制造毒品罪"]),
    ("police.case-class", "060700", "2024-03-04", "equivalent", ["走私、贩卖、运输、制造毒品罪"]),
    ("police.case-class", "020716", "2024-03-04", "equivalent", ["危险驾驶罪"]),
    ("police.case-class", "020703", "2024-03-04", "equivalent", ["交通肇事罪"]),
    ("police.case-class", "030601", "2005-01-01", "equivalent", ["偷税罪"]),
    ("police.case-class", "030601", "2024-03-04", "equivalent", ["逃税罪"]),
    ("police.case-class", "040105", "2000-01-01", "equivalent", ["强奸罪"]),
    ("police.case-class", "040106", "2000-01-01", "equivalent", ["奸淫幼女罪"]),
    ("police.case-class", "040106", "2024-03-04", "narrower", ["强奸罪"]),
    ("police.case-class", "040800", "2024-03-04", "narrower", ["侵犯公民个人信息罪"]),
    ("police.case-class", "060880", "2015-10-31", "equivalent", ["嫖宿幼女罪"]),
    ("police.case-class", "060880", "2015-11-01", "ambiguous", ["强奸罪"]),
    ("police.case-class", "060101", "2021-02-28", "equivalent", ["妨害公务罪"]),
    ("police.case-class", "060101", "2021-03-01", "ambiguous", ["妨害公务罪", "袭警罪"]),
    ("police.case-class", "039900", "2024-03-04", "no-equivalent", []),
    ("police.case-class", "050000", "2024-03-04", "equivalent", ["侵犯财产罪"]),
    ("procuratorate.crime", "AY05002640010", "2024-03-04", "equivalent", ["盗窃罪"]),
    ("court.cause", "201", "2024-03-04", "equivalent", ["盗窃罪"]),
    ("court.cause", "128", "2024-03-04", "retired", []),
    ("court.cause", "441", "2024-03-04", "no-equivalent", []),
]


@pytest.mark.parametrize(("system", "code", "day", "outcome", "names"), CRIMES)
def test_crimes(shipped: Release, system: str, code: str, day: str, outcome: str, names: list[str]) -> None:
    answer = shipped.translate(system, code, "unified.crime", date.fromisoformat(day))
    assert (answer.outcome, [match.display for match in answer.matches]) == (outcome, names)


def test_the_article_settles_an_attack_on_the_police(shipped: Release) -> None:
    def names(article: str) -> list[str]:
        answer = shipped.translate("police.case-class", "060101", "unified.crime", TODAY, {"article": [article]})
        return [match.display for match in answer.matches]

    assert names("第277条第5款") == ["袭警罪"]
    assert names("第277条第1款") == ["妨害公务罪"]


def test_police_theft_reaches_the_court_by_the_unified_crime(shipped: Release) -> None:
    answer = shipped.translate("police.case-class", "050240", "court.cause", TODAY)
    assert (answer.outcome, answer.matches[0].display) == ("narrower", "盗窃罪")
    assert answer.path == ("police.case-class", "unified.crime", "court.cause")


MEASURES = [
    ("police.coercive-measure", "302", "unified.coercive-measure", "equivalent", "拘留"),
    ("police.coercive-measure-2", "2", "unified.coercive-measure", "equivalent", "拘留"),
    ("police.coercive-measure-2", "5", "court.coercive-measure", "equivalent", "逮捕"),
    ("police.coercive-measure", "303", "procuratorate.coercive-measure", "equivalent", "监视居住"),
    ("unified.coercive-measure", "QZ03-1", "police.coercive-measure", "narrower", "监视居住"),
    ("unified.coercive-measure", "QZ01", "police.coercive-measure", "no-equivalent", None),
    ("gb.sex", "1", "court.sex", "equivalent", "男"),
    ("gb.sex", "9", "court.sex", "narrower", "其他"),
    ("court.sex", "09_00003-255", "gb.sex", "ambiguous", "未知"),
    ("gb.sex", "3", "court.sex", "unmapped", None),
    ("police.certificate-type", "111", "court.certificate-type", "equivalent", "居民身份证"),
    ("police.certificate-type", "411", "procuratorate.certificate-type", "narrower", "护照"),
    ("gb.ethnic-group", "46", "court.ethnic-group", "equivalent", "德昂族"),
    ("police.ethnic-group", "98", "gb.ethnic-group", "no-equivalent", None),
]


@pytest.mark.parametrize(("system", "code", "target", "outcome", "name"), MEASURES)
def test_other_codes(shipped: Release, system: str, code: str, target: str, outcome: str, name: str | None) -> None:
    answer = shipped.translate(system, code, target, TODAY)
    assert answer.outcome == outcome
    assert (answer.matches[0].display if answer.matches else None) == name


def test_historic_names_find_the_crime_of_the_day(shipped: Release) -> None:
    def names(text: str, day: date | None) -> list[str]:
        return [row.display for row in shipped.find("unified.crime", text, day)]

    assert names("偷税罪", TODAY) == ["逃税罪"]
    assert names("偷税", date(2005, 1, 1)) == ["偷税罪"]
    assert names("枉法裁判罪", TODAY) == ["民事、行政枉法裁判罪"]
    assert names("组织他人偷越国(边)境罪", TODAY) == ["组织他人偷越国（边）境罪"]
    assert names("XF264-01", TODAY) == ["盗窃罪"]


def test_every_name_finds_its_own_crime(shipped: Release) -> None:
    for row in shipped.concepts("unified.crime"):
        found = shipped.find("unified.crime", row.display)
        assert row in found
        assert all(fold(row.display) in [fold(name) for name in (hit.display, *hit.aliases)] for hit in found)


def test_the_procuratorate_table_runs_both_ways(shipped: Release) -> None:
    for row in shipped.concepts("unified.crime", TODAY):
        (there,) = shipped.translate("unified.crime", row.code, "procuratorate.crime", TODAY).matches
        (back,) = shipped.translate("procuratorate.crime", there.code, "unified.crime", TODAY).matches
        assert (back.code, there.display) == (row.code, row.display)


def test_a_reverse_row_is_the_mirror_of_its_row(shipped: Release) -> None:
    """Where both directions map the same pair, they do not contradict each other."""
    mirror = {"equivalent": "equivalent", "narrower": "broader", "broader": "narrower", "related": "related"}
    for walk in shipped.crosswalks.values():
        back = shipped.crosswalks.get(f"{walk.target}--{walk.source}")
        pairs = {(row.source, row.target): row.relationship for row in back.rows} if back else {}
        for row in walk.rows:
            said = pairs.get((row.target, row.source))
            assert said is None or "related" in (said, row.relationship) or said == mirror[row.relationship], (
                walk.name,
                row,
            )


def test_equivalent_means_one(shipped: Release) -> None:
    """On one day no code is equivalent to two codes of one system."""
    for walk in shipped.crosswalks.values():
        for code, rows in walk.by_source.items():
            for day in {row.valid_from for row in rows} | {TODAY}:
                same = [
                    row for row in rows if row.relationship == "equivalent" and row.valid_on(day) and not row.condition
                ]
                in_force = [row for row in same if shipped.lookup(walk.target, row.target, day)]
                assert len(in_force) <= 1, (walk.name, code, day)


def test_coverage_counts_every_code(shipped: Release) -> None:
    rows = coverage(shipped, TODAY)
    assert [row.crosswalk for row in rows] == sorted(shipped.crosswalks)
    for row in rows:
        source = row.crosswalk.partition("--")[0]
        assert sum(row.counts.values()) == len(shipped.system(source).by_code)
    police = next(row for row in rows if row.crosswalk == "police.case-class--unified.crime")
    assert police.counts["unmapped"] == 0
    assert police.counts["equivalent"] + police.counts["narrower"] >= 670
    assert police.to_json()["as_of"] == "2024-03-04"
    assert Counter(row.crosswalk for row in rows).most_common(1)[0][1] == 1


def test_the_digest_of_the_shipped_release_is_stable(shipped: Release) -> None:
    assert codebooks.load() is shipped
    assert codebooks.load.__wrapped__().digest == shipped.digest
    assert shipped.id.endswith(shipped.digest[7:19])


def test_tables_are_files_a_spreadsheet_keeps(shipped: Release) -> None:
    """No cell begins with a sign that a spreadsheet reads as a formula."""
    root = resources.files("codebooks")
    for folder in ("tables", "crosswalks"):
        for entry in root.joinpath(folder).iterdir():
            if entry.name.endswith(".csv"):
                text = entry.read_text("utf-8")
                assert "\r" not in text
                assert not any(cell[:1] in "=+-@" for line in text.splitlines() for cell in line.split(",") if cell)


_SYSTEMS = codebooks.load().systems()


@given(
    system=st.sampled_from(_SYSTEMS),
    target=st.sampled_from(_SYSTEMS),
    index=st.integers(0, 10_000),
    day=st.dates(date(1979, 1, 1), date(2030, 1, 1)),
)
def test_no_translation_loses_a_code(system: str, target: str, index: int, day: date) -> None:
    """Over all tables and days: a named outcome, a display for every match, no source code by default."""
    release = codebooks.load()
    concepts = release.concepts(system)
    concept = concepts[index % len(concepts)]
    answer = release.translate(system, concept.code, target, day)
    assert answer.outcome in OUTCOMES
    for match in answer.matches:
        assert match.system == target
        found = release.lookup(target, match.code, day)
        assert found is not None
        assert found.display == match.display != ""
    assert bool(answer.matches) == (answer.outcome in ("equivalent", "broader", "narrower", "ambiguous"))
    assert (answer.note != "") == (answer.outcome in ("retired", "unmapped"))
