"""PDF files of sample pages: readable Chinese lines over an image as large and as incompressible as a scan.

A few dozen lines instead of a library: thousands of pages are written in seconds, straight to the file. The text uses
the predefined CID font STSong-Light (ISO 32000-1, 9.7.5.2), so nothing is embedded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import BinaryIO

PAGE = (595, 842)
SCAN_WIDTH = 512
FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts "
    b"[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 "
    b"/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
    b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
)


def write_pdf(target: BinaryIO, pages: Sequence[Sequence[str]], *, bytes_per_page: int, rng: random.Random) -> int:
    """Write one page for each list of lines, each about `bytes_per_page` long. Returns the bytes written."""
    writer = _Writer(target)
    writer.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    first = 4
    kids = b" ".join(b"%d 0 R" % (first + 3 * number) for number in range(len(pages)))
    writer.object(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    writer.object(2, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids))
    writer.object(3, FONT)
    for number, lines in enumerate(pages):
        base = first + 3 * number
        writer.object(
            base,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> /XObject << /Im1 %d 0 R >> >> >>" % (*PAGE, base + 1, base + 2),
        )
        writer.stream(base + 1, b"", _content(lines))
        rows = max(1, bytes_per_page // SCAN_WIDTH)
        image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        writer.stream(base + 2, image % (SCAN_WIDTH, rows), rng.randbytes(SCAN_WIDTH * rows))
    writer.finish()
    return writer.at


def _content(lines: Sequence[str]) -> bytes:
    shown = [b"<%s> Tj T*" % line.encode("utf-16-be").hex().encode() for line in lines]
    scan = b"q %d 0 0 90 0 0 cm /Im1 Do Q" % PAGE[0]
    return b"\n".join([scan, b"BT /F1 12 Tf 20 TL 72 770 Td", *shown, b"ET"])


class _Writer:
    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._offsets: dict[int, int] = {}
        self.at = 0

    def put(self, data: bytes) -> None:
        self._target.write(data)
        self.at += len(data)

    def object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self.at
        self.put(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def stream(self, number: int, entries: bytes, data: bytes) -> None:
        self._offsets[number] = self.at
        self.put(b"%d 0 obj\n<< %s/Length %d >>\nstream\n" % (number, entries, len(data)))
        self.put(data)
        self.put(b"\nendstream\nendobj\n")

    def finish(self) -> None:
        count, start = len(self._offsets) + 1, self.at
        self.put(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        self.put(b"".join(b"%010d 00000 n \n" % self._offsets[number] for number in range(1, count)))
        self.put(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start))
