"""The standards book: whole from the data, and not built where a page and the data disagree."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.book import coverage, quoting
from docs.book.build import build, page
from docs.book.markdown import code, consecutive, escape, table
from docs.book.model import Book, BookError, load
from docs.book.paths import ROOT
from docs.book.search import PairedChinese

BOOK = load()


def altered(number: str, **changes: object) -> Book:
    """The book with one specification changed."""
    specifications = [
        dataclasses.replace(each, **changes) if each.number == number else each  # type: ignore[arg-type]
        for each in BOOK.specifications
    ]
    return Book(BOOK.categories, tuple(specifications))


def test_eight_categories_and_thirty_eight_specifications() -> None:
    assert [len(BOOK.of(category)) for category in BOOK.categories] == [3, 9, 6, 5, 5, 4, 4, 2]


def test_every_part_of_the_standard_stands_in_exactly_one_specification() -> None:
    assert coverage.faults(BOOK) == []


@pytest.mark.parametrize(
    ("number", "parts", "told"),
    [
        ("A2", (), "terms: belongs to no specification"),
        ("A2", ("terms", "table:gb.sex"), "table:gb.sex: belongs to 2 specifications"),
        ("A2", ("terms", "table:gb.none"), "A2: part table:gb.none does not exist"),
        ("A2", ("terms", "nodes:XYZ*"), "A2: part nodes:XYZ* does not exist"),
    ],
)
def test_a_part_without_its_one_place_is_a_fault(number: str, parts: tuple[str, ...], told: str) -> None:
    assert told in coverage.faults(altered(number, parts=parts))


@pytest.mark.parametrize(
    "quotation",
    [
        "{{node N-ARR-999}}",
        "{{document F9999}}",
        "{{volume V77}}",
        "{{term DL-999}}",
        "{{rule IR-999}}",
        "{{code gb.sex 7}}",
        "{{code gb.none 1}}",
        "{{spec Z9}}",
        "{{count nodes = 12}}",
        "{{count ghosts}}",
        "{{limit hub part_bytes = 1}}",
        "{{limit hub none = 1}}",
        "{{poem one}}",
        "{{node N-ARR-001",
    ],
)
def test_a_quotation_that_the_data_do_not_bear_out_is_a_fault(quotation: str) -> None:
    faults: list[str] = []
    book = altered("A2", scope_zh=f"见{quotation}。")
    page(next(each for each in book.specifications if each.number == "A2"), book, faults, coverage.parts())
    assert len(faults) == 1
    assert faults[0].startswith("specifications.toml: A2: ")


@pytest.mark.parametrize(
    ("quotation", "zh"),
    [
        ("{{node N-ARR-001}}", "[提请批准逮捕（N-ARR-001）](#N-ARR-001)"),
        ("{{volume V30}}", "补充侦查卷 `V30`"),
        ("{{code gb.sex 1}}", "男 `1`"),
        ("{{limit hub part_bytes = 16777216}}", "16,777,216"),
        ("{{count core = 166}}", "166"),
        ("{{rule IR-32}}", "[IR-32](#IR-32)"),
        ("{{spec B2}}", "[B2 审查逮捕协同流程](B2.md)"),
    ],
)
def test_a_quotation_says_what_the_data_say(quotation: str, zh: str) -> None:
    faults: list[str] = []
    assert quoting.resolve(quotation, "zh", BOOK, "here", faults) == zh
    assert faults == []


def test_nothing_is_built_when_something_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="belongs to no specification"):
        build(tmp_path, altered("A2", parts=()))
    assert list(tmp_path.iterdir()) == []


def test_words_of_the_data_cannot_become_markup() -> None:
    assert escape("a|b *c* <script> [x](y) $e$") == r"a\|b \*c\* \<script\> \[x\](y) \$e\$"
    assert code("P3D | P30D") == r"`P3D \| P30D`"
    assert table([("甲", "A")], [("",)]).count("|") == 6


def test_headings_that_leave_out_a_level_are_raised_and_siblings_stay_siblings() -> None:
    given = "# a\n\n#### b\n\n#### c\n\n```\n#### no heading\n```\n\n## d\n\n### e"
    assert consecutive(given) == "# a\n\n## b\n\n## c\n\n```\n#### no heading\n```\n\n## d\n\n### e"


def test_chinese_is_searched_by_pairs() -> None:
    assert PairedChinese({}).split("提请批准 N-ARR-001 人") == ["N", "ARR", "001", "提请", "请批", "批准", "人"]


class _Links(HTMLParser):
    """Targets of links, anchors, and everything that a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(given["href"])
        elif "src" in given:
            self.loaded.append(given["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole book, built once."""
    out = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "docs.book", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{len(BOOK.specifications)} ")
    return out / "html"


def test_the_site_holds_together_and_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = {}
    for path in site.glob("*.html"):
        pages[path.name] = _Links()
        pages[path.name].feed(path.read_text("utf-8"))
    assert len(pages) >= len(BOOK.specifications) + 2
    for name, found in pages.items():
        assert [each for each in found.loaded if re.match(r"(https?:)?//", each)] == [], name
        for link in found.links:
            target, _, anchor = unquote(link).partition("#")
            if re.match(r"(https?:|mailto:)", target):
                continue
            assert (site / (target or name)).exists(), f"{name}: {link}"
            if anchor and target in ("", *pages):
                assert anchor in pages[target or name].anchors, f"{name}: {link}"


def test_the_site_says_what_the_data_say(site: Path) -> None:
    arrest = (site / "B2.html").read_text("utf-8")
    assert "提请批准逮捕书" in arrest
    assert "刑诉法第91条" in arrest
    assert "盗窃罪" in (site / "D3.html").read_text("utf-8")
    assert (site / "tables" / "unified.crime.csv").read_bytes().startswith(b"code,display")
    assert json.loads((site / "schemas" / "record-v1.json").read_text("utf-8"))["$id"] == "urn:casehub:schema:record-v1"
    assert json.dumps("提请") in (site / "searchindex.js").read_text("utf-8")
