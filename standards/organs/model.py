"""One organ, and the tree of them: who is above whom, and who is competent where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messages.problems import Problem
from standards.organs.hours import Hours
from standards.organs.levels import levels

HIGHER = "higher"
"""What a node writes for the next higher organ (上一级); its other levels are names of levels."""
_COUNTRY = "000000"


@dataclass(frozen=True)
class Organ:
    """One organ.

    `id` is the agency's short name, `type:code`. `areas` are codes of GB/T 2260, the first one that of its seat; only a
    supreme organ serves the whole country and has none. `parent` is the organ above it, empty at the top.
    `special` names a jurisdiction of its own kind (铁路, 海事 …); such an organ is competent for no place as such.
    `more` are columns of the table that Casehub does not know, with what stands in them.
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
    def code(self) -> str:
        """Its code, without the type."""
        return self.id.partition(":")[2]

    @property
    def rank(self) -> int:
        """How far from the top its level is: 1 is the highest."""
        return levels()[self.level].rank

    @property
    def general(self) -> bool:
        """Whether it is competent for places: neither specialised nor detached."""
        return not self.special and levels()[self.level].decides

    def name(self, lang: str = "zh") -> str:
        """Its name in `lang`; the Chinese one where there is no English one."""
        return self.en if lang == "en" and self.en else self.zh

    def to_json(self) -> dict[str, Any]:
        """Its members with stable keys; hours in the form of `standards.organs.hours`."""
        texts = ("id", "type", "zh", "en", "level", "parent", "address", "telephone", "special", "notes")
        told = {name: getattr(self, name) for name in texts}
        return {**told, "areas": list(self.areas), "hours": str(self.hours or ""), "more": dict(self.more)}


def above(area: str) -> tuple[str, ...]:
    """An area and those around it, the nearest first: `350102`, `350100`, `350000`."""
    around = (area, f"{area[:4]}00", f"{area[:2]}0000")
    return tuple(each for each in dict.fromkeys(around) if each != _COUNTRY)


class OrganTree:
    """All organs of a table, in its order. Equal when their organs are."""

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

    __hash__ = None  # type: ignore[assignment]  # compared as a whole, never a key

    def get(self, organ_id: str) -> Organ:
        """The organ of this short name. Raises `Problem` `organ.unknown`."""
        found = self._organs.get(organ_id)
        if found is None:
            raise Problem("organ.unknown", organ_id[:100], organ=organ_id[:100])
        return found

    def roots(self) -> tuple[Organ, ...]:
        """The organs above which there is none."""
        return tuple(self._children.get("", ()))

    def children(self, organ_id: str) -> tuple[Organ, ...]:
        """The organs directly below, in the order of the table. Raises `Problem` `organ.unknown`."""
        return tuple(self._children.get(self.get(organ_id).id, ()))

    def ancestors(self, organ_id: str) -> tuple[Organ, ...]:
        """The organs above, the nearest first. Raises `Problem` `organ.unknown`."""
        found: dict[str, Organ] = {}
        organ = self.get(organ_id)
        while organ.parent in self._organs and organ.parent not in found:  # a tree that nobody checked may turn round
            organ = self._organs[organ.parent]
            found[organ.id] = organ
        return tuple(found.values())

    def superior(self, organ_id: str, level: str = HIGHER) -> Organ | None:
        """The nearest organ above at `level`, or with `higher` (上一级) at any level above its own; None for none.

        A detached organ decides in the name of the organ to which it belongs, so its superior is that organ's. Raises
        `Problem` `organ.unknown`.
        """
        organ, line = self.get(organ_id), self.ancestors(organ_id)
        while not levels()[organ.level].decides and line:
            organ, *rest = line
            line = tuple(rest)
        if level == HIGHER:
            return next((each for each in line if each.rank < organ.rank), None)
        return next((each for each in line if each.level == level), None)

    def serving(self, area: str) -> tuple[Organ, ...]:
        """Every organ that names this very area, detached and specialised ones too, in the order of the table."""
        return tuple(self._serving.get(area, ()))

    def of(self, of_type: str, area: str, level: str = "") -> tuple[Organ, ...]:
        """Who of a type is competent for a place (管辖): the organs that serve `area` itself, or else the area around
        it, county, city, province; of several levels the lowest, or the `level` that is asked for.

        Usually one. Several where a place is shared between organs of one level, and then a person chooses; none when
        the table has no organ there. Specialised and detached organs are left out.
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

    def counterparts(self, organ_id: str, other_type: str) -> tuple[Organ, ...]:
        """The organs of another type at the same level that serve the same seat; usually one. Raises `Problem`
        `organ.unknown`."""
        organ = self.get(organ_id)
        near = self.serving(organ.areas[0]) if organ.areas else [each for each in self if not each.areas]
        return tuple(
            each
            for each in near
            if each.type == other_type and each.level == organ.level and each.general and each.id != organ.id
        )

    def search(self, text: str, of_type: str = "") -> tuple[Organ, ...]:
        """The organs that hold every word of `text` in short name, names, address or areas, whatever the case; those
        of one type only where one is named. Whose name holds them come first, else the order is the table's; an empty
        text finds all."""
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
