"""`casehub organ`: what people read and programs get, from the empty home to the import that is taken back."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import Adapter
from hub import organs as kept
from hub.cli import main
from hub.home import init_home
from messages import text
from standards import organs
from standards.organs.writing import UTF8_BOM

COMMANDS = ("list", "show", "find", "check", "import", "export")
TABLE = """\
单位标识,名称,层级,管辖区划,上级机关,地址,电话,办公时间,传真
police:350000000000,福建省公安厅,省级,350000,,,,,
police:350102000000,福州市公安局鼓楼分局,县级,350102,police:350000000000,示范路1号,0591-1234,24/7,
procuratorate:350102,鼓楼区人民检察院,县级,350102|350103,,示范路2号,12309,"Mo-Fr 08:30-12:00; PH off",000-1
court:999999,示例法院,县级,999999,,,,,
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "H"
    init_home(folder, name="test", public_url="http://127.0.0.1:8440", now=datetime.now(UTC))
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "机关表.csv"
    path.write_text(TABLE, "gb18030")
    return path


def ran(*words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `casehub organ …`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(["organ", *map(str, words)])
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


def told(*words: object, code: int = 0) -> Any:
    """The JSON object that a command answers with."""
    found, out, _ = ran(*words, "--json")
    assert found == code, out
    return json.loads(out)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_tells_what_it_does(name: str, lang: str) -> None:
    code, out, _ = ran(name, "--help", "--lang", lang)
    assert code == 0
    assert text(f"cli.hub.organ.{name}", "zh" if lang == "zh" else "en")[:12] in out
    assert f"casehub organ {name} " in out.rpartition("示例：" if lang == "zh" else "examples:")[2]
    assert "cli.hub" not in out


def test_a_home_without_a_table_says_how_to_begin(home: Path) -> None:
    for command in (["list"], ["find", "鼓楼区"]):
        code, out, _ = ran(*command, "--home", home)
        assert code == (1 if command[0] == "find" else 0)
        assert "casehub organ import --sample" in out
    assert told("list", "--home", home) == {"organs": []}
    assert told("show", "court:1", "--home", home, code=1)["error"]["code"] == "organ.unknown"
    refused = told("export", "--out", home / "x.csv", "--home", home, code=1)
    assert refused["error"]["code"] == "organ.nothing-kept"
    assert told("import", "--undo", "--home", home, code=1)["error"]["code"] == "organ.nothing-to-undo"


@pytest.mark.parametrize("words", [["list"], ["show", "court:1"], ["find", "x"], ["import", "--sample"]])
def test_a_folder_without_a_hub_is_no_home(words: list[str], tmp_path: Path) -> None:
    assert told(*words, "--home", tmp_path, code=1)["error"]["code"] == "hub.not-initialised"
    assert list(tmp_path.iterdir()) == []


def test_import_tells_the_difference_and_keeps_the_table(home: Path, table: Path) -> None:
    code, out, err = ran("import", table, "--home", home)
    assert code == 0
    assert "新增  police:350102000000" in out
    assert "新增 4 个，变更 0 个，减少 0 个。" in out
    assert "传真" in err
    assert "999999" in err
    changed = TABLE.replace("示范路1号", "示范路9号").replace("court:999999,示例法院,县级,999999,,,,,\n", "")
    table.write_text(changed + "court:350102,鼓楼区人民法院,county,350102,,,,,\n", "utf-8")
    looked = told("check", table, "--home", home)
    found = told("import", table, "--home", home)
    for body in (looked, found):
        assert body["added"] == ["court:350102"]
        assert body["removed"] == ["court:999999"]
        cells = {"address": {"before": "示范路1号", "after": "示范路9号"}}
        assert body["changed"] == [{"id": "police:350102000000", "cells": cells}]
    assert found["version"] == 2
    assert [each["code"] for each in found["notices"]] == ["organ.columns-unknown"]
    assert told("import", table, "--home", home)["version"] == 2, "nothing differs, nothing is written"
    assert "没有差异" in ran("import", table, "--home", home)[1]


def test_undo_goes_back(home: Path, table: Path) -> None:
    told("import", table, "--home", home)
    table.write_text(TABLE.replace("示范路1号", "示范路9号"), "utf-8")
    told("import", table, "--home", home)
    _, out, _ = ran("import", "--undo", "--home", home)
    assert "address: 示范路9号 → 示范路1号" in out
    assert told("show", "police:350102000000", "--home", home)["organ"]["address"] == "示范路1号"
    assert told("import", "--undo", "--home", home) == {
        "organs": 0,
        "version": 0,
        "added": [],
        "changed": [],
        "removed": [each.id for each in organs.read(table.read_bytes(), "t")],
    }


def test_a_table_with_faults_changes_nothing(home: Path, table: Path) -> None:
    told("import", table, "--home", home)
    table.write_text(TABLE.replace("24/7", "always").replace("县级,999999", "乡级,99"), "utf-8")
    for words in (["check", table], ["import", table, "--home", home]):
        error = told(*words, code=1)["error"]
        assert error["code"] == "organ.table-inconsistent"
        assert [(each["code"], each["place"]) for each in error["problems"]] == [
            ("organ.hours-form", "机关表.csv:3 办公时间"),
            ("organ.level-unknown", "机关表.csv:5 层级"),
            ("organ.area-form", "机关表.csv:5 管辖区划"),
        ]
    _, out, err = ran("import", table, "--home", home)
    assert out == ""
    assert "机关表.csv:3 办公时间" in err
    assert len(kept.versions(home)) == 1


def test_import_wants_one_thing(home: Path, table: Path) -> None:
    for words, code in (
        ([], "commandline.required"),
        ([table, "--sample"], "commandline.together"),
        ([table, "--undo"], "commandline.together"),
        (["--undo", "--sample"], "commandline.together"),
    ):
        assert told("import", *words, "--home", home, code=2)["error"]["code"] == code
    away = told("import", table.with_name("nowhere.csv"), "--home", home, code=1)
    assert away["error"]["code"] == "commandline.file-absent"


def test_a_file_too_large_is_not_read(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    assert told("import", path, "--home", home, code=1)["error"]["code"] == "organ.file-large"


def test_the_sample_never_replaces_a_table(home: Path, table: Path) -> None:
    code, out, err = ran("import", "--sample", "--home", home)
    assert (code, err) == (0, "")
    assert "虚构" in out
    assert told("import", "--sample", "--home", home)["version"] == 1
    told("import", table, "--home", home)
    refused = told("import", "--sample", "--home", home, code=1)
    assert refused["error"]["code"] == "organ.sample-beside-others"


def test_a_table_that_was_spoilt_can_be_replaced_and_taken_back(home: Path, table: Path) -> None:
    told("import", table, "--home", home)
    path = kept.versions(home)[0].path
    path.write_bytes(path.read_bytes().replace(b"county", b"village"))
    assert told("list", "--home", home, code=1)["error"]["code"] == "organ.table-inconsistent"
    body = told("import", table, "--home", home)
    assert body["version"] == 2
    assert "organ.kept-unreadable" in [each["code"] for each in body["notices"]]
    told("import", "--undo", "--home", home)
    assert told("import", "--undo", "--home", home)["organs"] == 0


def test_the_sample_never_replaces_a_table_that_cannot_be_read(home: Path, table: Path) -> None:
    """It may be a real one."""
    told("import", table, "--home", home)
    path = kept.versions(home)[0].path
    path.write_bytes(path.read_bytes().replace(b"county", b"village"))
    refused = told("import", "--sample", "--home", home, code=1)
    assert refused["error"]["code"] == "organ.sample-beside-others"
    assert len(kept.versions(home)) == 1
    told("import", "--undo", "--home", home)
    assert told("import", "--sample", "--home", home)["version"] == 2


def test_a_misspelt_column_is_noticed(home: Path, table: Path) -> None:
    """A sound table may have one: the cells are kept, and nobody sees them."""
    table.write_text(TABLE.replace("地址,电话", "地址,电话号码"), "utf-8")
    code, _, err = ran("import", table, "--home", home, "--lang", "en")
    assert code == 0
    assert "电话号码 (电话?), 传真" in err
    assert "电话号码（电话？）、传真" in ran("check", table)[2]


def test_list_narrows(home: Path) -> None:
    told("import", "--sample", "--home", home)
    tree = organs.sample()
    body = told("list", "--home", home)
    assert body["organs"] == [each.to_json() for each in tree]
    body = told("list", "--type", "court", "--level", "设区的市级", "--home", home)
    assert [each["id"] for each in body["organs"]] == ["court:990100", "court:990200", "court:990300"]
    body = told("list", "--area", "990121", "--level", "base", "--home", home)
    assert [each["id"] for each in body["organs"]] == ["police:990121510000", "court:990121-1"]
    assert "列出 62 个，全表共 62 个。" in ran("list", "--home", home)[1]
    assert told("list", "--type", "customs", "--home", home, code=1)["error"]["code"] == "agency.unknown-type"
    assert told("list", "--level", "x", "--home", home, code=1)["error"]["code"] == "organ.level-unknown"


def test_list_wants_the_code_of_an_area(home: Path) -> None:
    told("import", "--sample", "--home", home)
    for area in ("福州", "3501", "035010"):
        error = told("list", "--area", area, "--home", home, code=1)["error"]
        assert (error["code"], error["place"]) == ("organ.area-form", "--area")


def test_find_by_code_tells_detached_organs_apart(home: Path) -> None:
    """They serve the place and do not decide there."""
    told("import", "--sample", "--home", home)
    body = told("find", "990121", "--type", "court", "--home", home)
    assert [each["id"] for each in body["areas"][0]["competent"]] == ["court:990121"]
    assert [each["id"] for each in body["organs"]] == ["court:990121", "court:990121-1"]
    _, out, _ = ran("find", "990121", "--type", "court", "--home", home)
    assert out.index("court:990121 ") < out.index("含有“990121”") < out.index("court:990121-1")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_organ_can_be_shown(home: Path, lang: str) -> None:
    told("import", "--sample", "--home", home)
    for organ in ("prison:990100", "court:990171", "police:990000000000", "court:990121-1"):
        code, out, _ = ran("show", organ, "--home", home, "--lang", lang)
        assert code == 0
        assert "cli.hub" not in out


def test_show_tells_those_around_it(home: Path) -> None:
    told("import", "--sample", "--home", home)
    body = told("show", "court:990121", "--home", home)
    assert body["above"] == ["court:990100", "court:990000"]
    assert body["below"] == ["court:990121-1"]
    assert body["counterparts"] == [
        "police:990121000000",
        "procuratorate:990121",
        "detention:990121",
        "justice:990121",
    ]
    assert body["enrolled_at"] is None
    _, out, _ = ran("show", "court:990121", "--home", home)
    assert "各级上级        court:990100 甲州市中级人民法院（示例）" in out
    assert "周一至周五 08:30-12:00、14:30-17:30；法定节假日休息" in out
    assert "未接入" in out


def test_show_says_whether_it_is_enrolled(home: Path, table: Path, tmp_path: Path) -> None:
    told("import", table, "--home", home)
    fingerprint = Adapter.init(
        tmp_path / "police", agency="police", code="350102000000", name="甲", hub="http://127.0.0.1:8440"
    )
    request = str(tmp_path / "police" / "enrolment.json")
    assert main(["agency", "admit", request, "--fingerprint", fingerprint, "--home", str(home), "--json"]) == 0
    assert told("show", "police:350102000000", "--home", home)["enrolled_at"]
    assert "已接入，自" in ran("show", "police:350102000000", "--home", home)[1]
    assert told("show", "police:350000000000", "--home", home)["enrolled_at"] is None


def test_find_by_place_name_code_and_words(home: Path, table: Path) -> None:
    told("import", table, "--home", home)
    by_name = told("find", "鼓楼区", "--home", home)
    assert [each["area"] for each in by_name["areas"]] == ["350102"], "other places of this name have no organ here"
    competent = [each["id"] for each in by_name["areas"][0]["competent"]]
    assert competent == ["police:350102000000", "procuratorate:350102"]
    assert [each["id"] for each in by_name["organs"]] == ["procuratorate:350102"]
    (there,) = told("find", "350199", "--type", "police", "--home", home)["areas"]
    assert [each["id"] for each in there["competent"]] == ["police:350000000000"], "the province around it"
    assert told("find", "示范路", "--type", "police", "--home", home)["areas"] == []
    _, out, _ = ran("find", "鼓楼区", "--home", home)
    assert "管辖 350102 的机关：" in out
    assert "12309" in out
    assert "含有“鼓楼区”" not in out, "those that hold the words stand above already"
    code, out, _ = ran("find", "没有这样的地方", "--home", home)
    assert code == 1
    assert "没有找到" in out


def test_what_is_exported_comes_back(home: Path, table: Path, tmp_path: Path) -> None:
    told("import", table, "--home", home)
    out = tmp_path / "out.csv"
    body = told("export", "--out", out, "--home", home)
    assert (body["organs"], body["bytes"]) == (4, out.stat().st_size)
    assert out.read_bytes().startswith(UTF8_BOM), "spreadsheets take it for UTF-8"
    assert organs.read(out.read_bytes(), "x") == kept.load(home)
    assert "没有差异" in ran("import", out, "--home", home)[1]
