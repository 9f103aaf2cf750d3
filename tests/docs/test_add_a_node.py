"""The guide that adds a node, followed word by word in a copy of the checkout."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.docs.guide import DOCS, ROOT, Block, Reader, blocks

GUIDE = DOCS / "guides/add-a-node.md"
PACKAGES = ("digests", "standards", "codebooks", "evidence", "dossier", "hub", "adapters", "bench", "tests")


class Maintainer(Reader):
    """A reader whose programs are those of the checkout that they change."""

    def execute(self, block: Block) -> str:
        """Every block in a shell of its own; our programs are modules of the checkout."""
        programs = 'casehub() { python -m hub.cli "$@"; }\n' if block.language == "sh" else ""
        return super().execute(Block(block.language, block.mark, programs + block.content))


def test_adding_a_node(tmp_path: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "vectors", "docs"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    maintainer = Maintainer(tmp_path, 0, environ={"PYTHONPATH": str(tmp_path)})
    for block in blocks(GUIDE):
        if block.runs:
            maintainer.follow(GUIDE, block.name)
    assert "N-FIL-014" in (tmp_path / "filing.svg").read_text("utf-8")
    walked = re.search(r"(\d+) passed", maintainer.printed["walk"])
    assert walked
    assert int(walked[1]) >= 4


def test_every_file_named_is_there() -> None:
    named = re.findall(r"`((?:standards|tests)/[a-z_/*.]+)`", GUIDE.read_text("utf-8"))
    assert len(named) > 8
    assert all(list(ROOT.glob(name)) for name in named)
