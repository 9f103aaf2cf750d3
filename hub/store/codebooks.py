"""Codebook releases (码表发布版) and drafts (草案) as rows."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from codebooks.edits import Edit
from digests import Digest
from evidence.identifiers import timestamp
from evidence.statements import SignedStatement
from hub.store.database import insert_if_absent, insert_those_absent, lock
from hub.store.tables import codebook_drafts, codebook_edits, codebook_files, codebook_releases
from messages.problems import Problem

OPEN, APPROVED, RELEASED, DROPPED = "open", "approved", "released", "dropped"


@dataclass(frozen=True)
class ReleaseRow:
    """One release as the hub lists it. `effective_from` is a civil day in China."""

    number: int
    release: str
    digest: str
    effective_from: str
    released_at: str
    draft: str
    author: str
    reviewer: str
    released_by: str

    def to_json(self) -> dict[str, Any]:
        """With stable keys: `id` names the release."""
        body = dict(vars(self))
        return {"id": body.pop("release"), **body}


@dataclass(frozen=True)
class DraftRow:
    """One draft. `version` counts its edits; `base_files` names the files that they start from by digest."""

    draft: str
    title: str
    base: str
    base_files: Mapping[str, str]
    state: str
    start: int
    version: int
    author: str
    created_at: str
    changed_at: str
    reviewer: str | None
    reviewed_at: str | None
    review_note: str | None
    approved_digest: str | None
    released_as: str | None

    def to_json(self) -> dict[str, Any]:
        """For programs; the files of the base are left out."""
        return {name: value for name, value in vars(self).items() if name != "base_files"}


@dataclass(frozen=True)
class EditRow:
    """One edit of a draft, with who made it and when."""

    version: int
    edit: Edit
    editor: str
    edited_at: str


def keep_files(connection: Connection, files: Mapping[str, bytes]) -> dict[str, str]:
    """Store the files that are not there yet; returns `{file: digest}`."""
    named = {name: str(Digest.of(raw)) for name, raw in files.items()}
    known = set(connection.execute(select(codebook_files.c.digest)).scalars())
    rows = {
        named[name]: {"digest": named[name], "size": len(raw), "packed": zlib.compress(raw)}
        for name, raw in files.items()
        if named[name] not in known
    }
    insert_those_absent(connection, codebook_files, list(rows.values()))
    return named


def files(connection: Connection, named: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of the files, each checked against its digest. Raises `Problem("codebook.file-lost")`."""
    c = codebook_files.c
    query = select(c.digest, c.packed).where(c.digest.in_(set(named.values())))
    packed = {digest: bytes(data) for digest, data in connection.execute(query)}
    found = {}
    for name, digest in named.items():
        raw = zlib.decompress(packed[digest]) if digest in packed else b""
        if str(Digest.of(raw)) != digest:
            raise Problem("codebook.file-lost", name)
        found[name] = raw
    return found


def hold_releases(connection: Connection) -> None:
    """Be the only one who releases until the transaction ends."""
    lock(connection, "codebook/releases")


def newest_number(connection: Connection) -> int:
    """The number of the last release; 0 when only the shipped tables are there."""
    return int(connection.execute(select(func.max(codebook_releases.c.number))).scalar() or 0)


def releases(connection: Connection, *, after: int = 0) -> list[ReleaseRow]:
    """The releases numbered above `after`, oldest first."""
    c = codebook_releases.c
    columns = [c[name] for name in ReleaseRow.__dataclass_fields__]
    return [ReleaseRow(*row) for row in connection.execute(select(*columns).where(c.number > after).order_by(c.number))]


def release_files(connection: Connection, number: int) -> dict[str, str]:
    """The files of a release by digest. Raises `KeyError`."""
    query = select(codebook_releases.c.files).where(codebook_releases.c.number == number)
    told = connection.execute(query).scalar()
    if told is None:
        raise KeyError(number)
    found: dict[str, str] = json.loads(told)
    return found


def release_statement(connection: Connection, number: int) -> SignedStatement:
    """The signed statement of a release. Raises `KeyError`."""
    query = select(codebook_releases.c.statement).where(codebook_releases.c.number == number)
    data = connection.execute(query).scalar()
    if data is None:
        raise KeyError(number)
    return SignedStatement.decode(bytes(data))


def add_release(connection: Connection, row: ReleaseRow, statement: SignedStatement, named: Mapping[str, str]) -> None:
    """Store a release. Raises `Problem("codebook.moved")` when the number or the id is taken."""
    body = {**vars(row), "statement": statement.encode(), "files": json.dumps(dict(named), sort_keys=True)}
    if not insert_if_absent(connection, codebook_releases, body):
        raise Problem("codebook.moved", row.release)


def hold_draft(connection: Connection, draft: str) -> None:
    """Be the only one who changes the draft until the transaction ends."""
    lock(connection, f"codebook/draft/{draft}")


def add_draft(connection: Connection, row: DraftRow) -> None:
    """Store a new draft. Raises `Problem("codebook.draft-taken")`."""
    body = {**vars(row), "base_files": json.dumps(dict(row.base_files), sort_keys=True)}
    if not insert_if_absent(connection, codebook_drafts, body):
        raise Problem("codebook.draft-taken", row.draft)


def draft(connection: Connection, name: str) -> DraftRow:
    """The draft. Raises `Problem("codebook.no-draft")`."""
    found = _drafts(connection, codebook_drafts.c.draft == name)
    if not found:
        raise Problem("codebook.no-draft", name)
    return found[0]


def drafts(connection: Connection, *, every: bool = False) -> list[DraftRow]:
    """The drafts in progress, or all drafts, oldest first."""
    c = codebook_drafts.c
    return _drafts(connection, None if every else c.state.in_((OPEN, APPROVED)))


def _drafts(connection: Connection, condition: Any) -> list[DraftRow]:
    c = codebook_drafts.c
    query = select(*(c[name] for name in DraftRow.__dataclass_fields__)).order_by(c.created_at, c.draft)
    rows = connection.execute(query if condition is None else query.where(condition)).mappings()
    return [DraftRow(**{**row, "base_files": json.loads(row["base_files"])}) for row in rows]


def update_draft(connection: Connection, name: str, **changes: Any) -> None:
    """Set columns of a draft."""
    if "base_files" in changes:
        changes["base_files"] = json.dumps(dict(changes["base_files"]), sort_keys=True)
    connection.execute(update(codebook_drafts).where(codebook_drafts.c.draft == name).values(changes))


def add_edits(
    connection: Connection, name: str, first: int, edits: Iterable[Edit], *, editor: str, now: datetime
) -> int:
    """Append edits to a draft that is held, numbered from `first`; returns the last version."""
    rows = [
        {
            "draft": name,
            "version": first + index,
            "file": edit.file,
            "key": edit.key,
            "before": _cells(edit.before),
            "after": _cells(edit.after),
            "editor": editor,
            "edited_at": timestamp(now),
        }
        for index, edit in enumerate(edits)
    ]
    if rows:
        connection.execute(insert(codebook_edits), rows)
    return first + len(rows) - 1


def edits(connection: Connection, name: str, *, after: int = 0) -> list[EditRow]:
    """The edits of a draft made after a version, in their order."""
    c = codebook_edits.c
    query = select(codebook_edits).where(c.draft == name, c.version > after).order_by(c.version)
    return [
        EditRow(row.version, Edit(row.file, row.key, _read(row.before), _read(row.after)), row.editor, row.edited_at)
        for row in connection.execute(query)
    ]


def _cells(cells: Mapping[str, str] | None) -> str | None:
    return None if cells is None else json.dumps(dict(cells), ensure_ascii=False)


def _read(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    cells: dict[str, str] = json.loads(text)
    return cells
