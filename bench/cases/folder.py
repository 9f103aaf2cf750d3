"""Case folders on disk: the sheets of a volume with their catalog.csv, bound into books of at most 200 pages."""

from __future__ import annotations

import csv
import random
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from bench.cases.pdf import write_pdf

BOOK_PAGES = 200
COLUMNS = (
    *("seq", "book", "doc_type", "title", "doc_no", "responsible", "doc_date", "page_from", "page_to"),
    *("cover_pages", "file", "person_refs", "excluded", "note"),
)
SUFFIXES = {"pdf": "pdf", "jpeg": "jpg", "tiff": "tif", "wav": "wav", "text": "txt"}


@dataclass(frozen=True)
class Sheet:
    """One item of a volume: a legal document or a piece of evidence, as one file. A recording has no pages."""

    doc_type: str
    title: str
    pages: int = 1
    form: str = "pdf"
    day: date | None = None
    doc_no: str = ""
    responsible: str = ""
    persons: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def write_volume(folder: Path, sheets: Iterable[Sheet], *, bytes_per_page: int, rng: random.Random) -> int:
    """Write the sheets and catalog.csv into `folder`, which is made. Returns the bytes written."""
    folder.mkdir(parents=True)
    written, rows = 0, []
    for book, seq, first, sheet in _bound(sheets):
        name = f"{book:02}-{seq:03}_{sheet.title}.{SUFFIXES[sheet.form]}"
        written += _write(folder / name, sheet, bytes_per_page, rng)
        paged = sheet.form in ("pdf", "jpeg", "tiff", "text")
        rows.append(
            {
                "seq": seq,
                "book": book,
                "doc_type": sheet.doc_type,
                "title": sheet.title,
                "doc_no": sheet.doc_no,
                "responsible": sheet.responsible,
                "doc_date": "" if sheet.day is None else sheet.day.isoformat(),
                "page_from": first if paged else "",
                "page_to": first + sheet.pages - 1 if paged else "",
                "cover_pages": 0,
                "file": name,
                "person_refs": ";".join(sheet.persons),
                "excluded": "",
                "note": "",
            }
        )
    with (folder / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return written


def _bound(sheets: Iterable[Sheet]) -> Iterator[tuple[int, int, int, Sheet]]:
    """Book, number in the book, first page, sheet. Pages and numbers start anew with each book."""
    book, seq, page = 1, 0, 1
    for sheet in sheets:
        pages = sheet.pages if sheet.form != "wav" else 0
        if seq and page - 1 + pages > BOOK_PAGES:
            book, seq, page = book + 1, 0, 1
        seq += 1
        yield book, seq, page, sheet
        page += pages


def _write(path: Path, sheet: Sheet, bytes_per_page: int, rng: random.Random) -> int:
    if sheet.form == "pdf":
        lines = _lines(sheet)
        with path.open("wb", buffering=1 << 20) as file:
            return write_pdf(file, lines, bytes_per_page=bytes_per_page, rng=rng)
    if sheet.form in ("jpeg", "tiff"):
        images = [Image.frombytes("L", (240, 320), rng.randbytes(240 * 320)) for _ in range(sheet.pages)]
        images[0].save(
            path,
            format=sheet.form.upper(),
            **({"save_all": True, "append_images": images[1:]} if sheet.form == "tiff" else {}),
        )
    elif sheet.form == "wav":
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(1)
            sound.setframerate(8000)
            sound.writeframes(rng.randbytes(8000 * 3))
    else:
        path.write_text("\n".join(sheet.lines) + "\n", encoding="utf-8")
    return path.stat().st_size


def _lines(sheet: Sheet) -> Sequence[Sequence[str]]:
    head = [sheet.title + "（示例，人物和事实均为虚构）", *([sheet.doc_no] if sheet.doc_no else []), ""]
    return [[*head, *sheet.lines, "", f"第 {number} 页  共 {sheet.pages} 页"] for number in range(1, sheet.pages + 1)]
