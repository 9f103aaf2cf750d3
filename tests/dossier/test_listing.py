"""catalog.csv: encodings, columns, cells; every fault in one pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.limits import Limits
from dossier.listing import Listing, read_listing
from tests.dossier.samples import HEADER, row


def read(text: str | bytes) -> Listing:
    return read_listing(text.encode() if isinstance(text, str) else text, "dossier/V20-01/catalog.csv")


def test_every_column_is_read() -> None:
    line = '7,2,e0501,"张某示例第1次,讯问笔录",榕公(鼓)拘字〔2024〕00001号,示例公安局,2026-03-04,'
    line += "31,38,1,a/b.pdf,R1;R2 R3,是,备注\n"
    (found,) = read(HEADER + line).rows
    assert (found.seq, found.book, found.doc_type) == (7, 2, "E0501")
    assert found.title == "张某示例第1次,讯问笔录"
    assert (found.page_from, found.page_to, found.cover_pages) == (31, 38, 1)
    assert (found.file, found.person_refs, found.excluded) == ("a/b.pdf", ("R1", "R2", "R3"), True)
    assert (found.doc_no, found.responsible, found.doc_date) == (
        "榕公(鼓)拘字〔2024〕00001号",
        "示例公安局",
        "2026-03-04",
    )
    assert found.place == "dossier/V20-01/catalog.csv:2"
    assert found.note == "备注"


ENCODINGS = {"UTF-8": ("utf-8", []), "with mark": ("utf-8-sig", []), "GBK": ("gbk", ["dossier.listing-gb18030"])}


@pytest.mark.parametrize(("encoding", "findings"), ENCODINGS.values(), ids=ENCODINGS)
def test_encodings(encoding: str, findings: list[str]) -> None:
    found = read((HEADER + row(1, "张某示例.pdf", 1, 2)).encode(encoding))
    assert found.rows[0].file == "张某示例.pdf"
    assert [finding.code for finding in found.findings] == findings


def test_only_required_columns_and_unknown_ones() -> None:
    found = read(
        " seq ,doc_type,title,page_from,page_to,file,colour\n1,E0501,t,,,a.pdf,red\n2,E0501,t,,,b.pdf\n\n,,,,,,\n"
    )
    assert [each.file for each in found.rows] == ["a.pdf", "b.pdf"]
    assert [(f.code, f.params) for f in found.findings] == [("dossier.listing-column-unknown", {"count": 1})]
    assert found.rows[0].page_from is None


WHOLE = {
    "not text": (b"\xff\xff\xff\xff", ["dossier.listing-encoding"]),
    "empty": (b"", ["dossier.listing-columns"]),
    "column missing": (b"seq,doc_type,title,page_from,page_to\n", ["dossier.listing-columns"]),
    "column twice": (b"seq,seq,doc_type,title,page_from,page_to,file\n", ["dossier.listing-columns"]),
    "quotation mark open": (HEADER.encode() + b'1,1,E0501,"x\n', ["dossier.listing-malformed"]),
    "cells too many": (HEADER.encode() + b"1," * 30 + b"\n", ["dossier.listing-malformed"]),
    "cell too long": (HEADER.encode() + b"x" * 200_000 + b"\n", ["dossier.listing-malformed"]),
    "NUL": (HEADER.encode() + b"\x00,\n", ["dossier.listing-cell"] * 3),
}


@pytest.mark.parametrize(("data", "codes"), WHOLE.values(), ids=WHOLE)
def test_files_that_cannot_be_read(data: bytes, codes: list[str]) -> None:
    assert [problem.code for problem in read(data).problems] == codes


CELLS: dict[str, tuple[str, str]] = {
    "seq missing": (row(1, "a.pdf").replace("1,", ",", 1), "seq"),
    "seq zero": (row(0, "a.pdf"), "seq"),
    "seq in full width": (row(1, "a.pdf").replace("1,", "１,", 1), "seq"),
    "book too large": (row(1, "a.pdf", book=10_000), "book"),
    "type missing": (row(1, "a.pdf", doc_type=""), "doc_type"),
    "type a title": (row(1, "a.pdf", doc_type="讯问笔录"), "doc_type"),
    "only page_from": (row(1, "a.pdf", 1), "page_to"),
    "only page_to": (row(1, "a.pdf", "", 1), "page_to"),
    "pages backwards": (row(1, "a.pdf", 5, 4), "page_to"),
    "pages beyond the limit": (row(1, "a.pdf", 1, 2_000_000), "page_to"),
    "page a word": (row(1, "a.pdf", "x", 4), "page_from"),
    "cover negative": (row(1, "a.pdf", cover=-1), "cover_pages"),
    "file missing": (row(1, ""), "file"),
    "excluded unclear": (row(1, "a.pdf", rest=",maybe,"), "excluded"),
    "too many persons": (row(1, "a.pdf", rest=";".join(["R"] * 499 + ["x"] * 2) + ",,"), "person_refs"),
    "note too long": (row(1, "a.pdf", rest=",," + "长" * 1001), "note"),
    "date of another form": (row(1, "a.pdf").replace("2026-03-04", "2026年3月4日"), "doc_date"),
    "date that is none": (row(1, "a.pdf").replace("2026-03-04", "2026-02-30"), "doc_date"),
}


@pytest.mark.parametrize(("line", "column"), CELLS.values(), ids=CELLS)
def test_cells(line: str, column: str) -> None:
    found = read(HEADER + row(9, "good.pdf") + line)
    assert [(p.code, p.place, p.params["column"]) for p in found.problems] == [
        ("dossier.listing-cell", "dossier/V20-01/catalog.csv:3", column)
    ]
    assert [each.seq for each in found.rows] == [9]


def test_all_faults_of_all_rows_in_one_pass() -> None:
    found = read(HEADER + row(0, "", 5, 4, doc_type="") + row(1, "a", 5, 4))
    assert [(p.place[-1], p.params["column"]) for p in found.problems] == [
        ("2", "page_to"),
        ("2", "seq"),
        ("2", "doc_type"),
        ("2", "file"),
        ("3", "page_to"),
    ]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    listing = read(HEADER.encode() + data)
    assert all(problem.place.startswith("dossier/V20-01/catalog.csv") for problem in listing.problems)


def test_limits_come_from_the_caller() -> None:
    listing = read_listing((HEADER + row(1, "a")).encode(), "x", Limits(text_characters=3))
    assert [problem.params["column"] for problem in listing.problems] == ["title"]
