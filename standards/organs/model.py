"""An organ, and the tree of organs: superiors, and who is competent for a place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messages.problems import Problem
from standards import agencies
from standards.organs.hours import Hours
from standards.organs.levels import levels

HIGHER = "higher"
"""The level in a node that means the next higher organ (上一级); other levels are the names of `levels.toml`."""
_AREA = re.compile(r"[1-9][0-9]{5}")
"""GB/T 2260: two digits each for province, city and county."""
_COUNTRY = "000000"


@dataclass(frozen=True)
class Organ:
    """One organ.

    `id` is the agency id, `type:code`. `areas` are codes of GB/T 2260, that of the seat first; only a supreme organ has
    none, because it serves the whole country. `parent` is the id of the organ above it, empty at the top. `special`
    names a special jurisdiction (铁路, 海事 …); such an organ is not competent for a place. `more` are the unknown
    columns of the table and their cells.
    """

    id: str
    zh: str
    level: str
    en: str = ""
    areas: tuple[str, ...] = ()
    parent: str = ""
    address: str = ""
    telephone: str = ""
    hours: Hours | None = None
    special: str = ""
    notes: str = ""
    more: tuple[tuple[str, str], ...] = ()

    @property
    def type(self) -> str:
        """Its agency type."""
        return self.id.partition(":")[0]

    @property
    def rank(self) -> int:
        """The rank of its level: 1 is the highest."""
        return levels()[self.level].rank

    @property
    def general(self) -> bool:
        """Whether it is competent for places: neither specialised nor detached."""
        return not self.special and levels()[self.level].decides

    def name(self, lang: str = "zh") -> str:
        """Its name in `lang`; the Chinese name if it has no English name."""
        return self.en if lang == "en" and self.en else self.zh

    def to_json(self) -> dict[str, Any]:
        """As JSON with stable keys; hours in the form of `standards.organs.hours`."""
        texts = ("id", "type", "zh", "en", "level", "parent", "address", "telephone", "special", "notes")
        told = {name: getattr(self, name) for name in texts}
        return {**told, "areas": list(self.areas), "hours": str(self.hours or ""), "more": dict(self.more)}


def is_area(text: str) -> bool:
    """Whether a text has the form of a code of GB/T 2260; whether the code exists `codebooks` knows."""
    return _AREA.fullmatch(text) is not None


def above(area: str) -> tuple[str, ...]:
    """An area and the areas that contain it, smallest first: `350102`, `350100`, `350000`."""
    around = (area, f"{area[:4]}00", f"{area[:2]}0000")
    return tuple(each for each in dict.fromkeys(around) if each != _COUNTRY)


class OrganTree:
    """All organs of a table, in its order. Two trees are equal if their organs are equal and in the same order."""

    def __init__(self, organs: Iterable[Organ] = ()) -> None:
        self._organs: Mapping[str, Organ] = {organ.id: organ for organ in organs}
        self._children: dict[str, list[Organ]] = {}
        self._serving: dict[str, list[Organ]] = {}
        for organ in self._organs.values():
            self._children.setdefault(organ.parent, []).append(organ)
            for area in organ.areas:
                self._serving.setdefault(area, []).append(organ)

    def __contains__(self, organ_id: object) -> bool:
        return organ_id in self._organs

    def __iter__(self) -> Iterator[Organ]:
        return iter(self._organs.values())

    def __len__(self) -> int:
        return len(self._organs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrganTree) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # compared, never used as a key

    def get(self, organ_id: str) -> Organ:
        """The organ of this id. Raises `Problem` `organ.unknown`."""
        found = self._organs.get(organ_id)
        if found is None:
            raise Problem("organ.unknown", organ_id[:100], organ=organ_id[:100])
        return found

    def children(self, organ_id: str) -> tuple[Organ, ...]:
        """The organs directly below, in the order of the table. Raises `Problem` `organ.unknown`."""
        return tuple(self._children.get(self.get(organ_id).id, ()))

    def ancestors(self, organ_id: str) -> tuple[Organ, ...]:
        """The organs above, the nearest first. Raises `Problem` `organ.unknown`."""
        found: dict[str, Organ] = {}
        organ = self.get(organ_id)
        while organ.parent in self._organs and organ.parent not in found:  # an unchecked tree may have a loop
            organ = self._organs[organ.parent]
            found[organ.id] = organ
        return tuple(found.values())

    def superior(self, organ_id: str, level: str = HIGHER) -> Organ | None:
        """The nearest organ above that has `level`, or with `higher` (上一级) any higher level; None if there is none.

        The superior of a detached organ is that of the organ to which it belongs, which decides for it. This answers
        the `level` of a node, so that a transfer can be addressed to the organ that decides; nothing in the hub asks
        this yet. Raises `Problem` `organ.unknown`.
        """
        organ, line = self.get(organ_id), self.ancestors(organ_id)
        while not levels()[organ.level].decides and line:
            organ, *rest = line
            line = tuple(rest)
        if level == HIGHER:
            return next((each for each in line if each.rank < organ.rank), None)
        return next((each for each in line if each.level == level), None)

    def serving(self, area: str) -> tuple[Organ, ...]:
        """Every organ that names exactly this area, also detached and specialised organs, in the order of the table."""
        return tuple(self._serving.get(area, ()))

    def of(self, of_type: str, area: str, level: str = "") -> tuple[Organ, ...]:
        """The organs of a type that are competent for a place (管辖): those that serve `area`; if there are none, those
        that serve the city, then the province. Of several levels the lowest counts, or the given `level`.

        Usually one organ. Several if organs of one level share the place; then a person chooses. None if the table has
        no organ there. Specialised and detached organs are left out.
        """
        for place in above(area):
            fitting = [
                each
                for each in self._serving.get(place, ())
                if each.type == of_type and each.general and level in ("", each.level)
            ]
            if fitting:
                lowest = max(each.rank for each in fitting)
                return tuple(each for each in fitting if each.rank == lowest)
        return ()

    def counterparts(self, organ_id: str, other_type: str = "") -> tuple[Organ, ...]:
        """The organs of another type that have the same level and serve the seat of this one, usually one; without a
        type those of every other type, in the order of the types. Raises `Problem` `organ.unknown`."""
        organ = self.get(organ_id)
        types = (other_type,) if other_type else tuple(name for name in agencies.names() if name != organ.type)
        near = self.serving(organ.areas[0]) if organ.areas else [each for each in self if not each.areas]
        return tuple(
            each
            for name in types
            for each in near
            if each.type == name and each.level == organ.level and each.general and each.id != organ.id
        )

    def search(self, text: str, of_type: str = "") -> tuple[Organ, ...]:
        """The organs whose id, names, address or areas contain every word of `text`, in upper or lower case; only those
        of `of_type` if it is given. Organs whose name contains the words come first; otherwise the order is that of the
        table. An empty text finds all."""
        words = text.casefold().split()
        found = [
            organ
            for organ in self
            if of_type in ("", organ.type) and _hold(words, organ.id, organ.zh, organ.en, organ.address, *organ.areas)
        ]
        return tuple(sorted(found, key=lambda organ: not _hold(words, organ.zh, organ.en)))


def _hold(words: Sequence[str], *texts: str) -> bool:
    told = "\n".join(texts).casefold()
    return all(word in told for word in words)
