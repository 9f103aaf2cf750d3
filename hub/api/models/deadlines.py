"""Statutory deadlines (期限) that run in a case."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.models.shape import Instant, Shape, Uuid, UuidOrNull
from standards.terms.clocks import State


class Pause(Shape):
    """Days that do not count (审查起诉期间的退回补充侦查 and the like)."""

    kind: str
    zh: str
    en: str
    basis: str
    first: str
    last: str | None


class Restart(Shape):
    """Why a term began anew."""

    kind: str
    zh: str
    en: str
    basis: str


class Term(Shape):
    """One term: from what it started, when it ends by the statute and by the conservative count, how it stands."""

    id: str = Field(examples=["DL-20"])
    clock: str
    zh: str
    en: str
    place: str = Field(description="A person or charge of the record, as a JSON pointer; empty for the case.")
    person_uid: str | None
    role: str | None
    duty: str = Field(description="The type of the agency that has to act.")
    right: bool = Field(description="A right that lapses, rather than a duty.")
    state: State
    start: str = Field(description="A date, or a time in minutes with its offset.")
    start_from: str
    term: str = Field(examples=["P2M"])
    extended: int
    due: str
    due_conservative: str
    days_left: int
    days_left_conservative: int
    custody: bool
    counted: str
    rolled: bool
    provisional: bool
    pauses: list[Pause]
    restarted_by: Restart | None
    late_extension: str | None
    done: str | None
    done_from: str | None
    ceased: bool
    transfer_id: UuidOrNull
    basis: str
    confidence: Literal["high", "medium", "low"]
    calendar: str


class CaseDeadlines(Shape):
    """The terms of a case, the most urgent first."""

    case_uid: Uuid
    as_of: Instant
    calendar: str
    record_of: UuidOrNull
    states: dict[str, int] = Field(description="How many terms stand in each state.")
    next_due: str | None
    clocks: list[Term]
