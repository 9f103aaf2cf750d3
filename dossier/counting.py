"""The processes in which the pages of files are counted (`dossier.counter`), and what a transfer may cost them.

Files come from anywhere, and so does what they make a reader do. A reader runs where its memory and its time end
without harm: a few processes, started when they are first needed and kept, each with one file at a time. One that dies
of a file is replaced. A file is handed over opened; the process opens none itself.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dossier.limits import LIMITS, Limits

KEPT = 2
"""Processes that are kept while they have nothing to do."""


class GivenUpError(Exception):
    """The file was not counted within its limits."""


class Allowance:
    """The processor time that the files of one transfer may take in all; each of them adds a little to it.

    So a transfer of many honest files is counted whole, and one of many hostile files ends soon.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self.left = limits.counts_seconds

    def take(self) -> float:
        """Seconds for the next file. Raises `GivenUpError` when nothing is left."""
        self.left += self._limits.counts_seconds_a_file
        if self.left <= self._limits.counts_seconds_a_file:
            raise GivenUpError
        return min(self.left, self._limits.count_seconds)

    def spend(self, seconds: float) -> None:
        """Take off what a file cost."""
        self.left -= seconds


@dataclass(frozen=True)
class Answer:
    """What the process says of a file: see `dossier.pages.PageCount`."""

    pages: int | None
    reason: Any
    media_type: str


class _Process:
    """One process, which counts one file at a time."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603  (our own module, by the interpreter that runs us)
                    [sys.executable, "-P", "-m", "dossier.counter", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    cwd="/",
                    env={"PYTHONPATH": str(Path(__file__).resolve().parent.parent), "PATH": os.defpath},
                    process_group=0,  # what a person interrupts at the terminal ends with us
                )
        except OSError:
            self._ours.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, handle: int, request: bytes, wait: float) -> dict[str, Any] | None:
        """Its answer, or None when it ended or took longer than `wait`; then it is of no use any more."""
        self._ours.settimeout(wait)
        data = b""
        try:
            socket.send_fds(self._ours, [request], [handle])
            while not data.endswith(b"\n"):
                more = self._ours.recv(65_536)
                if not more:
                    return None
                data += more
        except OSError:
            return None
        answer: dict[str, Any] = json.loads(data)
        return answer

    def end(self) -> None:
        """Stop it, and wait until it is gone."""
        self._ours.close()
        self._process.kill()
        self._process.wait()


class _Pool:
    """The processes that are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Process] = []

    def take(self) -> _Process:
        """One that has nothing to do; it is the caller's until it is given back."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                process = self._idle.pop()
            if process.alive:
                return process
            process.end()
        return _Process()

    def give_back(self, process: _Process) -> None:
        """Keep it, or end it when enough are kept."""
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append(process)
                return
        process.end()

    def end(self) -> None:
        """End all that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def forget(self) -> None:
        """In a forked child: the processes are the parent's, who goes on to use them."""
        self._lock = threading.Lock()
        for process in self._idle:
            process._ours.close()
            process._process.returncode = 0
        self._idle = []


_POOL = _Pool()
atexit.register(_POOL.end)
os.register_at_fork(after_in_child=_POOL.forget)


def count_apart(handle: int, media: str, limits: Limits, allowance: Allowance) -> Answer:
    """Count the pages of the open file `handle` in a process of its own.

    Raises `GivenUpError` when it takes more time or memory than the limits or the `allowance` leave, and `OSError`
    when no process can be started.
    """
    seconds = allowance.take()
    request = {"media": media, "limits": asdict(limits), "seconds": seconds}
    process = _POOL.take()
    answer = None
    with contextlib.ExitStack() as stack:
        stack.callback(process.end)
        answer = process.ask(handle, json.dumps(request).encode() + b"\n", limits.count_wait)
        if answer is not None and answer["reason"] != "given-up":
            stack.pop_all()
    if answer is None:
        allowance.spend(seconds)
        raise GivenUpError
    allowance.spend(float(answer["seconds"]))
    if answer["reason"] == "given-up":
        raise GivenUpError
    _POOL.give_back(process)
    return Answer(answer["pages"], answer["reason"], answer["media_type"])
