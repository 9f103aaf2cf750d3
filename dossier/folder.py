"""Reading a case folder: `documents/` becomes V00-01 (随案文书), each folder of `dossier/` one volume.

All faults are found in one pass, before anything is sent. What must never leave the agency (侦查卷 and others, D-06) is
refused by its folder name or document type, whoever the receiver is.

    CASE_DIR/documents/[catalog.csv]        without catalog.csv, files are named TYPE_title.ext or by the type's name
    CASE_DIR/dossier/V20-01/catalog.csv     rows and files must match one to one
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from dossier.contents import Item, SourceFile, Volume, ascii_path, document_number
from dossier.counting import Allowance
from dossier.descriptor import NUMBER
from dossier.formats import UNKNOWN
from dossier.limits import LIMITS, Limits
from dossier.listing import Row, read_listing
from dossier.loose import given_rows, loose_rows
from dossier.pages import Counts, PageCount
from dossier.paging import check_runs, settle
from dossier.scanning import JUNK, Found, Scan, is_outside, read_small, scan, shown, unreadable
from messages.findings import Finding
from messages.problems import Problem
from standards.documents import document_types, volumes

DOCUMENTS = "V00-01"
"""The number of the volume that `documents/` becomes."""
LISTING = "catalog.csv"


@dataclass
class Look:
    """What one pass over a case folder found; with problems, the volumes are incomplete and must not be sealed."""

    volumes: list[Volume[SourceFile]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    """The document or volume that the place of a finding stands for, under its own number: a path in the case folder
    may name a person."""
    counts: Counts = field(default_factory=Counts, repr=False, compare=False)


def look_at_case_folder(
    case_dir: Path | None, documents: Sequence[tuple[str, Path]] = (), limits: Limits = LIMITS
) -> Look:
    """Read a case folder without raising for what is in it. Raises `OSError` when the disk fails."""
    look = Look(counts=Counts(limits, Allowance(limits)))
    folder = case_dir / "documents" if case_dir else None
    present = folder if folder and _is_folder(folder, "documents", look) else None
    if present or documents:
        _read_volume(present, DOCUMENTS, "documents", look, limits=limits, given=documents)
    dossier = case_dir / "dossier" if case_dir else None
    if dossier and _is_folder(dossier, "dossier", look):
        _read_dossier(dossier, look, limits)
    return look


def _is_folder(folder: Path, place: str, look: Look) -> bool:
    if folder.is_symlink():
        look.problems.append(Problem("dossier.link", place))
        return False
    if folder.exists() and not folder.is_dir():
        look.problems.append(Problem("dossier.not-a-folder", place))
        return False
    return folder.exists()


def _read_dossier(dossier: Path, look: Look, limits: Limits) -> None:
    names = sorted(entry.name for entry in dossier.iterdir())
    if len(names) > limits.volumes:
        look.problems.append(Problem("dossier.too-many-files", "dossier", limit=limits.volumes))
        return
    for name in names:
        place = f"dossier/{shown(name)}"
        if name in JUNK:
            look.findings.append(Finding("dossier.junk-left-out", "D", place))
            continue
        if _may_leave(name, place, look) and _is_folder(dossier / name, place, look):
            _read_volume(dossier / name, name, place, look, limits=limits)


def _may_leave(name: str, place: str, look: Look) -> bool:
    match = NUMBER.fullmatch(name)
    if not match or match[1] == DOCUMENTS[:3] or match[1] not in volumes.kinds():
        look.problems.append(Problem("dossier.volume-name", place))
        return False
    if volumes.never_leaves(match[1]):
        kind = volumes.kind(match[1])
        look.problems.append(Problem("dossier.internal-volume", place, kind=kind.code, zh=kind.zh, en=kind.en))
        return False
    return True


def _read_volume(
    folder: Path | None,
    number: str,
    place: str,
    look: Look,
    *,
    limits: Limits,
    given: Sequence[tuple[str, Path]] = (),
) -> None:
    """Add the volume to `look`, or the problems that keep it out. An empty `documents/` is no volume."""
    before, noticed = len(look.problems), len(look.findings)
    pairs: list[tuple[Row, Found]] = []
    if folder:
        found = scan(folder, place, limits)
        look.findings += found.findings
        look.problems += found.problems
        pairs = _matched(_rows(folder, place, found, look, limits), found, place, look)
    pairs += given_rows(given, [row for row, _ in pairs], look.problems, look.counts)
    root = str(folder or "")
    items: list[Item[SourceFile]] = []
    settled: list[tuple[Row, int]] = []
    for item, rows in _items(number, root, pairs, look):
        items.append(item)
        settled += rows
    look.findings += check_runs(settled, place, limits)
    _name_documents(look, look.findings[noticed:], number, items, [row.place for row, _ in settled])
    if len(look.problems) == before and (items or number != DOCUMENTS):
        look.volumes.append(Volume(number, volumes.kind(number[:3]).zh, tuple(items), place, root))


def _name_documents(
    look: Look, noticed: Sequence[Finding], number: str, items: Sequence[Item[SourceFile]], places: Sequence[str]
) -> None:
    """Note the document, or else the volume, that each finding is about; `places` are those of the items' rows."""
    wanted = {finding.place: number for finding in noticed}
    files = (file for item in items for file in item.files)
    for place, file in zip(places, files, strict=True):
        if place in wanted:
            wanted[place] = document_number(file.path)
    look.documents |= wanted


def _rows(folder: Path, place: str, found: Scan, look: Look, limits: Limits) -> tuple[list[Row], bool]:
    """The rows of a volume's catalogue, and whether they are all that it has."""
    at = f"{place}/{LISTING}"
    if found.files.pop(LISTING, None) is None:
        if place == "documents":
            return loose_rows(folder, found.files, place, look.problems, look.counts), False
        if found.files:
            look.problems.append(Problem("dossier.no-listing", at))
        return [], False
    try:
        data = read_small(folder / LISTING, limits.csv_bytes)
    except OSError as error:
        look.problems.append(unreadable(at, error))
        return [], False
    if data is None:
        look.problems.append(Problem("dossier.listing-too-large", at, limit=limits.csv_bytes))
        return [], False
    listing = read_listing(data, at, limits)
    look.findings += listing.findings
    look.problems += listing.problems
    return listing.rows, not listing.problems


def _matched(listing: tuple[list[Row], bool], found: Scan, place: str, look: Look) -> list[tuple[Row, Found]]:
    """Rows with their files. Problems: a row without file, one file in two rows, a file without row.

    The last is not said where rows are missing because they could not be read.
    """
    rows, complete = listing
    pairs: list[tuple[Row, Found]] = []
    taken: set[str] = set()
    for row in rows:
        name = found.match(row.file)
        if name is None:
            code = "dossier.name-outside" if is_outside(row.file) else "dossier.file-missing"
            look.problems.append(Problem(code, row.place, name=shown(row.file)))
        elif name in taken:
            look.problems.append(Problem("dossier.file-listed-twice", row.place, name=shown(row.file)))
        else:
            if name != row.file:
                look.findings.append(Finding("dossier.name-form", "D", row.place))
            taken.add(name)
            pairs.append((row, found.files[name]))
    spare = [name for name in found.files if name not in taken] if complete else []
    look.problems += [Problem("dossier.file-not-listed", f"{place}/{shown(name)}") for name in spare]
    return pairs


def _items(
    number: str, root: str, pairs: list[tuple[Row, Found]], look: Look
) -> Iterator[tuple[Item[SourceFile], list[tuple[Row, int]]]]:
    """The volume's items, each with its rows and their settled pages."""
    seen: set[tuple[int, int]] = set()
    for (book, seq), group in groupby(pairs, key=lambda pair: (pair[0].book, pair[0].seq)):
        rows, found = zip(*group, strict=True)
        if (book, seq) in seen:
            look.problems.append(Problem("dossier.seq-twice", rows[0].place, book=book, seq=seq))
            continue
        seen.add((book, seq))
        _check_type(rows[0], look)
        for row in rows[1:]:
            if row.doc_type != rows[0].doc_type:
                look.problems.append(Problem("dossier.item-types", row.place, book=book, seq=seq))
        files = tuple(_file((number, root), rows, index, found[index], look) for index in range(len(rows)))
        yield _item(rows[0], files), [(row, file.pages) for row, file in zip(rows, files, strict=True)]


def _check_type(row: Row, look: Look) -> None:
    known = document_types().get(row.doc_type)
    if known is None:
        look.findings.append(Finding("dossier.type-unknown", "D", row.place, params={"doc_type": row.doc_type}))
    elif known.internal:
        params = {"doc_type": known.code, "zh": known.zh, "en": known.en}
        look.problems.append(Problem("dossier.internal-document", row.place, **params))


def _file(volume: tuple[str, str], rows: Sequence[Row], index: int, found: Found, look: Look) -> SourceFile:
    """The file of `rows[index]`, one of an item's rows; `volume` is its number and folder."""
    (number, root), row = volume, rows[index]
    try:
        count = look.counts.pages(Path(root, found.path))
    except OSError as error:
        look.problems.append(unreadable(row.place, error))
        count = PageCount(None, "unknown-format", UNKNOWN)
    settled = settle(row, count, rows[:index])
    look.problems += [settled.problem] if settled.problem else []
    look.findings += [settled.finding] if settled.finding else []
    return SourceFile(
        path=ascii_path(number, (row.book, row.seq, row.doc_type), index + 1, (row.page_from, row.page_to), row.file),
        name=row.file,
        media_type=count.media_type,
        length=found.length,
        pages=settled.pages,
        pages_by=settled.pages_by,
        page_from=row.page_from,
        page_to=row.page_to,
        cover_pages=row.cover_pages,
        source=found.path,
        mtime_ns=found.mtime_ns,
    )


def _item(row: Row, files: tuple[SourceFile, ...]) -> Item[SourceFile]:
    return Item(
        book=row.book,
        seq=row.seq,
        doc_type=row.doc_type,
        title=row.title,
        doc_no=row.doc_no,
        responsible=row.responsible,
        doc_date=row.doc_date,
        person_refs=row.person_refs,
        excluded=row.excluded,
        note=row.note,
        files=files,
    )
