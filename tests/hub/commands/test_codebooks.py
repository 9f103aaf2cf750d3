"""`casehub codebook draft | edit | import | check | diff | review | release …` as people and as programs run them."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import codebooks
from codebooks.rows import MAX_BYTES
from hub.cli import main
from messages import text
from tests.scene.hubs import prepared

COMMANDS = (
    "draft new", "draft list", "draft show", "draft rebase", "draft drop", "draft export", "edit", "import", "check",
    "diff", "review", "release", "releases", "dry-run", "worklist", "accept", "maintainers",
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "H"
    return prepared(folder)


def ran(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `casehub codebook …`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(["codebook", *words])
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


def told(home: Path, *words: str, code: int = 0) -> Any:
    """The JSON object that a command answers with."""
    found, out, _ = ran(*words, "--home", str(home), "--json")
    assert found == code, out
    return json.loads(out)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_tells_what_it_does(name: str, lang: str) -> None:
    code, out, _ = ran(*name.split(), "--help", "--lang", lang)
    assert code == 0
    assert text(f"cli.hub.codebook.{name.replace(' ', '.')}", "zh" if lang == "zh" else "en")[:12] in out
    assert "cli.hub" not in out


def test_programs_read_the_whole_way(home: Path, tmp_path: Path) -> None:
    draft = told(home, "draft", "new", "--title", "试", "--as", "李示例")["draft"]
    change = ("edit", draft, "change", "gb.sex", "9", "display=没有说明")
    assert told(home, *change, "--as", "李示例")["version"] == 1
    clash = told(home, "edit", draft, "change", "gb.sex", "9", "display=别的", "--as", "王示例", code=1)["error"]
    assert clash["code"] == "codebook.conflicts"
    assert clash["problems"][0]["params"]["theirs"] == "display=没有说明"
    assert (
        told(home, "edit", draft, "change", "gb.sex", "9", "display=其他", "--seen", "1", "--as", "王示例")["version"]
        == 2
    )
    sheet = tmp_path / "gb.sex.csv"
    assert told(home, "draft", "export", draft, "gb.sex", "--out", str(sheet))["version"] == 2
    sheet.write_text(sheet.read_text("utf-8").replace("其他", "别样", 1), "utf-8")
    assert told(home, "import", draft, str(sheet), "--seen", "2", "--as", "李示例")["edits"][0]["kind"] == "changed"
    assert [edit["editor"] for edit in told(home, "draft", "show", draft)["edits"]] == ["李示例", "王示例", "李示例"]
    assert told(home, "check", draft)["passed"]
    assert told(home, "diff", draft)["counts"]["changed"] == 1
    assert told(home, "dry-run", draft, "--days", "3")["changes"] == []
    assert told(home, "review", draft, "--approve", "--as", "李示例", code=1)["error"]["code"] == "codebook.own-review"
    assert told(home, "review", draft, "--return", "--note", "再看", "--as", "赵示例")["review_note"] == "再看"
    told(home, "review", draft, "--approve", "--as", "赵示例")
    released = told(home, "release", draft, "--effective-from", "2199-01-01", "--as", "李示例")
    listed = told(home, "releases")["releases"]
    assert [(item["id"], item["in_effect"]) for item in listed][1] == (released["id"], False)
    assert told(home, "draft", "list")["drafts"] == []
    assert len(told(home, "draft", "list", "--all")["drafts"]) == 1


def test_people_read_sentences_and_tables(home: Path) -> None:
    assert "已建草案 人读" in ran("draft", "new", "--name", "人读", "--as", "李示例", "--home", str(home))[1]
    code, out, _ = ran(
        "edit", "人读", "end", "gb.sex", "9", "--on", "2030-01-01", "--as", "李示例", "--home", str(home)
    )
    assert (code, "停用" in out, "valid_to: - → 2030-01-01" in out) == (0, True, True)
    code, out, _ = ran("draft", "show", "人读", "--home", str(home))
    assert "李示例" in out
    code, out, _ = ran("edit", "人读", "change", "gb.sex", "1", "parent=7", "--as", "李示例", "--home", str(home))
    code, out, err = ran("check", "人读", "--home", str(home))
    assert (code, "codebook.unknown-parent" in err, "1 处错误" in out) == (1, True, True)
    assert "人读" in ran("draft", "list", "--home", str(home))[1]
    assert ran("draft", "drop", "人读", "--as", "李示例", "--home", str(home))[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("edit", "d9", "change", "gb.sex", "9", "display=x", "--as", "李"), "codebook.no-draft"),
        (("edit", "w", "change", "gb.sex", "77", "display=x", "--as", "李"), "codebook.no-row"),
        (("edit", "w", "add", "gb.sex", "code=9", "display=x", "--as", "李"), "codebook.row-there"),
        (("edit", "w", "add", "gb.sex", "kode=9", "--as", "李"), "codebook.no-column"),
        (("edit", "w", "add", "../x", "code=9", "--as", "李"), "codebook.not-a-table"),
        (("draft", "new", "--from", "1999.9", "--as", "李"), "codebook.no-release"),
        (("draft", "new", "--as", " "), "codebook.bad-name"),
        (("diff", "1999.1", "2026.1"), "codebook.no-release"),
        (("accept", "none", "--as", "李"), "codebook.no-work-item"),
        (("maintainers", "--add", "court:999"), "agency.unknown"),
    ],
)
def test_what_is_refused_is_told(home: Path, words: tuple[str, ...], code: str) -> None:
    ran("draft", "new", "--name", "w", "--as", "李", "--home", str(home))
    assert told(home, *words, code=1)["error"]["code"] == code


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "w", "change", "gb.sex", "--as", "李"),
        ("edit", "w", "change", "gb.sex", "9", "display", "--as", "李"),
        ("edit", "w", "end", "gb.sex", "9", "--as", "李"),
        ("review", "w", "--as", "李"),
        ("release", "w", "--effective-from", "morgen", "--as", "李"),
    ],
)
def test_wrong_use(home: Path, words: tuple[str, ...]) -> None:
    told(home, *words, code=2)


def test_a_file_too_large_is_not_even_read(home: Path, tmp_path: Path) -> None:
    large = tmp_path / "gb.sex.csv"
    with large.open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    ran("draft", "new", "--name", "w", "--as", "李", "--home", str(home))
    found = told(home, "import", "w", str(large), "--as", "李", code=1)["error"]
    assert (found["code"], found["params"]["limit"]) == ("codebook.file-too-large", MAX_BYTES)


def test_a_folder_is_checked_without_a_hub(tmp_path: Path) -> None:
    folder = tmp_path / "codebooks"
    shutil.copytree(Path(str(codebooks.__file__)).parent, folder)
    assert ran("check", str(folder))[0] == 0
    table = folder / "tables" / "gb.sex.csv"
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join([*lines, lines[-1]]))
    code, out, _ = ran("check", str(folder), "--json")
    found = json.loads(out)
    assert (code, found["passed"]) == (1, False)
    assert [(item["code"], item["place"]) for item in found["problems"]] == [
        ("codebook.duplicate-code", f"tables/gb.sex.csv:{len(lines) + 1}")
    ]


def test_a_type_without_a_column_of_targets_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "codebooks"
    shutil.copytree(Path(str(codebooks.__file__)).parent, folder)
    targets = folder / "targets.csv"
    lines = targets.read_text("utf-8").splitlines()
    lines = [",".join(line.split(",")[:-1]) for line in lines]
    targets.write_text("\n".join([*lines, ""]), "utf-8")
    code, out, _ = ran("check", str(folder), "--json")
    (found,) = json.loads(out)["problems"]
    assert (code, found["code"], found["params"]) == (1, "codebook.targets-incomplete", {"type": "prison"})
    assert "增加一列" in ran("check", str(folder))[2]
    targets.write_text(
        "\n".join([lines[0] + ",prison", lines[1] + ",", *(f"{x},gb.sex" for x in lines[2:]), ""]), "utf-8"
    )
    (found,) = json.loads(ran("check", str(folder), "--json")[1])["problems"]
    assert (found["code"], found["place"]) == ("codebook.targets-incomplete", "targets.csv:2")
