"""The unified record v1 (案件信息) as frozen typed models; `schemas/record-v1.json` says the same as JSON Schema.

`Record.read(json)` reads JSON that has passed the schema, and any other JSON as far as possible; `.to_json()` returns
what was read, including unknown members. To check whether a record conforms, use `standards.schemas.violations`, or
`Record.model_validate(json)`, which raises pydantic's `ValidationError`.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, model_validator

from messages.problems import Problem
from standards import plain
from standards.domains import CRIMINAL
from standards.limits import LIMITS
from standards.record import odd
from standards.record.base import Domain, MemberName, Part
from standards.record.case import Acceptance, Case, CaseLink, Decision, DocumentEntry, Service
from standards.record.person import (
    Amount,
    Arrival,
    Certificate,
    Charge,
    Custody,
    Measure,
    Person,
    PropertyItem,
    Role,
    Unit,
)
from standards.record.values import Address, Coded, Coding, Organ, Reference

SCHEMA = "casehub/record/v1"
_AS_IT_IS: Mapping[str, Any] = {}
"""The context of a reading that does not ask whether the document is plain: the schema step has, or nobody will."""


class Record(Part):
    """One case as stated by one agency at one time. It contains no floating-point numbers.

    `must_understand` lists members of the record that its reader must not ignore.
    """

    schema_: Literal["casehub/record/v1"] = Field(alias="schema")
    domain: Domain = CRIMINAL
    must_understand: Annotated[tuple[MemberName, ...], Field(min_length=1, max_length=64)] = ()
    case: Case
    persons: Annotated[tuple[Person, ...], Field(max_length=LIMITS.persons)] = ()
    charges: Annotated[tuple[Charge, ...], Field(max_length=LIMITS.charges)] = ()
    measures: Annotated[tuple[Measure, ...], Field(max_length=LIMITS.measures)] = ()
    property: Annotated[tuple[PropertyItem, ...], Field(max_length=LIMITS.property)] = ()
    documents: Annotated[tuple[DocumentEntry, ...], Field(max_length=LIMITS.documents)] = ()
    decisions: Annotated[tuple[Decision, ...], Field(max_length=LIMITS.decisions)] = ()
    extensions: dict[str, Any] | None = None
    _unread: tuple[str, ...] = PrivateAttr(())

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Record:
        """Read the record from any JSON object: a stored record must never make judging fail.

        Non-conforming parts are read as `standards.record.odd` describes; `unread` gives their places.
        """
        try:
            return cls.model_validate(body, context=_AS_IT_IS)
        except ValidationError:
            found, unread = odd.read(cls, body)
            found._unread = unread
            return found

    @builtins.property  # the name is a member here (涉案财物)
    def unread(self) -> tuple[str, ...]:
        """JSON pointers of the members that are of another type than the standard's, and stay out of the attributes."""
        return self._unread

    def require_understood(self, place: str = "") -> None:
        """Raises `Problem` `record.must-understand` when the record lists members that this program does not know or
        could not read, or when what says so, the list or the domain, could not be read itself."""
        unread = {place.split("/")[1] for place in self.unread}
        known = {field.alias or name for name, field in Record.model_fields.items()} - unread
        unknown = [name for name in self.must_understand if name not in known]
        unknown += sorted(unread & {"must_understand", "domain"})
        if unknown:
            raise Problem("record.must-understand", f"{place}/must_understand", names=", ".join(unknown))

    @model_validator(mode="before")
    @classmethod
    def _is_plain(cls, data: Any, info: ValidationInfo) -> Any:
        asked = isinstance(data, dict) and info.context is not _AS_IT_IS
        for place, code in plain.faults(data) if asked else ():
            msg = f"{code} at {place}"
            raise ValueError(msg)
        return data


__all__ = [
    "SCHEMA",
    "Acceptance",
    "Address",
    "Amount",
    "Arrival",
    "Case",
    "CaseLink",
    "Certificate",
    "Charge",
    "Coded",
    "Coding",
    "Custody",
    "Decision",
    "DocumentEntry",
    "Measure",
    "Organ",
    "Person",
    "PropertyItem",
    "Record",
    "Reference",
    "Role",
    "Service",
    "Unit",
]
