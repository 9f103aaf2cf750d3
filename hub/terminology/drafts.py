"""Drafts of codebooks: created, edited by several people at the same time, checked.

A draft is its base (the files of a release) and a log of edits that only grows. An edit is optimistic: it names the
version of the draft that its author has *seen*, and conflicts with any later edit of the same row by somebody else.
Nothing is locked while people work, nothing is overwritten unseen, and a conflicting change is refused as a whole.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from codebooks import CodebookError, CodebookErrors, build
from codebooks.edits import Edit, apply, conflict, diff, merged_onto
from codebooks.release import digest_of
from evidence.identifiers import timestamp
from hub.runtime import Hub
from hub.store import codebooks as rows
from hub.store.codebooks import DraftRow, EditRow
from hub.store.database import Connection
from messages.problems import Problem, ProblemList

NAME_LENGTH = 64


@contextmanager
def problems_told() -> Iterator[None]:
    """What the codebooks refuse, as problems of the catalogue: conflicts as 409, bad rows as 422."""
    try:
        yield
    except CodebookErrors as errors:
        told = [Problem(item.code, item.place, **item.params) for item in errors.problems]
        if all(item.code == "codebook.conflict" for item in told):
            raise ProblemList("codebook.conflicts", told) from errors
        raise ProblemList("codebook.refused", told) from errors
    except CodebookError as error:
        raise Problem(error.code, error.place, **error.params) from error


def person(name: str) -> str:
    """A maintainer's name in its one form, so that 李四 is the same however it is typed.

    Raises `Problem("codebook.bad-name")`."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    if not plain or len(plain) > NAME_LENGTH or any(unicodedata.category(sign) in ("Cc", "Cf") for sign in plain):
        raise Problem("codebook.bad-name", name[:NAME_LENGTH])
    return plain


def new(hub: Hub, by: str, title: str = "", *, name: str = "", like: str = "") -> DraftRow:
    """Begin a draft on the newest release. With `like`, its edits bring back the files of that earlier release.

    Raises `codebook.bad-name`, `codebook.draft-taken`, `codebook.no-release`."""
    author, now = person(by), hub.clock()
    hub.releases.refresh()
    number, base = hub.releases.newest()
    files = hub.releases.files(number)
    edits: Sequence[Edit] = ()
    if like:
        wanted = hub.releases.files(hub.releases.named(like))
        edits = diff(files, {**wanted, "release.toml": files["release.toml"]}, whole=True)
    with hub.database.transaction() as connection:
        named = rows.keep_files(connection, files)
        taken = {row.draft for row in rows.drafts(connection, every=True)}
        free = (f"d{count}" for count in range(1, len(taken) + 2) if f"d{count}" not in taken)
        chosen = person(name) if name else next(free)
        at = timestamp(now)
        row = DraftRow(
            chosen, person(title) if title else chosen, base, named, rows.OPEN, 0, len(edits), author, at, at,
            None, None, None, None, None,
        )  # fmt: skip
        rows.add_draft(connection, row)
        rows.add_edits(connection, chosen, 1, edits, editor=author, now=now)
    return row


def listing(hub: Hub, *, every: bool = False) -> list[DraftRow]:
    """The drafts in progress, or all drafts."""
    with hub.database.transaction(write=False) as connection:
        return rows.drafts(connection, every=every)


def show(hub: Hub, name: str) -> tuple[DraftRow, list[EditRow]]:
    """A draft and its edits, oldest first. Raises `codebook.no-draft`."""
    with hub.database.transaction(write=False) as connection:
        return rows.draft(connection, name), rows.edits(connection, name)


def files_of(connection: Connection, row: DraftRow, upto: int | None = None) -> dict[str, bytes]:
    """The current files of a draft, or those at a version."""
    made = rows.edits(connection, row.draft, after=row.start)
    with problems_told():
        return apply(
            rows.files(connection, row.base_files),
            (item.edit for item in made if upto is None or item.version <= upto),
        )


def contents(hub: Hub, name: str, upto: int | None = None) -> tuple[DraftRow, dict[str, bytes]]:
    """A draft and its files. Raises `codebook.no-draft`."""
    with hub.database.transaction(write=False) as connection:
        row = rows.draft(connection, name)
        return row, files_of(connection, row, upto)


def base_of(hub: Hub, row: DraftRow) -> dict[str, bytes]:
    """The files that a draft started from."""
    with hub.database.transaction(write=False) as connection:
        return rows.files(connection, row.base_files)


def write(
    connection: Connection, hub: Hub, row: DraftRow, edits: Sequence[Edit], *, by: str, seen: int | None = None
) -> int:
    """Append edits to a draft that is held and was read in this transaction; returns its version.

    Raises `ProblemList("codebook.conflicts")` when somebody else has changed one of the rows since `seen` (without it:
    since the editor's own last edit of that row), or when `before` differs from the current content. An approved draft
    is open again.
    """
    if row.state not in (rows.OPEN, rows.APPROVED):
        raise Problem("codebook.draft-closed", row.draft, state=row.state)
    made = rows.edits(connection, row.draft, after=row.start)
    with problems_told():
        before = apply(rows.files(connection, row.base_files), (item.edit for item in made))
        clashes = [error for edit in edits if (error := _clash(edit, made, by, seen)) is not None]
        if clashes:
            raise CodebookErrors(clashes)
        apply(before, edits)
    now = hub.clock()
    last = rows.add_edits(connection, row.draft, row.version + 1, edits, editor=by, now=now)
    rows.update_draft(
        connection, row.draft, version=last, changed_at=timestamp(now), state=rows.OPEN, reviewer=None,
        reviewed_at=None, approved_digest=None,
    )  # fmt: skip
    return last


def _clash(edit: Edit, made: Iterable[EditRow], by: str, seen: int | None) -> CodebookError | None:
    touching = [item for item in made if item.edit.file == edit.file and item.edit.key in (edit.key, "")]
    known = seen if seen is not None else max((item.version for item in touching if item.editor == by), default=0)
    later = [item for item in touching if item.version > known and item.editor != by]
    if not later:
        return None
    last = later[-1]
    return conflict(edit, last.edit.after, last.editor, last.version)


def check(hub: Hub, name: str) -> tuple[DraftRow, list[Problem]]:
    """Everything that the release checks would refuse in the current draft; an empty list means that it passes."""
    row, files = contents(hub, name)
    return row, faults(files)


def faults(files: Mapping[str, bytes]) -> list[Problem]:
    """What the checks refuse in a set of files, by file and line."""
    try:
        build(files)
    except CodebookErrors as errors:
        return [Problem(item.code, item.place, **item.params) for item in errors.problems]
    except CodebookError as error:
        return [Problem(error.code, error.place, **error.params)]
    return []


def rebase(hub: Hub, name: str, by: str) -> tuple[DraftRow, int]:
    """Bring a draft up to the newest release: its net edits are laid on the newest files.

    Returns the draft and how many edits it keeps. Raises `ProblemList("codebook.conflicts")` naming every row that a
    release has changed otherwise since; the draft is then as before."""
    editor, now = person(by), hub.clock()
    hub.releases.refresh()
    number, newest = hub.releases.newest()
    with hub.database.transaction() as connection:
        rows.hold_draft(connection, name)
        row = rows.draft(connection, name)
        if row.state not in (rows.OPEN, rows.APPROVED):
            raise Problem("codebook.draft-closed", name, state=row.state)
        if row.base == newest:
            return row, 0
        base, target = rows.files(connection, row.base_files), hub.releases.files(number)
        base["release.toml"] = target["release.toml"]
        wanted = {**files_of(connection, row), "release.toml": target["release.toml"]}
        with problems_told():
            merged = merged_onto(target, diff(base, wanted), newest)
            kept = diff(target, merged)
        named = rows.keep_files(connection, target)
        editors = {
            (item.edit.file, item.edit.key): item.editor for item in rows.edits(connection, name, after=row.start)
        }
        last = row.version
        for edit in kept:
            by_whom = editors.get((edit.file, edit.key), editor)
            last = rows.add_edits(connection, name, last + 1, [edit], editor=by_whom, now=now)
        rows.update_draft(
            connection, name, base=newest, base_files=named, start=row.version, version=last,
            changed_at=timestamp(now), state=rows.OPEN, reviewer=None, reviewed_at=None, approved_digest=None,
        )  # fmt: skip
        return rows.draft(connection, name), len(kept)


def drop(hub: Hub, name: str, by: str) -> DraftRow:
    """Give a draft up; its edits stay readable. Raises `codebook.no-draft`, `codebook.draft-closed`."""
    person(by)
    with hub.database.transaction() as connection:
        rows.hold_draft(connection, name)
        row = rows.draft(connection, name)
        if row.state not in (rows.OPEN, rows.APPROVED):
            raise Problem("codebook.draft-closed", name, state=row.state)
        rows.update_draft(connection, name, state=rows.DROPPED, changed_at=timestamp(hub.clock()))
        return rows.draft(connection, name)


def review(hub: Hub, name: str, by: str, *, approve: bool, note: str = "") -> DraftRow:
    """Approve a draft that passes the checks, or return it to its authors with a note.

    Raises `codebook.own-review` when the reviewer made the draft or any edit in it, `codebook.nothing-changed`, and
    what the checks refuse. What is approved are these very files: a later edit voids the approval."""
    reviewer, now = person(by), hub.clock()
    with hub.database.transaction() as connection:
        rows.hold_draft(connection, name)
        row = rows.draft(connection, name)
        if row.state not in (rows.OPEN, rows.APPROVED):
            raise Problem("codebook.draft-closed", name, state=row.state)
        made = rows.edits(connection, name)
        if same_person(reviewer, (row.author, *(item.editor for item in made))):
            raise Problem("codebook.own-review", name, reviewer=reviewer)
        files = files_of(connection, row)
        if approve and not diff(rows.files(connection, row.base_files), files):
            raise Problem("codebook.nothing-changed", name)
        wrong = faults(files) if approve else []
        if wrong:
            raise ProblemList("codebook.refused", wrong)
        rows.update_draft(
            connection, name, state=rows.APPROVED if approve else rows.OPEN, reviewer=reviewer,
            reviewed_at=timestamp(now), review_note=note or None,
            approved_digest=digest_of(files) if approve else None,
        )  # fmt: skip
        return rows.draft(connection, name)


def same_person(name: str, others: Iterable[str]) -> bool:
    """Whether `name` is one of the others, whatever the case of its letters."""
    return name.casefold() in {other.casefold() for other in others}


def changed(hub: Hub, row: DraftRow) -> tuple[Edit, ...]:
    """The net edits of a draft against its base: what a reviewer looks at."""
    with hub.database.transaction(write=False) as connection, problems_told():
        return diff(rows.files(connection, row.base_files), files_of(connection, row))
