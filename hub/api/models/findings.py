"""Findings (预警): observations that are shown but never cause a refusal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from hub.api.models.shape import Instant, InstantOrNull, Node, Party, Shape, Uuid, UuidOrNull
from messages.findings import Level


class ShownFinding(Shape):
    """A finding with its sentences and what to do next."""

    code: str
    level: Level = Field(description="V violation of a statute, W warning, D data or dossier quality.")
    place: str = Field("", description="A JSON pointer into the record, or the number of a volume or document.")
    basis: str = Field("", description="The statute.")
    params: dict[str, Any] = Field({}, description="What fills the sentences.")
    by: str = Field("", description="The sender, for what it found before sealing and declares; absent for the hub's.")
    zh: str
    en: str
    remedy_zh: str | None = None
    remedy_en: str | None = None


class SweptFinding(Shape):
    """A finding of the sweep over open cases. It comes again, with a new `change`, when it is cleared."""

    change: int
    case_uid: Uuid
    state: Literal["open", "cleared"]
    opened_at: Instant
    cleared_at: InstantOrNull
    finding: ShownFinding


class FindingChanges(Shape):
    """Findings that opened or were cleared, oldest first, and the cursor for the next question."""

    items: list[SweptFinding]
    next: int


class TransferFindings(Shape):
    """What a transfer gave reason to notice when it was accepted."""

    transfer_id: Uuid
    node: Node
    sender: Party
    receiver: Party
    received_at: Instant
    findings: list[ShownFinding]


class RuleNotJudged(Shape):
    """A rule that cannot be judged, and why."""

    rule: str
    zh: str
    en: str
    needs: list[str] = Field(description="Types of agencies that are not enrolled.")
    because_zh: str
    because_en: str


class CaseFindings(Shape):
    """What is noticed in a case as of now."""

    case_uid: Uuid
    as_of: Instant
    transfers: list[TransferFindings]
    record_of: UuidOrNull = Field(description="The transfer whose record the places of `late` point into.")
    calendar: str | None = Field(None, description="The calendar of working days, when anything was judged.")
    late: list[ShownFinding]
    not_judged: list[RuleNotJudged]
