"""How many codes map to one candidate (which makes a conversion n:1), and when that changes.

Counted over the declared rows of the path used, on a day: a code counts if its concept and its row are in force and
every step of the path continues. Conditions are ignored, because other codes come from other records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from codebooks.concepts import CodeSystem
from codebooks.crosswalks import Crosswalk, Row


def sources(walks: Sequence[Crosswalk], systems: Mapping[str, CodeSystem], code: str, day: date) -> int:
    """The number of codes at the start of `walks` that end at `code` on the day; 1 where there is no step at all."""
    codes = {code}
    for walk in reversed(walks):
        table = systems[walk.source]
        codes = {row.source for row in _into(walk, codes) if row.valid_on(day) and table.at(row.source, day)}
    return len(codes)


def changes(walks: Sequence[Crosswalk], systems: Mapping[str, CodeSystem], codes: Iterable[str]) -> Iterator[date]:
    """Every day on which `sources` of one of `codes` may change."""
    ends = set(codes)
    for walk in reversed(walks):
        rows = list(_into(walk, ends))
        ends = {row.source for row in rows}
        for row in rows:
            yield row.valid_from
            yield row.valid_to
        for concept in (concept for code in ends for concept in systems[walk.source].by_code[code]):
            yield concept.valid_from
            yield concept.valid_to


def _into(walk: Crosswalk, codes: Iterable[str]) -> Iterator[Row]:
    for code in codes:
        yield from walk.by_target.get(code, ())
