"""The hub's HTTP application. `create_app(home)` opens a hub; `casehub serve` runs it under uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from hub import errors
from hub.access.summary import Summariser
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
from hub.api.documented import complete
from hub.observe import Observed
from hub.runtime import Hub, open_hub
from hub.supervision.sweep import Sweeper
from messages.problems import Problem

DESCRIPTION = """
跨部门刑事案件协同中心平台。The central platform on which police, procuratorates and courts exchange criminal cases.

Requests under `/v1` are signed with the agency's identity key (RFC 9421): `@method`, `@target-uri`, `content-digest`
and, when present, `casehub-handler`, with `created`, `keyid`, `nonce`, `alg="ed25519"`, `tag="casehub"`.
Errors are RFC 9457 problem documents with a stable `code`, whose `fault` it is, the `place` and a `remedy`.
Formats: docs/protocol.md.
"""

_STANDARDS = (codebooks, codebook_releases, codebook_drafts, fhir, identities, supervision)


def create_app(home: Path | None = None, *, hub: Hub | None = None) -> FastAPI:
    """The application for the hub in `home`, or for a hub that is open already."""
    if hub is None:
        assert home is not None
        hub = open_hub(home)
    app = FastAPIOffline(
        title="Casehub",
        version="1",
        description=DESCRIPTION,
        docs_url="/docs",
        redoc_url=None,
        lifespan=_lifespan,
        favicon_url="/static-offline-docs/favicon.png",
    )
    app.state.hub = hub
    app.add_exception_handler(Problem, errors.on_problem)
    app.add_exception_handler(HTTPException, errors.on_http_exception)
    app.add_exception_handler(RequestValidationError, errors.on_validation_error)
    app.add_middleware(Observed, hub=hub)
    for module in (pages, parts, transfers, inbox, cases, directory, reconcile, log, *_STANDARDS):
        app.include_router(module.router)
    described = app.openapi
    app.openapi = lambda: complete(described())  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    hub: Hub = app.state.hub
    hub.start()
    background = (Sweeper(hub, hub.settings.sweep_interval_seconds), Summariser(hub))
    for thread in background:
        thread.start()
    try:
        yield
    finally:
        for thread in background:
            thread.stop()
        hub.stop()
