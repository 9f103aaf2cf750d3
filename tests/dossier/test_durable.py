"""Durable files: the old content or the new, whoever writes at once, whatever lies in the way."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dossier import durable
from dossier.durable import create_durably, replaced, write_durably


def planted(path: Path) -> Path:
    """Where this thread's file grows before it takes its place."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.partial")


def test_a_file_is_replaced_with_the_mode_that_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_durably(path, b"old", 0o600)
    write_durably(path, b"new", 0o640)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_without_a_mode_the_umask_decides(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with replaced(tmp_path / "bundle") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "bundle").stat().st_mode & 0o777 == 0o600


def test_a_block_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(b"old")

    def fail() -> None:
        with replaced(path) as file:
            file.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]


def test_of_two_creators_the_first_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    create_durably(path, b"first")
    create_durably(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["master.json"]


@pytest.mark.parametrize("write", [write_durably, create_durably])
def test_a_link_in_the_way_is_not_written_through(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    victim, path = tmp_path / "victim", tmp_path / "receipt.json"
    victim.write_text("mine")
    planted(path).symlink_to(victim)
    write(path, b"ours")
    assert (victim.read_text(), path.read_bytes()) == ("mine", b"ours")


def test_writers_at_once_leave_one_whole_content(tmp_path: Path) -> None:
    path = tmp_path / "head"
    contents = [bytes([each]) * 50_000 for each in range(8)]
    writers = [threading.Thread(target=write_durably, args=(path, content)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert [each.name for each in tmp_path.iterdir()] == ["head"]


@pytest.mark.parametrize("before", [None, 0o644, 0o600])
def test_a_database_is_for_its_owner_alone(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "hub.sqlite"
    if before is not None:
        for suffix in ("", "-wal", "-shm"):
            made = tmp_path / f"hub.sqlite{suffix}"
            made.touch()
            made.chmod(before)
    durable.keep_private(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (x)")
        database.commit()
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert "hub.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}, modes
