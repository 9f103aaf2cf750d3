"""The guide about code tables, followed word by word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import codebooks
from tests.docs.guide import DOCS, Reader, blocks

PAGE = DOCS / "guides" / "add-a-code-table.md"


def test_adding_a_code_table(tmp_path: Path) -> None:
    reader = Reader(tmp_path, 8440)
    reader.command("casehub init --home hub --name fujian --url http://127.0.0.1:8440")
    shutil.copytree(Path(str(codebooks.__file__)).parent, tmp_path / "codebooks")
    names = [block.name for block in blocks(PAGE) if block.runs]
    assert len(names) == 8
    for name in names:
        reader.follow(PAGE, name)
    found = json.loads(reader.command("casehub codebook releases --home hub --json"))["releases"]
    assert [(item["number"], item["in_effect"]) for item in found] == [(0, False), (1, False), (2, True)]
    told = json.loads(reader.command("casehub codebook diff 0 1 --home hub --json"))
    assert {item["code"] for item in told["outcomes"]} == {"101", "102", "201", "301"}
    assert json.loads(reader.command("casehub codebook diff 0 2 --home hub --json"))["outcomes"] == []
