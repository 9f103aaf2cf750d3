"""Documents without a catalogue: files of `documents/` that name their own type, and files given one by one.

A reply often carries a single letter; writing a catalog.csv for it would be a burden. A file is then named by its type,
`F0301_title.pdf`, or by the type's Chinese name, `起诉意见书.pdf`; pages are numbered in the order of the names.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from dossier.descriptor import DOC_TYPE
from dossier.listing import Row
from dossier.pages import Counts
from dossier.scanning import Found, shown
from messages.problems import Problem
from standards.documents import document_types

_NAMED = re.compile(r"([A-Za-z][0-9]{2,4})(?:[_ -](.*))?")


def type_of(text: str) -> str | None:
    """The document type meant by a code (`F0301`) or by the type's Chinese name; None when it is neither."""
    known = document_types().named(text)
    if known is not None:
        return known.code
    code = text.strip().upper()
    return code if DOC_TYPE.fullmatch(code) else None


def loose_rows(
    folder: Path, files: Mapping[str, Found], place: str, problems: list[Problem], counts: Counts
) -> list[Row]:
    """Rows for the `files` of `folder`; one whose name says no type earns `dossier.no-document-type`."""
    rows: list[Row] = []
    for name in sorted(files):
        stem = Path(name).stem
        named = _NAMED.fullmatch(stem)
        known = document_types().named(stem)
        if known is None and named is None:
            problems.append(Problem("dossier.no-document-type", f"{place}/{shown(name)}"))
            continue
        doc_type = known.code if known else named[1].upper() if named else ""
        title = stem if known else (named[2] if named else "") or document_types().name(doc_type)
        rows.append(_row(f"{place}/{shown(name)}", rows, (doc_type, title, name), counts.ahead(folder / name)))
    return rows


def given_rows(
    documents: Sequence[tuple[str, Path]], before: Sequence[Row], problems: list[Problem], counts: Counts
) -> list[tuple[Row, Found]]:
    """Rows for files given one by one, following the rows `before`, each with the file itself.

    A link is followed here, for the person named it. Problems: `dossier.no-document-type`, `dossier.file-missing`,
    `dossier.special-file`.
    """
    rows = list(before)
    pairs: list[tuple[Row, Found]] = []
    for wanted, path in documents:
        place = f"{shown(wanted)}={shown(path.name)}"
        doc_type = type_of(wanted)
        if doc_type is None:
            problems.append(Problem("dossier.no-document-type", place))
            continue
        found = _given(path, place, problems)
        if found is None:
            continue
        title = document_types().name(doc_type)
        row = _row(place, rows, (doc_type, title, path.name), counts.ahead(found.path))
        rows.append(row)
        pairs.append((row, found))
    return pairs


def _given(path: Path, place: str, problems: list[Problem]) -> Found | None:
    try:
        path.name.encode("utf-8")
        real = path.resolve(strict=True)
        info = real.stat()
    except UnicodeEncodeError:
        problems.append(Problem("dossier.name-undecodable", place))
        return None
    except OSError:
        problems.append(Problem("dossier.file-missing", place, name=shown(path.name)))
        return None
    if not stat.S_ISREG(info.st_mode):
        problems.append(Problem("dossier.special-file", place, kind=stat.filemode(info.st_mode)[0]))
        return None
    return Found(str(real), info.st_size, info.st_mtime_ns)


def _row(place: str, before: Sequence[Row], named: tuple[str, str, str], pages: int | None) -> Row:
    """A row whose pages follow the last ones of `before` in its last book; `named` is type, title and file name."""
    book = before[-1].book if before else 1
    first = max((row.page_to or 0 for row in before if row.book == book), default=0) + 1
    return Row(
        at=place,
        line=0,
        book=book,
        seq=before[-1].seq + 1 if before else 1,
        doc_type=named[0],
        title=named[1],
        doc_no="",
        responsible="",
        doc_date="",
        page_from=first if pages else None,
        page_to=first + pages - 1 if pages else None,
        cover_pages=0,
        file=named[2],
        person_refs=(),
        excluded=False,
        note="",
    )
