"""The guide that adds a mark action, followed word by word in a copy of the checkout."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from standards import actions
from tests.docs.guide import DOCS, ROOT, blocks
from tests.docs.test_add_a_node import Maintainer

GUIDE = DOCS / "guides/add-an-action.md"
PACKAGES = (
    *("adapters", "bench", "codebooks", "digests", "docs", "dossier", "evidence", "hub", "messages", "standards"),
    "tests",
)


def test_adding_an_action(tmp_path: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    maintainer = Maintainer(tmp_path, 0, environ={"PYTHONPATH": str(tmp_path)})
    for block in blocks(GUIDE):
        if block.runs:
            maintainer.follow(GUIDE, block.name)
    passed = re.search(r"(\d+) passed", maintainer.printed["test"])
    assert passed
    assert int(passed[1]) > len(actions.actions())


def test_every_file_named_is_there() -> None:
    named = re.findall(r"`((?:adapters|docs|evidence|hub|standards|tests)/[a-z_/.]+)`", GUIDE.read_text("utf-8"))
    assert len(named) > 15
    assert all((ROOT / name).exists() for name in named)


def test_every_member_of_a_row_is_explained() -> None:
    head = (ROOT / "standards/actions.toml").read_text("utf-8").partition("\n[")[0]
    members = re.findall(r"^#   ([a-z_]+(?:, [a-z_]+)*)  ", head, re.MULTILINE)
    told = GUIDE.read_text("utf-8")
    assert {"by", "also", "vocabulary", "handed_in"} <= set(members)
    assert all(f"`{name}`" in told for group in members for name in group.split(", "))
