"""The agency's own format, as `casehub-adapter format show` prints it."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.native.showing import Shown, shown
from adapters.station import Station

__all__ = ["Shown", "own_format"]


def own_format(station: Station, element: str | None) -> list[Shown]:
    """The whole format of this agency, or one element with its words and codes. Raises `native.element-unknown`."""
    release = station.codebooks.current()

    def codes(system: str) -> Iterable[tuple[str, str]]:
        if system not in release.systems():
            return []
        return [(concept.code, concept.display) for concept in release.concepts(system)]

    return shown(station.home.agency.type, element, codes)
