"""Programs in processes of their own, forked from one that has imported them and read the tables already.

They are as real as installed ones for everything that matters to a kill or a full disk, and start in a fraction of the
time. One can be told to die (SIGKILL) or to stand still (SIGSTOP) at an exact point of its way, or to be tampered with
before it begins.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE

PROGRAMS = {"casehub-adapter": "adapters.program.cli", "casehub": "hub.cli"}


@dataclass(frozen=True)
class Point:
    """A moment: `module:Class.function`, its nth call (from 1), before or after it did its work."""

    where: str
    call: int = 1
    after: bool = True
    signal: signal.Signals = signal.SIGKILL

    def target(self) -> tuple[Any, str]:
        """What holds the function, and its name there. Raises `AttributeError` when it has moved."""
        module, _, path = self.where.partition(":")
        owner: Any = importlib.import_module(module)
        *holders, name = path.split(".")
        for holder in holders:
            owner = getattr(owner, holder)
        getattr(owner, name)
        return owner, name

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.where}#{self.call}"


Twist = Point | str | None
"""What is different in a process: it dies or stands at a point, or `module:function` tampers with it, or nothing."""


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.scene.preloaded", "tests.scene.forked"])
    return context


class Child:
    """A program under way, its standard streams in two files."""

    def __init__(
        self,
        program: str,
        line: Sequence[object],
        *,
        out: Path,
        err: Path,
        environ: Mapping[str, str],
        twist: Twist = None,
    ) -> None:
        if isinstance(twist, Point):
            twist.target()
        arguments = (program, [str(item) for item in line], str(out), str(err), dict(environ), twist)
        self._process = _context().Process(target=_run, args=arguments)
        self._process.start()
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        if self._code is None:
            self._code = self._process.exitcode
        return self._code

    @property
    def stands(self) -> bool:
        """Whether it stands still: SIGSTOP came, and SIGCONT has not."""
        return self.poll() is None and _state(self.pid) == "T"

    def go_on(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def wait(self, patience: float = PATIENCE) -> int:
        """Its exit code; raises `TimeoutError` after killing one that does not end."""
        self._process.join(patience)
        code = self.poll()
        if code is None:
            self.kill()
            message = f"process {self.pid} did not end"
            raise TimeoutError(message)
        return code

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """SIGTERM, and wait."""
        if self.poll() is None:
            self._process.terminate()
            self.wait()


def _state(pid: int) -> str:
    """The letter of a process's state in `proc(5)`; nothing when it has gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    return ""


def _run(program: str, line: list[str], out: str, err: str, environ: dict[str, str], twist: Twist) -> None:
    for stream, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), stream)
    os.environ.clear()
    os.environ.update(environ)
    if isinstance(twist, Point):
        _plant(twist)
    elif twist:
        module, _, name = twist.partition(":")
        getattr(importlib.import_module(module), name)()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(importlib.import_module(PROGRAMS[program]).main(line))


def _plant(point: Point) -> None:
    owner, name = point.target()
    real: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        mine = next(calls) == point.call
        if mine and not point.after:
            os.kill(os.getpid(), point.signal)
        result = real(*args, **kwargs)
        if mine and point.after:
            os.kill(os.getpid(), point.signal)
        return result

    setattr(owner, name, deadly)
