"""One request id for each request, its metrics, and a log line for each that was signed.

A plain ASGI wrapper: streams pass untouched.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog
from starlette.requests import ClientDisconnect, Request

from evidence.identifiers import timestamp, uuid7
from hub import errors
from hub.logging import logger
from messages.problems import Problem

METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"})
FAULTS: Final = 500
"""From this status on, an answer tells of a fault of the hub and is logged, whoever asked."""
CLIENT_GONE: Final = 499
"""What the log and the metrics say of a request whose sender left before its end; nobody receives it."""

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hub.runtime import Hub


class Observed:
    """ASGI middleware that numbers, times and logs requests and turns an unexpected error into a problem document."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid7()
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                now = timestamp(self._hub.clock())
                told = [(b"x-request-id", request_id.encode()), (b"casehub-time", now.encode("ascii"))]
                if newest := self._hub.releases.told:  # adapters fetch it when they lack it
                    told.append((b"casehub-codebooks", newest.encode("ascii")))
                message["headers"] = [*message.get("headers", []), *told]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:  # killed or cut off while it was sending; it will send again
            status = CLIENT_GONE
        except Exception as error:  # the last resort: say so with the request id, and keep serving
            logger().exception("request failed", error=type(error).__name__)
            if status:
                raise
            await errors.respond(Request(scope), Problem("hub.internal"))(scope, receive, sending)
        finally:
            for agency, size in scope["state"].get("held", ()):
                self._hub.quotas.let_go(agency, size)
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, elapsed: float) -> None:
        route = getattr(scope.get("route"), "path", "(none)")
        method = scope["method"] if scope["method"] in METHODS else "(other)"  # callers must not make up labels
        self._hub.metrics.requests.labels(method, route, status).inc()
        self._hub.metrics.seconds.labels(method, route).observe(elapsed)
        agency = scope["state"].get("agency")
        if agency is None and status < FAULTS:  # anybody can send these: a line each would fill the disk
            self._hub.noise.answered(method, route, status)
            return
        logger().info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(elapsed * 1000, 1),
            agency=agency,
        )
