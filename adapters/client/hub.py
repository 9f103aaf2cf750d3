"""The adapter's side of the hub's HTTP interface.

Every request under /v1 and /log is signed with the agency's identity key (RFC 9421, `evidence.requests`). All writes of
the protocol are idempotent, so a request whose response was lost is sent again with a new signature.

There are three results: the response; a `Problem` with the hub's code, place and parameters; or `HubAway`, if the hub
cannot be reached or does not work after several attempts with growing pauses, or something else answered in its place.
Every response comes in through `client.door`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from adapters.client import door
from adapters.client.answers import MissingParts, StoredPart
from adapters.client.door import Shape, sound
from adapters.client.hubtime import HubTime
from adapters.client.refusals import KEY_NOT_VALID, HubAway, Refused
from adapters.keys.keyring import Keyring
from adapters.limits import DEFAULT, Limits
from digests import Digest
from evidence.canonical import digest
from evidence.keys import SigningKey
from evidence.requests import HANDLER_HEADER, content_digest_of, fresh_nonce, sign_request
from messages.problems import Problem

EMPTY = digest(b"")
PIECE = 1 << 20
RETRIED = frozenset({429, 500, 502, 503, 504})
CODEBOOKS_HEADER = "Casehub-Codebooks"
LOST = "part.lost"
"""The hub's store lost a part: a failure of the hub, but it works, and asking again does not help."""


class Slices:
    """Bytes that go out in pieces of 1 MiB without being copied whole; may be sent again from the start."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._data), PIECE):
            yield bytes(self._data[start : start + PIECE])


class HubClient:
    """Signed requests to one hub. May be used from several threads at once."""

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        clock: Callable[[], datetime],
        *,
        transport: httpx.BaseTransport | None = None,
        limits: Limits = DEFAULT,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._keyring = keyring
        self._clock = clock
        self._pause = pause
        self.limits = limits
        self.time = HubTime(clock)
        """The hub's time, as its answers tell it."""
        self.newest_codebooks: str | None = None
        """The codebook release that the hub's last answer named; a hint, checked when it is fetched."""
        self.refused_codebooks: set[str] = set()
        """Newest releases of a list that gives a number twice: an alarm once, not at every contact."""
        self._http = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=60),
            # Nothing packed: a small answer must not become a large one here.
            headers={"User-Agent": "casehub-adapter/1", "Accept": "application/json", "Accept-Encoding": "identity"},
            trust_env=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Slices | None = None,
        content_digest: str = EMPTY,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        handler: str | None = None,
        extra_wait: float = 0.0,
        attempts: int | None = None,
        patience: float | None = None,
        most: int | None = None,
    ) -> httpx.Response:
        """Send one request and return the answer with a 2xx status.

        `content_digest` is the digest of `body`, which the caller has computed anyway. `attempts`, `patience` (seconds)
        and `most` (bytes of the answer) stand for those of the limits. Raises `Refused`, `HubAway`, and
        `adapter.bad-answer` for an answer beyond its limit.
        """
        away, asked = HubAway("adapter.hub-away", self._url), 0.0
        read_timeout = self.limits.read_timeout + extra_wait if patience is None else patience
        for attempt in range(attempts or self.limits.attempts):
            if attempt:
                self._pause(max(asked, min(self.limits.backoff * 2 ** (attempt - 1), self.limits.backoff_max)))
            request = self._http.build_request(
                method,
                self._url + path,
                params=dict(query) if query else None,
                content=body,
                headers=dict(headers or {}),
                timeout=httpx.Timeout(read_timeout, connect=self.limits.connect_timeout),
            )
            key = self._keyring.signer(self.time.now())
            try:
                signed = self._signed(request, content_digest, handler, key)
                answer = self._answer(signed, most or self.limits.list_bytes)
            except httpx.RequestError as error:
                away = HubAway("adapter.hub-away", self._url, reason=type(error).__name__)
                continue
            self.newest_codebooks = answer.headers.get(CODEBOOKS_HEADER, self.newest_codebooks)
            self.time.heard(answer.headers)
            if answer.is_success:
                return answer
            asked = retry_after(answer)
            try:
                away = self._refused(answer)
            except Refused as refused:
                other = self._keyring.signer(self.time.now()) is not key
                if other and (refused.code, refused.place) == (KEY_NOT_VALID, ""):
                    continue  # now that the hub's time is known, another of our keys is the one that counts
                raise
            if answer.status_code not in RETRIED or away.code == LOST or asked > self.limits.retry_after:
                break
        raise away

    def _answer(self, request: httpx.Request, most: int) -> httpx.Response:
        with closing(self._http.send(request, stream=True)) as answer:
            limit = most if answer.is_success else min(most, self.limits.refusal_bytes)
            return door.whole(answer, min(limit, self.limits.answer_bytes), self.limits.answer_seconds)

    def _refused(self, answer: httpx.Response) -> HubAway:
        """What an answer without success means: a refusal is raised; anything else is a hub that is away."""
        problem = door.problem_of(answer, self.limits)
        if problem is None:
            place, status = str(answer.request.url.path), answer.status_code
            return HubAway("adapter.hub-answer", place, answered=True, status=status)
        if answer.status_code < 500 and answer.status_code not in RETRIED:
            raise Refused(problem, answer.status_code)
        return HubAway(problem.code, problem.place, answered=True, **problem.params)

    def _signed(
        self, request: httpx.Request, content_digest: str, handler: str | None, key: SigningKey
    ) -> httpx.Request:
        if handler:
            request.headers[HANDLER_HEADER] = handler
        signed = sign_request(
            request.method,
            str(request.url),
            dict(request.headers),
            content_digest_of(Digest.parse(content_digest)),
            key,
            self._clock(),
            fresh_nonce(),
        )
        request.headers.update(signed)
        return request

    def get(self, path: str, *, handler: str | None = None, extra_wait: float = 0.0, **query: str) -> Any:
        """GET a JSON document whose form the caller looks at. The adapter itself asks by type: `ask`."""
        return self._json(self.request("GET", path, query=query, handler=handler, extra_wait=extra_wait))

    def ask(
        self,
        shape: type[Shape],
        path: str,
        *,
        handler: str | None = None,
        extra_wait: float = 0.0,
        most: int | None = None,
        **query: str,
    ) -> Shape:
        """GET an answer of this type. Raises `adapter.bad-answer` for one of another form."""
        answer = self.request("GET", path, query=query, handler=handler, extra_wait=extra_wait, most=most)
        return door.typed(shape, self._json(answer), path)

    def submit(
        self, shape: type[Shape], method: str, path: str, document: Any = None, *, handler: str | None = None
    ) -> Shape:
        """Send a JSON document, or nothing; the answer is of this type. Raises `adapter.bad-answer`."""
        body = None if document is None else encode(document)
        return self.read(shape, self.send_bytes(method, path, body, handler=handler))

    def send(self, method: str, path: str, document: Any = None, *, handler: str | None = None) -> Any:
        """Send a JSON document, or nothing; returns the JSON answer, `None` for an empty one. See `submit`."""
        body = None if document is None else encode(document)
        answer = self.send_bytes(method, path, body, handler=handler)
        return self._json(answer) if answer.content else None

    def read(self, shape: type[Shape], answer: httpx.Response) -> Shape:
        """The JSON of an answer as its type. Raises `adapter.bad-answer`."""
        return door.typed(shape, self._json(answer), str(answer.request.url.path))

    def _json(self, answer: httpx.Response) -> Any:
        return door.read_json(answer.content, str(answer.request.url.path), self.limits)

    def send_bytes(self, method: str, path: str, body: bytes | None, *, handler: str | None = None) -> httpx.Response:
        """Send exactly these bytes as JSON. The answer may hold a record, as what was sent may."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        return self.request(
            method,
            path,
            body=body,
            content_digest=digest(body or b""),
            headers=headers,
            handler=handler,
            most=self.limits.answer_bytes,
        )

    def put_part(self, part: str, data: memoryview) -> None:
        """Store a part under its digest, which is the SHA-256 of `data`; storing it again is fine.

        Raises `adapter.bad-answer` unless the hub says that it holds this part.
        """
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(len(data))}
        path = f"/v1/parts/{part}"
        answer = self.request("PUT", path, body=Slices(data), content_digest=part, headers=headers)
        if self.read(StoredPart, answer).digest != part:
            door.bad(path, "digest")

    def missing_parts(self, parts: list[str]) -> frozenset[str]:
        """Those of `parts` that the hub lacks. The hub holds the others for us for a while."""
        missing: set[str] = set()
        for start in range(0, len(parts), 1000):
            asked = {"digests": parts[start : start + 1000]}
            missing.update(self.submit(MissingParts, "POST", "/v1/parts/missing", asked).missing)
        return frozenset(missing)

    def get_part(self, part: str) -> bytes | None:
        """A whole part, None when the hub does not have it. Its digest is not checked here."""
        answer = self._part(part, {})
        return None if answer is None else answer.content

    def get_part_range(self, part: str, offset: int, length: int) -> bytes | None:
        """`length` bytes of a part from `offset`, None when the hub does not have it.

        Raises `adapter.bad-range` when the hub answers anything else.
        """
        answer = self._part(part, {"Range": f"bytes={offset}-{offset + length - 1}"})
        if answer is None:
            return None
        content = answer.content
        if answer.status_code == 200:
            content = content[offset : offset + length]
        if len(content) != length:
            raise Problem("adapter.bad-range", part)
        return content

    def _part(self, part: str, headers: Mapping[str, str]) -> httpx.Response | None:
        try:
            return self.request("GET", f"/v1/parts/{part}", headers=headers, most=self.limits.part_bytes)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        except HubAway as away:
            if away.code == LOST:
                return None
            raise

    def close(self) -> None:
        """Close the connections, and the transport with them."""
        self._http.close()


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe=":")


def encode(document: Any) -> bytes:
    """A JSON document as it goes over the wire."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def retry_after(answer: httpx.Response) -> float:
    """The seconds after which the hub wants to be asked again (RFC 9110 section 10.2.3); 0 if it does not say."""
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0.0


__all__ = ["HubAway", "HubClient", "Refused", "encode", "segment", "sound"]
