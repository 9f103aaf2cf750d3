"""Operations that need no signature: health, readiness, metrics and the hub's identity."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import documented
from hub.api.models.service import Health, HubIdentity, Readiness
from hub.auth import hub_of
from hub.log import proofs, stamps, witnessed
from hub.runtime import Hub
from hub.store import marks
from messages.problems import Problem

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
    summary="The stores answer",
    **documented("check_readiness", gives=Readiness, answer={"status": "ready"}, told="They do.", signed=False),
)
async def readyz(request: Request) -> dict[str, str]:
    """200 when database and part store answer, else 503 `hub.not-ready` naming the one that does not."""
    hub = hub_of(request)
    for name, check in (("database", hub.database.ping), ("parts", hub.blobs.ping)):
        try:
            await run_in_threadpool(check)
        except Exception as error:
            raise Problem("hub.not-ready", name, store=name) from error
    return {"status": "ready"}


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    **documented("read_metrics", answer=examples.METRICS, media_type="text/plain", told="The metrics.", signed=False),
)
async def metrics(request: Request) -> Response:
    """Counters, gauges and histograms in the Prometheus text format. A database that is away leaves the log's as is."""
    hub = hub_of(request)
    with suppress(Problem):
        await run_in_threadpool(_measure_log, hub)
    return Response(generate_latest(hub.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _measure_log(hub: Hub) -> None:
    with hub.database.transaction(write=False) as connection:
        newest = proofs.latest(connection)
        waiting = marks.waiting(connection)
        stamp = stamps.latest(connection)
        standing = witnessed.standing(connection, hub.witness_desk.policy(), hub.settings.witnesses, hub.clock())
    hub.metrics.witnessed_lag.set(standing.policy.lag)
    hub.metrics.log_size.set(0 if newest is None else newest.size)
    hub.metrics.log_waiting.set(waiting)
    hub.metrics.log_alarm.set(hub.log.alarm is not None)
    hub.metrics.time_stamp_age.set(-1 if stamp is None else stamp.age(hub.clock()))


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
