"""Values used in several parts of a record: codings, authorities, native numbers, places."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from standards.limits import LIMITS
from standards.record.base import AgencyId, AgencyType, Code, Name, Part, Text


class Coding(Part):
    """One code of one code system, with the words that were shown for it."""

    system: Code
    version: Code | None = None
    code: Code
    display: Name | None = None


class Coded(Part):
    """A coded value: every coding that it has been given, the original first."""

    codings: Annotated[tuple[Coding, ...], Field(min_length=1, max_length=LIMITS.codings)]

    @property
    def original(self) -> Coding:
        """The coding that the source gave."""
        return self.codings[0]


class Organ(Part):
    """An authority: its type, code and name, as far as the source gives them."""

    type: AgencyType | None = None
    code: Code | None = None
    name: Name | None = None


class Reference(Part):
    """A number under which an agency knows a case or a person (AJBH, BMSAH, AH, RYBH …). Opaque, never parsed."""

    agency: AgencyId
    kind: Code
    value: Code


class Address(Part):
    """A place: the administrative division, and the words of the source."""

    division: Coded | None = None
    text: Text | None = None
