"""What people do wrong at `casehub codebook`, and what they are told."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.hub.commands.test_codebooks import ran
from tests.scene.hubs import prepared

ITEMS = "system,code,to,备注\npolice.case-class,050200,court.cause,盗窃\npolice.case-class,1.1E+04,court.cause,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_batch_from_a_desk(tmp_path: Path, encoding: str) -> None:
    sheet = tmp_path / "items.csv"
    sheet.write_text(ITEMS, encoding)
    code, out, _ = ran("batch", str(sheet))
    assert (code, "盗窃罪（201）" in out, "没有这个代码" in out) == (0, True, True)
    told = json.loads(ran("batch", str(sheet), "--json")[1])
    assert [answer["outcome"] for answer in told["answers"]] == ["equivalent", "unmapped"]


def test_a_batch_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ITEMS.encode("gb18030"))))
    assert "盗窃罪（201）" in ran("batch", "-")[1]


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    sheet = tmp_path / "items.csv"
    sheet.write_text("code,name\n1,x\n", "utf-8")
    code, _, err = ran("batch", str(sheet))
    assert (code, "首行缺少这些列：system。" in err) == (1, True)


def test_an_item_that_is_no_object(tmp_path: Path) -> None:
    sheet = tmp_path / "items.json"
    sheet.write_text('[5, {"system": "gb.sex", "code": "1", "to": "court.sex"}]', "utf-8")
    code, out, _ = ran("batch", str(sheet))
    assert (code, "“system”缺失" in out, "不可读 1 项" in out) == (1, True, True)


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("lookup", "police.case-class", "50200"), 1, "相近的有：050200 盗窃案"),
        (("translate", "police.case-class", "０５０２００", "--to", "court.cause"), 0, "相近的有：050200 盗窃案"),
        (("translate", "police.caseclass", "050200", "--to", "court.cause"), 1, "codebook.no-system"),
        (("translate", "police.case-class", "050200", "--to", "court.causes"), 1, "codebook.no-system"),
        (("translate", "gb.sex", "1", "--to", "court.sex", "--context", "{a"), 2, "应当是一个 JSON 对象"),
        (("translate", "gb.sex", "1", "--to", "court.sex", "--context", "[]"), 2, "应当是一个 JSON 对象"),
    ],
)
def test_a_slip_is_told_with_what_to_do(words: tuple[str, ...], exit_code: int, said: str) -> None:
    code, out, err = ran(*words)
    assert (code, said in out + err) == (exit_code, True), out + err


def test_a_draft_that_fails_the_checks_claims_no_conversions(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "H"))
    prepared(tmp_path / "H")
    ran("draft", "new", "--as", "李示例", *home)
    ran("edit", "d1", "remove", "police.case-class--unified.crime", "050200:XF264-01", "--as", "李示例", *home)
    assert "1 种代码的转换结果改变" in ran("diff", "d1", *home)[1]
    ran("edit", "d1", "change", "gb.sex", "1", "parent=7", "--as", "李示例", *home)
    code, out, _ = ran("diff", "d1", *home)
    assert (code, "无从比较" in out, "种代码的转换结果改变" in out) == (0, True, False)


def test_a_file_of_no_table_is_told_how_to_name_one(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "H"))
    prepared(tmp_path / "H")
    ran("draft", "new", "--as", "李示例", *home)
    sheet = tmp_path / "性别.csv"
    sheet.write_text("code,display\n1,男\n", "utf-8")
    code, _, err = ran("import", "d1", str(sheet), "--table", "gb.sexes", "--as", "李示例", *home)
    assert (code, "codebook.header-missing" in err, "--table" in err) == (1, True, True)
