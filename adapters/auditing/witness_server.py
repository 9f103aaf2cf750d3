"""A witness that can be reached: C2SP tlog-witness over HTTP, for a hub that sends its new checkpoints by itself.

    POST /add-checkpoint                     the cosignature, or the specification's refusal
    GET  /<hex SHA-256 of the origin>/checkpoint    what this witness cosigned last, cosignature and all

It shares what it remembers with the adapter of the same home (`cosigning`): judging, remembering and cosigning happen
under one lock, and the checkpoint is on disk before the answer leaves. Requests are not authenticated, as the
specification says: only what the pinned log key signed has any effect. Plain HTTP is for this machine; put TLS in
front. The guarded server layer (`serving`) bounds what a connection may take.
Source: c2sp.org/tlog-witness.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Self

from adapters.auditing.cosigning import HUB, Cosigner
from adapters.keys.trust import Alarm
from adapters.station import Station
from digests import Digest
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.witnessing import MAX_REQUEST, SIZE_TYPE, Refused, Request, Seen, judge, parse_request
from messages.problems import Problem
from serving.door import bound
from serving.limits import Limits

PATH = "/add-checkpoint"
NOTE_TYPE = "text/plain; charset=utf-8"
LIMITS = Limits(connections=64, connections_per_peer=16, drain_bytes=MAX_REQUEST)
"""A hub asks one thing at a time; the others who may come are few."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
UNPROVED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Refusals of a checkpoint that the log signed and did not prove to continue: the next contact compares it."""

Answer = tuple[int, str, bytes]
"""Status, content type, body."""


def add_checkpoint(station: Station, data: bytes) -> Answer:
    """Judge a request, store its checkpoint and cosign it. An alarm is reported and answered as a refusal."""
    cosigner = Cosigner(station)
    try:
        request = parse_request(data)
        with cosigner.held():
            _judge(cosigner, request)
            cosigned = cosigner.take(request.note)
    except Refused as refused:
        if refused.contradiction:
            station.alarm(_contradiction(cosigner, request.note))
        elif refused.status in UNPROVED:
            station.promises.heard(HUB, request.note.decode("utf-8", "replace"))
        station.noted("witness-refused", status=refused.status)
        return _refusal(refused)
    except Alarm as alarm:  # what is remembered is damaged: nothing is cosigned until somebody has looked
        station.alarm(alarm)
        return HTTPStatus.INTERNAL_SERVER_ERROR, NOTE_TYPE, b""
    note = parse_checkpoint(cosigned)[1]
    lines = [each.line() for each in note.signatures if each.name == cosigner.name]
    station.noted("witnessed", size=parse_checkpoint(cosigned)[0].size)
    return HTTPStatus.OK, NOTE_TYPE, "".join(lines).encode("utf-8")


def _judge(cosigner: Cosigner, request: Request) -> None:
    origin, last, note = cosigner.hub.origin, cosigner.last(), cosigner.note()
    seen = {} if last is None or note is None else {origin: Seen(last.size, last.root, note)}
    judge(request, {origin: cosigner.verifiers}, seen)


def _contradiction(cosigner: Cosigner, note: bytes) -> Alarm:
    size = parse_checkpoint(note)[0].size
    return cosigner.contradicted("hub", cosigner.verified(note)[1].encode(), "trust.log-forked", f"{size}–{size}")


def _refusal(refused: Refused) -> Answer:
    if refused.status == HTTPStatus.CONFLICT:
        return refused.status, SIZE_TYPE, f"{refused.size}\n".encode("ascii")
    return refused.status, NOTE_TYPE, b""


def checkpoint(station: Station, path: str) -> Answer:
    """The newest cosigned checkpoint of the pinned log, 404 for another log or before the first."""
    wanted = f"/{Digest.of(Cosigner(station).hub.origin.encode()).hex}/checkpoint"
    try:
        note = Cosigner(station).cosigned() if path == wanted else None
    except Alarm as alarm:
        station.alarm(alarm)
        return HTTPStatus.INTERNAL_SERVER_ERROR, NOTE_TYPE, b""
    return (HTTPStatus.NOT_FOUND, NOTE_TYPE, b"") if note is None else (HTTPStatus.OK, NOTE_TYPE, note)


class WitnessServer:
    """Serves one home's witness: `serve_forever` until `shutdown`; port 0 lets the system choose.

    Raises `Problem("witness.address-taken")` when the address cannot be had.
    """

    def __init__(self, station: Station, host: str, port: int) -> None:
        from serving.server import Server  # noqa: PLC0415 - only a witness that listens needs the server layer

        self.station = station
        self._ended = threading.Event()
        self._ended.set()
        try:
            self._listener = bound(host, port)
            self._listener.listen()
        except (OSError, OverflowError) as error:
            raise Problem("witness.address-taken", f"{host}:{port}") from error
        self.port = int(self._listener.getsockname()[1])
        """The port that it listens on."""
        self._server = Server(self._serve, limits=LIMITS, lifespan="off")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._listener.close()

    def serve_forever(self) -> None:
        """Serve until `shutdown` is called, or the program is interrupted."""
        self._ended.clear()
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._ended.set()

    def shutdown(self) -> None:
        """Finish what is under way and end `serve_forever`."""
        self._server.should_exit = True
        self._ended.wait()

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1")
        match scope["method"]:
            case "POST":
                answer = await self._post(path, await _read(receive))
            case "GET" | "HEAD":
                answer = await asyncio.to_thread(checkpoint, self.station, path)
            case _:
                answer = HTTPStatus.NOT_IMPLEMENTED, NOTE_TYPE, b""
        status, kind, body = answer
        headers = [(b"content-type", kind.encode("ascii")), (b"content-length", str(len(body)).encode("ascii"))]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _post(self, path: str, body: bytes | None) -> Answer:
        if body is None:
            return HTTPStatus.BAD_REQUEST, NOTE_TYPE, b""
        if path != PATH:
            return HTTPStatus.NOT_FOUND, NOTE_TYPE, b""
        return await asyncio.to_thread(add_checkpoint, self.station, body)


async def _read(receive: Receive) -> bytes | None:
    """The body; None for one beyond the limit, or of a client that left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        if len(body) > MAX_REQUEST:
            return None
        if not message["more_body"]:
            return bytes(body)
