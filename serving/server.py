"""uvicorn's server behind guarded doors."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn

from serving import descriptors
from serving.door import Door
from serving.guarded import GuardedProtocol
from serving.limits import Limits
from serving.places import Place, Places

GRACEFUL_SECONDS: Final = 10
LOOK_SECONDS: Final = 1.0


class Server(uvicorn.Server):
    """Serves an ASGI application on sockets that are bound already: `run(sockets=…)`.

    `counted` is called with a message code for each connection or request that the guard refuses. The process gets as
    many file descriptors as it may have and the limits need; with fewer, fewer connections are accepted.
    """

    def __init__(
        self,
        app: Any,
        *,
        limits: Limits | None = None,
        counted: Callable[[str], None] = lambda code: None,
        certificate: Path | None = None,
        key: Path | None = None,
        lifespan: str = "on",
    ) -> None:
        self._limits = limits or Limits()
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan=lifespan,  # type: ignore[arg-type]
                ws="none",
                interface="asgi3",
                proxy_headers=False,
                http=GuardedProtocol,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                timeout_keep_alive=self._limits.idle_seconds,
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
            )
        )
        self._counted = counted
        room = descriptors.affordable(descriptors.raise_limit(self._limits.connections), self._limits.connections)
        self.places = Places(room, self._limits.connections_per_peer, self._limits.proxies)
        self._doors: list[Door] = []
        self._looked = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then open the doors."""
        await super().startup(sockets=[])
        tls: ssl.SSLContext | None = self.config.ssl
        for listener in sockets or []:
            door = Door(
                listener,
                self.places,
                self._protocol,
                tls=tls,
                handshake_seconds=self._limits.handshake_seconds,
                counted=self._counted,
            )
            door.open()
            self._doors.append(door)
        self._looked = asyncio.get_running_loop().time()

    def _protocol(self, place: Place) -> GuardedProtocol:
        return GuardedProtocol(
            self.config,
            self.server_state,
            self.lifespan.state,
            place=place,
            limits=self._limits,
            counted=self._counted,
        )

    async def on_tick(self, counter: int) -> bool:
        """Every second, look for connections that are late."""
        now = asyncio.get_running_loop().time()
        if now - self._looked >= LOOK_SECONDS:
            for connection in list(self.server_state.connections):
                if isinstance(connection, GuardedProtocol):
                    connection.look(now - self._looked)
            self._looked = now
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the doors, finish what is under way, stop the application."""
        for door in self._doors:
            door.close()
        await super().shutdown(sockets)
