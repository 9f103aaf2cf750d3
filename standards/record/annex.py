"""The conversion annex (转换附录) and its entries: what each coded value is in the unified and in the receiver's code.

`schemas/annex-v1.json` says the same as JSON Schema. Read once with `Annex.read`. `more` holds members that this
program does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standards.members import TypedObject, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexMatch(TypedObject):
    """One code that a value corresponds to."""

    system: str
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg(TypedObject):
    """What a value is in one code system (`system`): the outcome and the codes that it may be."""

    outcome: str
    matches: tuple[AnnexMatch, ...]
    system: str | None = None
    note: str | None = None

    @property
    def successors(self) -> tuple[Mapping[str, Any], ...]:
        """The successors of a retired code, from the release."""
        told = self.more.get("successors")
        return tuple(plain(each) for each in told) if isinstance(told, list) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexEntry(TypedObject):
    """One coded value: its place, its original coding, and both conversions for the day `as_of`."""

    place: str
    original: Mapping[str, Any]
    unified: Leg
    receiver: Leg
    as_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNamed(TypedObject):
    """The release of the codebooks by which an annex was made."""

    id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex(TypedObject):
    """What the hub signs beside one record."""

    suite: str
    v: int
    transfer_id: str
    record_digest: str
    release: ReleaseNamed
    target: str
    entries: tuple[AnnexEntry, ...]
