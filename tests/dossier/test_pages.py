"""Page counts from the files themselves; hostile files cost little and are named."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from dossier.counter import count_content
from dossier.formats import PDF, TIFF, ZIP, media_type
from dossier.limits import LIMITS, Limits
from dossier.pages import PageCount, count_pages
from tests.counting import calls
from tests.dossier.samples import (
    JPEG,
    MP4,
    OFD_BODY,
    OFD_ROOT,
    PNG,
    ofd,
    ofd_document,
    pdf,
    pdf_of,
    tiff,
    zipped,
)


def count(tmp_path: Path, data: bytes, limits: Limits | None = None) -> PageCount:
    path = tmp_path / "file"
    path.write_bytes(data)
    return count_pages(path, limits) if limits else count_pages(str(path))


def reportlab_pdf(pages: int) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in range(pages):
        canvas.drawString(72, 720, f"page {page}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def encrypted_pdf() -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


def pillow_tiff(frames: int) -> bytes:
    out = io.BytesIO()
    images = [Image.new("L", (8, 8), n) for n in range(frames)]
    images[0].save(out, "TIFF", save_all=True, append_images=images[1:])
    return out.getvalue()


def pillow_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


TREE = ["<< /Type /Catalog /Pages 2 0 R >>"]
LEAF = "<< /Type /Page >>"
COUNTED: dict[str, tuple[bytes, int]] = {
    "PDF of one page": (pdf(1), 1),
    "PDF of 300 pages": (pdf(300), 300),
    "PDF by another producer": (reportlab_pdf(7), 7),
    "PDF behind a few other bytes": (b"\r\n" + pdf(2), 2),
    "PDF with a nested page tree": (
        pdf_of([*TREE, "<< /Kids [3 0 R 4 0 R] >>", "<< /Kids [5 0 R] >>", LEAF, LEAF]),
        2,
    ),
    "PDF with pages inside the list": (pdf_of([*TREE, f"<< /Kids [{LEAF} {LEAF}] >>"]), 2),
    "PDF whose /Count lies": (pdf_of([*TREE, "<< /Kids [3 0 R] /Count 9000000 >>", LEAF]), 1),
    "PDF with a broken cross-reference table": (pdf(3).replace(b"startxref\n", b"startxref\n9"), 3),
    "PDF whose cross-reference table is said to be in a page": (
        pdf(3).replace(b"startxref\n", b"startxref\n180\n%"),
        3,
    ),
    "PDF whose end is cut off": (pdf(3)[: pdf(3).index(b"xref\n0 ")], 3),
    "PDF with a later revision and no table": (
        pdf(3)[: pdf(3).index(b"xref\n0 ")] + b"2 0 obj\n<< /Type /Pages /Kids [3 0 R 4 0 R] >>\nendobj\n",
        2,
    ),
    "OFD of four pages": (ofd(4), 4),
    "OFD with an absolute root": (ofd(2, "/Doc_0/Document.xml"), 2),
    "OFD of two documents": (
        zipped(
            {
                "OFD.xml": OFD_ROOT.format(bodies=OFD_BODY.format(root="a/D.xml") + OFD_BODY.format(root="b/D.xml")),
                "a/D.xml": ofd_document(2),
                "b/D.xml": ofd_document(3),
            }
        ),
        5,
    ),
    "JPEG": (pillow_jpeg(), 1),
    "PNG": (PNG, 1),
    "TIFF of one": (tiff([None]), 1),
    "TIFF by another producer": (pillow_tiff(5), 5),
    "TIFF, big endian": (tiff([0, 2], ">"), 2),
    "TIFF with thumbnail and mask": (tiff([0, 1, 4, 2]), 2),
    "BigTIFF": (tiff([0, None, 2], big=True), 3),
    "BigTIFF, big endian": (tiff([None, 1], ">", big=True), 1),
}


@pytest.mark.parametrize(("data", "pages"), COUNTED.values(), ids=COUNTED)
def test_counted(tmp_path: Path, data: bytes, pages: int) -> None:
    found = count(tmp_path, data)
    assert (found.pages, found.reason) == (pages, "counted")


def loop() -> bytes:
    return pdf_of([*TREE, "<< /Kids [3 0 R] >>", "<< /Kids [2 0 R] >>"])


def bush(levels: int) -> bytes:
    """Ten to the power of `levels` pages, as claimed by a few hundred bytes."""
    return pdf_of([*TREE, *[f"<< /Kids [{f'{n + 3} 0 R ' * 10}] >>" for n in range(levels)], LEAF])


def deep(levels: int) -> bytes:
    return pdf_of([*TREE, *[f"<< /Kids [{n + 3} 0 R] >>" for n in range(levels)], LEAF])


def ofd_of(document: str, root: str | None = None) -> bytes:
    main = root if root is not None else OFD_ROOT.format(bodies=OFD_BODY.format(root="D.xml"))
    return zipped({"OFD.xml": main, "D.xml": document})


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]><Document><Pages>&e9;<Page/></Pages></Document>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document><Pages>&e;<Page/></Pages></Document>'
DAMAGED: dict[str, tuple[bytes, str]] = {
    "PDF that goes in circles": (loop(), "damaged"),
    "PDF that claims 10^30 pages": (bush(30), "damaged"),
    "PDF with a tree of 200 levels": (deep(200), "damaged"),
    "PDF cut in the middle": (pdf(50)[:900], "damaged"),
    "PDF header alone": (b"%PDF-1.7\n", "damaged"),
    "PDF with a kid that is not there": (pdf_of([*TREE, "<< /Kids [3 0 R 99 0 R] >>", LEAF]), "damaged"),
    "PDF with a number among its pages": (pdf_of([*TREE, "<< /Kids [3 0 R 7] >>", LEAF]), "damaged"),
    "PDF whose list of pages is a name": (pdf_of([*TREE, "<< /Kids /Page >>"]), "damaged"),
    "PDF whose tree is a single page": (pdf_of([*TREE, LEAF]), "damaged"),
    "PDF without pages": (pdf_of(["<< /Type /Catalog >>"]), "damaged"),
    "PDF whose pages are a number": (pdf_of(["<< /Type /Catalog /Pages 7 >>"]), "damaged"),
    "PDF with an xref that points at itself": (pdf_of([LEAF], "/Prev 0"), "damaged"),
    "PDF encrypted": (encrypted_pdf(), "encrypted"),
    "OFD with an entity bomb": (ofd_of(BOMB), "damaged"),
    "OFD with an external entity": (ofd_of(EXTERNAL), "damaged"),
    "OFD with a DTD": (ofd_of("<!DOCTYPE Document><Document/>"), "damaged"),
    "OFD with a zip bomb": (ofd_of("<Document>" + " " * 5_000_000 + "</Document>"), "damaged"),
    "OFD with a root that is too large": (ofd_of("<D/>", "<OFD>" + "x" * 17_000_000 + "</OFD>"), "damaged"),
    "OFD without documents": (ofd_of("<Document/>", "<OFD/>"), "damaged"),
    "OFD with a missing document": (zipped({"OFD.xml": OFD_ROOT.format(bodies=OFD_BODY.format(root="x"))}), "damaged"),
    "OFD whose root climbs": (
        zipped({"OFD.xml": OFD_ROOT.format(bodies=OFD_BODY.format(root="../../etc/x"))}),
        "damaged",
    ),
    "OFD with a document without root": (ofd_of("<D/>", "<OFD><DocBody><DocRoot/></DocBody></OFD>"), "damaged"),
    "OFD with a page that is listed twice": (
        ofd_of('<Document><Pages><Page BaseLoc="P/1.xml"/><Page BaseLoc="P/../P/1.xml"/></Pages></Document>'),
        "damaged",
    ),
    "OFD with broken XML": (ofd_of("<Document>"), "damaged"),
    "OFD cut": (ofd(3)[:-30], "damaged"),
    "OFD with a broken checksum": (ofd(3).replace(b"\x50\x4b\x01\x02", b"\x50\x4b\x01\x03", 1), "damaged"),
    "zip that is no OFD": (zipped({"a.txt": "x"}), "unknown-format"),
    "TIFF that goes in circles": (struct.pack("<2sHIHI", b"II", 42, 8, 0, 8), "damaged"),
    "TIFF of thumbnails": (tiff([1]), "damaged"),
    "TIFF cut": (tiff([0, 2])[:-10], "damaged"),
    "TIFF header alone": (b"II*\x00", "damaged"),
    "TIFF with a directory past its end": (struct.pack("<2sHI", b"II", 42, 1 << 31), "damaged"),
    "TIFF with 65,535 entries": (struct.pack("<2sHIH", b"II", 42, 8, 65535), "damaged"),
    "BigTIFF with 2^60 entries": (struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 1 << 60), "damaged"),
    "BigTIFF with an offset of 2^63": (struct.pack("<2sHHHQ", b"II", 43, 8, 0, 1 << 63), "damaged"),
    "film": (MP4, "recording"),
    "sound": (b"ID3\x04" + b"\x00" * 50, "recording"),
    "text": ("第一页".encode(), "unknown-format"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize(("data", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_not_counted_and_at_little_cost(tmp_path: Path, data: bytes, reason: str) -> None:
    found = count(tmp_path, data)
    assert (found.pages, found.reason) == (None, reason)
    media = media_type(data[:1100])
    if media in (PDF, TIFF, ZIP):
        with (tmp_path / "file").open("rb") as file, calls() as made:
            assert count_content(file, media, LIMITS) == found
        assert made.count < 50_000, "every file here is small, whatever it claims"


def test_an_encrypted_ofd_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    data = bytearray(ofd(2))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at] |= 1
    assert count(tmp_path, bytes(data)).reason == "encrypted"


LIMITED: dict[str, tuple[bytes, Limits]] = {
    "PDF with too many pages": (pdf(30), Limits(pages_per_file=29)),
    "OFD with too many pages": (ofd(30), Limits(pages_per_file=29)),
    "PDF with too many nodes": (pdf(30), Limits(pdf_nodes=20)),
    "OFD with too many entries": (ofd(3), Limits(ofd_entries=1)),
    "OFD with too large a directory": (ofd(3), Limits(ofd_directory_bytes=10)),
    "OFD with too many documents": (ofd(3), Limits(ofd_documents=0)),
    "OFD with too large a part": (ofd(300), Limits(ofd_xml_bytes=1000)),
    "TIFF with too many directories": (tiff([0] * 9), Limits(tiff_directories=8)),
}


@pytest.mark.parametrize(("data", "limits"), LIMITED.values(), ids=LIMITED)
def test_limits_hold(tmp_path: Path, data: bytes, limits: Limits) -> None:
    assert count(tmp_path, data, limits).reason == "damaged"


def test_a_part_larger_than_its_entry_says(tmp_path: Path) -> None:
    """The stated size lies; reading stops at the limit all the same."""
    data = bytearray(ofd_of("<Document>" + "x" * 3000 + "</Document>"))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 100)
    assert count(tmp_path, bytes(data), Limits(ofd_xml_bytes=1000)).reason == "damaged"


def test_large_pdfs_are_read_in_place(tmp_path: Path) -> None:
    limits = Limits(pdf_inflated_bytes=8192)
    assert len(pdf(300)) > 16384
    assert count(tmp_path, pdf(300), limits) == PageCount(300, "counted", "application/pdf")
    broken = pdf(300).replace(b"startxref\n", b"startxref\n9")
    assert count(tmp_path, broken, limits).reason == "damaged"


def test_pages_by_the_thousand(tmp_path: Path) -> None:
    assert count(tmp_path, pdf(2500)).pages == 2500


HEADS: dict[str, tuple[bytes, str]] = {
    "wav": (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
    "avi": (b"RIFF\x00\x00\x00\x00AVI ", "video/x-msvideo"),
    "riff of another kind": (b"RIFF\x00\x00\x00\x00WEBP", "application/octet-stream"),
    "quicktime": (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
    "m4a": (b"\x00\x00\x00\x14ftypM4A ", "audio/mp4"),
    "bmp": (b"BM\x00", "image/bmp"),
    "jpeg": (JPEG, "image/jpeg"),
}


@pytest.mark.parametrize(("head", "media"), HEADS.values(), ids=HEADS)
def test_media_types_come_from_the_content(head: bytes, media: str) -> None:
    assert media_type(head) == media


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="link"):
        count_pages(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Invalid"):
        count_pages(tmp_path / "pipe")


def test_zip64_marks_are_refused(tmp_path: Path) -> None:
    data = bytearray(ofd(2))
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<H", data, end + 10, 0xFFFF)
    assert count(tmp_path, bytes(data)).reason == "damaged"
    assert zipfile.is_zipfile(io.BytesIO(bytes(data)))
