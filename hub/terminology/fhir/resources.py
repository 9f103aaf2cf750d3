"""What a FHIR client reads besides operations: who we are and what we can, and the tables and crosswalks by search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from codebooks import Release
from codebooks.formats.fhir import code_system, concept_map
from codebooks.formats.uris import ROOT, system_of_uri, system_uri
from hub.terminology.fhir.parameters import Json
from messages.problems import Problem

FHIR_VERSION = "5.0.0"
OPERATIONS = {
    "CodeSystem": ("lookup", "validate-code", "subsumes"),
    "ConceptMap": ("translate",),
}
SEARCH = ("_id", "url", "name", "title", "version", "status")
PAGE = 50
"""Summaries in one searchset."""
WHOLE = 5
"""Whole resources in one searchset; a table may have thousands of rows."""


def capability_statement(base: str, made_on: date) -> Json:
    """`GET /fhir/metadata`."""
    parameters = [{"name": name, "type": "uri" if name == "url" else "token"} for name in SEARCH]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": made_on.isoformat(),
        "kind": "instance",
        "name": "CasehubTerminology",
        "title": "Casehub 码表服务",
        "software": {"name": "Casehub"},
        "implementation": {"description": "Casehub 码表与对照", "url": base},
        "fhirVersion": FHIR_VERSION,
        "format": ["json"],
        "instantiates": ["http://hl7.org/fhir/CapabilityStatement/terminology-server"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "RFC 9421 signatures by an enrolled agency; open where the operator says so."
                },
                "resource": [
                    {
                        "type": kind,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": parameters,
                        "operation": [
                            {
                                "name": name,
                                "definition": f"http://hl7.org/fhir/OperationDefinition/{kind}-{name}",
                            }
                            for name in names
                        ],
                    }
                    for kind, names in OPERATIONS.items()
                ],
            }
        ],
    }


def terminology_capabilities(release: Release, base: str, made_on: date) -> Json:
    """`GET /fhir/metadata?mode=terminology`."""
    return {
        "resourceType": "TerminologyCapabilities",
        "status": "active",
        "date": made_on.isoformat(),
        "kind": "instance",
        "name": "CasehubTerminology",
        "title": "Casehub 码表服务",
        "version": release.id,
        "software": {"name": "Casehub"},
        "implementation": {"description": "Casehub 码表与对照", "url": base},
        "codeSystem": [
            {
                "uri": system_uri(name),
                "version": [{"code": release.system(name).header.version, "isDefault": True, "compositional": False}],
                "content": "complete",
                "subsumption": True,
            }
            for name in release.systems()
        ],
        "codeSearch": "in-compose",
        "validateCode": {"translations": False},
        "translation": {"needsMap": False},
    }


def read(release: Release, kind: str, name: str, today: date) -> Json:
    """One CodeSystem or ConceptMap, whole. Raises `fhir.not-found`."""
    require(release, kind, name)
    if kind == "CodeSystem":
        return code_system(release.system(name), today)
    return concept_map(release, release.crosswalks[name])


def require(release: Release, kind: str, name: str) -> None:
    """Refuse what there is not. Raises `fhir.not-found`."""
    if name not in (release.code_systems if kind == "CodeSystem" else release.crosswalks):
        raise Problem("fhir.not-found", f"{kind}/{name}")


def search(release: Release, kind: str, asked: Sequence[tuple[str, str]], base: str, today: date) -> Json:
    """A searchset of summaries, by the names of `SEARCH`, or by `system` for the source of a map; `_summary=false`
    gives them whole. `_count` and `_offset` page. Raises `fhir.parameter` for any other name."""
    wanted = [(name.partition(":")[0], value) for name, value in asked]
    unknown = [
        name for name, _ in wanted if name not in (*SEARCH, "_count", "_offset", "_summary", "_format", "system")
    ]
    if unknown:
        raise Problem("fhir.parameter", unknown[0])
    count, offset = (_number(wanted, name, default) for name, default in (("_count", PAGE), ("_offset", 0)))
    chosen = list(_chosen(release, kind, wanted, today))
    whole = dict(wanted).get("_summary") == "false"
    page = chosen[offset : offset + min(count, WHOLE if whole else PAGE)]
    links = [{"relation": "self", "url": f"{base}/{kind}"}]
    if count and offset + len(page) < len(chosen):
        kept = "&".join(f"{name}={value}" for name, value in wanted if name not in ("_offset", "_count"))
        links.append({"relation": "next", "url": f"{base}/{kind}?{kept}&_count={count}&_offset={offset + len(page)}"})
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(chosen),
        "link": links,
        "entry": [
            {
                "fullUrl": f"{base}/{kind}/{item['id']}",
                "resource": read(release, kind, item["id"], today) if whole else item,
                "search": {"mode": "match"},
            }
            for item in page
        ],
    }


def _number(wanted: Iterable[tuple[str, str]], name: str, default: int) -> int:
    given = dict(wanted).get(name, str(default))
    if not given.isascii() or not given.isdigit() or len(given) > 6:
        raise Problem("fhir.parameter", name)
    return int(given)


def _maps_from(system: str, item: Json) -> bool:
    return str(item["id"]).startswith(f"{system}--")


def _chosen(release: Release, kind: str, wanted: Sequence[tuple[str, str]], today: date) -> Iterator[Json]:
    tests: list[Callable[[Json], bool]] = []
    for name, value in wanted:
        if name in SEARCH:
            tests.append(_test(name, value))
        elif name == "system":
            tests.append(partial(_maps_from, system_of_uri(value)))
    for item in _summaries(release, kind, today):
        if all(test(item) for test in tests):
            yield item


def _test(name: str, value: str) -> Callable[[Json], bool]:
    if name == "_id":
        return lambda item: item["id"] in value.split(",")
    if name in ("name", "title"):
        return lambda item: value.casefold() in item[name].casefold()
    if name == "url":
        return lambda item: value.partition("|")[0] in (item["url"], item["id"])
    return lambda item: bool(item[name] == value)


def _summaries(release: Release, kind: str, today: date) -> Iterator[Json]:
    if kind == "CodeSystem":
        for name in release.systems():
            yield code_system(release.system(name), today, with_concepts=False)
    else:
        for name in sorted(release.crosswalks):
            yield concept_map(release, release.crosswalks[name], with_groups=False)


def outcome(problem: Exception, status: int, text: str, remedy: str) -> Json:
    """An OperationOutcome for a refusal: our words and code, in FHIR's kinds of issue."""
    code, place = getattr(problem, "code", "hub.internal"), getattr(problem, "place", "")
    by_code = {"fhir.required": "required", "fhir.not-supported": "not-supported", "fhir.format": "not-supported"}
    by_status: dict[int, str] = {401: "login", 404: "not-found", 405: "not-supported", 413: "too-long"}
    kind = by_code.get(code) or by_status.get(status) or ("exception" if status >= 500 else "invalid")
    issue: dict[str, Any] = {
        "severity": "fatal" if status >= 500 else "error",
        "code": kind,
        "details": {"coding": [{"system": f"{ROOT}problem", "code": code}], "text": text},
        "diagnostics": remedy or code,
    }
    if place:
        issue["expression"] = [place]
    return {"resourceType": "OperationOutcome", "issue": [issue]}
