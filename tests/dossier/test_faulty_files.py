"""Files whose structure is unsound, or made to cost much: none has a count; the catalogue's stands, with a finding.

The files in `faulty/` are ours; each stands for a kind.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dossier.pages import count_pages
from tests.dossier.samples import (
    HEADER,
    OFD_BODY,
    OFD_ROOT,
    case_folder,
    ofd_document,
    pdf_of,
    read_case_folder,
    row,
    tiff,
    zipped,
)

FAULTY = Path(__file__).parent / "faulty"
DAMAGED = ("dossier.pages-damaged",)
EITHER = ("dossier.pages-damaged", "dossier.pages-given-up")
"""Which of the two depends on which limit is met first."""
FILES: dict[str, tuple[str, ...]] = {
    "zero-pages.pdf": DAMAGED,
    "zero-pages-no-kids.pdf": DAMAGED,
    "pages-object-missing.pdf": DAMAGED,
    "page-with-kids-key.pdf": DAMAGED,
    "kids-empty-node.pdf": DAMAGED,
    "ofd-zero.ofd": DAMAGED,
    "overlapping-directories.tif.gz": DAMAGED,
    "inline-objects.pdf.gz": EITHER,
}


def content(name: str) -> bytes:
    data = (FAULTY / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def test_the_table_is_whole() -> None:
    assert {path.name for path in FAULTY.iterdir()} == set(FILES)


@pytest.mark.parametrize(("name", "findings"), FILES.items(), ids=FILES)
def test_the_catalogue_counts(tmp_path: Path, name: str, findings: tuple[str, ...]) -> None:
    case_folder(tmp_path, {"V20-01": (HEADER + row(1, "a.bin", 1, 3), {"a.bin": content(name)})})
    found = read_case_folder(tmp_path)
    (file,) = found.volumes[0].files
    assert (file.pages, file.pages_by) == (3, "catalogue")
    ((code, place),) = [(each.code, each.place) for each in found.findings]
    assert code in findings
    assert place == "dossier/V20-01/catalog.csv:2"


def one_document_many_times() -> bytes:
    """Three megabytes that claim a hundred times the pages of one document."""
    bodies = "".join(OFD_BODY.format(root=root) for root in ["D.xml", "./D.xml", "/d.xml", "x/../D.xml"] * 25)
    return zipped({"OFD.xml": OFD_ROOT.format(bodies=bodies), "D.xml": ofd_document(1000)})


def touching() -> bytes:
    """Two directories of which the second begins with the last byte of the first."""
    data = bytearray(tiff([0, 0]))
    end = int.from_bytes(data[-30 - 4 : -30], "little")
    assert end == len(data) - 30
    data[-34:-30] = (end - 1).to_bytes(4, "little")
    data[end - 1 : end + 1] = b"\x00\x01"
    return bytes(data)


MADE: dict[str, bytes] = {
    "OFD that names one document a hundred times": one_document_many_times(),
    "TIFF whose directories share a byte": touching(),
    "PDF with a list of nothing": pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [null null] >>"]),
    "PDF with a node that is a page and a list": pdf_of(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [3 0 R] >>", "<< /Type /Page /Kids [4 0 R] >>", "<< >>"]
    ),
    "PDF whose tree is a page": pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Page >>"]),
}


@pytest.mark.parametrize("data", MADE.values(), ids=MADE)
def test_others_of_the_kind(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    found = count_pages(path)
    assert (found.pages, found.reason) == (None, "damaged")
