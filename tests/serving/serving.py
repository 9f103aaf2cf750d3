"""A server with small limits on a thread, and raw connections to it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from serving.door import bound
from serving.limits import Limits
from serving.places import Place
from serving.server import Server
from tests.waiting import PATIENCE, until

BIG = b"x" * (64 << 20)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """`/read` answers how much came; `/refused` answers before it reads; `/big` answers 64 MiB; `/held` until more."""
    path, size, status = scope["path"], 0, 200
    if path == "/signed":
        scope["state"]["agency"] = "police:1"
    if path == "/refused":
        status = 401
    elif path != "/big":
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            more = message["more_body"]
    body = BIG if path == "/big" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Served:
    """A server that runs, what it refused, and connections to it."""

    def __init__(self, limits: Limits, certificate: Path | None = None, key: Path | None = None) -> None:
        self.refused: Counter[str] = Counter()
        listener = bound("127.0.0.1", 0)
        listener.listen()
        self.port = listener.getsockname()[1]
        self.server = Server(
            application,
            limits=limits,
            counted=lambda code: self.refused.update([code]),
            certificate=certificate,
            key=key,
            lifespan="off",
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()

    @property
    def places(self) -> list[Place]:
        """The places that are taken."""
        return [connection.place for connection in list(self.server.server_state.connections)]  # type: ignore[union-attr]

    @contextmanager
    def connected(self, source: str = "127.0.0.1") -> Iterator[socket.socket]:
        """A raw connection from an address of this machine."""
        with socket.socket() as made:
            made.settimeout(PATIENCE)
            made.bind((source, 0))
            made.connect(("127.0.0.1", self.port))
            yield made

    def ask(self, data: bytes, source: str = "127.0.0.1") -> bytes:
        """Send it and read until the server ends the connection, or the answer is whole."""
        with self.connected(source) as made:
            with suppress(OSError):  # it may have been refused in the middle of this
                made.sendall(data)
            return answer(made)

    def stop(self) -> None:
        """End it."""
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def answer(made: socket.socket) -> bytes:
    """The next whole answer of a connection; less when it ends before, nothing when it was cut."""
    found = b""
    with suppress(ConnectionError):
        while not _whole(found):
            piece = made.recv(65536)
            if not piece:
                break
            found += piece
    return found


def _whole(found: bytes) -> bool:
    head, middle, body = found.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(middle and lengths) and len(body) >= int(lengths[0].split(b":")[1])


def status(found: bytes) -> int:
    """The status of an answer; 0 for none."""
    return int(found.split(b" ", 2)[1]) if found else 0


def code(found: bytes) -> str:
    """The problem's code in an answer."""
    body: dict[str, Any] = json.loads(found.partition(b"\r\n\r\n")[2])
    return str(body["code"])


@contextmanager
def served(*, certificate: Path | None = None, key: Path | None = None, **limits: Any) -> Iterator[Served]:
    """A server with these limits."""
    made = Served(Limits(**limits), certificate, key)
    try:
        yield made
    finally:
        made.stop()


def ended(made: socket.socket) -> bool:
    """Wait until the server ended a connection, whatever it said before."""
    with suppress(ConnectionError, ssl.SSLError):
        while made.recv(65536):
            pass
    return True


def all_free(at: Served) -> None:
    """Wait until no place is taken."""
    until(lambda: at.server.places.taken == 0, "all places to be free")
