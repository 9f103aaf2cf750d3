"""Unsealing (解密拆封): a sealed volume becomes files again, every digest, tag and count checked on the way.

Parts are fetched and hashed a little ahead in other threads while this one decrypts, hashes the plaintext and writes;
memory does not grow with the volume. Files get their name only when they are complete and verified, so an interrupted
run continues where it stopped. Names have a fixed form (`contents.PATH`): nothing is written outside the target.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

from digests import Digest, Hasher, algorithm_of
from dossier.catalogue import Catalogue
from dossier.contents import SealedFile
from dossier.descriptor import Descriptor
from dossier.fetching import PartSource
from dossier.reading import ReadPart, file_altered, file_plaintext, read_catalogue
from messages.problems import Problem

Have = Callable[[str], Path | None]
"""`have(sha256)`: where content of this digest (`sha256:…`) lies on this machine already, or None.

Give it only for a volume that was open here before: what `have` finds is taken for the pack's without a look at it, so
that for another's volume the outcome would tell its sender what lies here."""

OnFile = Callable[[SealedFile, Path], None]
"""`on_file(file, path)`: a file stands whole and true at `path`."""

UNFINISHED = ".unfinished"
"""Suffix of files that are being written."""


@dataclass(frozen=True)
class Unsealed:
    """A volume that is complete in `folder`. `kept` files were there, `copied` were held, `fetched` came in parts."""

    catalogue: Catalogue
    folder: Path
    kept: int
    copied: int
    fetched: int
    parts_fetched: int


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turns a full disk, quota or largest file size into `Problem("dossier.disk-full")`; every other error passes."""
    try:
        yield
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT, EFBIG):
            raise Problem("dossier.disk-full", str(place), free=_free(place)) from error
        raise


def _free(place: Path) -> int:
    existing = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    return shutil.disk_usage(existing).free


def unseal_volume(
    descriptor: Descriptor,
    volume_key: bytes,
    read_part: ReadPart,
    target: Path,
    *,
    have: Have | None = None,
    link: bool = False,
    on_file: OnFile | None = None,
    ahead: int = 2,
) -> Unsealed:
    """Write all files of a volume into the folder `target`, which is made when it is not there.

    1. Key commitment, catalogue and counts (`reading.read_catalogue`).
    2. Files that are already in `target` with the right digest are kept.
    3. Content that `have` finds is copied, or hard-linked when `link`, if its digest is right.
    4. Of the pack, the parts that hold the remaining files are fetched, up to `ahead` at once; each part is compared
       with its digest before it is opened, every segment with its tag, every file with its digest.
    5. `target` contains nothing else.

    `read_part` is called from other threads, `on_file` from this one. Raises what `read_catalogue` raises, and for the
    pack `Problem` `dossier.part-missing`, `part-altered`, `segment-altered`, `file-altered` naming volume, documents
    and pages; `dossier.disk-full`. Completed files stay for the next run.
    """
    # Step 1
    found = read_catalogue(descriptor, volume_key, read_part)
    job = _Job(descriptor, found, target, on_file)
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        # Step 2
        files = list(found.volume.files)
        missing = [file for file in files if not job.keep(file)]
        # Step 3
        wanted = [file for file in missing if not (have and job.take(file, have(file.sha256), link))]
        # Step 4
        job.require_room(wanted)
        parts = job.fetch(wanted, volume_key, read_part, ahead)
        # Step 5
        job.clear(files)
    return Unsealed(found, target, len(files) - len(missing), len(missing) - len(wanted), len(wanted), parts)


class _Job:
    """One volume on its way into one folder."""

    def __init__(self, descriptor: Descriptor, found: Catalogue, target: Path, on_file: OnFile | None) -> None:
        self.descriptor, self.found, self.target = descriptor, found, target
        self.on_file = on_file or (lambda _file, _path: None)

    def keep(self, file: SealedFile) -> bool:
        """Whether the file stands in the target already."""
        path = self.target / file.path
        if path.is_symlink() or not path.is_file() or _digest(path, file.sha256) != file.sha256:
            return False
        self.on_file(file, path)
        return True

    def take(self, file: SealedFile, held: Path | None, link: bool) -> bool:
        """Whether content held elsewhere could take the file's place."""
        if held is None or not held.is_file():
            return False
        unfinished = self.target / (file.path + UNFINISHED)
        unfinished.unlink(missing_ok=True)
        if not (link and _link(held, unfinished)):
            shutil.copyfile(held, unfinished)
        if _digest(unfinished, file.sha256) != file.sha256:
            unfinished.unlink()
            return False
        self._place(file, unfinished)
        return True

    def _place(self, file: SealedFile, unfinished: Path) -> None:
        path = self.target / file.path
        unfinished.replace(path)
        self.on_file(file, path)

    def require_room(self, wanted: Iterable[SealedFile]) -> None:
        """Raises `Problem("dossier.disk-full")` before the first byte when the files cannot fit."""
        needed = sum(file.length for file in wanted)
        free = _free(self.target)
        if needed > free:
            raise Problem("dossier.disk-full", str(self.target), needed=needed, free=free)

    def fetch(self, wanted: list[SealedFile], volume_key: bytes, read_part: ReadPart, ahead: int) -> int:
        """Write the wanted files from the pack; returns the number of parts that were fetched."""
        with PartSource(self.descriptor, self.found, volume_key, wanted, read_part=read_part, ahead=ahead) as source:
            for file in wanted:
                self._write(file, source)
        return len(source.parts)

    def _write(self, file: SealedFile, source: PartSource) -> None:
        unfinished = self.target / (file.path + UNFINISHED)
        unfinished.unlink(missing_ok=True)
        hasher = None if source.lies_in_one_part(file) else Hasher.like(file.sha256)
        with unfinished.open("xb", buffering=0) as out:
            for piece in file_plaintext(source, self.descriptor.pack.layout, file):
                if hasher:
                    hasher.update(piece)
                while len(piece):
                    piece = piece[out.write(piece) :]  # noqa: PLW2901 - a raw file may take less than all
        found = str(hasher.digest()) if hasher else source.digest(file)
        if found != file.sha256:
            unfinished.unlink()
            raise file_altered(self.descriptor, self.found, file)
        self._place(file, unfinished)

    def clear(self, files: Iterable[SealedFile]) -> None:
        """Remove what an earlier run left unfinished and whatever else is not the volume's."""
        ours = {file.path for file in files}
        with os.scandir(self.target) as entries:
            strays = [entry for entry in entries if entry.name not in ours]
        for entry in strays:
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else Path(entry.path).unlink()


def _link(held: Path, path: Path) -> bool:
    with suppress(OSError):  # another file system, or one without links: copy
        os.link(held, path, follow_symlinks=False)
        return True
    return False


def _digest(path: Path, expected: str) -> str:
    """The digest of a file by the algorithm of the one expected."""
    with path.open("rb") as file:
        return str(Digest.of_file(file, algorithm_of(expected)))
