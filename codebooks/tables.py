"""Code tables: `<system>.csv` with its header `<system>.toml`, read and checked.

Refused, each by file and line: a duplicate code, overlapping validity of one code, a parent or successor that does not
exist, loops of either, validity that ends before it begins, a code that does not have the shape of its system (a lost
leading zero), and the file damages of `codebooks.rows`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from itertools import pairwise

from codebooks.concepts import OPEN_END, OPEN_START, CodeSystem, Concept, Header
from codebooks.errors import CodebookError
from codebooks.rows import Days, NumberedRows, decode, read

COLUMNS = (
    "code", "display", "parent", "selectable", "valid_from", "valid_to", "successors", "aliases", "article", "note",
)  # fmt: skip
_YES_NO = {"yes": True, "no": False}


def header(raw: bytes, place: str, problems: list[CodebookError]) -> Header | None:
    """The header file of a table, or None with the reason in `problems`."""
    try:
        return Header(**tomllib.loads(decode(raw, place)))
    except CodebookError as error:
        problems.append(error)
    except (tomllib.TOMLDecodeError, TypeError) as error:
        problems.append(CodebookError("codebook.header", place, reason=str(error)))
    return None


def system(head: Header, raw: bytes, place: str, problems: list[CodebookError]) -> CodeSystem:
    """The code system of one table; every bad row is named in `problems` and left out."""
    try:
        text = decode(raw, place)
    except CodebookError as error:
        problems.append(error)
        text = ",".join(COLUMNS)
    return system_of(head, read(text, place, COLUMNS, problems), place, problems)


def system_of(head: Header, rows: NumberedRows, place: str, problems: list[CodebookError]) -> CodeSystem:
    """The code system of rows that are read already, as (line, cells by column), checked like those of a file."""
    concepts = tuple(_concepts(head, rows, place, problems))
    by_code: dict[str, tuple[Concept, ...]] = {}
    for concept in concepts:
        same = by_code.get(concept.code)
        by_code[concept.code] = (concept,) if same is None else (*same, concept)
    for code, same in by_code.items():
        if len(same) > 1:
            by_code[code] = _in_time_order(same, place, problems)
    found = CodeSystem(head, concepts, by_code)
    _check_parents(found, place, problems)
    _check_successors(found, place, problems)
    return found


def _concepts(head: Header, rows: NumberedRows, place: str, problems: list[CodebookError]) -> Iterable[Concept]:
    shape = re.compile(head.code_pattern)
    days = Days()
    for line, cells in rows:
        where = f"{place}:{line}"
        selectable = _YES_NO.get(cells["selectable"])
        if not cells["code"] or not cells["display"] or selectable is None:
            problems.append(CodebookError("codebook.cell-missing", where))
        elif not shape.fullmatch(cells["code"]):
            problems.append(CodebookError("codebook.code-shape", where, code_found=cells["code"]))
        else:
            begin = days.parse(cells["valid_from"], OPEN_START, where, problems)
            end = days.parse(cells["valid_to"], OPEN_END, where, problems)
            if begin >= end:
                problems.append(CodebookError("codebook.validity-order", where))
            yield Concept(
                head.id, cells["code"], cells["display"], cells["parent"], selectable, begin, end,
                _several(cells["successors"]), _several(cells["aliases"]), cells["article"], cells["note"], line,
            )  # fmt: skip


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _in_time_order(rows: tuple[Concept, ...], place: str, problems: list[CodebookError]) -> tuple[Concept, ...]:
    ordered = tuple(sorted(rows, key=lambda row: (row.valid_from, row.line)))
    for before, after in pairwise(ordered):
        if (before.valid_from, before.valid_to) == (after.valid_from, after.valid_to):
            problem = "codebook.duplicate-code"
        elif after.valid_from < before.valid_to:
            problem = "codebook.validity-overlap"
        else:
            continue
        later = max(before.line, after.line)
        first = min(before.line, after.line)
        problems.append(CodebookError(problem, f"{place}:{later}", code_found=after.code, first_line=first))
    return ordered


def _check_parents(found: CodeSystem, place: str, problems: list[CodebookError]) -> None:
    def above(concept: Concept) -> list[Concept]:
        return list(found.by_code.get(concept.parent, ())) if concept.parent else []

    orphans = [concept for concept in found.concepts if concept.parent and concept.parent not in found.by_code]
    for code, wrong in (("unknown-parent", orphans), ("parent-loop", _in_loops(found.concepts, above))):
        problems += [
            CodebookError(f"codebook.{code}", f"{place}:{concept.line}", code_found=concept.parent) for concept in wrong
        ]


def _check_successors(found: CodeSystem, place: str, problems: list[CodebookError]) -> None:
    def after(concept: Concept) -> list[Concept]:
        heirs = [found.heir(code, concept.valid_to) or found.at(code, None) for code in concept.successors]
        return [heir for heir in heirs if heir is not None]

    replaced = [concept for concept in found.concepts if concept.successors]
    looping = {id(concept) for concept in _in_loops(replaced, after)}
    for concept in replaced:
        where = f"{place}:{concept.line}"
        if concept.valid_to == OPEN_END:
            problems.append(CodebookError("codebook.successor-in-force", where, code_found=concept.code))
        for code in concept.successors:
            if code not in found.by_code:
                problems.append(CodebookError("codebook.unknown-successor", where, code_found=code))
            elif found.heir(code, concept.valid_to) is None and id(concept) not in looping:
                problems.append(CodebookError("codebook.successor-ended", where, code_found=code))
        if id(concept) in looping:
            problems.append(CodebookError("codebook.successor-loop", where, code_found=concept.code))


def _in_loops(concepts: Iterable[Concept], following: Callable[[Concept], list[Concept]]) -> list[Concept]:
    """The concepts from which one can come back to them, in file order. Depth-first, without recursion."""
    looping: list[Concept] = []
    for start in concepts:
        trail, seen = following(start), set[int]()
        while trail:
            concept = trail.pop()
            if concept is start:
                looping.append(start)
                break
            if id(concept) not in seen:
                seen.add(id(concept))
                trail.extend(following(concept))
    return looping
