"""README's commands, quoted help, quoted output, folders and numbers are those of the programs."""

from __future__ import annotations

import re
import tomllib

import pytest

from messages import catalogue
from messages.version import VERSION
from standards import nodes
from tests.docs.guide import PROGRAMS, ROOT, Block, blocks
from tests.docs.help import CHANGELOG, COMMANDS, COVERAGE, CROSSWALKS, README, counted_unreleased, counts, printed_by

TEXT = README.read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HELP = [block for block in blocks(COMMANDS) if block.language == "console"]


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


@pytest.mark.parametrize("words", counts())
def test_counts_are_those_of_the_data(words: str) -> None:
    said = {int(number) for number in re.findall(rf"\b(\d+) {words}\b", TEXT)}
    assert said == {counts()[words]}, "run: python -m tests.docs.help"


def test_counts_of_what_is_unreleased_are_those_of_the_data() -> None:
    page = CHANGELOG.read_text("utf-8")
    assert counted_unreleased(page) == page, "run: python -m tests.docs.help"
    assert counted_unreleased("## [Unreleased]\n1 crosswalks\n## [0.1.0]\n1 crosswalks").endswith("\n1 crosswalks")


def test_coverage_quoted_is_the_coverage_printed() -> None:
    assert printed_by("casehub", COVERAGE).strip() in CROSSWALKS.read_text("utf-8"), "run: python -m tests.docs.help"


def test_readme_is_short() -> None:
    assert len(TEXT.splitlines()) <= 175


def test_every_folder_has_its_room() -> None:
    rooms = re.findall(r"^\| `([a-z]+)/` \|", TEXT, re.MULTILINE)
    packages = {*PROJECT["tool"]["importlinter"]["root_packages"], "bench", "tests", "docs"}
    assert set(rooms) == packages
    assert all((ROOT / room).is_dir() for room in rooms)


def test_changelog_speaks_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert headings[:2] == ["Unreleased", VERSION]
