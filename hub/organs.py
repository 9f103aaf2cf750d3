"""The tree of organs in a hub's home, with every table that was ever taken.

    H/organs/0001.csv           the first table taken, as `standards.organs.write` writes it
    H/organs/0002.csv           the next one: the newest counts
    H/organs/0003.undone.csv    one that was taken back; its number is not used again

Files are whole or not there; of two imports at once one is refused. Whoever runs several processes for one hub copies
the folder with `hub.toml` and `keys/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dossier.durable import READABLE, create_durably, sync_folder
from messages.problems import Problem
from standards import organs
from standards.limits import LIMITS
from standards.organs import OrganTree

FOLDER = "organs"
_NAME = re.compile(r"([0-9]{4,9})(\.undone)?\.csv")


@dataclass(frozen=True)
class Version:
    """One table that was taken."""

    number: int
    path: Path
    undone: bool


def versions(home: Path) -> list[Version]:
    """Every table, oldest first, those that were taken back too."""
    folder = home / FOLDER
    return sorted(_versions(folder) if folder.is_dir() else (), key=lambda each: each.number)


def _versions(folder: Path) -> Iterator[Version]:
    for path in folder.iterdir():
        if found := _NAME.fullmatch(path.name):
            yield Version(int(found[1]), path, undone=bool(found[2]))


def newest(home: Path) -> Version | None:
    """The table that counts; None when there is none."""
    return next((each for each in reversed(versions(home)) if not each.undone), None)


def load(home: Path) -> OrganTree:
    """The tree that counts; one without an organ when none was taken. Raises what `standards.organs.read` raises, for
    a file that somebody has edited by hand."""
    version = newest(home)
    return OrganTree() if version is None else organs.read(version.path.read_bytes(), _place(version))


def take(home: Path, tree: OrganTree, seen: int) -> Version:
    """Keep a tree as the newest. `seen` is the number of the table that it was held against, 0 for none.

    Raises `Problem` `organ.taken-meanwhile` when another one was taken since, and `organ.file-large` when the table in
    UTF-8 is larger than `load` reads, though the file that it came from was not.
    """
    folder = home / FOLDER
    data = organs.write(tree)
    if len(data) > LIMITS.organ_bytes:
        raise Problem("organ.file-large", str(folder), found=len(data), limit=LIMITS.organ_bytes)
    folder.mkdir(mode=0o755, exist_ok=True)
    sync_folder(home)
    number = max((each.number for each in versions(home)), default=0) + 1
    made = Version(number, folder / f"{number:04}.csv", undone=False)
    now = newest(home)
    if (0 if now is None else now.number) == seen:
        create_durably(made.path, data, READABLE)
        if made.path.read_bytes() == data:  # of two writers the first one wins
            return made
    raise Problem("organ.taken-meanwhile", str(folder))


def take_back(home: Path) -> Version:
    """Take back the newest table; the one before it counts again. Raises `Problem` `organ.nothing-to-undo`, and
    `organ.taken-meanwhile` when another took it back since."""
    version = newest(home)
    if version is None:
        raise Problem("organ.nothing-to-undo", str(home / FOLDER))
    path = version.path.with_suffix(".undone.csv")
    try:
        version.path.rename(path)
    except FileNotFoundError as error:
        raise Problem("organ.taken-meanwhile", str(home / FOLDER)) from error
    sync_folder(path.parent)
    return Version(version.number, path, undone=True)


def _place(version: Version) -> str:
    return f"{FOLDER}/{version.path.name}"
