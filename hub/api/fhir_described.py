"""The operations of the FHIR service one by one, for the OpenAPI document; `hub.api.fhir` serves them all alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hub.api.documented import FHIR, Json, documented
from hub.api.models.fhir import FhirBundle, FhirCodeSystem, FhirConceptMap, FhirParameters
from hub.api.models.shape import Shape

ROOT: Final = "urn:casehub:codesystem:"
CODE_SYSTEM: Final[Json] = {
    "resourceType": "CodeSystem",
    "id": "gb.sex",
    "url": f"{ROOT}gb.sex",
    "version": "2003",
    "name": "GbSex",
    "title": "人的性别代码",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "1", "display": "男"}],
}
CONCEPT_MAP: Final[Json] = {
    "resourceType": "ConceptMap",
    "id": "court.sex--gb.sex",
    "url": "urn:casehub:crosswalk:court.sex--gb.sex",
    "version": "2026.1",
    "name": "CourtSexToGbSex",
    "title": "court.sex → gb.sex",
    "status": "active",
}


def _bundle(resource: Json) -> Json:
    found = {"fullUrl": resource["id"], "resource": resource, "search": {"mode": "match"}}
    link = [{"relation": "self", "url": f"/fhir/{resource['resourceType']}"}]
    return {"resourceType": "Bundle", "type": "searchset", "total": 1, "link": link, "entry": [found]}


def _parameters(**values: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": name, **value} for name, value in values.items()]}


@dataclass(frozen=True)
class Described:
    """One operation: how it is routed, and what the document says of it."""

    method: str
    path: str
    summary: str
    description: str
    told: Json


@dataclass(frozen=True)
class _Question:
    """A FHIR operation (`$lookup` …): by which name clients call it, what it takes, and an exchange."""

    name: str
    kind: str
    operation: str
    summary: str
    description: str
    takes: tuple[str, ...]
    asked: Json
    answered: Json


_QUESTIONS: Final = (
    _Question(
        "look_up", "CodeSystem", "$lookup", "What a code means",
        "Display, designations and properties of a code that means something on the day.",
        ("system", "code", "version", "date", "property"),
        _parameters(system={"valueUri": f"{ROOT}gb.sex"}, code={"valueCode": "1"}),
        _parameters(name={"valueString": "人的性别代码"}, display={"valueString": "男"}),
    ),
    _Question(
        "validate_code", "CodeSystem", "$validate-code", "May a code be used",
        "`result`, and in words what is wrong.",
        ("url", "code", "display", "version", "date", "abstract"),
        _parameters(url={"valueUri": f"{ROOT}gb.sex"}, code={"valueCode": "1"}),
        _parameters(result={"valueBoolean": True}),
    ),
    _Question(
        "compare_codes", "CodeSystem", "$subsumes", "How two codes stand to each other",
        "`outcome`: equivalent, subsumes, subsumed-by or not-subsumed.",
        ("system", "codeA", "codeB", "date"),
        _parameters(
            system={"valueUri": f"{ROOT}unified.crime"}, codeA={"valueCode": "XFC05"}, codeB={"valueCode": "XF264-01"}
        ),
        _parameters(outcome={"valueCode": "subsumes"}),
    ),
    _Question(
        "translate_code", "ConceptMap", "$translate", "Translate one code",
        "`result`, and every candidate as a `match`; our outcome is the `message`.",
        ("url", "system", "sourceCode", "targetSystem", "version", "date"),
        _parameters(
            url={"valueUri": "urn:casehub:crosswalk:court.sex--gb.sex"}, sourceCode={"valueCode": "1"}
        ),
        _parameters(result={"valueBoolean": True}),
    ),
)  # fmt: skip
_SEARCHED: Final = ("_id", "url", "name", "title", "version", "status", "_summary", "_count", "_offset")


def operations() -> Iterator[Described]:
    """Every operation but `/fhir/metadata`."""
    yield from _resource("code_system", FhirCodeSystem, CODE_SYSTEM, "A code table", _SEARCHED)
    yield from _resource("concept_map", FhirConceptMap, CONCEPT_MAP, "A crosswalk", (*_SEARCHED, "system"))
    for question in _QUESTIONS:
        for inside in (False, True):
            yield from _asked(question, inside=inside)


def _resource(
    name: str, model: type[Shape], example: Json, what: str, searched: tuple[str, ...]
) -> Iterator[Described]:
    kind = example["resourceType"]
    found = documented(
        f"fhir_search_{name}s", gives=FhirBundle, answer=_bundle(example), told="What was found.", media_type=FHIR,
        signed=None, kept=True, parameters=[_query(each) for each in searched],
    )  # fmt: skip
    yield Described("GET", f"/{kind}", f"Search {kind}", "Summaries, or with `_summary=false` whole resources.", found)
    read = documented(
        f"fhir_read_{name}", gives=model, answer=example, told=f"{what}.", media_type=FHIR, signed=None, kept=True,
        parameters=[_ID],
    )  # fmt: skip
    yield Described("GET", f"/{kind}/{{id}}", f"Read one {kind}", f"{what}, whole.", read)


def _asked(question: _Question, *, inside: bool) -> Iterator[Described]:
    """By query and by body, of all resources or of one."""
    path = f"/{question.kind}/{'{id}/' if inside else ''}{question.operation}"
    where, given = ("_within", [_ID]) if inside else ("", [])
    takes = question.takes[1:] if inside else question.takes
    said = f"{question.description} Of the one resource that is named." if inside else question.description
    common: Json = {
        "gives": FhirParameters, "answer": question.answered, "told": "The answer.", "media_type": FHIR, "signed": None,
    }  # fmt: skip
    name, by_body = f"fhir_{question.name}{where}", f"fhir_{question.name}{where}_by_body"
    asked = documented(name, kept=True, parameters=[*given, *map(_query, takes)], **common)
    yield Described("GET", path, question.summary, said, asked)
    body: Json = {"takes": FhirParameters, "body": question.asked, "body_type": FHIR}
    yield Described("POST", path, question.summary, said, documented(by_body, parameters=given, **body, **common))


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


_ID: Final[Json] = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
