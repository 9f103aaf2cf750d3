"""An in-process transport: the adapter talks to an ASGI application without a socket.

`httpx.Client` is synchronous and `httpx.ASGITransport` is not; this bridge runs the application, its lifespan included,
on an event loop in a thread of its own. It is shipped for tests and for trying things out in one process; bodies are
held whole in memory, so it is not meant for large dossiers.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any

import httpx


class InProcessTransport(httpx.BaseTransport):
    """Sends requests to the ASGI application `app`.

    Start-up runs in the constructor, shut-down in `close`. May be used from several threads at once.
    """

    def __init__(self, app: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="in-process hub", daemon=True)
        self._thread.start()
        self._app = app
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._to_app: asyncio.Queue[dict[str, Any]] | None = None
        self._started = threading.Event()
        self._stopped = threading.Event()
        self._failure = ""
        asyncio.run_coroutine_threadsafe(self._lifespan(), self._loop)
        self._started.wait(30)
        if self._failure:
            raise RuntimeError(self._failure)

    async def _lifespan(self) -> None:
        self._to_app = asyncio.Queue()
        await self._to_app.put({"type": "lifespan.startup"})

        async def send(message: dict[str, Any]) -> None:
            if message["type"].endswith(".failed"):
                self._failure = str(message.get("message", "start-up failed"))
            if message["type"].startswith("lifespan.startup"):
                self._started.set()

        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._to_app.get, send)
        finally:
            self._started.set()
            self._stopped.set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; the response's body is complete when this returns."""
        body = request.read()
        return asyncio.run_coroutine_threadsafe(self._answer(request, body), self._loop).result()

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        inner = httpx.Request(
            request.method, request.url, headers=request.headers, content=body, extensions=request.extensions
        )
        answer = await self._inner.handle_async_request(inner)
        content = b"".join([chunk async for chunk in answer.aiter_raw()])  # still encoded, as the headers say
        await answer.aclose()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def close(self) -> None:
        """Shut the application down and stop the loop. A second call does nothing."""
        if self._loop.is_closed():
            return
        if self._to_app is not None:
            asyncio.run_coroutine_threadsafe(self._to_app.put({"type": "lifespan.shutdown"}), self._loop).result()
            self._stopped.wait(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()
