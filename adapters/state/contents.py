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
from messages.problems import Problem

CHUNK = 1 << 20


class ContentStore:
    """Files under the digest of their content."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, digest: str) -> Path:
        """Where content with `digest` lies, if it is held."""
        name = Digest.parse(digest).hex
        return self._root / name[:2] / name[2:]

    def adopt(self, source: Path, digest: str) -> None:
        """Keep `source`, whose content has `digest`, by a hard link. On another file system it is not kept."""
        target = self.path(digest)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES):
                raise

    def put(self, data: bytes, digest: str) -> None:
        """Keep small content whole."""
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        partial.write_bytes(data)
        partial.replace(target)

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
