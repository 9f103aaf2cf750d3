"""Releases of the codebooks, and how two of them differ."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from codebooks.answers import Outcome
from hub.api.models.shape import Digest, Shape, SignedStatement


class CodebookRelease(Shape):
    """A release; number 0 is the shipped one, without days."""

    id: str
    number: int
    digest: Digest
    effective_from: str
    released_at: str
    in_effect: bool


class CodebookReleases(Shape):
    """All releases, oldest first."""

    releases: list[CodebookRelease]


class ReleaseFile(Shape):
    """One file of a release."""

    name: str
    size: int
    digest: Digest


class ReleaseManifest(CodebookRelease):
    """A release with its files."""

    statement: SignedStatement | None = Field(None, description="The hub's, where a hub made the release.")
    files: list[ReleaseFile]


class RowEdit(Shape):
    """One row before and after; null where it is not there."""

    file: str
    key: str
    kind: Literal["added", "changed", "ended", "removed"]
    before: dict[str, str] | None
    after: dict[str, str] | None


class EditCounts(Shape):
    """How many rows of each kind."""

    added: int
    changed: int
    ended: int
    removed: int


class CodeOutcome(Shape):
    """How a code comes out."""

    outcome: Outcome
    codes: list[str]


class OutcomeChange(Shape):
    """A code that comes out otherwise."""

    system: str
    code: str
    target: str
    before: CodeOutcome
    after: CodeOutcome


class Comparison(Shape):
    """How two releases, or a draft and its base, differ. Without `outcomes_compared` a side did not pass the checks."""

    before: str
    after: str
    as_of: str
    counts: EditCounts
    rows: list[RowEdit]
    outcomes: list[OutcomeChange]
    outcomes_compared: bool
