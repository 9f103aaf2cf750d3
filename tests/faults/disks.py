"""Disks that are full: a small tmpfs where this machine lets us mount one, and everywhere a limit on the size of files.

Both make the operating system refuse writes as a full disk does (`ENOSPC`, or `EFBIG` under the limit), and both can be
given more room while the programs run.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.scene.forked import Child

MIB = 1 << 20


class Disk(Protocol):
    """A folder that holds little, or nothing more."""

    folder: Path

    def bind(self, process: Child) -> None:
        """A program that was just started writes to this disk."""

    def fill(self) -> None:
        """From now on nothing can be written."""

    def make_room(self) -> None:
        """From now on there is plenty of room."""

    def close(self) -> None:
        """The disk goes."""


class Tmpfs:
    """A mounted file system of so many bytes."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "casehub-test", str(folder)], check=True)

    def bind(self, process: Child) -> None:
        """It does not matter who writes."""

    def fill(self) -> None:
        """A file takes all that is left."""
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(4096)):
                pass

    def make_room(self) -> None:
        """Remove what fills it, and grow it."""
        (self.folder / "filler").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", f"remount,size={1 << 30}", str(self.folder)], check=True)

    def close(self) -> None:
        """Unmount it, whoever still uses it."""
        subprocess.run(["umount", "-l", str(self.folder)], check=False)


class SmallFiles:
    """An ordinary folder whose writers may make no file larger than so many bytes."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self._size = folder, size
        self._bound: list[Child] = []
        folder.mkdir(parents=True, exist_ok=True)

    def bind(self, process: Child) -> None:
        """The program gets the limit."""
        self._bound.append(process)
        _limit(process, self._size)

    def fill(self) -> None:
        """No file may grow beyond what a program needs to say that nothing can be written."""
        self._resize(2048)

    def make_room(self) -> None:
        """No limit."""
        self._resize(resource.RLIM_INFINITY)

    def _resize(self, size: int) -> None:
        self._size = size
        for process in self._bound:
            _limit(process, size)

    def close(self) -> None:
        """Nothing is left."""


def _limit(process: Child, size: int) -> None:
    if process.poll() is None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _can_mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "casehub-test", str(folder)], check=False, capture_output=True)
    if mounted.returncode == 0:
        subprocess.run(["umount", "-l", str(folder)], check=False)
    return mounted.returncode == 0


@contextmanager
def small_disk(folder: Path, size: int, file_size: int) -> Iterator[Disk]:
    """The truest small disk that this machine allows: `size` bytes in all, or `file_size` bytes for each file."""
    disk: Disk = Tmpfs(folder, size) if _can_mount(folder) else SmallFiles(folder, file_size)
    try:
        yield disk
    finally:
        disk.close()


@contextmanager
def small_files(folder: Path, _size: int, file_size: int) -> Iterator[Disk]:
    """The limit on files, wherever the tests run."""
    yield SmallFiles(folder, file_size)


DISKS = {"disk": small_disk, "files": small_files}
