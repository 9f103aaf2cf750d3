"""Drafts of codebooks: edits, checks, review, release, and the work list."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from codebooks.answers import Outcome
from codebooks.crosswalks import Relationship
from hub.api.models.problems import ToldProblem
from hub.api.models.releases import OutcomeChange, RowEdit
from hub.api.models.shape import Digest, DigestOrNull, Instant, InstantOrNull, Shape, Uuid
from hub.terminology.desk import MAX_CHANGES
from hub.terminology.editing import Action


class NewDraft(Shape):
    """A draft to begin; `from` brings back what a release has."""

    title: str = ""
    name: str = ""
    from_: str = Field("", alias="from")


class Draft(Shape):
    """A draft. `version` counts its edits; a person is `type:code/handler`."""

    draft: str
    title: str
    base: str
    state: Literal["open", "approved", "released", "dropped"]
    start: int
    version: int
    author: str
    created_at: Instant
    changed_at: Instant
    reviewer: str | None
    reviewed_at: InstantOrNull
    review_note: str | None
    approved_digest: DigestOrNull
    released_as: str | None


class Drafts(Shape):
    """The drafts."""

    drafts: list[Draft]


class DraftEdit(RowEdit):
    """One edit of a draft, with who made it and when."""

    version: int
    editor: str
    edited_at: Instant


class DraftWithEdits(Draft):
    """A draft and every edit, oldest first."""

    edits: list[DraftEdit]


class RebasedDraft(Draft):
    """A draft on its new base, and how many edits it kept."""

    kept: int


class RowChange(Shape):
    """What to do with one row of a system, a crosswalk `<from>--<to>` or `targets`."""

    action: Action
    table: str
    key: str = ""
    cells: dict[str, str] = Field({})


class Edits(Shape):
    """Changes, all or none. `seen` is the draft's version that the editor looked at."""

    changes: list[RowChange] = Field(min_length=1, max_length=MAX_CHANGES)
    seen: int | None = None


class TableImport(Shape):
    """A whole table or crosswalk as text."""

    table: str
    content: str
    header: str = ""
    seen: int | None = None


class Note(Shape):
    """What an import converted."""

    code: str
    place: str
    params: dict[str, Any]


class Edited(Shape):
    """The draft's version now, what was changed, and notes on what was converted."""

    draft: str
    version: int
    edits: list[RowEdit]
    notes: list[Note]


class DraftTable(Shape):
    """A table of a draft as CSV, and the version to name as seen when it comes back."""

    version: int
    content: str


class DraftCheck(Shape):
    """What a release would refuse."""

    draft: str
    passed: bool
    problems: list[ToldProblem]


class DryRunExample(Shape):
    """Where a code stands that would come out otherwise."""

    transfer_id: Uuid
    place: str


class TrafficChange(OutcomeChange):
    """A code of real traffic that would come out otherwise."""

    display: str
    count: int
    transfers: int
    examples: list[DryRunExample]


class DryRun(Shape):
    """What a draft would change for the transfers of the last days."""

    draft: str
    days: int
    before: str
    after: str
    transfers: int
    values: int
    changed_values: int
    changes: list[TrafficChange]


class Review(Shape):
    """A second person's verdict."""

    approve: bool
    note: str = ""


class ReleaseOrder(Shape):
    """When the draft takes effect: a civil day in China, today when missing."""

    effective_from: str = ""
    allow_orphans: bool = False


class ReleasedDraft(Shape):
    """The release that a draft became."""

    id: str
    number: int
    digest: Digest
    effective_from: str
    released_at: Instant
    draft: str
    author: str
    reviewer: str
    released_by: str
    mark: Digest
    orphans: list[TrafficChange] = Field(description="Codes of open transfers that would lead nowhere.")
    supersedes: list[str]


class Suggestion(Shape):
    """A code of the target whose name is near."""

    code: str
    display: str
    score: float


class WorkItem(Shape):
    """A code of real traffic that is unmapped or ambiguous."""

    item: str
    system: str
    code: str
    display: str
    target: str
    outcome: Outcome
    note: str
    count: int
    senders: dict[str, int]
    last_seen: str
    candidates: list[str]
    suggestions: list[Suggestion]


class Worklist(Shape):
    """What to map next, most frequent first."""

    days: int
    release: str
    transfers: int
    items: list[WorkItem]


class Acceptance(Shape):
    """A suggestion, or another code, to be put as a row into a draft; into a new one unless one is named."""

    item: str
    code: str = ""
    relationship: Relationship = "equivalent"
    draft: str = ""
    why: str = ""
