"""The guide about the tree of organs, followed word by word."""

from __future__ import annotations

from pathlib import Path

from hub import organs as kept
from standards.organs.columns import COLUMNS, NEEDED
from standards.organs.levels import levels
from tests.docs.guide import DOCS, Reader, blocks
from tests.docs.test_pages import table

PAGE = DOCS / "guides" / "import-organs.md"


def test_importing_organs(tmp_path: Path) -> None:
    reader = Reader(tmp_path, 8440)
    reader.command("casehub init --home hub --name fujian --url http://127.0.0.1:8440")
    names = [block.name for block in blocks(PAGE) if block.runs]
    assert names == ["sample", "write", "check", "import", "change"]
    for name in names:
        reader.follow(PAGE, name)
    assert [each.undone for each in kept.versions(tmp_path / "hub")] == [True, False, True]
    assert len(kept.load(tmp_path / "hub")) == 3


def test_the_columns_are_those_that_are_read() -> None:
    told = table(PAGE, "| column |")
    assert {name: zh for name, (zh, _) in told.items()} == {each.name: each.zh for each in COLUMNS.values()}
    assert {name for name, (_, what) in told.items() if what.endswith("; needed")} == set(NEEDED)
    assert all(f"`{each.name}` {each.zh}" in told["level"][1] for each in levels().values())
