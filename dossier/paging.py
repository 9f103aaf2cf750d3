"""Compares page counts (规则 D-05、D-07).

Four counts must agree: the catalogue's run of pages for each file, the pages counted in the file less its unnumbered
ones, the sums of the books, the totals of the descriptor. The last two are sums of the counts decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dossier.contents import PagesBy, SealedFile, Volume, document_number
from dossier.limits import LIMITS, Limits
from dossier.listing import Row
from dossier.pages import Counts, PageCount
from messages.findings import Finding
from messages.problems import Problem


@dataclass(frozen=True)
class Settled:
    """The content pages of one file, and where the number comes from."""

    pages: int
    pages_by: PagesBy
    problem: Problem | None = None
    finding: Finding | None = None


def settle(row: Row, count: PageCount, earlier: Sequence[Row] = ()) -> Settled:
    """Hold a row of the catalogue against the pages of its file; `earlier` are the item's rows before it.

    A file that can be counted must have exactly the row's pages besides its unnumbered ones (`dossier.pages-differ`,
    D-05). A recording has none, or the one of its paper slip. For any other file the catalogue's number counts, with a
    finding; where the row repeats pages of an earlier row of the item, as the original of a scan does, it has none.
    """
    listed = 0 if row.page_from is None or row.page_to is None else row.page_to - row.page_from + 1
    if count.pages is not None:
        if count.pages - row.cover_pages == listed:
            return Settled(listed, "file")
        params = {"listed": listed, "counted": count.pages, "cover": row.cover_pages}
        return Settled(listed, "file", Problem("dossier.pages-differ", row.place, **params))
    repeated = any((row.page_from, row.page_to) == (other.page_from, other.page_to) for other in earlier)
    if count.reason == "recording":
        if listed > 1:
            return Settled(0, "none", Problem("dossier.recording-pages", row.place, listed=listed))
        return Settled(1, "slip") if listed and not repeated else Settled(0, "none")
    finding = Finding(f"dossier.pages-{count.reason}", "D", row.place, params={"listed": listed})
    if not listed:
        return Settled(0, "none", finding=None if count.reason == "unknown-format" else finding)
    return Settled(0, "none") if repeated else Settled(listed, "catalogue", finding=finding)


def check_runs(rows: Sequence[tuple[Row, int]], place: str, limits: Limits = LIMITS) -> list[Finding]:
    """Findings on the order of pages: `rows` with their settled pages, in catalogue order.

    Within a book, pages and item numbers follow one another without gap or overlap; a book begins at page 1 or goes on
    where the one before it ended (`dossier.pages-not-continuous`, `dossier.seq-not-continuous`, D-07); a book has no
    more than 200 pages (`dossier.book-thick`).
    """
    found: list[Finding] = []
    totals: dict[int, int] = {}
    book, last_page, last_seq = 0, 0, 0
    for row, pages in rows:
        fresh = row.book != book
        if fresh:
            book, last_seq = row.book, 0
        if row.seq not in (last_seq, last_seq + 1):
            params = {"expected": last_seq + 1, "listed": row.seq}
            found.append(Finding("dossier.seq-not-continuous", "D", row.place, params=params))
        last_seq = row.seq
        if pages and row.page_from is not None and row.page_to is not None:
            if row.page_from != last_page + 1 and not (fresh and row.page_from == 1):
                expected = {"expected": 1 if fresh else last_page + 1, "listed": row.page_from}
                found.append(Finding("dossier.pages-not-continuous", "W", row.place, params=expected))
            last_page = row.page_to
            totals[book] = totals.get(book, 0) + pages
    for number, total in totals.items():
        if total > limits.advised_book_pages:
            params = {"book": number, "pages": total, "limit": limits.advised_book_pages}
            found.append(Finding("dossier.book-thick", "W", place, params=params))
    return found


@dataclass(frozen=True)
class Recount:
    """The receiver's own count of a volume: what is to be told, and the documents that can be counted here or not."""

    findings: tuple[Finding, ...]
    counted: frozenset[str]
    uncounted: Mapping[str, Finding]


def recount(volume: Volume[SealedFile], folder: str, counts: Counts) -> Recount:
    """Count the pages of an unsealed volume's files in `folder` again, as the receiver must.

    A finding for each file whose pages are not those that the sender's catalogue says: `dossier.pages-differ` where
    they are others, `dossier.pages-damaged` and its like where they cannot be counted here, so that the catalogue's
    number stands on the sender's word. Its place is the number of the document.
    """
    findings: list[Finding] = []
    counted: set[str] = set()
    uncounted: dict[str, Finding] = {}
    for file in volume.files:
        if file.pages_by not in ("file", "catalogue"):
            continue
        count = counts.pages(f"{folder}/{file.path}")
        own = 0 if count.reason == "recording" else count.pages
        place = document_number(file.path)
        if own is None:
            uncounted[place] = Finding(f"dossier.pages-{count.reason}", "D", place, params={"listed": file.pages})
            findings.append(uncounted[place])
            continue
        counted.add(place)
        if own - file.cover_pages != file.pages:
            params = {"listed": file.pages, "counted": own, "cover": file.cover_pages}
            findings.append(Finding("dossier.pages-differ", "W", place, params=params))
    return Recount(tuple(findings), frozenset(counted), uncounted)


def weighed(declared: Sequence[Finding], recounts: Sequence[Recount]) -> list[Finding]:
    """What the sender declared, each page count confirmed or contradicted by our own, and then what we found besides.

    A file that neither side can count, for the same reason, is told once.
    """
    counted = frozenset[str]().union(*(each.counted for each in recounts))
    uncounted = {place: found for each in recounts for place, found in each.uncounted.items()}
    told: list[Finding] = []
    agreed: set[tuple[str, str]] = set()
    for finding in declared:
        if not finding.code.startswith("dossier.pages-") or finding.code == "dossier.pages-not-continuous":
            told.append(finding)
        elif finding.place in uncounted:
            told.append(replace(finding, recount="confirmed"))
            agreed.add((finding.code, finding.place))
        else:
            told.append(replace(finding, recount="contradicted" if finding.place in counted else ""))
    own = [finding for each in recounts for finding in each.findings]
    return told + [finding for finding in own if (finding.code, finding.place) not in agreed]
