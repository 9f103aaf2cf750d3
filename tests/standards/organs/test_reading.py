"""A table as it comes from a desk: its encodings, its heads, its rows, and every fault with its place at once."""

from __future__ import annotations

import dataclasses

import pytest

from messages.problems import Problem, ProblemList
from standards.limits import LIMITS
from standards.organs import OrganTree, cells, read, reading
from standards.organs.columns import COLUMNS

HEAD = "id,zh,level,areas,parent"
TOP = "court:35,福建省高级人民法院,provincial,350000,"
CITY = "court:3501,福州市中级人民法院,municipal,350100,court:35"
COUNTY = "court:350102,鼓楼区人民法院,county,350102,court:3501"
SOUND = "\r\n".join((HEAD, TOP, CITY, COUNTY, ""))


def problems(raw: str | bytes) -> list[Problem]:
    """What is wrong with a table called t.csv."""
    with pytest.raises(ProblemList) as caught:
        read(raw.encode() if isinstance(raw, str) else raw, "t.csv")
    assert caught.value.code == "organ.table-inconsistent"
    assert caught.value.params["count"] == len(caught.value.problems)
    return list(caught.value.problems)


def told(raw: str | bytes) -> list[tuple[str, str]]:
    """Code and place of each."""
    return [(each.code, each.place) for each in problems(raw)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_as_spreadsheets_write_it(encoding: str, end: str) -> None:
    tree = read(SOUND.replace("\r\n", end).encode(encoding), "t.csv")
    assert [each.id for each in tree] == ["court:35", "court:3501", "court:350102"]
    assert tree.get("court:3501").zh == "福州市中级人民法院"


def test_heads_may_be_chinese_and_in_any_order() -> None:
    heads = {name: column.zh for name, column in COLUMNS.items()}
    raw = f"{heads['zh']},{heads['level']},{heads['id']},{heads['areas']},\n甲法院,省级,court:35,350000,\n"
    assert read(raw.encode(), "t.csv").get("court:35").level == "provincial"


def test_comments_empty_rows_and_spaces_are_passed_over() -> None:
    raw = f"# 说明,,\n,,,,\n{HEAD},,\n # 省级,,,,\n court:35 ,\u3000甲\u3000,provincial,350000 | 350000,,,\n\n"
    organ = read(raw.encode(), "t.csv").get("court:35")
    assert (organ.zh, organ.areas) == ("甲", ("350000",))


def test_unknown_columns_are_kept() -> None:
    raw = f"{HEAD},传真,网址\n{TOP},000-1,\n"
    assert read(raw.encode(), "t.csv").get("court:35").more == (("传真", "000-1"),)


FILES: dict[str, tuple[str | bytes, list[tuple[str, str]]]] = {
    "utf-16": (SOUND.encode("utf-16"), [("organ.file-encoding", "t.csv")]),
    "damaged utf-8": (SOUND.encode().replace("福".encode(), b"\xe7\xa6", 1), [("organ.file-encoding", "t.csv")]),
    "binary": (bytes(range(256)), [("organ.file-encoding", "t.csv")]),
    "nothing": ("", [("organ.none", "t.csv")]),
    "heads alone": (HEAD + "\n", [("organ.none", "t.csv")]),
    "no heads": (TOP + "\n", [("organ.columns-missing", "t.csv:1")]),
    "a head twice": (f"{HEAD},zh\n{TOP},x\n", [("organ.columns-repeated", "t.csv:1")]),
    "a head in both languages": (f"{HEAD},名称\n{TOP},x\n", [("organ.columns-repeated", "t.csv:1")]),
    "a nameless head": (f"{HEAD},,x\n{TOP},,\n", [("organ.columns-form", "t.csv:1")]),
    "a head that runs": (f"{HEAD},=x\n{TOP},\n", [("organ.columns-form", "t.csv:1")]),
    "a head too long": (f"{HEAD},{'x' * 201}\n{TOP},\n", [("organ.columns-form", "t.csv:1")]),
    "heads without end": (
        f"{HEAD},{','.join(f'c{number}' for number in range(1_000_000))}\n",
        [("organ.columns-many", "t.csv:1")],
    ),
    "both": (f"zh,level,zh\n{TOP}\n", [("organ.columns-repeated", "t.csv:1"), ("organ.columns-missing", "t.csv:1")]),
    "too few cells": (f"{HEAD}\n{TOP}\ncourt:3501,甲\n", [("organ.row-width", "t.csv:3")]),
    "too many cells": (f"{HEAD}\n{TOP},x\n", [("organ.row-width", "t.csv:2")]),
    "quotes": (f'{HEAD}\n{TOP}\ncourt:1,"甲"乙,county,,\n', [("organ.file-quoting", "t.csv:3")]),
    "quotes that stay open": (f'{HEAD}\n{TOP}\ncourt:1,"甲,county,,\n', [("organ.file-quoting", "t.csv:3")]),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_wrong_with_a_file(name: str) -> None:
    raw, wanted = FILES[name]
    assert told(raw) == wanted


def test_a_lost_row_makes_no_parent_unknown() -> None:
    """Its organ may be the one that another row names; faults of its own kind are told all the same."""
    raw = f"{HEAD}\n{TOP}\ncourt:3501,甲\n{COUNTY}\ncourt:2,乙,county,,court:35\n"
    assert told(raw) == [("organ.row-width", "t.csv:3"), ("organ.area-missing", "t.csv:5 areas")]


def test_every_fault_is_told_at_once_with_row_and_column() -> None:
    raw = f"标识外,单位标识,名称,层级,管辖区划,上级机关\nx,Court:1,,乡级,35010,court:9\ny,{TOP}\n"
    assert told(raw) == [
        ("organ.cell-empty", "t.csv:2 名称"),
        ("organ.id-form", "t.csv:2 单位标识"),
        ("organ.level-unknown", "t.csv:2 层级"),
        ("organ.area-form", "t.csv:2 管辖区划"),
        ("organ.parent-unknown", "t.csv:2 上级机关"),
    ]
    found = problems(raw)
    assert found[2].params["found"] == "乡级"
    assert "county 县级" in found[2].params["known_zh"]


@pytest.mark.parametrize(
    ("wrong", "right", "meant"),
    [("area", "areas", "areas"), ("区划", "areas", "管辖区划"), ("Areas", "areas", "areas")],
)
def test_a_misspelt_column_is_named_before_what_it_causes(wrong: str, right: str, meant: str) -> None:
    """Every row lacks the areas, and only the head says why."""
    found = problems(SOUND.replace(right, wrong))
    assert [each.code for each in found] == ["organ.columns-near", *["organ.area-missing"] * 3]
    assert (found[0].place, found[0].params) == ("t.csv:1", {"found": wrong, "meant": meant})


def test_a_misspelt_column_that_every_table_needs() -> None:
    assert told(SOUND.replace("level", "levels")) == [
        ("organ.columns-near", "t.csv:1"),
        ("organ.columns-missing", "t.csv:1"),
    ]


def test_a_column_of_another_name_is_no_slip() -> None:
    raw = SOUND.replace(HEAD, f"{HEAD},传真,areas2").replace("350000,", "350000,,1,", 1)
    assert "organ.columns-near" not in [code for code, _ in told(raw)], "areas is there"


def limited(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Limits that a test can reach."""
    for module in (reading, cells):
        monkeypatch.setattr(module, "LIMITS", dataclasses.replace(LIMITS, **limits))


def test_rows_at_the_limit_and_one_past(monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, organs=3)
    assert len(read(SOUND.encode(), "t.csv")) == 3
    assert told(SOUND + COUNTY.replace("350102", "350103")) == [("organ.too-many", "t.csv:5")]


def test_bytes_at_the_limit_and_one_past(monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, organ_bytes=len(SOUND.encode()))
    assert isinstance(read(SOUND.encode(), "t.csv"), OrganTree)
    assert told(SOUND + " ") == [("organ.file-large", "t.csv")]
