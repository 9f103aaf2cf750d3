"""Crosswalks (码表对照): `<from>--<to>.csv`, one row per source and target, read and checked.

`relationship` says what the **source is to the target**, as FHIR's `source-is-narrower-than-target` does:

| word | meaning | example |
| --- | --- | --- |
| equivalent | the same thing | 盗窃案 → 盗窃罪 |
| narrower | the source is finer; converting loses detail | 扒窃案 → 盗窃罪 |
| broader | the source is coarser; the target says more than the source did | 盗窃罪 → 扒窃案 |
| related | they overlap; a person must decide | 骗购外汇案 → 逃汇罪 |
| no-equivalent | declared: the target system has nothing for it (`target_code` empty) | 反革命罪 → (none) |

A crosswalk is read in its own direction only; the way back is another file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, cast

from codebooks.concepts import OPEN_END, OPEN_START, CodeSystem
from codebooks.conditions import Condition
from codebooks.errors import CodebookError
from codebooks.rows import Days, NumberedRows, decode, read

COLUMNS = (
    "source_code", "relationship", "target_code", "valid_from", "valid_to", "condition", "justification", "by",
)  # fmt: skip
Relationship = Literal["equivalent", "narrower", "broader", "related", "no-equivalent"]
RELATIONSHIPS: tuple[Relationship, ...] = ("equivalent", "narrower", "broader", "related", "no-equivalent")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `line` is its line in the file. Validity is as for concepts; `target` is empty for no-equivalent."""

    source: str
    relationship: Relationship
    target: str
    valid_from: date
    valid_to: date
    condition: Condition | None
    justification: str
    by: str
    line: int

    def valid_on(self, day: date) -> bool:
        """Whether the row applies on `day`."""
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True)
class Crosswalk:
    """All rows from one system to another; `name` is `<from>--<to>`."""

    name: str
    source: str
    target: str
    rows: tuple[Row, ...]
    by_source: Mapping[str, tuple[Row, ...]] = field(repr=False)

    @cached_property
    def by_target(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows by the code that they lead to, for counting who else ends there; never for reading backwards."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.target:
                found.setdefault(row.target, []).append(row)
        return {code: tuple(rows) for code, rows in found.items()}


def crosswalk(
    name: str, raw: bytes, place: str, systems: Mapping[str, CodeSystem], problems: list[CodebookError]
) -> Crosswalk | None:
    """The crosswalk of one file; every bad row is named in `problems` and left out."""
    try:
        text = decode(raw, place)
    except CodebookError as error:
        problems.append(error)
        return None
    return crosswalk_of(name, read(text, place, COLUMNS, problems), place, systems, problems)


def crosswalk_of(
    name: str, lines: NumberedRows, place: str, systems: Mapping[str, CodeSystem], problems: list[CodebookError]
) -> Crosswalk | None:
    """The crosswalk of rows that are read already, as (line, cells by column), checked like those of a file."""
    source, _, target = name.partition("--")
    if source not in systems or target not in systems:
        problems.append(CodebookError("codebook.unknown-system", place, system=name))
        return None
    rows = tuple(_rows(lines, place, systems[source], systems[target], problems))
    by_source: dict[str, list[Row]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    for same in by_source.values():
        if len(same) > 1:
            _check_together(same, place, problems)
    return Crosswalk(name, source, target, rows, {code: tuple(same) for code, same in by_source.items()})


def _rows(
    lines: NumberedRows, place: str, source: CodeSystem, target: CodeSystem, problems: list[CodebookError]
) -> Iterable[Row]:
    days = Days()
    for line, cells in lines:
        where = f"{place}:{line}"
        reason = _refusal(cells, source, target)
        if reason is not None:
            problems.append(CodebookError(reason[0], where, code_found=reason[1]))
            continue
        begin = days.parse(cells["valid_from"], OPEN_START, where, problems)
        end = days.parse(cells["valid_to"], OPEN_END, where, problems)
        row = Row(
            cells["source_code"], cast("Relationship", cells["relationship"]), cells["target_code"], begin, end,
            Condition.parse(cells["condition"]) if cells["condition"] else None,
            cells["justification"], cells["by"], line,
        )  # fmt: skip
        if begin >= end:
            problems.append(CodebookError("codebook.validity-order", where))
        elif not (_meets(row, row.source, source) and (not row.target or _meets(row, row.target, target))):
            problems.append(CodebookError("codebook.row-outside-validity", where))
        else:
            yield row


def _refusal(cells: dict[str, str], source: CodeSystem, target: CodeSystem) -> tuple[str, str] | None:
    """Why a row cannot stand, as (problem code, the cell at fault); None when it can."""
    relationship, code = cells["relationship"], cells["target_code"]
    checks = (
        ("codebook.unknown-source-code", cells["source_code"], cells["source_code"] in source.by_code),
        ("codebook.relationship", relationship, relationship in RELATIONSHIPS),
        ("codebook.target-cell", code, (relationship == "no-equivalent") == (code == "")),
        ("codebook.unknown-target-code", code, code == "" or code in target.by_code),
        ("codebook.justification-missing", cells["source_code"], cells["justification"] and cells["by"]),
        ("codebook.condition", cells["condition"], _readable(cells["condition"])),
    )
    return next(((problem, cell) for problem, cell, holds in checks if not holds), None)


def _readable(condition: str) -> bool:
    try:
        return not condition or bool(Condition.parse(condition))
    except ValueError:
        return False


def _meets(row: Row, code: str, system: CodeSystem) -> bool:
    return any(
        concept.valid_from < row.valid_to and row.valid_from < concept.valid_to for concept in system.by_code[code]
    )


def _check_together(rows: list[Row], place: str, problems: list[CodebookError]) -> None:
    """Two rows of one source at one time may not say the same target twice, nor a target and none."""
    for index, row in enumerate(rows):
        for earlier in rows[:index]:
            if row.valid_from >= earlier.valid_to or earlier.valid_from >= row.valid_to:
                continue
            same_condition = row.condition == earlier.condition
            if row.target == earlier.target and same_condition:
                code = "codebook.duplicate-row"
            elif "" in (row.target, earlier.target) and same_condition:
                code = "codebook.contradicting-row"
            else:
                continue
            problems.append(CodebookError(code, f"{place}:{row.line}", code_found=row.source, first_line=earlier.line))
