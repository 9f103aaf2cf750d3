"""Blobs in a folder: `<root>/ab/cd/<64 hexadecimal digits>`, sharded by the digest's first two bytes.

A blob is written to `<root>/incoming/`, synced, renamed to its place, and the folder of its place is synced, so that a
power cut leaves either the whole blob or none.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from digests import Hasher
from dossier.durable import sync_folder
from evidence.canonical import digest_bytes
from hub.store.blobs import READ_CHUNK
from messages.problems import Problem

PROBE_BYTES = 4096
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FolderBlobStore:
    """Blobs under `root`, which is made when it is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        with _problems():
            self.incoming.mkdir(parents=True, exist_ok=True)

    def writer(self, digest: str) -> FolderWriter:
        """Begin to write the blob named by `digest`."""
        return FolderWriter(digest, self.path(digest), self.incoming)

    def path(self, digest: str) -> Path:
        """The path of the blob, whether it exists or not."""
        name = digest_bytes(digest).hex()
        return self.root / name[:2] / name[2:4] / name

    def size(self, digest: str) -> int | None:
        """The blob's size in bytes, None when it is not here."""
        with _problems():
            try:
                return self.path(digest).stat().st_size
            except FileNotFoundError:
                return None

    def read(self, digest: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """See `BlobStore.read`."""
        with _problems():
            try:
                file = self.path(digest).open("rb", buffering=0)
            except FileNotFoundError:
                raise Problem("part.lost", digest) from None
        if length is not None and os.fstat(file.fileno()).st_size < start + length:
            file.close()
            raise Problem("part.lost", digest)  # cut short by something else than us
        return _chunks(file, start, length)

    def remove(self, digest: str) -> bool:
        """Delete the blob; False when it was not here."""
        with _problems():
            try:
                self.path(digest).unlink()
            except FileNotFoundError:
                return False
            sync_folder(self.path(digest).parent)
        return True

    def sweep(self, before: datetime) -> int:
        """See `BlobStore.sweep`."""
        swept = 0
        for leftover in self.incoming.iterdir():
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < before.timestamp():
                    leftover.unlink()
                    swept += 1
        return swept

    def ping(self) -> None:
        """See `BlobStore.ping`."""
        path = self.incoming / f"probe.{secrets.token_hex(8)}"
        with _problems():
            try:
                with path.open("xb", buffering=0) as file:
                    file.write(bytes(PROBE_BYTES))
                    os.fsync(file.fileno())
            finally:
                path.unlink(missing_ok=True)


class FolderWriter:
    """See `BlobWriter`."""

    def __init__(self, digest: str, target: Path, incoming: Path) -> None:
        self.size = 0
        self._digest = digest
        self._target = target
        self._hash = Hasher.like(digest)
        self._temporary = incoming / f"{target.name[:16]}.{secrets.token_hex(8)}"
        with _problems():
            self._file: BinaryIO | None = self._temporary.open("xb", buffering=0)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `BlobWriter.write`."""
        assert self._file is not None, "the writer is closed"
        self._hash.update(data)
        rest = memoryview(data)
        with self._undone():
            while rest.nbytes:
                rest = rest[os.write(self._file.fileno(), rest) :]
        self.size += len(data)

    def commit(self) -> None:
        """See `BlobWriter.commit`."""
        assert self._file is not None, "the writer is closed"
        if str(self._hash.digest()) != self._digest:
            self.abort()
            raise Problem("part.digest", self._digest)
        with self._undone():
            os.fsync(self._file.fileno())
            self._file.close()
            _make_folder(self._target.parent)
            self._temporary.rename(self._target)
            sync_folder(self._target.parent)
        self._file = None

    def abort(self) -> None:
        """See `BlobWriter.abort`."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        self._temporary.unlink(missing_ok=True)

    @contextmanager
    def _undone(self) -> Iterator[None]:
        try:
            with _problems():
                yield
        except BaseException:
            self.abort()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def _chunks(file: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = length
        while left is None or left > 0:
            data = file.read(READ_CHUNK if left is None else min(READ_CHUNK, left))
            if not data:
                break
            left = None if left is None else left - len(data)
            yield data


def _make_folder(folder: Path) -> None:
    """Make the two levels above a blob so that they outlive a power cut."""
    for path in (folder.parent, folder):
        with suppress(FileExistsError):
            path.mkdir()
            sync_folder(path.parent)


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = "hub.storage-full" if error.errno in FULL else "hub.storage-away"
        raise Problem(code) from error
