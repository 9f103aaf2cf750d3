"""The crosswalk of persons and cases (人员、案件标识对照)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.models.cases import CaseLink
from hub.api.models.shape import Agency, Digest, Instant, InstantOrNull, Shape, Uuid, UuidOrNull
from hub.store.identities import Kind

Action = Literal["merge", "undo", "separate", "link", "unlink"]


class NumberGiven(Shape):
    """A number that a member is to get or to lose."""

    agency: str = Field(description="Whose number it is; empty for a certificate.")
    kind: str
    value: str


class KnownNumber(Shape):
    """A number of a person or case. Certificates are shortened unless revealed; erased values are null."""

    agency: str = Field(description="Whose number it is; empty for a certificate.")
    kind: str
    value: str | None
    since: Instant
    ended_at: InstantOrNull


class Member(Shape):
    """One person of one case, or one case."""

    member: Uuid
    case_uid: Uuid
    since: Instant
    registered_by: str
    numbers: list[KnownNumber]
    person_uid: str | None = Field(None, description="Of a person.")
    names: list[str] | None = Field(None, description="Of a person; shortened unless revealed.")
    parties: list[Agency] | None = Field(None, description="Of a case.")
    links: list[CaseLink] | None = Field(None, description="Of a case.")


class TieRule(Shape):
    """The rule that tied two members or made them a candidate."""

    zh: str
    en: str
    confidence: str


class Tie(Shape):
    """Two members are one."""

    tie: Uuid
    members: list[Uuid]
    cause: str = Field(description="A rule, or `people`.")
    rule: TieRule | None = None
    since: Instant
    ended_at: InstantOrNull


class Identity(Shape):
    """What hangs together, as far as the caller may see its cases."""

    identity: Uuid
    kind: Kind
    members: list[Member]
    ties: list[Tie]
    more_ties: int


class IdentityQuestion(Shape):
    """A number in any spelling, or an id of the hub's."""

    value: str = Field(min_length=1, max_length=200)
    kind: Kind | None = None
    reveal: bool = False


class IdentitiesFound(Shape):
    """The identities that a number leads to."""

    identities: list[Identity]


class Proposal(Shape):
    """A change that waits for people, or waited. The number that it may be about stays out."""

    proposal: Uuid
    kind: Kind
    action: Action
    status: Literal["candidate", "proposed", "confirmed", "rejected"]
    members: list[Uuid]
    tie: UuidOrNull
    since: Instant
    settled_at: InstantOrNull
    by: str | None
    why: str | None
    decided_by: str | None
    contradictions: list[str]
    rule: TieRule | None = None


class WaitingProposal(Proposal):
    """A change that waits, and the cases of its members."""

    cases: list[Uuid]


class WaitingProposals(Shape):
    """Candidates of the rules and proposals of people, oldest first; `more` are not listed."""

    candidates: list[WaitingProposal]
    more: int


class SettledProposal(Proposal):
    """A proposal, and the ties that settling it made or ended."""

    tied: list[Uuid] | None = None
    ended: list[Uuid] | None = None


class ProposedChange(Shape):
    """`merge` two members, `undo` a tie, `separate` one member, `link` or `unlink` a number of one member."""

    action: Action
    members: list[Uuid] = Field([], max_length=2)
    tie: Uuid | None = None
    number: NumberGiven | None = None
    why: str = ""


class CandidateTaken(Shape):
    """A rule's candidate becomes a proposal."""

    candidate: Uuid
    why: str = ""


class Reason(Shape):
    """Why a proposal is confirmed or rejected."""

    why: str = ""


class IdentityEvent(Shape):
    """One step of an identity's history; `leaf_hash` names its mark."""

    at: Instant
    event: str
    members: list[Uuid]
    tie: UuidOrNull
    proposal: UuidOrNull
    by: str | None
    why: str | None
    contradictions: list[str]
    leaf_hash: Digest


class IdentityHistory(Shape):
    """Every step, in order."""

    identity: Uuid
    events: list[IdentityEvent]
