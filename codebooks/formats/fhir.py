"""Tables as FHIR R5 CodeSystem, crosswalks as FHIR R5 ConceptMap (JSON).

FHIR has no time in a code: a concept stands once, as it is now or was last; a code that meant something else before
carries the earlier names as designations with the use `former-meaning`. Whoever needs the past asks `$lookup`,
`$validate-code` and `$translate` with a `date`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from codebooks.concepts import OPEN_END, OPEN_START, CodeSystem, Concept
from codebooks.crosswalks import Crosswalk, Relationship, Row
from codebooks.formats.uris import ROOT, crosswalk_uri, system_uri
from codebooks.release import Release

Json = dict[str, Any]
_CONCEPT_PROPERTIES = "http://hl7.org/fhir/concept-properties#"
RELATIONSHIPS: dict[Relationship, str] = {
    "equivalent": "equivalent",
    "narrower": "source-is-narrower-than-target",
    "broader": "source-is-broader-than-target",
    "related": "related-to",
    "no-equivalent": "not-related-to",
}
"""What the source is to the target, in FHIR's words."""
_PROPERTIES = (
    ("parent", "code", f"{_CONCEPT_PROPERTIES}parent", "上级代码"),
    ("notSelectable", "boolean", f"{_CONCEPT_PROPERTIES}notSelectable", "类目，不可选用"),
    ("status", "code", f"{_CONCEPT_PROPERTIES}status", "active 或 retired"),
    ("effectiveDate", "dateTime", f"{_CONCEPT_PROPERTIES}effectiveDate", "生效日"),
    ("retirementDate", "dateTime", f"{_CONCEPT_PROPERTIES}retirementDate", "失效日（当日起不再有效）"),
    ("successor", "code", f"{ROOT}concept-property:successor", "后继代码"),
    ("article", "string", f"{ROOT}concept-property:article", "条文"),
    ("note", "string", f"{ROOT}concept-property:note", "说明"),
)
_MAP_PROPERTIES = (
    ("validFrom", "dateTime", "本行生效日"),
    ("validTo", "dateTime", "本行失效日"),
    ("condition", "string", "本行适用条件"),
    ("by", "string", "作出人"),
    ("row", "integer", "对照表中的行号"),
)


def code_system(system: CodeSystem, today: date, *, with_concepts: bool = True) -> Json:
    """The CodeSystem resource; concepts that ended by `today` have the status `retired`. Without concepts it is a
    summary, as a search answers, and tagged so."""
    header = system.header
    body: Json = {
        "resourceType": "CodeSystem",
        "id": header.id,
        "language": "zh-CN",
        "url": system_uri(header.id),
        "version": header.version,
        "name": _name(header.id),
        "title": header.title_zh,
        "status": "active",
        "experimental": header.stand_in,
        "publisher": header.publisher,
        "description": _description(header.title_en, header.note_zh, header.note_en),
        "purpose": header.instrument,
        "copyright": header.source,
        "caseSensitive": True,
        "hierarchyMeaning": "is-a",
        "compositional": False,
        "versionNeeded": False,
        "content": "complete",
        "count": len(system.by_code),
        "property": [
            {"code": code, "uri": uri, "description": said, "type": kind} for code, kind, uri, said in _PROPERTIES
        ],
    }
    if with_concepts:
        body["concept"] = [_concept(rows, today) for rows in system.by_code.values()]
    else:
        body["meta"] = {"tag": [_SUBSETTED]}
    return body


_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def concept_properties(concept: Concept, today: date) -> list[Json]:
    """The properties of a concept that have a value, as CodeSystem and `$lookup` tell them."""
    values: list[tuple[str, str, Any]] = []
    if concept.parent:
        values.append(("parent", "valueCode", concept.parent))
    if not concept.selectable:
        values.append(("notSelectable", "valueBoolean", True))
    values.append(("status", "valueCode", "retired" if concept.valid_to <= today else "active"))
    if concept.valid_from != OPEN_START:
        values.append(("effectiveDate", "valueDateTime", concept.valid_from.isoformat()))
    if concept.valid_to != OPEN_END:
        values.append(("retirementDate", "valueDateTime", concept.valid_to.isoformat()))
    values += [("successor", "valueCode", code) for code in concept.successors]
    values += [(name, "valueString", getattr(concept, name)) for name in ("article", "note") if getattr(concept, name)]
    return [{"code": code, kind: value} for code, kind, value in values]


def designations(rows: tuple[Concept, ...], concept: Concept) -> list[Json]:
    """The other names of a concept, and what its code meant at other times."""
    other: list[Json] = [{"language": "zh-CN", "value": alias} for alias in concept.aliases]
    use = {"system": f"{ROOT}designation-use", "code": "former-meaning", "display": "此代码其他时期的含义"}
    former = dict.fromkeys(row.display for row in rows if row is not concept and row.display != concept.display)
    return other + [{"language": "zh-CN", "use": use, "value": name} for name in former]


def _concept(rows: tuple[Concept, ...], today: date) -> Json:
    concept = rows[-1]
    body: Json = {"code": concept.code, "display": concept.display}
    if names := designations(rows, concept):
        body["designation"] = names
    body["property"] = concept_properties(concept, today)
    return body


def concept_map(release: Release, walk: Crosswalk, *, with_groups: bool = True) -> Json:
    """The ConceptMap resource of a crosswalk; its version is the release's id."""
    source, target = release.system(walk.source).header, release.system(walk.target).header
    body: Json = {
        "resourceType": "ConceptMap",
        "id": walk.name,
        "language": "zh-CN",
        "url": crosswalk_uri(walk.name),
        "version": release.id,
        "name": _name(walk.name),
        "title": f"{source.title_zh} → {target.title_zh}",
        "status": "active",
        "experimental": source.stand_in or target.stand_in,
        "description": f"{source.title_en} → {target.title_en}",
        "sourceScopeUri": f"{system_uri(walk.source)}:all",
        "targetScopeUri": f"{system_uri(walk.target)}:all",
        "property": [
            {"code": code, "uri": f"{ROOT}map-property:{code}", "description": said, "type": kind}
            for code, kind, said in _MAP_PROPERTIES
        ],
    }
    if not with_groups:
        body["meta"] = {"tag": [_SUBSETTED]}
    elif elements := list(_elements(release, walk)):
        ends = {
            "source": f"{system_uri(source.id)}|{source.version}",
            "target": f"{system_uri(target.id)}|{target.version}",
        }
        body["group"] = [{**ends, "element": elements}]
    return body


def _elements(release: Release, walk: Crosswalk) -> Iterator[Json]:
    targets = release.system(walk.target)
    for code, rows in walk.by_source.items():
        concept = release.lookup(walk.source, code)
        body: Json = {"code": code}
        if concept is not None:
            body["display"] = concept.display
        if all(row.relationship == "no-equivalent" for row in rows):
            body["noMap"] = True
        else:
            body["target"] = [_target(targets, row) for row in rows]
        yield body


def _target(targets: CodeSystem, row: Row) -> Json:
    body: Json = {}
    if row.target:
        body["code"] = row.target
        concept = next((found for found in targets.by_code[row.target] if found.valid_to > row.valid_from), None)
        if concept is not None:
            body["display"] = concept.display
    body |= {"relationship": RELATIONSHIPS[row.relationship], "comment": row.justification}
    values: list[tuple[str, str, Any]] = []
    if row.valid_from != OPEN_START:
        values.append(("validFrom", "valueDateTime", row.valid_from.isoformat()))
    if row.valid_to != OPEN_END:
        values.append(("validTo", "valueDateTime", row.valid_to.isoformat()))
    if row.condition is not None:
        values.append(("condition", "valueString", row.condition.text))
    values += [("by", "valueString", row.by), ("row", "valueInteger", row.line)]
    body["property"] = [{"code": code, kind: value} for code, kind, value in values]
    return body


def _name(name: str) -> str:
    """A name that programs can use: `unified.crime` is `UnifiedCrime` (constraint cnl-0)."""
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def _description(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
