"""Writes files completely or not at all, so that they survive a power failure.

Written beside their place, synced, renamed, and the folder synced: POSIX promises no less and no more.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

READABLE, PRIVATE = 0o644, 0o600


def write_durably(path: Path, data: bytes, mode: int = READABLE) -> None:
    """Replace `path` by `data` at once: after a crash either the old or the new content is there, never a mixture."""
    with replaced(path, mode) as file:
        file.write(data)


@contextmanager
def replaced(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """A file to write into, which replaces `path` when the block ends, and leaves it unchanged if the block fails.

    Without `mode` the process's umask decides who may read it.

    Other users may be able to write to the folder (an outbox): existing links there are not followed.
    """
    with _beside(path, mode) as (partial, file):
        yield file
        _sync(file)
        partial.replace(path)
    sync_folder(path.parent)


def create_durably(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Write `path` completely, or leave an existing one unchanged: of several writers the first one wins."""
    with _beside(path, mode) as (partial, file):
        file.write(data)
        _sync(file)
        try:
            path.hardlink_to(partial)
        except FileExistsError:
            return
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make the content of a written file durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make names created or removed in `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _beside(path: Path, mode: int | None) -> Iterator[tuple[Path, BinaryIO]]:
    # One name for each writer: two that meet do not take each other's file. What a killed one left is written over.
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode or 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            yield partial, file
    finally:
        partial.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def keep_private(database: Path) -> None:
    """Make a file of SQLite for its owner alone before anything is in it; an older one, and what lies beside it, is
    closed to others as far as this process may. New files beside it get its own mode from SQLite."""
    with suppress(OSError):  # there already, or not to be made: SQLite says why
        database.touch(mode=PRIVATE, exist_ok=False)
    for suffix in ("", "-wal", "-shm", "-journal"):
        beside = database.with_name(database.name + suffix)
        with suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(beside.stat().st_mode) & 0o077:
                beside.chmod(PRIVATE)
