"""SIGKILL at an exact point: the program runs in a process of its own and dies before or after a call of a function.

Processes are forked from one that has imported the program already, so that a table of many points costs seconds.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerContext
from typing import Any

from tests.faults.processes import PATIENCE, Agency, Site, wait_ready


@dataclass(frozen=True)
class Point:
    """A moment: `module:Class.function`, its nth call (from 1), before or after it did its work."""

    where: str
    call: int = 1
    after: bool = True

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.where}#{self.call}"


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.preloaded", "tests.faults.killing"])
    return context


def killed_at(point: Point, agency: Agency, verb: str, *arguments: object) -> int:
    """Run a verb that is to die at `point`; its exit code, which is -9 when it got there."""
    return _forked(_run, point, agency, verb, *arguments)


def modified(change: str, agency: Agency, verb: str, *arguments: object) -> int:
    """Run a verb in a program that `change` (`module:function`) has tampered with first; its exit code."""
    return _forked(_changed, change, agency, verb, *arguments)


def _forked(body: Callable[[Any, list[str]], None], what: object, agency: Agency, verb: str, *arguments: object) -> int:
    line = [verb, "--json", "--home", str(agency.home), *map(str, arguments)]
    process = _context().Process(target=body, args=(what, line))
    process.start()
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
    assert process.exitcode is not None
    code = process.exitcode
    process.close()
    return code


class DoomedHub:
    """The site's hub in a process that dies at `point`; whatever is left of it is killed on leaving the `with`."""

    def __init__(self, site: Site, point: Point) -> None:
        self._site, self._point = site, point
        line = ["serve", "--home", str(site.hub_home), "--port", str(site.port)]
        log = str(site.hub_home / "serve.log")
        self._process = _context().Process(target=_serve, args=(point, line, log))

    def __enter__(self) -> DoomedHub:
        self._process.start()
        wait_ready(self._site.url)
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.join(0.5)
        met = self._process.exitcode == -signal.SIGKILL
        self._process.kill()
        self._process.join()
        self._process.close()
        if exc[0] is None:
            assert met, f"the hub never came {self._point}"


def _serve(point: Point, line: list[str], log: str) -> None:
    from hub import cli

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    _plant(point)
    raise SystemExit(cli.main(line))


def _run(point: Point, line: list[str]) -> None:
    _plant(point)
    _main(line)


def _changed(change: str, line: list[str]) -> None:
    module, _, name = change.partition(":")
    getattr(importlib.import_module(module), name)()
    _main(line)


def _main(line: list[str]) -> None:
    from adapters import cli

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise SystemExit(cli.main(line))


def _plant(point: Point) -> None:
    module, _, path = point.where.partition(":")
    owner: Any = importlib.import_module(module)
    *holders, name = path.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    real: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        mine = next(calls) == point.call
        if mine and not point.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
