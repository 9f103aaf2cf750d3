"""What the hub answers about its code tables: the bodies of `/v1/codebooks/…`, from one release and one day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from codebooks import CodebookError, CodeSystem, Concept, Header, Release
from codebooks.batch import translate_batch
from codebooks.coverage import coverage
from codebooks.crosswalks import Crosswalk
from codebooks.formats import csv, fhir, genericode, sssom
from codebooks.formats.csv import row_cells
from evidence.canonical import digest
from messages.problems import Problem

Json = dict[str, Any]
FOUND_AT_MOST = 100
"""Concepts in one answer of `find`."""
SYSTEM_FORMATS = ("csv", "genericode", "fhir")
CROSSWALK_FORMATS = ("csv", "fhir", "sssom")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "genericode": "application/xml",
    "fhir": "application/fhir+json",
    "sssom": "text/tab-separated-values; charset=utf-8",
}


@dataclass(frozen=True)
class Asked:
    """The release and the day for which a question is asked."""

    release: Release
    as_of: date

    @property
    def follows_from(self) -> tuple[str, str]:
        """What every answer depends on besides the question itself."""
        return self.release.digest, self.as_of.isoformat()

    def body(self, **members: Any) -> Json:
        """An answer that says which release gave it."""
        return {"release": {"id": self.release.id, "digest": self.release.digest}, **members}


def table(release: Release, system: str) -> CodeSystem:
    """One code system. Raises `codebook.no-system`."""
    found = release.code_systems.get(system)
    if found is None:
        raise Problem("codebook.no-system", system)
    return found


def crosswalk(release: Release, name: str) -> Crosswalk:
    """One crosswalk. Raises `codebook.no-crosswalk`."""
    found = release.crosswalks.get(name)
    if found is None:
        raise Problem("codebook.no-crosswalk", name)
    return found


def header_json(header: Header) -> Json:
    """The header of a table; empty members are left out, `stand_in` never."""
    told = {name: value for name, value in vars(header).items() if value not in ("", ()) or name == "stand_in"}
    return told | ({"earlier_versions": list(header.earlier_versions)} if header.earlier_versions else {})


def systems(asked: Asked) -> Json:
    """All code systems with their headers and sizes."""
    return asked.body(systems=[_system(asked, asked.release.code_systems[name]) for name in asked.release.systems()])


def system(asked: Asked, name: str) -> Json:
    """One code system, and where crosswalks lead from it."""
    found = table(asked.release, name)
    leads = sorted(walk.target for walk in asked.release.crosswalks.values() if walk.source == name)
    return asked.body(**_system(asked, found), crosswalks_to=leads)


def _system(asked: Asked, found: CodeSystem) -> Json:
    in_force = sum(1 for concept in found.concepts if concept.valid_on(asked.as_of))
    return {**header_json(found.header), "rows": len(found.concepts), "codes": len(found.by_code), "in_force": in_force}


def concepts(asked: Asked, name: str, *, all_times: bool, parent: str | None, after: int, limit: int) -> Json:
    """A page of a table in file order: those in force on the day, or all; under one parent, or all."""
    found = table(asked.release, name)
    rows: Iterable[Concept] = found.concepts if parent is None else found.children(parent)
    chosen = [row for row in rows if all_times or row.valid_on(asked.as_of)]
    page = chosen[after : after + limit]
    further = after + limit if after + limit < len(chosen) else None
    return asked.body(total=len(chosen), next=further, concepts=[row.to_json() for row in page])


def lookup(asked: Asked, name: str, code: str) -> Json:
    """What a code means on the day, its place in the hierarchy, and all meanings that it ever had.

    Raises `codebook.no-code` for a code that the table never had."""
    found = table(asked.release, name)
    if code not in found.by_code:
        raise Problem("codebook.no-code", code)
    verdict = asked.release.validate(name, code, asked.as_of)
    return asked.body(
        as_of=asked.as_of.isoformat(),
        **verdict.to_json(),
        meanings=[row.to_json() for row in found.by_code[code]],
        parents=[row.to_json() for row in found.parents(code, asked.as_of)],
        children=[row.to_json() for row in found.children(code, asked.as_of)],
    )


def find(asked: Asked, name: str, text: str, *, all_times: bool) -> Json:
    """The concepts that a text names, best first, at most `FOUND_AT_MOST`."""
    table(asked.release, name)
    found = asked.release.find(name, text, None if all_times else asked.as_of)
    return asked.body(total=len(found), concepts=[row.to_json() for row in found[:FOUND_AT_MOST]])


def validate(asked: Asked, name: str, code: str, display: str | None, version: str | None) -> Json:
    """Whether a code may be used on the day."""
    table(asked.release, name)
    verdict = asked.release.validate(name, code, asked.as_of, display=display, version=version)
    return asked.body(as_of=asked.as_of.isoformat(), **verdict.to_json())


def subsumes(asked: Asked, name: str, one: str, other: str) -> Json:
    """The hierarchical relation of two codes. Raises `codebook.no-code` if one is not valid on the day."""
    found = table(asked.release, name)
    outcome = asked.release.subsumes(name, one, other, asked.as_of)
    if outcome is None:
        raise Problem("codebook.no-code", one if found.at(one, asked.as_of) is None else other)
    return asked.body(as_of=asked.as_of.isoformat(), outcome=outcome)


def translate(asked: Asked, name: str, code: str, target: str, version: str | None) -> Json:
    """One translation, without context of a record: what a record says belongs into a body, not into a URL."""
    answer = asked.release.translate(name, code, target, asked.as_of, version=version).to_json()
    return {"as_of": asked.as_of.isoformat(), **answer}


def batch(asked: Asked, body: Any) -> bytes:
    """Many translations; one answer per item, in order, the release said once for all. Answers are put together from
    texts that are made once each. Raises `codebook.batch-too-large`, `codebook.batch-item`."""
    items = body.get("items") if isinstance(body, dict) else None
    target = body.get("target", "") if isinstance(body, dict) else ""
    if not isinstance(items, list) or not isinstance(target, str):
        raise Problem("codebook.batch-item", "/items", member="items")
    try:
        answers = translate_batch(asked.release, items, asked.as_of, target)
    except CodebookError as error:
        raise Problem(error.code, "/items", **error.params) from None
    head = json.dumps(asked.body(as_of=asked.as_of.isoformat()), separators=(",", ":"))
    return f'{head[:-1]},"answers":[{",".join(answers)}]}}'.encode()


def crosswalks(asked: Asked) -> Json:
    """All crosswalks with their sizes."""
    walks = asked.release.crosswalks
    told = [
        {"name": name, "source": walk.source, "target": walk.target, "rows": len(walk.rows)}
        for name, walk in sorted(walks.items())
    ]
    return asked.body(crosswalks=told)


def crosswalk_rows(asked: Asked, name: str, after: int, limit: int) -> Json:
    """A page of a crosswalk's rows as in its file, each with its line."""
    rows = crosswalk(asked.release, name).rows
    further = after + limit if after + limit < len(rows) else None
    page = [{"line": row.line, **row_cells(row)} for row in rows[after : after + limit]]
    return asked.body(total=len(rows), next=further, rows=page)


def coverages(asked: Asked) -> Json:
    """How far every crosswalk reaches on the day."""
    return asked.body(crosswalks=[row.to_json() for row in coverage(asked.release, asked.as_of)])


def manifest(release: Release, told: Json) -> Json:
    """A release: what is told of it, and its files with digests, so that an adapter fetches only what it lacks."""
    files = [
        {"name": name, "size": len(content), "digest": digest(content)}
        for name, content in sorted(release.files.items())
    ]
    return {**told, "files": files}


def file(release: Release, name: str) -> bytes:
    """The exact bytes of one file of a release. Raises `codebook.no-file`."""
    found = release.files.get(name)
    if found is None:
        raise Problem("codebook.no-file", name)
    return found


def exported(release: Release, name: str, form: str, day: date) -> Json | bytes:
    """A table or a crosswalk in another format. Raises `codebook.no-system` or `codebook.no-format`."""
    if name in release.crosswalks:
        walk = release.crosswalks[name]
        if form == "csv":
            return csv.export_crosswalk(walk)
        if form == "sssom":
            return sssom.export_crosswalk(release, walk, day)
        if form == "fhir":
            return fhir.concept_map(release, walk)
        raise Problem("codebook.no-format", name, form=form, known="、".join(CROSSWALK_FORMATS))
    found = table(release, name)
    if form == "csv":
        return csv.export_table(found)
    if form == "genericode":
        return genericode.export_table(found)
    if form == "fhir":
        return fhir.code_system(found, day)
    raise Problem("codebook.no-format", name, form=form, known="、".join(SYSTEM_FORMATS))
