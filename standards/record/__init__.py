"""The unified record v1 (案件信息) as frozen typed models; `schemas/record-v1.json` says the same as JSON Schema.

Read with `Record.model_validate(json)`, write with `.to_json()`: members that the models do not know survive both.
Reading raises pydantic's `ValidationError`; for the violations in words, ask `standards.schemas.violations`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from standards import plain
from standards.limits import LIMITS
from standards.record.base import Part
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


class Record(Part):
    """One case as one agency tells it at one moment. Free of floating-point numbers throughout."""

    schema_: Literal["casehub/record/v1"] = Field(alias="schema")
    case: Case
    persons: Annotated[tuple[Person, ...], Field(max_length=LIMITS.persons)] = ()
    charges: Annotated[tuple[Charge, ...], Field(max_length=LIMITS.charges)] = ()
    measures: Annotated[tuple[Measure, ...], Field(max_length=LIMITS.measures)] = ()
    property: Annotated[tuple[PropertyItem, ...], Field(max_length=LIMITS.property)] = ()
    documents: Annotated[tuple[DocumentEntry, ...], Field(max_length=LIMITS.documents)] = ()
    decisions: Annotated[tuple[Decision, ...], Field(max_length=LIMITS.decisions)] = ()
    extensions: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_plain(cls, data: Any) -> Any:
        for place, code in plain.faults(data) if isinstance(data, dict) else ():
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
