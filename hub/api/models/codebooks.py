"""Code tables and crosswalks: what they hold, what a code means, and what it is elsewhere."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from codebooks.answers import Outcome
from codebooks.batch import MAX_ITEMS, MAX_TEXT
from codebooks.crosswalks import Relationship
from codebooks.validation import Reason
from hub.api.models.service import ReleaseName
from hub.api.models.shape import Shape


class OfRelease(Shape):
    """An answer that says which release gave it."""

    release: ReleaseName


class CodeSystem(Shape):
    """The header of a code table, and its size. `stand_in` marks one that stands for a table that is not public."""

    id: str
    title_zh: str | None = None
    title_en: str | None = None
    publisher: str | None = None
    instrument: str | None = None
    version: str | None = None
    source: str | None = None
    code_pattern: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    stand_in: bool
    unified: str | None = Field(None, description="The unified system of the same subject.")
    note_zh: str | None = None
    note_en: str | None = None
    earlier_versions: list[str] | None = None
    rows: int
    codes: int
    in_force: int


class CodeSystems(OfRelease):
    """All code systems."""

    systems: list[CodeSystem]


class OneCodeSystem(CodeSystem, OfRelease):
    """A code system, and the systems to which crosswalks lead from it."""

    crosswalks_to: list[str]


class Concept(Shape):
    """One row of a code table: what a code means, and from when until when."""

    system: str
    code: str
    display: str
    parent: str | None = None
    selectable: bool = Field(description="False for a heading.")
    valid_from: str | None = None
    valid_to: str | None = None
    successors: list[str] | None = None
    aliases: list[str] | None = None
    article: str | None = None
    note: str | None = None


class ConceptPage(OfRelease):
    """A page of a table; `next` is the `after` of the following one, null on the last."""

    total: int
    next: int | None
    concepts: list[Concept]


class ConceptsFound(OfRelease):
    """The concepts that a text names, best first; of `total` the first 100."""

    total: int
    concepts: list[Concept]


class CodeValidation(OfRelease):
    """Whether a code may be used on the day, and all that is wrong with it."""

    as_of: str
    valid: bool
    system: str
    code: str
    reasons: list[Reason]
    concept: Concept | None = None
    successors: list[Concept] | None = None


class CodeLookup(CodeValidation):
    """What a code means on the day, its place in the hierarchy, and every meaning that it ever had."""

    meanings: list[Concept]
    parents: list[Concept]
    children: list[Concept]


class Subsumption(OfRelease):
    """How two codes stand to each other on the day."""

    as_of: str
    outcome: Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]


class Match(Shape):
    """A code of the target system. `relationship` is what the original is to it; `row` the line of the crosswalk."""

    system: str
    version: str
    code: str
    display: str
    relationship: Relationship
    crosswalk: str | None = None
    row: int | None = None
    justification: str | None = None
    by: str | None = None
    condition: str | None = None
    condition_open: bool | None = Field(None, description="The condition could not be decided from the context.")
    sources: int | None = Field(None, description="How many codes end here, when more than one.")
    selectable: bool | None = None
    via: list[Match] | None = Field(None, description="The earlier steps, in order.")


class TranslationAnswer(Shape):
    """What a code of one system is in another; never empty of an outcome."""

    outcome: Outcome
    matches: list[Match]
    path: list[str] = Field(description="The systems gone through.")
    cardinality: str | None = None
    source: Concept | None = None
    successors: list[Concept] | None = None
    note: str | None = None


class CodeTranslation(TranslationAnswer):
    """A translation, its day, and the id of the release that gave it."""

    as_of: str
    release: str


class BatchItem(Shape):
    """One code to translate, with what the record says (`amount`, `minor`, `article`)."""

    system: str = Field(max_length=MAX_TEXT)
    code: str = Field(max_length=MAX_TEXT)
    target: str = Field("", max_length=MAX_TEXT, description="That of the batch, when missing.")
    as_of: str | None = Field(None, description="That of the question, when missing.")
    context: dict[str, Any] | None = None
    version: str | None = None


class Batch(Shape):
    """Up to 1,000 codes. An item that cannot be read fails alone."""

    items: list[BatchItem] = Field(max_length=MAX_ITEMS)
    target: str = ""


class ItemProblem(Shape):
    """Why an item cannot be read."""

    code: str
    place: str
    params: dict[str, Any]


class ItemFailure(Shape):
    """An item that cannot be read."""

    error: ItemProblem


class BatchAnswer(OfRelease):
    """One answer per item, in order."""

    as_of: str
    answers: list[TranslationAnswer | ItemFailure]


class CrosswalkSize(Shape):
    """A crosswalk, read in its own direction only."""

    name: str
    source: str
    target: str
    rows: int


class Crosswalks(OfRelease):
    """All crosswalks."""

    crosswalks: list[CrosswalkSize]


class CrosswalkRow(Shape):
    """A row as it stands in the file, with its line."""

    line: int
    source_code: str
    relationship: Relationship
    target_code: str
    valid_from: str
    valid_to: str
    condition: str
    justification: str
    by: str


class CrosswalkPage(OfRelease):
    """A page of a crosswalk."""

    total: int
    next: int | None
    rows: list[CrosswalkRow]


class CrosswalkCoverage(Shape):
    """How many codes of a crosswalk's source come out with which outcome on the day."""

    crosswalk: str
    source: str
    target: str
    as_of: str
    rows: int
    codes: int
    equivalent: int
    broader: int
    narrower: int
    ambiguous: int
    retired: int
    no_equivalent: int = Field(alias="no-equivalent")
    unmapped: int
    headings: int


class Coverage(OfRelease):
    """How far the crosswalks reach."""

    crosswalks: list[CrosswalkCoverage]
