"""`/metrics`, on an address of its own: what only the operator's monitoring may see, and pay for.

What the database must be asked for is asked at most every `MEASURE_SECONDS`, however often the page is read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.log import proofs, stamps, witnessed
from hub.runtime import Hub
from hub.store import marks
from messages.problems import Problem

MEASURE_SECONDS: Final = 15.0
"""Prometheus asks every 15 to 60 seconds."""


class Measured:
    """The metrics page of one hub."""

    def __init__(self, hub: Hub, now: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._now = hub, now
        self._lock = threading.Lock()
        self._next = 0.0

    def page(self) -> bytes:
        """Counters, gauges and histograms as Prometheus reads them. A database that is away leaves the log's as is."""
        with self._lock:
            if self._now() >= self._next:
                self._next = self._now() + MEASURE_SECONDS
                with suppress(Problem):
                    _measure_log(self._hub)
        return generate_latest(self._hub.metrics.registry)


def metrics_app(hub: Hub) -> Starlette:
    """The ASGI application that answers `GET /metrics` and nothing else."""
    measured = Measured(hub)

    async def metrics(request: Request) -> Response:
        return Response(await run_in_threadpool(measured.page), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics)])


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
