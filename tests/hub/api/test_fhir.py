"""`/fhir/…`: what FHIR clients get, judged by the models of the package fhir.resources."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fhir.resources.bundle import Bundle
from fhir.resources.capabilitystatement import CapabilityStatement
from fhir.resources.codesystem import CodeSystem
from fhir.resources.conceptmap import ConceptMap
from fhir.resources.operationoutcome import OperationOutcome
from fhir.resources.parameters import Parameters
from fhir.resources.terminologycapabilities import TerminologyCapabilities

import codebooks
from tests.scene.agencies import POLICE
from tests.scene.stage import Stage

Json = dict[str, Any]
CRIME = "urn:casehub:codesystem:unified.crime"
CLASS = "urn:casehub:codesystem:police.case-class"
CAUSE = "urn:casehub:codesystem:court.cause"
MAP = "urn:casehub:crosswalk:police.case-class--unified.crime"


def get(at: Stage, path: str, **headers: str) -> httpx.Response:
    return at.send(POLICE, "GET", "/fhir/" + quote(path, safe="/?&=$%-_.~:|"), after=headers)


def post(at: Stage, path: str, *parameters: Json) -> httpx.Response:
    return at.send(POLICE, "POST", "/fhir/" + path, {"resourceType": "Parameters", "parameter": list(parameters)})


def read(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    found: Json = answer.json()
    return found


def values(answer: httpx.Response) -> dict[str, Any]:
    """The simple parameters of an answer."""
    body = read(answer)
    Parameters.model_validate(body)
    return {
        item["name"]: value for item in body["parameter"] for name, value in item.items() if name.startswith("value")
    }


def parts(answer: httpx.Response, name: str) -> list[dict[str, Any]]:
    body = read(answer)
    Parameters.model_validate(body)
    return [
        {part["name"]: next((value for key, value in part.items() if key != "name"), None) for part in item["part"]}
        for item in body["parameter"]
        if item["name"] == name
    ]


def test_metadata_needs_no_signature(at: Stage) -> None:
    statement = read(at.raw("GET", "/fhir/metadata"))
    CapabilityStatement.model_validate(statement)
    assert statement["fhirVersion"] == "5.0.0"
    offered = {
        f"{resource['type']}/${operation['name']}"
        for resource in statement["rest"][0]["resource"]
        for operation in resource["operation"]
    }
    assert offered == {
        "CodeSystem/$lookup", "CodeSystem/$validate-code", "CodeSystem/$subsumes", "ConceptMap/$translate",
    }  # fmt: skip
    capabilities = read(at.raw("GET", "/fhir/metadata?mode=terminology"))
    TerminologyCapabilities.model_validate(capabilities)
    assert {item["uri"] for item in capabilities["codeSystem"]} >= {CRIME, CLASS}


def test_read(at: Stage) -> None:
    answer = get(at, "CodeSystem/unified.crime")
    body = read(answer)
    CodeSystem.model_validate(body)
    assert len(body["concept"]) == len(codebooks.load().system("unified.crime").by_code)
    again = get(at, "CodeSystem/unified.crime", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    ConceptMap.model_validate(read(get(at, "ConceptMap/court.sex--gb.sex")))


def test_search(at: Stage) -> None:
    everything = read(get(at, "CodeSystem?_count=3"))
    Bundle.model_validate(everything)
    assert everything["total"] == len(codebooks.load().systems())
    assert [link["relation"] for link in everything["link"]] == ["self", "next"]
    following = everything["link"][1]["url"].rpartition("/fhir/")[2]
    assert read(get(at, following))["entry"][0]["resource"]["id"] == codebooks.load().systems()[3]
    assert read(get(at, "CodeSystem?_count=0"))["entry"] == []
    (one,) = read(get(at, f"CodeSystem?url={CRIME}"))["entry"]
    assert one["resource"]["id"] == "unified.crime"
    assert "concept" not in one["resource"]
    (whole,) = read(get(at, "CodeSystem?_id=gb.sex&_summary=false"))["entry"]
    assert len(whole["resource"]["concept"]) == 4
    assert len(read(get(at, "CodeSystem?_summary=false"))["entry"]) == 5
    maps = read(get(at, f"ConceptMap?system={CLASS}"))
    Bundle.model_validate(maps)
    assert [entry["resource"]["id"] for entry in maps["entry"]] == ["police.case-class--unified.crime"]
    assert read(get(at, "CodeSystem?title=罪名&status=active"))["total"] >= 2
    assert read(get(at, "CodeSystem?name=nobody"))["total"] == 0


def test_lookup(at: Stage) -> None:
    answer = get(at, f"CodeSystem/$lookup?system={CRIME}&code=XF264-01&date=2024-03-04")
    assert values(answer)["display"] == "盗窃罪"
    told = {item["code"]: item["value"] for item in parts(answer, "property")}
    assert told["parent"] == "XFC05"
    assert told["status"] == "active"
    by_post = post(
        at, "CodeSystem/$lookup", {"name": "coding", "valueCoding": {"system": CRIME, "code": "XFC05"}},
        {"name": "property", "valueCode": "child"},
    )  # fmt: skip
    assert {item["code"] for item in parts(by_post, "property")} == {"child"}
    assert values(get(at, "CodeSystem/gb.sex/$lookup?code=1"))["display"] == "男"
    then = get(at, f"CodeSystem/$lookup?system={CRIME}&code=XF201-01&date=2008-01-01")
    assert values(then)["display"] == "偷税罪"


VALIDATIONS = [
    ("code=XF264-01", True, ""),
    ("code=XF264-01&display=盗窃", True, ""),
    ("code=XF264-01&display=抢劫罪", False, "名称"),
    ("code=XFC05", False, "类目"),
    ("code=XFC05&abstract=true", True, "类目"),
    ("code=none", False, "没有"),
    ("code=XF201-01&date=2024-03-04", False, "逃税罪"),
    ("code=XF201-01&date=2008-01-01T08:00:00Z", True, ""),
    ("code=XF264-01&version=x", True, "版本"),
]


@pytest.mark.parametrize(("asked", "result", "message"), VALIDATIONS)
def test_validate_code(at: Stage, asked: str, result: bool, message: str) -> None:
    found = values(get(at, f"CodeSystem/$validate-code?url={CRIME}&{asked}"))
    assert found["result"] is result
    if "abstract" not in asked:
        assert message in found.get("message", "")
    assert found["system"] == CRIME


def test_subsumes(at: Stage) -> None:
    assert values(get(at, f"CodeSystem/$subsumes?system={CRIME}&codeA=XFC05&codeB=XF264-01")) == {"outcome": "subsumes"}
    codings = [{"name": f"coding{name}", "valueCoding": {"system": CRIME, "code": code}}
               for name, code in (("A", "XF264-01"), ("B", "XFC05"))]  # fmt: skip
    assert values(post(at, "CodeSystem/$subsumes", *codings)) == {"outcome": "subsumed-by"}


def test_translate(at: Stage) -> None:
    by_map = get(at, f"ConceptMap/$translate?url={MAP}&sourceCode=050200&date=2024-03-04")
    assert values(by_map)["result"] is True
    (match,) = parts(by_map, "match")
    assert (match["relationship"], match["concept"]["display"], match["originMap"]) == ("equivalent", "盗窃罪", MAP)
    chain = get(at, f"ConceptMap/$translate?system={CLASS}&sourceCode=050200&targetSystem={CAUSE}")
    assert parts(chain, "match")[0]["concept"]["system"] == CAUSE
    instance = get(at, "ConceptMap/police.case-class--unified.crime/$translate?sourceCode=050200")
    assert values(instance)["result"] is True


def test_translate_with_what_the_record_says(at: Stage) -> None:
    source = {"name": "sourceCoding", "valueCoding": {"system": CLASS, "code": "060101", "version": "2000"}}
    target = {"name": "targetSystem", "valueUri": CRIME}
    part = [
        {"name": "attribute", "valueUri": "urn:casehub:context:article"},
        {"name": "value", "valueString": "第277条第5款"},
    ]
    told = {"name": "dependency", "part": part}
    answer = post(at, "ConceptMap/$translate", source, target, told)
    assert [match["concept"]["display"] for match in parts(answer, "match")] == ["袭警罪"]
    without = post(at, "ConceptMap/$translate", source, target)
    assert len(parts(without, "match")) > 1
    assert values(without)["message"].startswith("ambiguous")


def test_translate_says_why_there_is_nothing(at: Stage) -> None:
    declared = get(at, f"ConceptMap/$translate?system={CAUSE}&sourceCode=441&targetSystem={CRIME}")
    assert values(declared) == {"result": False, "message": "no-equivalent"}
    assert parts(declared, "match") == [{"relationship": "not-related-to"}]
    gap = get(at, f"ConceptMap/$translate?system={CLASS}&sourceCode=none&targetSystem={CRIME}")
    assert values(gap) == {"result": False, "message": "unmapped (unknown-code)"}
    ended = get(at, f"ConceptMap/$translate?system={CRIME}&sourceCode=XF201-01&targetSystem={CAUSE}&date=2024-03-04")
    assert "逃税罪" in values(ended)["message"]


REFUSED: list[tuple[str, int, str]] = [
    ("Patient/1", 404, "not-found"),
    ("", 404, "not-found"),
    ("CodeSystem/none", 404, "not-found"),
    ("CodeSystem/gb.sex/history/1", 404, "not-found"),
    ("CodeSystem/none/$lookup?code=1", 404, "not-found"),
    ("CodeSystem/$lookup?system=x&code=1", 404, "not-found"),
    (f"CodeSystem/$lookup?system={CRIME}&code=none", 404, "not-found"),
    (f"CodeSystem/$lookup?system={CRIME}", 400, "required"),
    ("CodeSystem/$lookup?code=1", 400, "required"),
    (f"CodeSystem/$lookup?system={CRIME}&code=XF264-01&date=yesterday", 400, "invalid"),
    ("CodeSystem/$expand", 400, "not-supported"),
    ("CodeSystem?colour=red", 400, "invalid"),
    ("CodeSystem?_count=-1", 400, "invalid"),
    ("CodeSystem/gb.sex?_format=xml", 406, "not-supported"),
    (f"CodeSystem/$subsumes?system={CRIME}&codeA=XFC05&codeB=none", 404, "not-found"),
    (f"CodeSystem/$subsumes?system={CRIME}&codeA=XFC05", 400, "required"),
    (f"ConceptMap/$translate?url={MAP}&targetCode=XF264-01", 400, "not-supported"),
    (f"ConceptMap/$translate?url={MAP}&sourceCode=1&reverse=true", 400, "not-supported"),
    ("ConceptMap/$translate?url=none&sourceCode=1", 404, "not-found"),
    (f"ConceptMap/$translate?system={CLASS}&sourceCode=050200", 400, "required"),
]


def refusal(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    body = answer.json()
    OperationOutcome.model_validate(body)
    assert [issue["code"] for issue in body["issue"]] == [kind]
    assert body["issue"][0]["details"]["text"]


@pytest.mark.parametrize(("path", "status", "kind"), REFUSED)
def test_refusals_are_operation_outcomes(at: Stage, path: str, status: int, kind: str) -> None:
    refusal(get(at, path), status, kind)


BODIES: list[tuple[str, Any]] = [
    ("another resource", {"resourceType": "Patient"}),
    ("no resource", []),
    ("no list", {"resourceType": "Parameters", "parameter": {}}),
    ("no name", {"resourceType": "Parameters", "parameter": [{}]}),
    ("no code", {"resourceType": "Parameters", "parameter": [{"name": "coding", "valueCoding": {"system": CRIME}}]}),
    ("too many", {"resourceType": "Parameters", "parameter": [{"name": "code", "valueCode": "1"}] * 101}),
]


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in BODIES])
def test_bodies_that_are_no_parameters(at: Stage, body: Any) -> None:
    refusal(at.send(POLICE, "POST", "/fhir/CodeSystem/$lookup", body), 400, "invalid")
    refusal(at.send(POLICE, "POST", "/fhir/CodeSystem", body), 400, "not-supported")


def test_other_methods(at: Stage) -> None:
    refusal(at.send(POLICE, "PUT", "/fhir/CodeSystem/gb.sex", {}), 400, "not-supported")


def test_closed_unless_the_operator_opens_it(at: Stage) -> None:
    path = "/fhir/CodeSystem/gb.sex"
    asked = b'{"resourceType":"Parameters","parameter":[{"name":"code","valueCode":"1"}]}'
    refusal(at.raw("GET", path), 401, "login")
    refusal(at.raw("POST", f"{path}/$lookup", asked), 401, "login")
    hub = at.here.hub
    closed = hub.settings
    hub.settings = closed.model_copy(update={"fhir_open": True})
    try:
        assert read(at.raw("GET", path))["id"] == "gb.sex"
        assert values(at.raw("POST", f"{path}/$lookup", asked))["display"] == "男"
        assert at.raw("GET", "/v1/codebooks/systems").status_code == 401
        forged = {"Signature-Input": "x", "Signature": "x"}
        refusal(at.raw("GET", path, headers=forged), 401, "login")
        refusal(at.raw("POST", f"{path}/$lookup", b"{"), 400, "invalid")
    finally:
        hub.settings = closed
    refusal(at.raw("GET", path), 401, "login")


def test_english_for_those_who_ask(at: Stage) -> None:
    answer = at.send(POLICE, "GET", "/fhir/CodeSystem/none", after={"Accept-Language": "en"})
    assert answer.json()["issue"][0]["details"]["text"] == "The requested resource or code does not exist."
