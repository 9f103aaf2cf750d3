"""The difference between two tables: organs that were added, changed, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from standards.organs.model import Organ, OrganTree
from standards.organs.writing import cells


@dataclass(frozen=True)
class Change:
    """An organ that was changed. `differing` are the cells (column, before, after)."""

    organ: Organ
    differing: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Difference:
    """The difference from one tree to another. The order of rows does not count."""

    added: tuple[Organ, ...]
    changed: tuple[Change, ...]
    removed: tuple[Organ, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def to_json(self) -> dict[str, Any]:
        """As JSON with stable keys: ids, and for each change its cells before and after."""
        return {
            "added": [organ.id for organ in self.added],
            "changed": [
                {
                    "id": each.organ.id,
                    "cells": {name: {"before": old, "after": new} for name, old, new in each.differing},
                }
                for each in self.changed
            ],
            "removed": [organ.id for organ in self.removed],
        }


def compare(before: OrganTree, after: OrganTree) -> Difference:
    """The difference; each list is in the order of its table."""
    changed = (Change(organ, _differing(before.get(organ.id), organ)) for organ in after if organ.id in before)
    return Difference(
        added=tuple(organ for organ in after if organ.id not in before),
        changed=tuple(each for each in changed if each.differing),
        removed=tuple(organ for organ in before if organ.id not in after),
    )


def _differing(before: Organ, after: Organ) -> tuple[tuple[str, str, str], ...]:
    old, new = {**cells(before), **dict(before.more)}, {**cells(after), **dict(after.more)}
    names = dict.fromkeys((*new, *old))
    return tuple(
        (name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")
    )
