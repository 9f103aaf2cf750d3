"""Content by digest, `A/store/ab/cdef…`: hard links of files that were sent or delivered, so it costs no disk.

A link shares its bytes with a file that people may edit in place, so content is never believed: it is hashed while it
is copied out, and a file that no longer has its digest is dropped and fetched from the hub again.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from digests import Digest, Hasher, algorithm_of, holds
from dossier.contents import SealedFile, SourceFile, Volume
from dossier.unseal import disk_errors
from messages.problems import Problem

CHUNK = 1 << 20
INCOMING = "incoming"
LEFT_SECONDS = 24 * 3600
"""Age at which a file that was never finished is nobody's any more."""


class ContentStore:
    """Files under the digest of their content."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING

    def path(self, digest: str) -> Path:
        """Where content with `digest` lies, if it is held."""
        name = Digest.parse(digest).hex
        return self._root / name[:2] / name[2:]

    def adopt(self, source: Path, digest: str) -> None:
        """Keep `source`, whose content has `digest`, by a hard link. On another file system it is not kept."""
        target = self.path(digest)
        if target.exists():
            return
        with disk_errors(self._root):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target, follow_symlinks=False)
            except FileExistsError:
                return
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES):
                    raise

    def put(self, data: bytes, digest: str) -> None:
        """Keep small content whole. Raises `dossier.disk-full`; then nothing is left of it."""
        target = self.path(digest)
        partial = self._incoming / f"{target.name}.{os.getpid()}.partial"
        with disk_errors(self._root):
            try:
                self._incoming.mkdir(parents=True, exist_ok=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                partial.write_bytes(data)
                partial.replace(target)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise

    def sweep(self, before: float) -> int:
        """Remove what interrupted programs left, last written before the POSIX time `before`; how many files that was.

        Until 0.2.0 they lay beside the content, and are looked for there once.
        """
        swept = 0
        leftovers = self._incoming.iterdir() if self._incoming.is_dir() else self._root.glob("??/*.partial")
        with disk_errors(self._root):
            for leftover in list(leftovers):
                with suppress(FileNotFoundError):
                    if leftover.stat().st_mtime < before:
                        leftover.unlink()
                        swept += 1
            self._incoming.mkdir(parents=True, exist_ok=True)
        return swept

    def read(self, digest: str) -> bytes | None:
        """Small content whole, verified; None when it is not held or no longer has its digest."""
        with suppress(FileNotFoundError):
            data = self.path(digest).read_bytes()
            if holds(digest, data):
                return data
            self.path(digest).unlink(missing_ok=True)
        return None

    def holds(self, digest: str) -> bool:
        """Whether there is a file for `digest`; `copy_out` may still find that it changed."""
        return self.path(digest).is_file()

    def copy_out(self, digest: str, target: Path) -> bool:
        """Copy content to the new file `target`, verifying it on the way.

        False, and no file, when it is not held or changed since. Raises `FileExistsError` when `target` exists.
        """
        try:
            source = self.path(digest).open("rb")
        except FileNotFoundError:
            return False
        hasher = Hasher.like(digest)
        with source, target.open("xb") as out:
            while chunk := source.read(CHUNK):
                hasher.update(chunk)
                out.write(chunk)
        if str(hasher.digest()) == digest:
            return True
        target.unlink()
        self.path(digest).unlink(missing_ok=True)
        return False


def file_digest(path: Path, expected: str) -> str:
    """The digest of a file's content by the algorithm of the one expected. Raises `adapter.file-unreadable`."""
    try:
        with path.open("rb") as handle:
            return str(Digest.of_file(handle, algorithm_of(expected)))
    except OSError as error:
        raise Problem("adapter.file-unreadable", path.name) from error


def adopt_volume(store: ContentStore, source: Volume[SourceFile], sealed: Volume[SealedFile]) -> None:
    """Keep the files of a volume that was just sealed from `source`, under the digests of its catalogue."""
    for file, known in zip(source.files, sealed.files, strict=True):
        store.adopt(Path(source.root, file.source), known.sha256)
