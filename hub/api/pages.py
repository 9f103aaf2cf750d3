"""Operations that need no signature: health, readiness and the hub's identity."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import documented
from hub.api.models.service import Health, HubIdentity, Readiness
from hub.auth import hub_of
from hub.readiness import Looker

router = APIRouter(tags=["service"])


@router.get(
    "/healthz",
    summary="The process answers",
    **documented("check_health", gives=Health, answer={"status": "ok"}, told="It runs.", signed=False),
)
async def healthz() -> dict[str, str]:
    """200 while the process runs; nothing else is looked at."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="The hub can work",
    **documented("check_readiness", gives=Readiness, answer={"status": "ready"}, told="It can.", signed=False),
)
async def readyz(request: Request) -> dict[str, str]:
    """200 when clock, database and part store let the hub work, else 503 `hub.clock-behind`, or `hub.not-ready` naming
    the store that cannot be written to. Looked at anew at most every few seconds."""
    looker: Looker = request.app.state.readiness
    await run_in_threadpool(looker.require)
    return {"status": "ready"}


@router.get(
    "/v1/hub",
    summary="Who this hub is",
    **documented(
        "read_hub", gives=HubIdentity, answer=examples.HUB, told="Name, fingerprint, log, codebooks.", signed=False
    ),
)
async def identity(request: Request) -> dict[str, Any]:
    """Name, identity fingerprint and log of this hub. Adapters pin these at enrolment, never from here."""
    hub = hub_of(request)
    return {
        "name": hub.settings.name,
        "fingerprint": hub.keys.fingerprint,
        "log_origin": hub.settings.log_origin,
        "codebooks": {"id": hub.release.id, "digest": hub.release.digest},
    }
