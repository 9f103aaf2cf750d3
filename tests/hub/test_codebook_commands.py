"""`casehub codebook systems | find | lookup | translate | batch | coverage | export`, without a hub and with one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import codebooks
from codebooks.formats.csv import export_table, import_table
from hub.cli import main
from hub.home import init_home
from standards.terminal import width

DAY = ("--as-of", "2024-03-04")


class Program:
    """The command, and what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = 0

    def __call__(self, *arguments: str) -> str:
        self.code = main(["codebook", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return self.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.delenv("CASEHUB_HOME", raising=False)
    return Program(capsys)


def test_systems(run: Program) -> None:
    found = run.json("systems")
    assert [item["id"] for item in found["systems"]] == list(codebooks.load().systems())
    assert "检察机关罪名案由（代用表）" in run("systems")
    assert run.code == 0


def test_find_answers_with_a_list(run: Program) -> None:
    found = run.json("find", "unified.crime", "偷税罪", *DAY)
    assert [(item["code"], item["display"]) for item in found] == [("XF201-02", "逃税罪")]
    assert [item["display"] for item in run.json("find", "unified.crime", "偷税")] == ["偷税罪"]
    assert run.json("find", "unified.crime", "没有这种罪") == []
    assert run.code == 0
    assert "没有名为" in run("find", "unified.crime", "没有这种罪")


def test_lookup_answers_with_a_list(run: Program) -> None:
    (ended,) = run.json("lookup", "unified.crime", "XF201-01", *DAY)
    assert (ended["code"], ended["valid"], ended["reasons"]) == ("XF201-01", False, ["ended"])
    assert [item["display"] for item in ended["replaced_by"]] == ["逃税罪"]
    (then,) = run.json("lookup", "unified.crime", "XF201-01", "--as-of", "2008-01-01")
    assert then["valid"] is True
    assert run.json("lookup", "unified.crime", "none") == []
    assert run.code == 1
    shown = run("lookup", "unified.crime", "XF264-01")
    assert "侵犯财产罪" in shown


def test_a_code_given_out_again_is_told_apart_by_its_day(run: Program) -> None:
    again = next(
        rows
        for rows in codebooks.load().system("gb.division").by_code.values()
        if len({row.display for row in rows}) > 1
    )
    code = again[0].code
    assert [item["display"] for item in run.json("lookup", "gb.division", code)] == [row.display for row in again]
    for row in again[1:]:
        (found,) = run.json("lookup", "gb.division", code, "--as-of", row.valid_from.isoformat())
        assert found["display"] == row.display


def test_translate(run: Program) -> None:
    found = run.json("translate", "police.case-class", "050200", "--to", "court.cause", *DAY)
    assert (found["outcome"], found["path"]) == ("equivalent", ["police.case-class", "unified.crime", "court.cause"])
    match = found["matches"][0]
    assert (match["code"], match["display"], match["relationship"]) == ("201", "盗窃罪", "equivalent")
    assert found["as_of"] == "2024-03-04"
    settled = run.json(
        "translate", "police.case-class", "060101", "--to", "unified.crime", "--context", '{"article":"第277条第5款"}'
    )
    assert [match["display"] for match in settled["matches"]] == ["袭警罪"]
    gap = run.json("translate", "police.case-class", "nothing", "--to", "unified.crime")
    assert (run.code, gap["outcome"], gap["matches"], gap["note"]) == (0, "unmapped", [], "unknown-code")
    other = run.json("translate", "police.case-class", "050200", "--to", "unified.crime", "--code-version", "9")
    assert other["note"] == "version-differs"


def test_translate_for_people(run: Program) -> None:
    shown = run("translate", "police.case-class", "050200", "--to", "court.cause", *DAY)
    first, heads, line, row = shown.splitlines()[:4]
    assert first.startswith("等同（equivalent）  2024-03-04  police.case-class → unified.crime → court.cause")
    assert width(heads) <= width(line)
    assert row.startswith("201   盗窃罪")
    assert "不能由此反推" in shown
    english = run("translate", "unified.crime", "XF201-01", "--to", "court.cause", *DAY, "--lang", "en")
    assert "The code had ended." in english
    assert "replaced by: 逃税罪" in english


BATCHES = {
    "csv": "system,code,target,as_of,context\npolice.case-class,050200,,2024-03-04,\n"
    'police.case-class,060101,,,"{""article"": ""第277条第5款""}"\n',
    "json": '[{"system":"police.case-class","code":"050200"},'
    '{"system":"police.case-class","code":"060101","context":{"article":"第277条第5款"}}]',
    "jsonl": '{"system":"police.case-class","code":"050200"}\n\n'
    '{"system":"police.case-class","code":"060101","context":{"article":"第277条第5款"}}\n',
}


@pytest.mark.parametrize("form", BATCHES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_batches(run: Program, tmp_path: Path, form: str, encoding: str) -> None:
    file = tmp_path / f"items.{form}"
    file.write_bytes(BATCHES[form].encode(encoding))
    found = run.json("batch", str(file), "--to", "unified.crime", *DAY)
    assert [answer["matches"][0]["display"] for answer in found["answers"]] == ["盗窃罪", "袭警罪"]
    assert (run.code, found["failed"]) == (0, 0)


def test_a_batch_tells_what_it_could_not_read(run: Program, tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text('[{"system":"police.case-class","code":"050200"}, 3]')
    found = run.json("batch", str(file), "--to", "unified.crime")
    assert (run.code, found["failed"], found["answers"][1]["error"]["place"]) == (1, 1, "/1")
    assert "盗窃罪" in run("batch", str(file), "--to", "unified.crime")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[{"system"', 1),
        ('{"system":"a"}\n{', 2),
        ("system,colour\n", 1),
        ('system,code,context\na,b,"{"\n', 2),
        ("", 1),
    ],
)
def test_a_batch_that_is_no_batch_is_refused_by_line(run: Program, tmp_path: Path, content: str, line: int) -> None:
    file = tmp_path / "items"
    file.write_text(content)
    problem = run.json("batch", str(file))["error"]
    assert (run.code, problem["code"], problem["place"]) == (1, "codebook.batch-file", f"{file}:{line}")


def test_coverage(run: Program) -> None:
    found = run.json("coverage", *DAY)
    assert {row["crosswalk"] for row in found["crosswalks"]} == set(codebooks.load().crosswalks)
    assert found["total"]["equivalent"] == sum(row["equivalent"] for row in found["crosswalks"])
    shown = run("coverage", *DAY)
    assert "合计" in shown
    lines = run("coverage", "--markdown", *DAY).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[1].startswith("| --- | --- | ---: |")


def test_exports(run: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = run.json("export", "gb.sex", "--format", "csv", "--out", str(out))
    system = codebooks.load().system("gb.sex")
    assert out.read_bytes() == export_table(system)
    assert told["bytes"] == out.stat().st_size
    assert import_table(system.header, out.read_bytes()).notes == ()
    for name, form in (("gb.sex", "genericode"), ("gb.sex", "fhir"), ("court.sex--gb.sex", "sssom")):
        assert "已导出" in run("export", name, "--format", form, "--out", str(out))
    assert list(tmp_path.iterdir()) == [out]


REFUSED = [
    (("find", "x", "y"), 1, "codebook.no-system"),
    (("lookup", "x", "y"), 1, "codebook.no-system"),
    (("export", "x", "--format", "csv", "--out", "/dev/null"), 1, "codebook.no-system"),
    (("export", "gb.sex", "--format", "sssom", "--out", "/dev/null"), 1, "codebook.no-format"),
    (("systems", "--release", "99"), 1, "codebook.no-release"),
    (("translate", "a", "b", "--to", "c", "--context", "[]"), 2, "commandline.value"),
    (("translate", "a", "b", "--to", "c", "--context", "{"), 2, "commandline.value"),
    (("batch", "/nowhere"), 1, "commandline.file-absent"),
]


@pytest.mark.parametrize(("arguments", "status", "code"), REFUSED)
def test_refused_by_name(run: Program, arguments: tuple[str, ...], status: int, code: str) -> None:
    problem = run.json(*arguments)["error"]
    assert (run.code, problem["code"]) == (status, code)
    assert run(*arguments) == ""
    assert code in run.err


def test_with_a_hub_its_release_answers(run: Program, tmp_path: Path) -> None:
    home = tmp_path / "hub"
    init_home(home, name="trial", public_url="http://127.0.0.1:1", now=datetime(2026, 3, 2, tzinfo=UTC))
    found = run.json("systems", "--home", str(home))
    assert found["release"]["id"] == codebooks.load().id
    assert run.json("find", "gb.sex", "男", "--home", str(home), "--release", "0")[0]["code"] == "1"
    assert run.json("systems", "--home", str(home), "--release", "7")["error"]["code"] == "codebook.no-release"


@pytest.mark.parametrize("name", ["systems", "find", "lookup", "translate", "batch", "coverage", "export"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_shows_examples(capsys: pytest.CaptureFixture[str], name: str, lang: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["codebook", name, "--help", "--lang", lang])
    shown = capsys.readouterr().out
    assert caught.value.code == 0
    assert f"casehub codebook {name}" in shown.split("示例" if lang == "zh" else "examples")[1]
    assert "cli.hub" not in shown
