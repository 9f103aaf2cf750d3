"""The codebooks as a FHIR R5 terminology service: CodeSystem, ConceptMap and their operations, in JSON.

Requests are signed like those under `/v1`, unless the operator opened the service to everybody on the network with the
setting `fhir_open` (docs/decisions/0034): it contains only code tables, no personal data. Errors are OperationOutcomes.
`GET /fhir/metadata` describes the service in FHIR's own form, the OpenAPI document in its own
(`hub.api.fhir_described`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from codebooks import Release
from hub.api.conditional import conditional
from hub.api.documented import FHIR as MEDIA_TYPE
from hub.api.documented import documented
from hub.api.fhir_described import operations
from hub.api.models.fhir import FhirCapabilityStatement
from hub.auth import authenticated, hub_of, read_limited, signed_json
from hub.errors import language, problem_body, waiting
from hub.reading import read_json
from hub.runtime import Hub
from hub.terminology.fhir import resources as fhir_resources
from hub.terminology.fhir import service as fhir_service
from hub.terminology.fhir.parameters import Given, Json
from messages.problems import Problem
from standards.times import day as as_of_day

router = APIRouter(prefix="/fhir", tags=["fhir"])

UNSIGNED = "(unsigned)"
"""On whose account bodies are that nobody signed."""
_JSON_FORMATS = ("", "json", "application/json", MEDIA_TYPE)
Operation = Callable[[Release, Given, date, str | None], Json]
OPERATIONS: dict[str, dict[str, Operation]] = {
    "CodeSystem": {
        "$lookup": fhir_service.lookup,
        "$validate-code": fhir_service.validate_code,
        "$subsumes": fhir_service.subsumes,
    },
    "ConceptMap": {"$translate": fhir_service.translate},
}


@router.get(
    "/metadata",
    summary="What the service can",
    response_class=Response,
    **documented(
        "fhir_read_metadata",
        gives=FhirCapabilityStatement,
        answer=fhir_resources.capability_statement("https://hub.example/fhir", date(2026, 11, 22)),
        told="What it can, as FHIR tells it.",
        media_type=MEDIA_TYPE,
        signed=False,
        parameters=[
            {"name": "mode", "in": "query", "required": False, "schema": {"type": "string", "enum": ["terminology"]}}
        ],
    ),
)
async def metadata(request: Request) -> Response:
    """CapabilityStatement, or with `mode=terminology` TerminologyCapabilities. Open to all, as FHIR asks."""
    hub = hub_of(request)
    base = f"{hub.settings.public_url.rstrip('/')}/fhir"
    if request.query_params.get("mode") == "terminology":
        body = fhir_resources.terminology_capabilities(hub.release, base, as_of_day(hub.clock()))
    else:
        body = fhir_resources.capability_statement(base, as_of_day(hub.clock()))
    return Response(json.dumps(body, ensure_ascii=False), media_type=MEDIA_TYPE)


async def served(request: Request) -> Response:
    """One of the operations that the document names."""
    return await answer(request, request.scope["path"].removeprefix("/fhir/"))


for _each in operations():
    router.add_api_route(
        _each.path,
        served,
        methods=[_each.method],
        summary=_each.summary,
        description=_each.description,
        response_class=Response,
        **_each.told,
    )


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def answer(request: Request, path: str) -> Response:
    """Everything else: read, search and operations on CodeSystem and ConceptMap."""
    try:
        return await _answer(request, path.strip("/").split("/"))
    except Problem as problem:
        return refused(request, problem)


def refused(request: Request, problem: Problem) -> Response:
    """The problem as an OperationOutcome."""
    lang = language(request)
    said = problem_body(problem, lang, getattr(request.state, "request_id", ""))
    body = fhir_resources.outcome(problem, said["status"], said["title"], said["remedy"])
    content = json.dumps(body, ensure_ascii=False)
    return Response(content, status_code=said["status"], media_type=MEDIA_TYPE, headers=waiting(problem))


async def _answer(request: Request, steps: list[str]) -> Response:
    hub = hub_of(request)
    if request.method not in ("GET", "POST"):
        raise Problem("fhir.not-supported", request.method)
    body = await _body(request, hub)
    if request.query_params.get("_format", "") not in _JSON_FORMATS:
        raise Problem("fhir.format", "_format")
    make = _work(request, hub, steps, body)
    if request.method == "POST":
        made = await run_in_threadpool(make)
        return Response(json.dumps(made, ensure_ascii=False), media_type=MEDIA_TYPE)
    follows_from = (hub.release.digest, as_of_day(hub.clock()).isoformat())
    return await conditional(request, follows_from, make, MEDIA_TYPE)


async def _body(request: Request, hub: Hub) -> Any:
    """Who may ask is settled here, before anything is read: signed, or open by the operator's word."""
    unsigned = hub.settings.fhir_open and "signature-input" not in request.headers
    if request.method == "GET":
        if not unsigned:
            await authenticated(request)
        return None
    if unsigned:
        return await run_in_threadpool(read_json, await read_limited(request, UNSIGNED))
    return (await signed_json(request))[1]


def _work(request: Request, hub: Hub, steps: list[str], body: Any) -> Callable[[], Json]:
    """What the path asks for. Raises `fhir.not-found` for what there is not."""
    release, today = hub.release, as_of_day(hub.clock())
    kind, operation = steps[0], steps[-1] if steps[-1].startswith("$") else ""
    if kind not in OPERATIONS or len(steps) > (3 if operation else 2):
        raise Problem("fhir.not-found", "/".join(steps))
    name = steps[1] if len(steps) > 1 and steps[1] != operation else None
    if operation:
        do = OPERATIONS[kind].get(operation)
        if do is None:
            raise Problem("fhir.not-supported", operation)
        given = Given.of_query(request.query_params.multi_items()) if body is None else Given.of_resource(body)
        if name is not None:
            fhir_resources.require(release, kind, name)
        return lambda: do(release, given, today, name)
    if request.method == "POST":
        raise Problem("fhir.not-supported", "/".join(steps))
    if name is not None:
        return lambda: fhir_resources.read(release, kind, name, today)
    base = f"{hub.settings.public_url.rstrip('/')}/fhir"
    return lambda: fhir_resources.search(release, kind, request.query_params.multi_items(), base, today)
