"""A witness that can be reached: C2SP tlog-witness over HTTP, for a hub that sends its new checkpoints by itself.

    POST /add-checkpoint                     the cosignature, or the specification's refusal
    GET  /<hex SHA-256 of the origin>/checkpoint    what this witness cosigned last, cosignature and all

It shares what it remembers with the adapter of the same home (`cosigning`): judging, remembering and cosigning happen
under one lock, and the checkpoint is on disk before the answer leaves. Requests are not authenticated, as the
specification says: only what the pinned log key signed has any effect. Plain HTTP is for this machine; put TLS in
front.
Source: c2sp.org/tlog-witness.
"""

from __future__ import annotations

import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from adapters.auditing.cosigning import Cosigner
from adapters.keys.trust import Alarm
from adapters.station import Station
from digests import Digest
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.witnessing import MAX_REQUEST, SIZE_TYPE, Refused, Request, Seen, judge, parse_request
from messages.problems import Problem

PATH = "/add-checkpoint"
NOTE_TYPE = "text/plain; charset=utf-8"
REQUEST_SECONDS = 15.0
"""A client that sends or reads more slowly is let go."""

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


class WitnessServer(ThreadingHTTPServer):
    """Serves one home's witness. `serve_forever` until `shutdown`; port 0 lets the system choose."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, station: Station, host: str, port: int) -> None:
        self.station = station
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise Problem("witness.address-taken", f"{host}:{port}") from error

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 8 and int(length) <= MAX_REQUEST):
            self.close_connection = True
            self._say((HTTPStatus.BAD_REQUEST, NOTE_TYPE, b""))
            return
        body = self.rfile.read(int(length))
        if self.path != PATH:
            self._say((HTTPStatus.NOT_FOUND, NOTE_TYPE, b""))
            return
        self._say(add_checkpoint(self.server.station, body))

    def do_GET(self) -> None:
        self._say(checkpoint(self.server.station, self.path))

    def _say(self, answer: Answer) -> None:
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: what matters is noted in the adapter's own log."""
