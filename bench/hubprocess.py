"""A real hub in a process of its own, on a loopback port that is free, stopped by its own process id."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from messages import text

START_SECONDS = STOP_SECONDS = 120
_LISTENING = range(15_000, 32_000)
"""Below what Linux (32768) and others (49152) take for outgoing connections."""


def free_port() -> int:
    """A loopback port that was free a moment ago, and that the system gives to no outgoing connection.

    A server that is started again on its port would else find it taken by somebody's connection.
    """
    for port in random.SystemRandom().sample(_LISTENING, len(_LISTENING)):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port between 15000 and 32000")


def casehub(*arguments: str, home: Path, environ: dict[str, str] | None = None) -> str:
    """Run one `casehub` command and return what it printed. Raises `CalledProcessError` when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", *arguments, "--home", str(home)],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **(environ or {})},
    )
    return done.stdout


class HubProcess:
    """`casehub serve` on `port`, logging to `home/serve.log`; up when the constructor returns.

    `descriptors`: how many file descriptors it may have at most.
    """

    def __init__(
        self, home: Path, port: int, *, environ: dict[str, str] | None = None, descriptors: int | None = None
    ) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self._log = (home / "serve.log").open("ab")
        bound = [] if descriptors is None else ["sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh"]
        self.process = subprocess.Popen(
            [*bound, sys.executable, "-m", "hub.cli", "serve", "--home", str(home), "--port", str(port)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urlopen(f"{self.url}/readyz", timeout=START_SECONDS):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(text("demo.hub-did-not-start", "en", log=self.home / "serve.log"))

    def stop(self) -> None:
        """Ask it to stop, and wait; safe to call twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
