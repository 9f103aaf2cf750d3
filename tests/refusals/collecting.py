"""Which problems an operation can answer with, read from the code that can raise them: nobody lists them by hand.

`codes_of` follows every function that an operation's functions mention, as far as names and type hints lead, and
collects the problem codes that stand in them. It runs nothing and may name a code too many (one that a caller rules
out); a code that is raised in practice and not named is a fault, which `tests/hub/api/test_surface.py` looks for.
`python -m tests.refusals` writes what it finds into `hub/api/refusals.toml`.

    hints     what a type hint says: its classes, what iterating and subscribing give
    members   functions and attributes of our classes, with those that override or implement them
    values    what the names and expressions of one function stand for
    reading   one function's text: the functions that it mentions and the codes that it holds
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from evidence.identifiers import timestamp, uuid7
from hub import errors
from hub.api.document import ROUTERS
from hub.observe import Observed
from tests.refusals.reading import Reading, read

_KEEPERS = ("hub.home", "hub.marking", "hub.releases", "hub.store")
"""Rooms that hold what was judged before: other packages' codes are not followed from there."""


_SURE = frozenset({timestamp, uuid7})
"""Functions that refuse only a mistake of our own program."""
NOT_READING = frozenset({"request.replayed"})
"""Codes of the one branch of `hub.auth` that only writes take."""


def refusals() -> dict[str, list[str]]:
    """The codes of every operation by its id, in the order of the document."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {
        str(route.operation_id): [
            code
            for code in codes_of(_functions(route))
            if code not in NOT_READING or not (route.methods or set()) <= {"GET", "HEAD"}
        ]
        for route in routes
        if route.include_in_schema
    }


def _functions(route: APIRoute) -> Iterator[Callable[..., Any]]:
    """What may run for a request: the last resort of all, the check of parameters, dependencies, the operation."""
    yield Observed.__call__
    dependants = list(_dependants(route.dependant))
    if any(each.query_params for each in dependants):
        yield errors.on_validation_error
    for each in dependants:
        if each.call is not None:
            yield each.call


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _dependants(below)


@cache
def problem_codes() -> frozenset[str]:
    """The codes of the message catalogue that are problems: those with a status."""
    folder = resources.files("messages").joinpath("catalogue")
    texts = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".toml"))
    return frozenset(code for text in texts for code, entry in tomllib.loads(text).items() if "status" in entry)


def codes_of(functions: Iterable[Callable[..., Any]]) -> list[str]:
    """The codes of every problem that calling these functions can raise, sorted."""
    readings = _reached(functions)
    texts = {text for reading in readings for text in reading.texts}
    words = {word for reading in readings for word in reading.words}
    made = {f"{before}{word}{after}" for reading in readings for before, after in reading.forms for word in words}
    return sorted((texts | made) & problem_codes())


def _reached(functions: Iterable[Callable[..., Any]]) -> list[Reading]:
    waiting, seen, readings = list(functions), set(), []
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        found = read(function)
        readings.append(found)
        waiting += [mention for mention in found.mentions if not _ours_again(function, mention)]
    return readings


def _ours_again(function: Callable[..., Any], mention: Callable[..., Any]) -> bool:
    """Whether nothing of the request is judged there: a store reads back what was judged when it came in, or the hub
    writes its own mark. If that fails, nothing about the request is wrong."""
    inside, package = function.__module__, mention.__module__.partition(".")[0]
    if mention in _SURE or (inside, mention.__module__) == ("hub.marking", "hub.store.marks"):
        return True
    if mention.__module__ == "evidence.marks":  # marks are judged where they are stored
        return False
    return package != "hub" and any(inside == room or inside.startswith(f"{room}.") for room in _KEEPERS)
