"""Codebook files, releases and drafts as rows, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, tuple_, update

from codebooks.edits import Edit
from evidence.identifiers import timestamp
from evidence.statements import sign
from hub.store import codebooks as rows
from hub.store.codebooks import DraftRow, ReleaseRow
from hub.store.database import Database
from hub.store.tables import codebook_files, transfers
from messages.problems import Problem
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY
from tests.scene.stored import Sample, digest

FILES = {"release.toml": b'id = "t"\n', "tables/a.csv": "code,display\n1,男\n".encode(), "tables/b.csv": b"code\n"}


def release(number: int, **changes: str) -> ReleaseRow:
    values = {
        "release": f"2026.{number}+abc", "digest": digest(str(number)), "effective_from": "2026-03-05",
        "released_at": timestamp(NOW), "draft": "d1", "author": "李示例", "reviewer": "王示例", "released_by": "李示例",
    }  # fmt: skip
    return ReleaseRow(number=number, **{**values, **changes})


def draft(name: str = "d1", minutes: int = 0) -> DraftRow:
    at = timestamp(NOW + timedelta(minutes=minutes))
    return DraftRow(
        name, "题", "2026.1+abc", {"x": "y"}, rows.OPEN, 0, 0, "李示例", at, at, None, None, None, None, None
    )


def test_files_are_kept_once_and_read_back(database: Database) -> None:
    with database.transaction() as connection:
        named = rows.keep_files(connection, FILES)
        assert (
            rows.keep_files(connection, {**FILES, "copy.csv": FILES["tables/a.csv"]})["copy.csv"]
            == named["tables/a.csv"]
        )
        assert rows.files(connection, named) == FILES
        assert len(connection.execute(select(codebook_files)).all()) == 3


def test_a_lost_or_altered_file_is_noticed(database: Database) -> None:
    with database.transaction() as connection:
        named = rows.keep_files(connection, FILES)
        other = connection.execute(
            select(codebook_files.c.packed).where(codebook_files.c.digest == named["tables/a.csv"])
        ).scalar_one()
        changed = update(codebook_files).where(codebook_files.c.digest == named["release.toml"])
        connection.execute(changed.values(packed=other))
        for wrong in (named, {"x": digest("nowhere")}):
            with pytest.raises(Problem, match=r"codebook\.file-lost"):
                rows.files(connection, wrong)


def test_releases_are_numbered_once(database: Database) -> None:
    statement = sign("release", {"release": "x"}, HUB_KEY)
    with database.transaction() as connection:
        rows.hold_releases(connection)
        assert rows.newest_number(connection) == 0
        rows.add_release(connection, release(1), statement, {"a": "b"})
        rows.add_release(connection, release(2), statement, {"a": "c"})
        for taken in (release(2, release="other"), release(3, release="2026.1+abc")):
            with pytest.raises(Problem, match=r"codebook\.moved"):
                rows.add_release(connection, taken, statement, {})
    with database.transaction(write=False) as connection:
        assert [row.number for row in rows.releases(connection)] == [1, 2]
        assert rows.releases(connection, after=1) == [release(2)]
        assert rows.release_files(connection, 2) == {"a": "c"}
        assert rows.release_statement(connection, 1) == statement
        for read in (rows.release_files, rows.release_statement):
            with pytest.raises(KeyError):
                read(connection, 9)


def test_drafts_and_their_edits(database: Database) -> None:
    edits = [Edit("tables/a.csv", "1", {"code": "1"}, None), Edit("tables/a.csv", "", None, {"text": "男\n"})]
    with database.transaction() as connection:
        rows.add_draft(connection, draft())
        rows.add_draft(connection, draft("d2", 1))
        with pytest.raises(Problem, match=r"codebook\.draft-taken"):
            rows.add_draft(connection, draft())
        rows.hold_draft(connection, "d1")
        assert rows.add_edits(connection, "d1", 1, edits, editor="李示例", now=NOW) == 2
        assert rows.add_edits(connection, "d1", 3, [], editor="李示例", now=NOW) == 2
        rows.update_draft(connection, "d2", state=rows.DROPPED, base_files={"z": "w"})
    with database.transaction(write=False) as connection:
        assert [item.edit for item in rows.edits(connection, "d1")] == edits
        assert [item.version for item in rows.edits(connection, "d1", after=1)] == [2]
        assert [row.draft for row in rows.drafts(connection)] == ["d1"]
        assert [row.draft for row in rows.drafts(connection, every=True)] == ["d1", "d2"]
        assert rows.draft(connection, "d2").base_files == {"z": "w"}
        with pytest.raises(Problem, match=r"codebook\.no-draft"):
            rows.draft(connection, "d3")


def test_transfers_are_paged_by_time_and_id(database: Database) -> None:
    """What the dry run relies on: comparing pairs means the same on both databases."""
    with database.transaction() as connection:
        ids = [Sample(at=NOW + timedelta(minutes=minute)).put(connection).transfer_id for minute in (0, 0, 1)]
        first = sorted(ids[:2])
        c = transfers.c
        later = tuple_(c.received_at, c.transfer_id) > tuple_(timestamp(NOW), first[0])
        query = select(c.transfer_id).where(later).order_by(c.received_at, c.transfer_id)
        assert list(connection.execute(query).scalars()) == [first[1], ids[2]]
