"""The line between adapters and a hub in one process, and what may go wrong on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

Send = Callable[[], httpx.Response]
Rule = Callable[[httpx.Request, Send], httpx.Response]


@dataclass
class Wire(httpx.BaseTransport):
    """A line to the hub. A test may put a `rule` between: to fail, to lose an answer, to change one, to look on."""

    inner: httpx.BaseTransport
    rule: Rule | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((request.method, request.url.raw_path.decode()))
        if self.rule is not None:
            return self.rule(request, lambda: self.inner.handle_request(request))
        return self.inner.handle_request(request)

    def close(self) -> None:
        """The line outlives the adapters that share it."""

    @contextmanager
    def under(self, rule: Rule) -> Iterator[None]:
        """Apply `rule` to every request inside."""
        self.rule = rule
        try:
            yield
        finally:
            self.rule = None


def cut(_request: httpx.Request, _send: Send) -> httpx.Response:
    """The hub cannot be reached."""
    text = "the line is cut"
    raise httpx.ConnectError(text)


def caught(kept: list[bytes]) -> Rule:
    """Submissions never arrive; their bytes are put into `kept`."""

    def rule(request: httpx.Request, send: Send) -> httpx.Response:
        if (request.method, request.url.path) != ("POST", "/v1/transfers"):
            return send()
        kept.append(request.read())
        return cut(request, send)

    return rule


def lost_answer(method: str, path: str, *, times: int | None = None, statuses: list[int] | None = None) -> Rule:
    """The hub takes the request, and its answer never arrives: each time, or so many `times`.

    `statuses` is told what the hub answered each time, arrived or not.
    """
    told = [] if statuses is None else statuses

    def rule(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        if (request.method, request.url.path) == (method, path):
            told.append(answer.status_code)
            if times is None or len(told) <= times:
                text = "the answer is lost"
                raise httpx.ReadError(text)
        return answer

    return rule


def answered(path: str, change: Callable[[dict[str, Any]], None]) -> Rule:
    """Whoever asks for `path` gets an answer that was changed on the way."""

    def rule(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        if request.url.path != path or not answer.is_success:
            return answer
        body = json.loads(answer.content)
        change(body)
        return httpx.Response(answer.status_code, json=body)

    return rule


def log_of(other: httpx.BaseTransport) -> Rule:
    """Whoever asks for the log is shown another hub's; all else goes its way."""

    def rule(request: httpx.Request, send: Send) -> httpx.Response:
        return other.handle_request(request) if request.url.path.startswith("/log/") else send()

    return rule
