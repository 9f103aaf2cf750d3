"""Scans an untrusted folder: links, special files and undecodable names are reported, never followed."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from dossier.limits import LIMITS, Limits
from messages.findings import Finding
from messages.problems import Problem

JUNK = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What desktops leave behind; left out with a finding."""


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file: its path (absolute, or below the folder that was scanned), its length in bytes and the time of
    its last change."""

    path: str
    length: int
    mtime_ns: int


@dataclass
class Scan:
    """The regular files below a folder by their path in it, and what else was there."""

    files: dict[str, Found] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _by_form: dict[str, list[str]] | None = None

    def match(self, name: str) -> str | None:
        """The file that a catalogue means by `name`: the same name, or the only one that is the same in Unicode's
        composed form (archives made on other systems change it)."""
        if name in self.files:
            return name
        if self._by_form is None:
            self._by_form = {}
            for each in self.files:
                self._by_form.setdefault(unicodedata.normalize("NFC", each), []).append(each)
        same = self._by_form.get(unicodedata.normalize("NFC", name), [])
        return same[0] if len(same) == 1 else None


def shown(name: str) -> str:
    """A name as messages may show it: undecodable bytes and control characters as escapes."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in text)


def is_outside(name: str) -> bool:
    """Whether a name in a catalogue is absolute, climbs, or is a drive's or a server's."""
    plain = name.replace("\\", "/")
    return plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/")


def scan(folder: Path, place: str, limits: Limits = LIMITS) -> Scan:
    """All regular files below `folder`; `place` is its path inside the case folder. Follows no link."""
    found = Scan()
    for name, entry in _walk(folder, "", place, found, limits.folder_depth):
        if len(found.files) >= limits.files_per_volume:
            found.problems.append(Problem("dossier.too-many-files", place, limit=limits.files_per_volume))
            break
        info = entry.stat(follow_symlinks=False)
        found.files[name] = Found(name, info.st_size, info.st_mtime_ns)
    return found


def _walk(folder: Path, prefix: str, place: str, found: Scan, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        found.problems.append(unreadable(f"{place}/{shown(prefix)}", error))
        return
    for entry in listed:
        name = prefix + entry.name
        where = f"{place}/{shown(name)}"
        if _refused(entry, where, found.problems):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth == 0:
                found.problems.append(Problem("dossier.folder-too-deep", where))
            else:
                yield from _walk(Path(entry.path), name + "/", place, found, depth - 1)
        elif entry.name in JUNK:
            found.findings.append(Finding("dossier.junk-left-out", "D", where))
        else:
            yield name, entry


def _refused(entry: os.DirEntry[str], where: str, problems: list[Problem]) -> bool:
    try:
        entry.name.encode("utf-8")
    except UnicodeEncodeError:
        problems.append(Problem("dossier.name-undecodable", where))
        return True
    if entry.is_symlink():
        problems.append(Problem("dossier.link", where))
        return True
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return False
    kind = stat.filemode(entry.stat(follow_symlinks=False).st_mode)[0]
    problems.append(Problem("dossier.special-file", where, kind=kind))
    return True


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file for reading; links are not followed and a FIFO is not waited for. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    return os.fdopen(handle, "rb")


def read_small(path: Path, most: int) -> bytes | None:
    """The bytes of a file of at most `most` bytes, else None. Raises `OSError`."""
    with open_regular(path) as file:
        data = file.read(most + 1)
    return data if len(data) <= most else None


def unreadable(place: str, error: OSError) -> Problem:
    """The problem of a file or folder that the system does not let us read."""
    return Problem("dossier.source-unreadable", place, reason=os.strerror(error.errno or errno.EIO))
