"""The tree of organs in a hub's home, with every table that was ever imported.

    H/organs/0001.csv           the first table, as `standards.organs.write` writes it
    H/organs/0002.csv           the next one; the newest is in force
    H/organs/0003.undone.csv    an import that was undone; its number is not used again

A file is complete or absent. Of two imports or undos at the same time, one is refused. If several machines serve one
hub, copy the folder together with `hub.toml` and `keys/`.
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
    """One table that was imported."""

    number: int
    path: Path
    undone: bool


def versions(home: Path) -> list[Version]:
    """Every table, oldest first, including those that were undone."""
    folder = home / FOLDER
    return sorted(_versions(folder) if folder.is_dir() else (), key=lambda each: each.number)


def _versions(folder: Path) -> Iterator[Version]:
    for path in folder.iterdir():
        if found := _NAME.fullmatch(path.name):
            yield Version(int(found[1]), path, undone=bool(found[2]))


def newest(home: Path) -> Version | None:
    """The table in force; None if there is none."""
    return next((each for each in reversed(versions(home)) if not each.undone), None)


def load(home: Path) -> OrganTree:
    """The tree in force; an empty tree if none was imported. Raises what `standards.organs.read` raises if the
    file was edited and is wrong."""
    version = newest(home)
    return OrganTree() if version is None else organs.read(version.path.read_bytes(), _place(version))


def take(home: Path, tree: OrganTree, seen: int) -> Version:
    """Store a tree as the newest. `seen` is the number of the table that it was compared with, 0 for none.

    Raises `Problem` `organ.taken-meanwhile` if another import or undo came first, and `organ.file-large` if the
    table in UTF-8 is larger than `load` reads, although the imported file was not.
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
    """Undo the newest import; the table before it is in force again.

    Raises `Problem` `organ.nothing-to-undo`, or `organ.taken-meanwhile` if another undo came first.
    """
    version = newest(home)
    if version is None:
        raise Problem("organ.nothing-to-undo", str(home / FOLDER))
    path = version.path.with_suffix(".undone.csv")
    try:
        version.path.rename(path)
    except FileNotFoundError as gone:  # two undos looked at the same table
        raise Problem("organ.taken-meanwhile", str(version.path.parent)) from gone
    sync_folder(path.parent)
    return Version(version.number, path, undone=True)


def _place(version: Version) -> str:
    return f"{FOLDER}/{version.path.name}"
