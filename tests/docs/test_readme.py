"""README's commands, quoted help, quoted output, folders and numbers are those of the programs."""

from __future__ import annotations

import re
import tomllib

import pytest

import codebooks
from hub.api.document import described
from messages import catalogue
from standards import nodes
from standards.documents import document_types
from tests.docs.guide import PROGRAMS, ROOT, Block, blocks
from tests.docs.help import README, printed_by

TEXT = README.read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HELP = [block for block in blocks(README) if block.language == "console"]


@pytest.mark.parametrize("block", HELP, ids=lambda block: block.content.split()[1])
def test_help_quoted_is_the_help_printed(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrapping may differ between versions of Python; every word and its order may not."""
    monkeypatch.setenv("COLUMNS", "80")
    command, _, quoted = block.content.partition("\n")
    _, program, *arguments = command.split()
    assert quoted.split() == printed_by(program, arguments).split(), "run: python -m tests.docs.help"


def test_help_of_every_program_is_quoted() -> None:
    assert {block.content.split()[1] for block in HELP} == set(PROGRAMS) == set(PROJECT["project"]["scripts"])


def test_demo_output_quoted_is_in_the_programs_words() -> None:
    demo = next(block for block in blocks(README) if block.mark == "demo")
    sentences = [_form(entry.en) for code, entry in catalogue().items() if code.startswith("demo.")]
    table = 0
    for line in demo.content.splitlines():
        row = re.match(r"^ *(?:\d+  (N-[A-Z]+-\d+) (.+?)…? {2,}|#  node)", line)
        if row:
            table += 1
            assert row[1] is None or nodes.catalogue().get(row[1]).en.startswith(row[2]), line
            continue
        said = line.strip().removeprefix("✓ ")
        assert said == "…" or any(form.fullmatch(said) for form in sentences), line
    assert table > 1


def _form(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[a-z_]+\\\}", ".+?", re.escape(template)))


def test_python_version_is_the_one_required() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in TEXT
    assert "Python 3.11 以上" in TEXT


def test_number_of_nodes() -> None:
    found = re.search(r"\*\*(\d+) collaboration nodes\*\*", TEXT)
    assert found
    assert int(found[1]) == len(nodes.catalogue())


def test_coverage_quoted_is_the_coverage_printed() -> None:
    printed = printed_by("casehub", ["codebook", "coverage", "--markdown", "--lang", "en", "--as-of", "2026-11-01"])
    assert printed.strip() in TEXT


def test_counts_are_those_of_the_data() -> None:
    release = codebooks.load()
    assert f"{len(document_types())} document types" in TEXT
    assert f"{len(release.systems())} code tables, {len(release.crosswalks)} crosswalks" in TEXT
    assert f"all {len(release.crosswalks)} directions" in TEXT
    operations = sum(len(methods) for methods in described().openapi()["paths"].values())
    assert f"{operations} HTTP operations" in TEXT


def test_every_folder_has_its_room() -> None:
    rooms = re.findall(r"^\| `([a-z]+)/` \|", TEXT, re.MULTILINE)
    packages = {*PROJECT["tool"]["importlinter"]["root_packages"], "bench", "tests", "docs"}
    assert set(rooms) == packages
    assert all((ROOT / room).is_dir() for room in rooms)


def test_changelog_speaks_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert headings[:2] == ["Unreleased", PROJECT["project"]["version"]]
