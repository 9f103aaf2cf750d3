"""The content of a volume: books, items (卷内文件) and files, in the agency's folder or sealed.

Volume[SourceFile]   read from a case folder: every file knows where it lies on disk
Volume[SealedFile]   read from a sealed catalogue: every file knows its place in the pack and its digest
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from dossier.descriptor import DocumentCount

PagesBy = Literal["file", "catalogue", "slip", "none"]
"""Where a file's page count comes from: counted in the file itself; taken from the catalogue because the file cannot be
counted; the one numbered paper slip that stands for a recording; or there are no pages."""

PAGES_BY: tuple[PagesBy, ...] = ("file", "catalogue", "slip", "none")
PATH = re.compile(
    r"V\d{2}-\d{2}-\d{2,4}-\d{3,7}(-\d{1,6})?_[A-Z][A-Z0-9]{1,15}(_\d{1,8}-\d{1,8})?\.[a-z0-9]{1,8}", re.ASCII
)
"""The only form of path that is ever written: ours, in ASCII, without a folder."""


@dataclass(frozen=True, slots=True)
class File:
    """One file. `path` is our ASCII name, `name` the agency's own; `length` in bytes; `pages` are content pages."""

    path: str
    name: str
    media_type: str
    length: int
    pages: int
    pages_by: PagesBy
    page_from: int | None
    page_to: int | None
    cover_pages: int

    @property
    def is_recording(self) -> bool:
        """Whether it is sound or film, which is counted apart from pages."""
        return self.media_type.startswith(("audio/", "video/"))


@dataclass(frozen=True, slots=True)
class SourceFile(File):
    """A file on this machine, with the size and time at which it was looked at.

    `source` is its path, absolute or below the volume's `root` (100,000 absolute paths would be 20 MB).
    """

    source: str
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class SealedFile(File):
    """A file in a pack: its plaintext offset there and its digest."""

    offset: int
    sha256: str


F = TypeVar("F", bound=File)


@dataclass(frozen=True, slots=True)
class Item(Generic[F]):
    """One document or piece of evidence; it has one file or several. `person_refs` are the agency's person numbers."""

    book: int
    seq: int
    doc_type: str
    title: str
    doc_no: str
    responsible: str
    doc_date: str
    person_refs: tuple[str, ...]
    excluded: bool
    note: str
    files: tuple[F, ...]


@dataclass(frozen=True)
class PageLocation(Generic[F]):
    """Where a page of the volume is: its file, and the page inside that file, both from 1; None for a paper slip."""

    item: Item[F]
    file: F
    page_in_file: int | None


@dataclass(frozen=True)
class Volume(Generic[F]):
    """One volume. `number` is `V20-01`; `folder` says where it was read from and only names places in messages;
    `root` is the folder that relative sources stand in."""

    number: str
    title: str
    items: tuple[Item[F], ...]
    folder: str = ""
    root: str = ""

    @property
    def kind(self) -> str:
        """The kind of volume: `V20`."""
        return self.number[:3]

    @property
    def files(self) -> Iterator[F]:
        """All files in catalogue order, which is their order in the pack."""
        return (file for item in self.items for file in item.files)

    @property
    def file_count(self) -> int:
        """Number of files."""
        return sum(len(item.files) for item in self.items)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.length for file in self.files)

    @property
    def pages(self) -> int:
        """Content pages of the volume."""
        return sum(file.pages for file in self.files)

    @property
    def books(self) -> int:
        """Number of books (册)."""
        return len({item.book for item in self.items})

    @property
    def av_files(self) -> int:
        """Number of recordings."""
        return sum(file.is_recording for file in self.files)

    @property
    def documents(self) -> tuple[DocumentCount, ...]:
        """Files and pages by document type, in the order of the codes."""
        counts: dict[str, tuple[int, int]] = {}
        for item in self.items:
            files, pages = counts.get(item.doc_type, (0, 0))
            counts[item.doc_type] = files + len(item.files), pages + sum(file.pages for file in item.files)
        return tuple(DocumentCount(doc_type, *counts[doc_type]) for doc_type in sorted(counts))

    def locate(self, page: int) -> PageLocation[F] | None:
        """Where page `page` is, counted from 1 through the volume in catalogue order; None past its end.

        Unnumbered pages (`cover_pages`) are taken to stand before the content of their file.
        """
        first = 1
        for item in self.items:
            for file in item.files:
                if first <= page < first + file.pages:
                    inside = None if file.pages_by == "slip" else page - first + 1 + file.cover_pages
                    return PageLocation(item, file, inside)
                first += file.pages
        return None

    def pages_between(self, start: int, end: int) -> tuple[str, str]:
        """The documents and volume pages that overlap pack offsets `start` to `end`, for messages: both as `a–b`."""
        offset, first = 0, 1
        documents: list[str] = []
        pages: list[int] = []
        for file in self.files:
            if offset < end and start < offset + max(file.length, 1):
                documents.append(document_number(file.path))
                pages += [first, first + file.pages - 1] if file.pages else []
            offset, first = offset + file.length, first + file.pages
        return _span(documents), _span([str(page) for page in pages])


def _span(names: list[str]) -> str:
    if not names:
        return "—"
    return names[0] if names[0] == names[-1] else f"{names[0]}–{names[-1]}"


def document_number(path: str) -> str:
    """`V20-01-02-007` of `V20-01-02-007_E0501_31-38.pdf`."""
    return path.split("_", 1)[0]


def ascii_path(
    number: str, item: tuple[int, int, str], index: int, pages: tuple[int | None, int | None], name: str
) -> str:
    """Our name for a file: `V20-01-02-007_E0501_31-38.pdf`.

    `item` is (book, seq, document type), `index` counts the item's files from 1 (`…-007-2_…` for the second), `pages`
    the catalogue's page numbers. Only a plain extension survives of the agency's own name.
    """
    book, seq, doc_type = item
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower() if stem and dot else ""
    if not re.fullmatch(r"[a-z0-9]{1,8}", extension):
        extension = "bin"
    more = f"-{index}" if index > 1 else ""
    span = f"_{pages[0]}-{pages[1]}" if pages[0] is not None and pages[1] is not None else ""
    return f"{number}-{book:02}-{seq:03}{more}_{doc_type}{span}.{extension}"
