"""The complete OpenAPI document: routes, the schemas to which they refer, tags and security."""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from starlette.types import Lifespan

from digests import Digest
from hub.api import (
    cases,
    codebook_drafts,
    codebook_releases,
    codebooks,
    directory,
    fhir,
    identities,
    inbox,
    log,
    pages,
    parts,
    reconcile,
    supervision,
    transfers,
)
from hub.api.conditional import conditional, encoded
from hub.api.documented import SCHEME, Json, problem_examples, require_refusals
from hub.api.models.components import wanted

_EXCHANGE = (pages, parts, transfers, inbox, cases, directory, reconcile, log)
_STANDARDS = (codebooks, codebook_releases, codebook_drafts, fhir, identities, supervision)
ROUTERS: Final = tuple(module.router for module in (*_EXCHANGE, *_STANDARDS))
"""All operations, in the order of the document."""
TITLE: Final = "Casehub"
VERSION: Final = "1"
DESCRIPTION: Final = """
跨部门刑事案件协同中心平台。The central platform on which police, procuratorates and courts exchange criminal cases.

Requests under `/v1` are signed with the agency's identity key (RFC 9421): `@method`, `@target-uri`, `content-digest`
and, when present, `casehub-handler`, with `created`, `keyid`, `nonce`, `alg="ed25519"`, `tag="casehub"`.
Errors are RFC 9457 problem documents with a stable `code`, whose fault it is, the `place` and a `remedy`.
Formats: docs/protocol.md.
"""
TAGS: Final[list[Json]] = [
    {"name": "service", "description": "Health and who this hub is; unsigned."},
    {"name": "parts", "description": "Pieces of sealed volumes (密文分段), by the SHA-256 of their ciphertext."},
    {"name": "transfers", "description": "Transfers (流转): submit, read, acknowledge; their marks and proofs."},
    {"name": "inbox", "description": "What was offered to the caller's agency, numbered without gaps."},
    {"name": "cases", "description": "Cases (案件) as their parties see them, handlers (承办人) and their grants."},
    {"name": "directory", "description": "Enrolled agencies and their signed key statements."},
    {"name": "reconcile", "description": "One agency's day as the hub has it (对账)."},
    {"name": "log", "description": "The transparency log (留痕日志): checkpoints, cosignatures, tiles and proofs."},
    {"name": "codebooks", "description": "Code tables and crosswalks (码表与对照), and their releases."},
    {"name": "codebook-drafts", "description": "Drafts of codebooks, for agencies that maintain the standards."},
    {"name": "fhir", "description": "The same codebooks as a FHIR R5 terminology service."},
    {"name": "identities", "description": "Which numbers are one person or one case (人员、案件标识对照)."},
    {"name": "supervision", "description": "Findings (预警) and statutory terms (期限) of cases."},
]
"""The tags of the routes, in the order of the document."""
SECURITY: Final[Json] = {
    SCHEME: {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "An HTTP message signature (RFC 9421) by the agency's Ed25519 identity key, with the headers "
        "Signature-Input and Content-Digest (RFC 9530). OpenAPI has no scheme for it: a client signs each request as "
        "it is sent, over the components named at the head of this document (docs/protocol.md, chapter 15).",
    }
}


def described(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application without a hub: its operations, and their document, which nothing behind them shapes."""
    app = FastAPIOffline(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        docs_url="/docs",
        redoc_url=None,
        lifespan=lifespan,
        favicon_url="/static-offline-docs/favicon.png",
    )
    for router in ROUTERS:
        app.include_router(router)
    made = app.openapi
    app.openapi = cache(lambda: complete(made()))  # type: ignore[method-assign]
    _serve_rendered(app)
    return app


def _serve_rendered(app: FastAPI) -> None:
    """The document as bytes that were made once: FastAPI would render a megabyte at each call of whoever comes by."""
    making = threading.Lock()

    @cache
    def rendered() -> tuple[bytes, str]:
        body = encoded(app.openapi())
        return body, Digest.of(body).hex

    def once() -> tuple[bytes, str]:
        with making:
            return rendered()

    async def document(request: Request) -> Response:
        body, tag = await run_in_threadpool(once)
        return await conditional(request, (tag,), lambda: body)

    path = app.openapi_url
    assert path is not None
    app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", None) != path]
    app.add_route(path, document, include_in_schema=False)


def complete(document: Json) -> Json:
    """The document that FastAPI made of the routes, with what it lacks and without what it adds of itself.

    Raises `LookupError` for an operation whose problem codes were not collected yet.
    """
    require_refusals(
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    )
    for route in (route for router in ROUTERS for route in router.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _say(document["paths"][route.path_format][method.lower()], route.openapi_extra or {})
    document["tags"] = TAGS
    schemas = wanted(document)
    document["components"] = {"schemas": schemas, "examples": problem_examples(), "securitySchemes": SECURITY}
    return document


def _say(operation: Json, told: Json) -> None:
    """Answers and body exactly as the route tells them: FastAPI mixes its own schemas in, leaves nulls out of examples,
    and adds the form in which it would refuse parameters itself."""
    answers = {status: answer for status, answer in operation["responses"].items() if "x-codes" in answer}
    operation["responses"] = dict(sorted((answers | told["responses"]).items()))
    if "requestBody" in told:
        operation["requestBody"] = told["requestBody"]
    if not operation["parameters"]:
        del operation["parameters"]
