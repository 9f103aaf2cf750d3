"""The hub's HTTP application. `create_app(home)` opens a hub; `casehub serve` runs it under uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hub import errors
from hub.access.summary import Summariser
from hub.api.document import described
from hub.observe import Observed
from hub.readiness import Looker
from hub.runtime import Hub, open_hub
from hub.supervision.sweep import Sweeper
from messages.problems import Problem


def create_app(home: Path | None = None, *, hub: Hub | None = None) -> FastAPI:
    """The application for the hub in `home`, or for a hub that is open already."""
    if hub is None:
        assert home is not None
        hub = open_hub(home)
    app = described(lifespan=_lifespan)
    app.state.hub = hub
    app.state.readiness = Looker(hub)
    app.add_exception_handler(Problem, errors.on_problem)
    app.add_exception_handler(HTTPException, errors.on_http_exception)
    app.add_exception_handler(RequestValidationError, errors.on_validation_error)
    app.add_middleware(Observed, hub=hub)
    return app


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the hub's HTTP operations; it needs no hub."""
    return described().openapi()


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
