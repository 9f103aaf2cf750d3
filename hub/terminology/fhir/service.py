"""The FHIR R5 terminology operations over one codebook release: `$lookup`, `$validate-code`, `$subsumes`, `$translate`.

What FHIR leaves open is settled as the codebooks do: a code counts on a day (`date`, today when not given); one that is
not in force then does not validate; a concept that is a heading validates only with `abstract`; `$translate` goes over
declared crosswalks, never backwards, and its `message` names our outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from codebooks import CodeSystem, Match, Release, Translation
from codebooks.formats.fhir import RELATIONSHIPS, concept_properties, designations
from codebooks.formats.uris import ROOT, crosswalk_uri, system_of_uri, system_uri
from hub.terminology.fhir.parameters import Coding, Given, Json, parameters, said
from messages.problems import Problem

_REASONS = {
    "unknown-code": "代码集中没有这个代码",
    "not-yet-valid": "代码当日尚未启用",
    "ended": "代码当日已失效",
    "heading": "代码是类目，不可选用",
    "display-differs": "名称与代码表不符",
    "version-differs": "版本不是代码表所知的版本",
}


def system_named(release: Release, name: str) -> CodeSystem:
    """A code system by our name or its URI. Raises `fhir.not-found`."""
    found = release.code_systems.get(system_of_uri(name))
    if found is None:
        raise Problem("fhir.not-found", name)
    return found


def lookup(release: Release, given: Given, today: date, instance: str | None) -> Json:
    """`CodeSystem/$lookup`. Raises `fhir.not-found` for a code that means nothing on the day."""
    coding, table = _coded(release, given, instance)
    day = given.day(today)
    concept = table.at(coding.code, day)
    if concept is None:
        raise Problem("fhir.not-found", f"{table.header.id}|{coding.code}")
    wanted = set(given.texts.get("property", ()))
    children = [{"code": "child", "valueCode": row.code} for row in table.children(coding.code, day)]
    properties = [
        {"name": "property", "part": [{"name": "code", "valueCode": item["code"]}, _renamed(item)]}
        for item in concept_properties(concept, day) + children
        if not wanted or item["code"] in wanted
    ]
    names = [
        {"name": "designation", "part": [_part(name, value) for name, value in item.items()]}
        for item in designations(table.by_code[coding.code], concept)
    ]
    return parameters(
        said("name", "String", table.header.title_zh),
        said("version", "String", table.header.version),
        said("display", "String", concept.display),
        *names,
        *properties,
    )


def _renamed(item: Json) -> Json:
    kind, value = next((name, value) for name, value in item.items() if name != "code")
    return {"name": "value", kind: value}


def _part(name: str, value: Any) -> Json:
    kinds = {"language": "valueCode", "use": "valueCoding"}
    return {"name": name, kinds.get(name, "valueString"): value}


def validate_code(release: Release, given: Given, today: date, instance: str | None) -> Json:
    """`CodeSystem/$validate-code`: `result`, and in words what is wrong."""
    coding, table = _coded(release, given, instance)
    verdict = release.validate(
        table.header.id,
        coding.code,
        given.day(today),
        display=given.text("display") or coding.display,
        version=given.text("version") or coding.version,
    )
    reasons = [reason for reason in verdict.reasons if not (reason == "heading" and given.flag("abstract"))]
    message = "；".join(_REASONS[reason] for reason in reasons)
    if verdict.successors:
        message += "；后继：" + "、".join(f"{row.display}（{row.code}）" for row in verdict.successors)
    return parameters(
        {"name": "result", "valueBoolean": not set(reasons) - {"version-differs"}},
        said("message", "String", message),
        said("display", "String", verdict.concept.display if verdict.concept else None),
        said("code", "Code", coding.code),
        said("system", "Uri", system_uri(table.header.id)),
        said("version", "String", table.header.version),
    )


def subsumes(release: Release, given: Given, today: date, instance: str | None) -> Json:
    """`CodeSystem/$subsumes`. Raises `fhir.not-found` for a code that means nothing on the day."""
    a, b = given.coding("codingA"), given.coding("codingB")
    codes = [coding.code if coding else given.required(name) for coding, name in ((a, "codeA"), (b, "codeB"))]
    named = instance or given.text("system") or (a.system if a else "")
    table = system_named(release, named or given.required("system"))
    if a and b and a.system != b.system:
        raise Problem("fhir.parameter", "codingB")
    outcome = release.subsumes(table.header.id, codes[0], codes[1], given.day(today))
    if outcome is None:
        raise Problem("fhir.not-found", f"{table.header.id}|{'、'.join(codes)}")
    return parameters(said("outcome", "Code", outcome))


def _coded(release: Release, given: Given, instance: str | None) -> tuple[Coding, CodeSystem]:
    """The code that is asked about, and its table. Raises `fhir.required`, `fhir.not-found`."""
    coding = given.coding("coding", "codeableConcept")
    named = instance or given.text("system", "url") or (coding.system if coding else "")
    table = system_named(release, named or given.required("system"))
    return coding or Coding(table.header.id, given.required("code")), table


def translate(release: Release, given: Given, today: date, instance: str | None) -> Json:
    """`ConceptMap/$translate`: from a source code, over one map or on the way to a target system.

    Raises `fhir.not-supported` for a target code: no map is read backwards, the way back is a map of its own."""
    if any(given.text(name) or given.coding(name) for name in ("targetCode", "targetCoding", "targetCodeableConcept")):
        raise Problem("fhir.not-supported", "targetCode")
    if given.flag("reverse"):
        raise Problem("fhir.not-supported", "reverse")
    coding = given.coding("sourceCoding", "sourceCodeableConcept", "coding", "codeableConcept")
    url = instance or given.text("url")
    source, target = _ends(release, url, given, coding)
    code = coding.code if coding else given.required("sourceCode", "code")
    version = given.text("version") or (coding.version if coding else None)
    answer = release.translate(source, code, target, given.day(today), _context(given), version=version)
    return parameters(
        {"name": "result", "valueBoolean": bool(answer.matches)},
        said("message", "String", _message(answer)),
        *[_match(match) for match in answer.matches],
        {"name": "match", "part": [{"name": "relationship", "valueCode": "not-related-to"}]}
        if answer.outcome == "no-equivalent"
        else None,
    )


def _ends(release: Release, url: str | None, given: Given, coding: Coding | None) -> tuple[str, str]:
    if url:
        name = url.partition("|")[0].removeprefix(crosswalk_uri(""))
        walk = release.crosswalks.get(name)
        if walk is None:
            raise Problem("fhir.not-found", url)
        return walk.source, walk.target
    target = given.required("targetSystem", "targetsystem")
    source = (coding.system if coding else "") or given.required("system")
    return system_named(release, source).header.id, system_named(release, target).header.id


def _context(given: Given) -> Mapping[str, Any]:
    """What the client says of the record: `dependency` parts, the last word of the attribute being our key."""
    context: dict[str, Any] = {}
    for part in given.parts.get("dependency", ()):
        attribute, value = part.get("attribute"), part.get("value")
        if not isinstance(attribute, str) or isinstance(value, Mapping | list) or value is None:
            raise Problem("fhir.parameter", "dependency")
        context.setdefault(attribute.replace("/", ":").rpartition(":")[2], []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in context.items()}


def _message(answer: Translation) -> str:
    note = f" ({answer.note})" if answer.note else ""
    heirs = "；后继：" + "、".join(f"{row.display}（{row.code}）" for row in answer.successors)
    return f"{answer.outcome}{note}{heirs if answer.successors else ''}"


def _match(match: Match) -> Json:
    concept = {
        "system": system_uri(match.system),
        "version": match.version,
        "code": match.code,
        "display": match.display,
    }
    facts = {
        "justification": match.justification,
        "by": match.by,
        "row": str(match.row or ""),
        "condition": match.condition,
    }
    properties = [
        {
            "name": "property",
            "part": [
                {"name": "uri", "valueUri": f"{ROOT}map-property:{name}"},
                {"name": "value", "valueString": value},
            ],
        }
        for name, value in facts.items()
        if value
    ]
    origin = said("originMap", "Uri", crosswalk_uri(match.crosswalk) if match.crosswalk else None)
    parts = [
        {"name": "relationship", "valueCode": RELATIONSHIPS[match.relationship]},
        {"name": "concept", "valueCoding": concept},
        *properties,
        *([origin] if origin else []),
    ]
    return {"name": "match", "part": parts}
