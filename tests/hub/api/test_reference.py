"""The OpenAPI document is complete, and its page loads nothing from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from hub.api.document import complete, described
from hub.api.examples import CASE_UID, DIGEST
from hub.api.models import published
from hub.measuring import Measured
from hub.readiness import Looker, look
from messages import catalogue
from standards import schemas
from tests.hub.api.holding import Holding
from tests.scene.stage import Stage

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(at: Stage) -> Json:
    found = described().openapi()  # says what is missing; the hub would answer 500
    assert at.raw("GET", "/openapi.json").json() == found
    return found


def test_the_document_is_rendered_once_and_kept_by_who_has_it(at: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    first = at.raw("GET", "/openapi.json")
    monkeypatch.setattr("hub.api.document.encoded", None)  # whoever renders it anew now fails
    monkeypatch.setattr("fastapi.responses.JSONResponse.render", None)
    again = at.raw("GET", "/openapi.json")
    assert (again.status_code, again.content) == (200, first.content)
    kept = at.raw("GET", "/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")


def operations(document: Json) -> list[tuple[str, Json]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


OPEN = {"GET /healthz", "GET /readyz", "GET /v1/hub", "GET /fhir/metadata"}
PATHS = {
    *OPEN,
    "POST /v1/parts/missing",
    "PUT /v1/parts/{digest}",
    "HEAD /v1/parts/{digest}",
    "GET /v1/parts/{digest}",
    "POST /v1/transfers",
    "GET /v1/transfers/{transfer_id}",
    "POST /v1/transfers/{transfer_id}/acknowledgement",
    "GET /v1/transfers/{transfer_id}/trail",
    "GET /v1/transfers/{transfer_id}/proofs",
    "POST /v1/marks",
    "GET /v1/inbox",
    "GET /v1/cases",
    "GET /v1/cases/{case_uid}",
    "GET /v1/cases/{case_uid}/trail",
    "GET /v1/cases/{case_uid}/deadlines",
    "GET /v1/cases/{case_uid}/findings",
    "GET /v1/findings",
    "PUT /v1/cases/{case_uid}/grants/{handler}",
    "DELETE /v1/cases/{case_uid}/grants/{handler}",
    "GET /v1/handlers",
    "PUT /v1/handlers/{handler}",
    "DELETE /v1/handlers/{handler}",
    "GET /v1/directory",
    "GET /v1/directory/{agency_type}/{code}",
    "POST /v1/directory/keys",
    "GET /v1/reconcile",
    "GET /v1/codebooks/systems",
    "GET /v1/codebooks/systems/{system}",
    "GET /v1/codebooks/systems/{system}/concepts",
    "GET /v1/codebooks/systems/{system}/lookup",
    "GET /v1/codebooks/systems/{system}/find",
    "GET /v1/codebooks/systems/{system}/validate",
    "GET /v1/codebooks/systems/{system}/subsumes",
    "GET /v1/codebooks/translate",
    "POST /v1/codebooks/batch",
    "GET /v1/codebooks/crosswalks",
    "GET /v1/codebooks/crosswalks/{name}",
    "GET /v1/codebooks/coverage",
    "GET /v1/codebooks/exports/{name}",
    "GET /v1/codebooks/release",
    "GET /v1/codebooks/releases",
    "GET /v1/codebooks/releases/{release}",
    "GET /v1/codebooks/releases/{release}/files/{file}",
    "GET /v1/codebooks/diff",
    "GET /v1/codebook-drafts",
    "POST /v1/codebook-drafts",
    "GET /v1/codebook-drafts/{draft}",
    "DELETE /v1/codebook-drafts/{draft}",
    "POST /v1/codebook-drafts/{draft}/edits",
    "POST /v1/codebook-drafts/{draft}/imports",
    "GET /v1/codebook-drafts/{draft}/tables/{table}",
    "GET /v1/codebook-drafts/{draft}/check",
    "GET /v1/codebook-drafts/{draft}/diff",
    "GET /v1/codebook-drafts/{draft}/dry-run",
    "POST /v1/codebook-drafts/{draft}/review",
    "PUT /v1/codebook-drafts/{draft}/base",
    "POST /v1/codebook-drafts/{draft}/release",
    "GET /v1/codebook-worklist",
    "POST /v1/codebook-worklist/accept",
    "POST /v1/identities/resolve",
    "GET /v1/identities/proposals",
    "POST /v1/identities/proposals",
    "POST /v1/identities/proposals/{proposal}/confirmation",
    "POST /v1/identities/proposals/{proposal}/rejection",
    "GET /v1/identities/{identity}",
    "GET /v1/identities/{identity}/history",
    "GET /log/checkpoint",
    "GET /log/checkpoint/witnessed",
    "POST /log/cosignatures",
    "GET /log/tile/{path}",
    "GET /log/proof/inclusion",
    "GET /log/proof/consistency",
    "GET /fhir/CodeSystem",
    "GET /fhir/CodeSystem/{id}",
    "GET /fhir/ConceptMap",
    "GET /fhir/ConceptMap/{id}",
    *(
        f"{method} /fhir/{kind}/{within}{operation}"
        for kind, operation in (
            ("CodeSystem", "$lookup"),
            ("CodeSystem", "$validate-code"),
            ("CodeSystem", "$subsumes"),
            ("ConceptMap", "$translate"),
        )
        for method in ("GET", "POST")
        for within in ("", "{id}/")
    ),
}


def test_every_route_is_in_it(document: Json) -> None:
    offered = {name for name, _ in operations(document)}
    assert offered - PATHS == set(), "add these to PATHS in tests/hub/api/test_reference.py"
    assert PATHS - offered == set(), "no such operation: take these out of PATHS in tests/hub/api/test_reference.py"


def test_an_operation_without_its_problem_codes_says_what_to_run(document: Json) -> None:
    more = {**document, "paths": {**document["paths"], "/v1/new": {"get": {"operationId": "read_new"}}}}
    with pytest.raises(LookupError, match=r"read_new in hub/api/refusals\.toml: run python -m tests\.refusals"):
        complete(more)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_route_says_what_it_takes_gives_and_refuses(document: Json, name: str) -> None:
    operation = dict(operations(document))[name]
    assert operation["summary"]
    assert operation["description"]
    answers = operation["responses"]
    good = [answer for status, answer in answers.items() if status.startswith("2")]
    assert good
    for answer in good:
        assert answer["description"] != "Successful Response"
        if not name.startswith("HEAD"):
            assert all(content["schema"] and content.get("example") for content in answer["content"].values())
    if name.startswith(("POST", "PUT /v1/parts", "PUT /v1/handlers")):
        assert all(content["schema"] and content["example"] for content in operation["requestBody"]["content"].values())
    for status, answer in answers.items():
        if status >= "4":
            assert_refusal(document, int(status), answer)
    assert "500" in answers
    assert ("401" in answers) == ({"signature": []} in operation.get("security", [])) == (name not in OPEN)
    assert ({} in operation.get("security", [])) == (name.partition(" ")[2].startswith("/fhir/") and name not in OPEN)


def assert_refusal(document: Json, status: int, answer: Json) -> None:
    """An answer with a status from 400 on: every code that it may have, in words, and an example of each."""
    assert answer["x-codes"] == sorted(answer["x-codes"])
    assert set(answer["content"]) <= {"application/problem+json", "application/fhir+json"}
    for code, reference in answer["content"].get("application/problem+json", {}).get("examples", {}).items():
        assert reference["$ref"] == f"#/components/examples/{code}"
        example = document["components"]["examples"][code]["value"]
        assert (example["status"], example["code"]) == (status, code)
        assert "{" not in example["title"]


def test_names_for_generated_clients(document: Json) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []
    tagged = {tag for _, operation in operations(document) for tag in operation["tags"]}
    assert tagged == {tag["name"] for tag in document["tags"]}
    assert all(tag["description"] for tag in document["tags"])


def test_every_answer_has_a_named_schema(document: Json) -> None:
    """JSON is always that of a model or of a published schema, never just an object."""
    for name, operation in operations(document):
        told = [*operation["responses"].values(), operation.get("requestBody", {})]
        for media, content in (each for answer in told for each in answer.get("content", {}).items()):
            schemas = content["schema"].get("anyOf", [content["schema"]])
            assert all("$ref" in schema for schema in schemas) == media.endswith("json"), (name, media)


def test_examples_answer_to_their_schemas(document: Json) -> None:
    """Statements in examples are shortened for reading; everything else is as it would be."""
    holding = Holding(document)
    for name, operation in operations(document):
        told = [*operation["responses"].values(), operation.get("requestBody", {})]
        for media, content in (each for answer in told for each in answer.get("content", {}).items()):
            if media.endswith("json") and "example" in content:
                holding.require(content["schema"], whole(content["example"]), name)
    for code, example in document["components"]["examples"].items():
        holding.require({"$ref": "#/components/schemas/Problem"}, example["value"], code)


def whole(example: Any) -> Any:
    """An example with a whole signature and payload in place of each shortened one, and records that have a case."""
    if isinstance(example, list):
        return [whole(item) for item in example]
    if not isinstance(example, dict):
        return example
    if set(example) == {"payload", "payloadType", "signatures"}:
        signature = {"alg": "ed25519", "keyid": DIGEST, "sig": "c2ln"}
        return {**example, "payload": "bnVsbA==", "payloadType": example["payloadType"], "signatures": [signature]}
    if example.get("schema") == "casehub/record/v1":
        return {"schema": "casehub/record/v1", "case": {"case_uid": CASE_UID}}
    return {name: whole(item) for name, item in example.items()}


def test_every_code_that_is_named_is_one_that_is_answered(document: Json) -> None:
    named = {
        code: status
        for _, operation in operations(document)
        for status, answer in operation["responses"].items()
        for code in re.findall(r"`([a-z-]+\.[a-zA-Z0-9-]+)`", answer["description"])
        if not status.startswith("2")
    }
    assert len(named) > 60
    for code, status in named.items():
        assert catalogue()[code].status == int(status), code


def test_its_references_lead_somewhere(document: Json) -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        found: Any = document
        for step in reference.split("/"):
            found = found[step]
        assert found


def test_a_problem_answers_to_its_schema(at: Stage, document: Json) -> None:
    schema = document["components"]["schemas"]["Problem"]
    body = at.raw("GET", "/v1/inbox").json()
    assert set(schema["required"]) <= set(body) <= set(schema["properties"])
    assert body["fault"] in schema["properties"]["fault"]["enum"]


def test_the_published_schemas_are_those_of_the_files(document: Json) -> None:
    """Nothing is told twice: what the files say is what stands in the document, with references by name."""
    found = document["components"]["schemas"]
    for kind in published.BODIES:
        file = schemas.schema(f"{kind}-v1.1")
        told = found[f"{kind[:1].upper()}{kind[1:]}"]
        assert (told["required"], set(told["properties"])) == (file["required"], set(file["properties"]))
        assert told["description"] == file["title"]
    assert found["SignedEnvelope"]["properties"]["payload"]["contentSchema"] == {
        "$ref": "#/components/schemas/Envelope"
    }


# --- the page ------------------------------------------------------------------------------------------------------


class Loads(HTMLParser):
    """What a browser would fetch for a page, and its inline scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.scripts = ""
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.urls += [str(named[name]) for name in ("src", "href", "action", "data") if named.get(name)]
        self._inside = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts += data


def fetched(at: Stage, path: str) -> httpx.Response:
    answer = at.raw("GET", path)
    assert answer.status_code == 200, path
    return answer


def test_the_page_loads_nothing_from_elsewhere(at: Stage) -> None:
    page = Loads(fetched(at, "/docs").text)
    assert len(page.urls) >= 3
    assert not [url for url in page.urls if re.match(r"(?i)([a-z]+:)?//", url)]
    assert not re.search(r"https?://", page.scripts)
    for url in page.urls:
        answer = fetched(at, url)
        assert answer.content
        if url.endswith(".css"):
            assert not re.search(r"""(?i)(@import|url\(\s*["']?\s*(https?:)?//)""", answer.text)
        if url.endswith(".js"):
            # Nothing that a browser runs when the page opens: no module imported, nothing injected or fetched by URL.
            loads = r"""(importScripts|\bimport|fetch|\.src\s*=|\.href\s*=)\s*\(?\s*["'`]https?://"""
            assert re.findall(loads, answer.text) == []


@pytest.mark.parametrize("path", ["/redoc", "/metrics", "/docs/", "/v2/transfers", "/v1/parts"])
def test_an_address_that_is_not_there(at: Stage, path: str) -> None:
    answer = at.raw("GET", path)
    assert answer.status_code in (404, 405, 307)
    if answer.status_code != 307:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_is_not_there(at: Stage) -> None:
    answer = at.raw("PATCH", "/v1/transfers")
    assert (answer.status_code, answer.json()["code"]) == (405, "http.method-not-allowed")
    assert at.raw("BREW", "/v1/transfers").status_code == 405
    metrics = Measured(at.here.hub).page().decode()
    assert 'method="(other)"' in metrics
    assert "BREW" not in metrics


def test_the_metrics_tell_of_the_log(at: Stage) -> None:
    at.here.hub.log.step()
    metrics = Measured(at.here.hub).page().decode()
    assert re.search(r"^casehub_log_size [1-9]", metrics, re.MULTILINE)
    assert "casehub_log_waiting 0.0" in metrics
    assert "casehub_log_alarm 0.0" in metrics


def test_it_is_ready_until_a_store_is_away(at: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at.raw("GET", "/healthz").json() == {"status": "ok"}
    assert at.raw("GET", "/readyz").json() == {"status": "ready"}

    def away() -> None:
        raise OSError

    monkeypatch.setattr(at.here.hub.blobs, "ping", away)
    monkeypatch.setattr(Looker, "problem", lambda looker: look(looker.hub))
    answer = at.raw("GET", "/readyz")
    assert (answer.status_code, answer.json()["code"], answer.json()["place"]) == (503, "hub.not-ready", "parts")
