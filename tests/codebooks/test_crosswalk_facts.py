"""What the crosswalks say, row by row where the law decides; and how far they reach."""

from __future__ import annotations

from datetime import date

import pytest

from codebooks import OUTCOMES, Release
from codebooks.coverage import COLUMNS, coverage, total

TODAY = "2024-03-04"
CRIME, COURT = "unified.crime", "court.cause"
CLASS, CLOSING = "police.case-class", "court.closing-method"
# from, code, to, day, outcome, displays
FACTS: list[tuple[str, str, str, str, str, list[str]]] = [
    # 刑法修正案（三）以前没有危险物质的罪名；当时只有核材料
    (CLASS, "021001", CRIME, "2000-01-01", "no-equivalent", []),
    (CLASS, "021002", CRIME, "2000-01-01", "ambiguous", ["非法买卖、运输核材料罪"]),
    (CLASS, "020830", CRIME, "2000-01-01", "no-equivalent", []),
    (CLASS, "020830", CRIME, TODAY, "narrower", ["抢劫枪支、弹药、爆炸物、危险物质罪"]),
    # 改名后范围扩大：旧名的类别窄于新罪，新名的类别宽于旧罪
    (CLASS, "040107", CRIME, "2015-10-31", "equivalent", ["强制猥亵、侮辱妇女罪"]),
    (CLASS, "040107", CRIME, "2015-11-01", "narrower", ["强制猥亵、侮辱罪"]),
    (CLASS, "060160", CRIME, TODAY, "narrower", ["侮辱国旗、国徽、国歌罪"]),
    (CLASS, "060257", CRIME, "2000-01-01", "broader", ["窝藏、转移、收购、销售赃物罪"]),
    (CLASS, "060601", CRIME, "2000-01-01", "broader", ["重大环境污染事故罪"]),
    (CLASS, "072000", CRIME, "2000-01-01", "narrower", ["非法生产、买卖军用标志罪"]),
    (CRIME, "XF237-03", CLASS, TODAY, "broader", ["强制猥亵、侮辱妇女案"]),
    (CRIME, "XF312-01", CLASS, "2000-01-01", "narrower", ["掩饰、隐瞒犯罪所得、犯罪所得收益案"]),
    # 只改名称、范围未变
    (CLASS, "030601", CRIME, "2000-01-01", "equivalent", ["偷税罪"]),
    (CLASS, "030131", CRIME, "2000-01-01", "equivalent", ["生产、销售不符合卫生标准的食品罪"]),
    # 袭警
    (CLASS, "060104", CRIME, "2021-02-28", "narrower", ["妨害公务罪"]),
    (CLASS, "060104", CRIME, "2021-03-01", "ambiguous", ["妨害公务罪", "袭警罪"]),
    (CRIME, "XF277-02", CLASS, TODAY, "narrower", ["妨害公务案"]),
    # 后出的罪名
    (CRIME, "XF142.1-01", CLASS, TODAY, "narrower", ["其他破坏社会主义市场经济秩序案"]),
    (CRIME, "XF287.2-01", CLASS, TODAY, "no-equivalent", []),
    (CRIME, "XF287.2-01", COURT, TODAY, "equivalent", ["帮助信息网络犯罪活动罪"]),
    (CRIME, "XF293.1-01", COURT, TODAY, "no-equivalent", []),
    (CRIME, "XF141-02", COURT, TODAY, "broader", ["生产、销售假药罪"]),
    (CRIME, "XF341-04", COURT, TODAY, "ambiguous",
     ["非法猎捕、杀害珍贵、濒危野生动物罪", "非法收购、运输、出售珍贵、濒危野生动物、珍贵、濒危野生动物制品罪"]),
    # 军人违反职责罪不由公安机关侦查
    (CRIME, "XF435-01", CLASS, TODAY, "no-equivalent", []),
    # 案件类型、程序、结案方式、刑罚
    ("court.case-type", "0211", "unified.case-type", TODAY, "equivalent", ["法定刑以下判处刑罚复核案件"]),
    ("court.case-type", "0205", "unified.case-type", TODAY, "narrower", ["再审审查案件"]),
    ("unified.case-type", "LX13", "court.case-type", TODAY, "ambiguous",
     ["刑事依职权再审审查案件", "刑事申诉再审审查案件", "刑事抗诉再审审查案件"]),
    ("court.procedure", "0208", "unified.case-type", TODAY, "equivalent", ["没收违法所得案件"]),
    ("court.procedure", "0301", "unified.case-type", TODAY, "no-equivalent", []),
    (CLOSING, "215", "unified.closing-method", TODAY, "equivalent", ["裁定减刑"]),
    (CLOSING, "64", "unified.closing-method", TODAY, "narrower", ["维持原裁判"]),
    (CLOSING, "3", "unified.closing-method", TODAY, "no-equivalent", []),
    (CLOSING, "209", "unified.closing-method", TODAY, "equivalent", ["停止执行死刑的事由存在"]),
    (CLOSING, "59", "unified.closing-method", TODAY, "narrower", ["指定管辖"]),
    (CLOSING, "69", "unified.closing-method", TODAY, "unmapped", []),
    ("police.disposal", "106", "unified.penalty", TODAY, "equivalent", ["死刑缓期二年执行"]),
    ("police.disposal", "307", "unified.penalty", TODAY, "ambiguous", ["驱逐出境"]),
    ("police.disposal", "302", "unified.coercive-measure", TODAY, "equivalent", ["拘留"]),
    ("police.disposal", "203", "unified.coercive-measure", TODAY, "no-equivalent", []),
    ("unified.penalty", "XZ15", "police.disposal", TODAY, "ambiguous", ["死缓", "死刑"]),
    ("unified.penalty", "XZ34", "police.disposal", "2010-01-01", "unmapped", []),
]  # fmt: skip


@pytest.mark.parametrize(("system", "code", "target", "day", "outcome", "names"), FACTS)
def test_what_the_law_decides(
    shipped: Release, system: str, code: str, target: str, day: str, outcome: str, names: list[str]
) -> None:
    answer = shipped.translate(system, code, target, date.fromisoformat(day))
    assert answer.outcome == outcome
    assert sorted(match.display for match in answer.matches) == sorted(names)


def test_a_class_and_a_crime_of_one_name_are_one(shipped: Release) -> None:
    """Where names agree but for 罪 and 案, both in force, the way there and back is `equivalent`."""
    day = date.fromisoformat(TODAY)
    same = 0
    for row in shipped.concepts(CLASS, day):
        crimes = [crime for crime in shipped.find(CRIME, row.display[:-1] + "罪", day) if crime.selectable]
        if len(crimes) == 1 and crimes[0].display[:-1] == row.display[:-1]:
            there = shipped.translate(CLASS, row.code, CRIME, day, {"article": "第277条第1款"})
            assert crimes[0].code in [match.code for match in there.matches], row
            same += there.outcome == "equivalent"
    assert same >= 280


def test_every_row_says_why_and_who(shipped: Release) -> None:
    for walk in shipped.crosswalks.values():
        assert all(row.justification and row.by for row in walk.rows), walk.name


# The large directions: at most so many codes that nobody has looked at (headings apart), and at least so many equal.
REACH = {
    "police.case-class--unified.crime": (340, 0), "unified.crime--police.case-class": (345, 0),
    "court.cause--unified.crime": (495, 0), "unified.crime--court.cause": (484, 0),
    "procuratorate.crime--unified.crime": (510, 0), "court.case-type--unified.case-type": (15, 0),
    "court.procedure--court.case-type": (36, 0), "court.closing-method--unified.closing-method": (50, 62),
    "police.disposal--unified.penalty": (11, 0),
}  # fmt: skip


@pytest.mark.parametrize(("name", "equal", "unmapped"), [(name, *reach) for name, reach in REACH.items()])
def test_reach(shipped: Release, name: str, equal: int, unmapped: int) -> None:
    (row,) = (row for row in coverage(shipped, date.fromisoformat(TODAY)) if row.crosswalk == name)
    assert row.counts["equivalent"] >= equal
    later = (
        sum(1 for code in shipped.system(row.source).by_code if not shipped.lookup(row.source, code, row.as_of))
        - row.counts["retired"]
    )
    assert row.counts["unmapped"] - row.headings - max(later, 0) <= unmapped


def test_the_table_of_coverage(shipped: Release) -> None:
    rows = coverage(shipped, date.fromisoformat(TODAY))
    assert ("source", "target", "rows", "codes", *OUTCOMES) == COLUMNS
    for row in rows:
        cells = row.cells()
        assert len(cells) == len(COLUMNS)
        assert cells[:2] == (row.source, row.target)
        assert int(cells[3]) == row.codes == len(shipped.system(row.source).by_code) == sum(map(int, cells[4:]))
        assert int(cells[2]) == row.rows == len(shipped.crosswalks[row.crosswalk].rows)
        assert row.to_json() | {"codes": row.codes, "rows": row.rows} == row.to_json()
    whole = total(rows)
    assert whole["codes"] == sum(row.codes for row in rows) == sum(whole[outcome] for outcome in OUTCOMES)
