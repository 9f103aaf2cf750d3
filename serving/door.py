"""A listening socket whose connections get a place before anything else is done for them, TLS handshakes included.

asyncio's own servers accept whatever comes and let a half-open handshake stay uncounted; here a connection without a
place costs one accept and one close. When the process has no file descriptor left, one that is kept for this moment
lets the connections that wait be turned away, instead of the server turning round in its loop.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from serving.places import Place, Places

BACKLOG: Final = 2048
AT_ONCE: Final = 32
"""Connections accepted before the loop does something else."""
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
RESET: Final = struct.pack("ii", 1, 0)
FULL: Final = "http.no-place"
NO_HANDSHAKE: Final = "http.bad-handshake"


class Door:
    """Accepts on `listener` and serves each connection by the protocol that `make` gives for its place.

    `counted` is called with a message code for every connection that is turned away.
    """

    def __init__(
        self,
        listener: socket.socket,
        places: Places,
        make: Callable[[Place], asyncio.Protocol],
        *,
        tls: ssl.SSLContext | None,
        handshake_seconds: float,
        counted: Callable[[str], None],
    ) -> None:
        self._listener, self._places, self._make = listener, places, make
        self._tls, self._handshake_seconds, self._counted = tls, handshake_seconds, counted
        self._opening: set[asyncio.Task[None]] = set()
        self._spare: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to accept, on the running loop."""
        self._listener.setblocking(False)
        self._listener.listen(BACKLOG)
        self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more; connections that are open stay. Safe to call twice."""
        if self._loop is None:
            return
        self._loop.remove_reader(self._listener.fileno())
        self._loop = None
        for task in self._opening:
            task.cancel()
        self._put_down_spare()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._turn_one_away()
                return
            self._admit(connection, str(address[0]))

    def _admit(self, connection: socket.socket, address: str) -> None:
        place = self._places.take(address)
        if place is None:
            self._counted(FULL)
            reset(connection)
            return
        assert self._loop is not None
        task = self._loop.create_task(self._connect(connection, place))
        place.drop = partial(_cancel, task)
        self._opening.add(task)
        task.add_done_callback(partial(self._opened, connection, place))

    def _opened(self, connection: socket.socket, place: Place, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if task.cancelled():  # before it took its first step
            connection.close()
            place.leave()

    async def _connect(self, connection: socket.socket, place: Place) -> None:
        """The handshake, after which the protocol has the connection. One that fails gives its place back."""
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        handshake = self._handshake_seconds if self._tls else None
        try:
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.connect_accepted_socket(
                lambda: self._make(place), connection, ssl=self._tls, ssl_handshake_timeout=handshake
            )
        except asyncio.CancelledError:
            connection.close()
            place.leave()
        except OSError:  # TLS errors and time-outs are some too
            self._counted(NO_HANDSHAKE)
            connection.close()
            place.leave()

    def _turn_one_away(self) -> None:
        """Accept one connection with the file descriptor that is kept for it, and close it."""
        self._counted(FULL)
        self._put_down_spare()
        with suppress(OSError):
            reset(self._listener.accept()[0])
        with suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def _put_down_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to an address, not listening yet; port 0 lets the system choose.

    Raises `OSError`, and `OverflowError` for a port that cannot be.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def reset(connection: socket.socket) -> None:
    """Close a connection without leaving anything of it in the kernel."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
