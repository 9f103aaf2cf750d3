"""The sample volumes: what the catalogue says is what the files hold, to the page; same seed, same bytes."""

from __future__ import annotations

import hashlib
import random
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from bench.cases import hops as story_hops
from bench.cases import story
from bench.cases.folder import BOOK_PAGES, Sheet, write_volume
from bench.cases.story import Calendar
from dossier.folder import look_at_case_folder
from standards.documents import document_types

DAYS = Calendar(date(2026, 3, 31))
LATER = {"N-PRO-001": "V10-02", "N-SPI-002": "V30-01", "N-IND-001": "V40-01"}


def build(folder: Path, pages: int, seed: str = "casehub", bytes_per_page: int = 2_000) -> int:
    """The first hop's volumes; returns the bytes written."""
    rng = random.Random(story.rng_seed(seed, 1))
    volumes = story_hops.volumes("N-ARR-001", pages, DAYS)
    return sum(
        write_volume(folder / "dossier" / name, sheets, bytes_per_page=bytes_per_page, rng=rng)
        for name, sheets in volumes.items()
    )


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("pages", [20, 60, 431])
def test_all_four_counts_agree(tmp_path: Path, pages: int) -> None:
    """Catalogue, files, books and volumes: every file is counted anew, but the plain text, which has no pages."""
    build(tmp_path, pages)
    look = look_at_case_folder(tmp_path)
    assert look.problems == []
    assert [finding.code for finding in look.findings] == ["dossier.pages-unknown-format"]
    assert {volume.number for volume in look.volumes} == {"V10-01", "V20-01"}
    assert sum(volume.pages for volume in look.volumes) == pages


def test_books_hold_at_most_two_hundred_pages(tmp_path: Path) -> None:
    build(tmp_path, 431)
    evidence = next(volume for volume in look_at_case_folder(tmp_path).volumes if volume.number == "V20-01")
    assert evidence.books == 3
    assert BOOK_PAGES == 200


@pytest.mark.parametrize(("node", "number"), LATER.items())
def test_later_hops_bring_a_new_volume_only(tmp_path: Path, node: str, number: str) -> None:
    volumes = story_hops.volumes(node, 60, DAYS)
    assert list(volumes) == [number]
    write_volume(tmp_path / "dossier" / number, volumes[number], bytes_per_page=500, rng=random.Random(1))
    look = look_at_case_folder(tmp_path)
    assert (look.problems, look.findings) == ([], [])
    assert [volume.number for volume in look.volumes] == [number]


def test_other_hops_bring_none() -> None:
    brings = {hop.node for hop in story_hops.hops() if story_hops.volumes(hop.node, 60, DAYS)}
    assert brings == {"N-ARR-001", *LATER}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "casehub"), ("b", "casehub"), ("c", "other")):
        build(tmp_path / name, 30, seed)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_pages_are_as_large_as_asked_and_do_not_shrink(tmp_path: Path) -> None:
    written = build(tmp_path, 60, bytes_per_page=24_000)
    assert 0.8 * 60 * 24_000 < written < 1.2 * 60 * 24_000 + 200_000


def test_a_page_can_be_read(tmp_path: Path) -> None:
    sheet = Sheet("E0501", "第1次讯问笔录", 3, lines=("问：以上笔录是否属实？", "答：属实。"))
    write_volume(tmp_path / "v", [sheet], bytes_per_page=4_000, rng=random.Random(1))
    pages = PdfReader(next((tmp_path / "v").glob("*.pdf"))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) == 3
    assert all("问：以上笔录是否属实？" in text for text in texts)
    assert "第 3 页  共 3 页" in texts[2]
    assert "示例" in texts[0]


def test_every_form_of_file_is_there(tmp_path: Path) -> None:
    build(tmp_path, 60)
    suffixes = {path.suffix for path in tmp_path.rglob("*.*")}
    assert suffixes == {".pdf", ".jpg", ".tif", ".wav", ".txt", ".csv"}


def test_every_document_type_is_known() -> None:
    known = document_types()
    sheets = [s for hop in story_hops.hops() for v in story_hops.volumes(hop.node, 60, DAYS).values() for s in v]
    papers = [paper.doc_type for hop in story_hops.hops() for paper in hop.papers]
    assert all(code in known for code in [*papers, *(sheet.doc_type for sheet in sheets)])
