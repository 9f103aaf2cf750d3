"""The standards book: whole from the data, and not built where a page and the data disagree."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

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


def headings(site: Path) -> list[str]:
    """Every heading of the book, without its link."""
    found: list[str] = []
    for path in site.glob("*.html"):
        texts = re.findall(r'<h[1-4]>(.*?)<a class="headerlink"', path.read_text("utf-8"), re.DOTALL)
        found += [unescape(re.sub(r"<.*?>", "", text)).strip() for text in texts]
    return found


def test_no_heading_says_a_word_twice(site: Path) -> None:
    told = headings(site)
    assert "人民法院 court" in told
    assert [each for each in told if re.search(r"(?i)\b([a-z]+)\s+\1\b", each)] == []


def test_search_results_can_quote_every_page_without_fetching_it(site: Path) -> None:
    script = (site / "_static" / "excerpts.js").read_text("utf-8")
    texts = json.loads(script.removeprefix("window.EXCERPTS = ").rstrip(";\n"))
    assert {each.number for each in BOOK.specifications} <= texts.keys()
    (text,) = [text for anchors, text in texts["B2"] if "N-ARR-001" in anchors or "n-arr-001" in anchors]
    assert text.startswith("N-ARR-001 提请批准逮捕 Request for approval of arrest")
    assert "¶" not in text
    assert "N-ARR-002" not in text.partition("由何节点答复")[0]
    search = (site / "search.html").read_text("utf-8")
    assert search.index("_static/excerpts.js") < search.index("_static/search-excerpts.js")


CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--virtual-time-budget=100000",
)
PAGES = ("index.html", "search.html", "A1.html", "B2.html", "D2.html", "F1.html")
WIDTHS = (390, 768, 1024, 1280, 1600, 1900)
PROBE = """<!doctype html><meta charset="utf-8"><body><script>
(async () => {
  const over = [];
  for (const page of PAGES) for (const width of WIDTHS) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `border:0;height:900px;width:${width}px`;
    document.body.append(frame);
    await new Promise((loaded) => { frame.onload = loaded; frame.src = page; });
    const root = frame.contentDocument.documentElement;
    const article = frame.contentDocument.querySelector("article").getBoundingClientRect();
    if (root.scrollWidth > root.clientWidth || article.right > width) over.push([page, width, root.scrollWidth]);
    frame.remove();
  }
  document.body.innerHTML = `<pre id="over">${JSON.stringify(over)}</pre>`;
})();
</script>"""


def shown(site: Path, profile: Path, address: str) -> str:
    """A page as Chromium has it after its scripts ran."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", f"{site.as_uri()}/{address}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_every_page_fits_from_a_telephone_to_a_wide_screen(site: Path, tmp_path: Path) -> None:
    probe = PROBE.replace(
        "PAGES", json.dumps(["index.html", "search.html", "A1.html", "B2.html", "D2.html", "F1.html"])
    )
    (site / "probe.html").write_text(probe.replace("WIDTHS", json.dumps(WIDTHS)), "utf-8")
    found = re.search(r'<pre id="over">(.*?)</pre>', shown(site, tmp_path, "probe.html"))
    assert found is not None
    assert json.loads(found[1]) == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_search_result_shows_where_its_words_stand(site: Path, tmp_path: Path) -> None:
    dom = shown(site, tmp_path, "search.html?q=" + quote("提请批准逮捕"))
    excerpts = re.findall(r'<p class="excerpt">(.*?)</p>', dom)
    assert any("<mark>提请批准逮捕</mark>" in each for each in excerpts)
