"""All pages: links lead somewhere, commands and settings exist, codes are in the message catalogue."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import adapters.keys.keyring
import adapters.program.arguments
import hub.cli
import hub.commands.adding
from dossier import listing
from hub.metrics import Metrics
from hub.settings import Settings
from messages import catalogue
from messages.commandline import Console, Parser, WrongUse
from tests.docs.guide import DOCS, ROOT, blocks

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
VARIABLES = {
    hub.commands.adding.HOME_VARIABLE,
    adapters.program.arguments.HOME_VARIABLE,
    "CASEHUB_LANG",
    "CASEHUB_PASSPHRASE",
    "CASEHUB_PASSPHRASE_FILE",
    *(f"CASEHUB_{name.upper()}" for name in Settings.model_fields),
}
CODE = re.compile(
    r"`((?:adapter|agency|case|demo|dossier|evidence|http|hub|log|package|part|request|rule|transfer|trust)\.[A-Za-z][A-Za-z0-9-]+)`"
)
_FILE = re.compile(r".+\.(?:csv|json|log|toml|xml)")


def commands(page: Path) -> Iterator[list[str]]:
    """Every command line of our programs in a page's shell blocks and in its running text."""
    text = page.read_text("utf-8")
    lines = [line for block in blocks(page) if block.language in ("sh", "ini") for line in block.content.splitlines()]
    lines += re.findall(r"`((?:casehub|casehub-adapter|casehub-verify) [^`…]+)`", text.replace("\n", " "))
    for line in lines:
        found = re.search(r"(?:^|[/ =])(casehub(?:-adapter|-verify)?) (?!serve$)(.+)$", line.strip())
        if found and not re.search(r"pip install|venv", line):
            yield [found[1], *shlex.split(found[2].partition(" > ")[0], comments=True)]


def parser_of(program: str) -> Parser:
    """The program's own parser."""
    if program == "casehub":
        return hub.cli.program("en")
    return adapters.program.arguments.parser("en", {})


def refusal_of(program: str, arguments: list[str]) -> str | None:
    """The code of wrong use, or None."""
    try:
        parser_of(program).parse_args(arguments)
    except WrongUse as wrong:
        return wrong.code
    return None


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_commands_are_understood(page: Path) -> None:
    """Arguments that a sentence leaves out are not asked for; options and verbs must exist."""
    for program, *arguments in commands(page):
        if program == "casehub-verify" or "--help" in arguments:
            continue
        assert refusal_of(program, arguments) in (None, "commandline.required"), shlex.join([program, *arguments])


def test_commands_are_found_at_all() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 40
    assert refusal_of("casehub", ["status", "--home", "H", "--no-such-option"]) == "commandline.unrecognized"


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_make_targets_exist(page: Path) -> None:
    named = re.findall(r"`?\bmake ([a-z][a-z-]*)\b(?=[`\s])", page.read_text("utf-8"))
    code = [name for name in named if f"`make {name}" in page.read_text("utf-8")]
    assert set(code) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_variables_exist(page: Path) -> None:
    assert set(re.findall(r"\bCASEHUB_[A-Z_0-9]+[A-Z0-9]\b", page.read_text("utf-8"))) <= VARIABLES


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_codes_are_in_the_catalogue(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    unknown = set(CODE.findall(text)) - set(catalogue())
    assert [name for name in unknown if not _FILE.fullmatch(name) and find_spec(name) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    """The anchors that readers of Markdown make of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_lines_are_short(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    long = [line for line in text.splitlines() if len(line) > 120 and "|" not in line and "](" not in line]
    assert long == []


def table(page: Path, header: str) -> dict[str, list[str]]:
    """First cells without quotes → the other cells, of the table whose header line begins so."""
    lines = page.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(header))
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        first, *rest = (cell.strip() for cell in line.strip("|").split("|"))
        found[first.strip("`")] = rest
    return found


def test_settings_are_those_of_the_hub() -> None:
    told = table(DOCS / "guides/operate-a-hub.md", "| setting |")
    assert set(told) == set(Settings.model_fields) - {"home"}
    for name, (default, _) in told.items():
        actual = Settings.model_fields[name].default
        if actual and name != "log_origin":
            assert default == str(actual).removesuffix(".0"), name


def test_metrics_are_those_of_the_hub() -> None:
    told = table(DOCS / "guides/operate-a-hub.md", "| metric |")
    made = {metric.name: metric.type for metric in Metrics().registry.collect()}
    assert set(told) == {f"{name}_total" if kind == "counter" else name for name, kind in made.items()}


def test_columns_of_a_listing() -> None:
    told = table(DOCS / "guides/connect-an-agency.md", "| column |")
    assert [name for name, (needed, _) in told.items() if needed] == list(listing.REQUIRED)
    assert {name for name, (needed, _) in told.items() if not needed} == set(listing.OPTIONAL)


def test_passphrase_variables_are_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one\n", "utf-8")
    assert adapters.keys.keyring.passphrase_from({"CASEHUB_PASSPHRASE": "two"}) == b"two"
    assert adapters.keys.keyring.passphrase_from({"CASEHUB_PASSPHRASE_FILE": str(tmp_path / "secret")}) == b"one"
    assert Console.opened([], {**os.environ, "CASEHUB_LANG": "en"}).lang == "en"
