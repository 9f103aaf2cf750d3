"""One HTTP connection within bounds: uvicorn's protocol, which sees no byte that goes beyond them.

What is bounded: size, fields and time of a request's head; rate of its body; what its chunks may cost beyond the body;
requests that wait behind the first; a body that nobody wants any more; an answer that nobody takes. `look` is called
about once a second for what is late. A request that is refused here is answered with a problem document (RFC 9457) if
no answer has begun, and its connection ends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from messages import message
from messages.problems import Problem
from messages.rendering import problem_document
from serving.limits import Limits
from serving.places import Place

HEAD_TOO_LARGE: Final = "http.head-too-large"
TOO_SLOW: Final = "http.too-slow"
MALFORMED: Final = "http.malformed"
IN_HEAD: Final = 8 * 1024
IN_BODY: Final = 64 * 1024
"""Bytes that the parser is given before the bounds are looked at again."""

Counted = Callable[[str], None]


class GuardedProtocol(HttpToolsProtocol):
    """One connection and its place. `counted` is called with the code of what was refused."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        place: Place,
        limits: Limits,
        counted: Counted,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.place, self._limits, self._counted = place, limits, counted
        self._refused: str | None = None
        self._ends_at: float | None = None
        self._drain_left: int | None = None
        self._in_body = False
        self._head_since: float | None = None
        self._head_raw = self._head_bytes = self._head_fields = 0
        self._raw = self._body = 0
        self._waited = self._stalled = 0.0
        self._unsent = 0
        self._beyond = self._moved = False

    # --- the connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The place is served from now on."""
        super().connection_made(transport)
        self.place.drop, self.place.signed = transport.abort, self._signed
        self._head_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """The place is free."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.place.leave()

    def _signed(self) -> bool:
        return self.scope is not None and bool(self.scope.get("state", {}).get("agency"))

    def data_received(self, data: bytes) -> None:
        """Give the parser what arrived, piece by piece, as long as it stays within bounds."""
        self._unset_keepalive_if_required()
        if self._head_since is None and not self._in_body:
            self._head_since = self.loop.time()
        start = 0
        while start < len(data) and self._refused is None and not self.transport.is_closing():
            piece = data[start : start + (IN_BODY if self._in_body else IN_HEAD)]
            start += len(piece)
            self._feed(piece)
        if self._drain_left is not None:
            self._throw_away(len(data))

    def _feed(self, piece: bytes) -> None:
        in_body = self._in_body
        if in_body:
            self._raw += len(piece)
        else:
            self._head_raw += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # nothing is upgraded here; the request is answered as it stands
        except httptools.HttpParserError:
            self._refuse(HEAD_TOO_LARGE if self._beyond else MALFORMED)
            return
        if self._refused is None and not in_body and not self._in_body and self._head_raw > self._limits.head_bytes:
            self._refuse(HEAD_TOO_LARGE)
        if self._in_body and self._raw - self._body > self._limits.chunk_overhead + self._body // 16:
            self._refuse(MALFORMED)
        if len(self.pipeline) > self._limits.pipelined:
            self._refuse(MALFORMED)

    # --- what the parser finds ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
        self._head_bytes = self._head_fields = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request line."""
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field. What stands behind the body (trailers) is nobody's business."""
        if self._in_body:
            return
        super().on_header(name, value)
        self._head_fields += 1
        self._count_head(len(name) + len(value) + 4)

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self._limits.head_bytes or self._head_fields > self._limits.head_fields:
            self._beyond = True
            raise _BeyondError

    def on_headers_complete(self) -> None:
        """The request is served."""
        self._in_body = True
        self._head_since, self._head_raw = None, 0
        self._raw = self._body = 0
        self._waited = 0.0
        self.place.busy = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has arrived whole."""
        self._in_body = False
        super().on_message_complete()
        if self._drain_left is not None:  # it was answered before, and nothing more of it comes
            self._drain_left = self._ends_at = None
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """The request is answered; what still comes of its body is thrown away."""
        super().on_response_complete()
        now = self.loop.time()
        if not self.cycle.response_complete:  # a further request waited, and is served now
            return
        self.place.busy, self.place.since = False, now
        if self._in_body and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._drain_left, self._ends_at = self._limits.drain_bytes, now + self._limits.drain_seconds

    def resume_writing(self) -> None:
        """The peer took what waited for it."""
        self._moved = True
        super().resume_writing()

    # --- what goes beyond ---------------------------------------------------------------------------------------------

    def _throw_away(self, size: int) -> None:
        assert self._drain_left is not None
        self._drain_left -= size
        if self._drain_left < 0:
            self._end(MALFORMED)
        elif not self.flow.read_paused:
            self.flow.pause_reading()
            self.loop.call_later(self._limits.drain_pause, self._read_on)

    def _read_on(self) -> None:
        if self._refused is None and not self.transport.is_closing():
            self.flow.resume_reading()

    def look(self, elapsed: float) -> None:
        """End what is late; called about every second, `elapsed` seconds after the last time."""
        now = self.loop.time()
        if self._ends_at is not None and now >= self._ends_at:
            self._end(None if self._refused else TOO_SLOW)
        elif self._head_since is not None and now - self._head_since > self._limits.head_seconds:
            self._refuse(TOO_SLOW)
        elif self._body_is_late(elapsed) or self._answer_is_late(elapsed):
            self._end(TOO_SLOW)

    def _body_is_late(self, elapsed: float) -> bool:
        if not self._in_body or self._drain_left is not None or self.flow.read_paused:
            return False
        self._waited += elapsed
        return self._waited > self._limits.body_seconds + self._body / self._limits.body_rate

    def _answer_is_late(self, elapsed: float) -> bool:
        unsent = self.transport.get_write_buffer_size()
        moved = unsent == 0 or unsent < self._unsent or self._moved
        self._unsent, self._moved = unsent, False
        self._stalled = 0.0 if moved else self._stalled + elapsed
        return self._stalled > self._limits.answer_seconds

    def _end(self, code: str | None) -> None:
        """End the connection at once."""
        if code is not None:
            self._counted(code)
        self.transport.abort()

    def _refuse(self, code: str) -> None:
        """Say why, read nothing more, and end the connection a little later."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self._refused is not None:
            self._end(code)
            return
        self._counted(code)
        self._refused, self._head_since = code, None
        self._ends_at = self.loop.time() + self._limits.farewell_seconds
        self.flow.pause_reading()
        self.transport.write(_answer(code, self._limits))


class _BeyondError(Exception):
    """Ends the parser in the middle of a head that is beyond its bounds."""


def _answer(code: str, limits: Limits) -> bytes:
    problem = Problem(code, limit=limits.head_bytes, fields=limits.head_fields)
    status = HTTPStatus(message(code).status)
    body = json.dumps(problem_document(problem, "zh", ""), ensure_ascii=False).encode("utf-8")
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
