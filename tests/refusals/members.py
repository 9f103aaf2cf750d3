"""Functions and attributes of our classes, by name, with those of the classes that override or implement them."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Self

from tests.refusals.hints import PACKAGES, evaluated, ours

Function = types.FunctionType
_MADE = ("__init__", "__post_init__", "__new__")


def plain(thing: Any) -> Function | None:
    """The function of a function, method, property or decorated function; None for anything else, and for others'."""
    while not isinstance(thing, Function):
        if isinstance(thing, property):
            thing = thing.fget
        elif isinstance(thing, (functools.cached_property, functools.partial)):
            thing = thing.func
        elif hasattr(thing, "__func__"):
            thing = thing.__func__
        elif hasattr(thing, "__wrapped__"):
            thing = thing.__wrapped__
        else:
            return None
    found = inspect.unwrap(thing)
    return found if isinstance(found, Function) and ours(found) else None


def makers(kind: type) -> list[Function]:
    """The functions that run when an object of the class is made; all of it when another package's class calls back."""
    called = vars(kind) if _calls_back(kind) else _MADE
    found = [plain(inspect.getattr_static(kind, name, None)) for name in called]
    return [function for function in found if function is not None]


def methods(kind: type, name: str) -> list[Function]:
    """The function of this name of the class, and of every class that may stand for it."""
    found = [plain(inspect.getattr_static(each, name, None)) for each in (kind, *_standing_for(kind))]
    return list(dict.fromkeys(function for function in found if function is not None))


def attribute(kind: type, name: str) -> Any:
    """The hint of an attribute or of what a property gives; None when nothing is known."""
    for each in kind.__mro__:
        thing = each.__dict__.get(name)
        if isinstance(thing, (property, functools.cached_property)) and (function := plain(thing)):
            return returned(function, kind)
        hints = evaluated(inspect.get_annotations(each), vars(sys.modules[each.__module__]))
        if name in hints:
            return hints[name]
        if ours(each) and (found := _set_when_made(each).get(name)) is not None:
            return found
    return None


def returned(function: Callable[..., Any], owner: type | None = None) -> Any:
    """The hint of what a function gives; `Self` is its class."""
    hint = evaluated(function.__annotations__, getattr(function, "__globals__", {})).get("return")
    return owner or owner_of(function) if hint is Self else hint


def owner_of(function: Any) -> type | None:
    """The class in which a method stands."""
    found: Any = sys.modules[function.__module__]
    for step in function.__qualname__.split(".")[:-1]:
        found = getattr(found, step, None)
    return found if isinstance(found, type) else None


_known_when_made: dict[type, dict[str, Any]] = {}


def _set_when_made(kind: type) -> dict[str, Any]:
    from tests.refusals.reading import Text

    if kind in _known_when_made:
        return _known_when_made[kind]
    found = _known_when_made[kind] = {}  # while it is read, nothing is known: its own text asks for it
    for name in _MADE:
        function = plain(kind.__dict__.get(name))
        if function is not None:
            found |= Text(function).set_on_self()
    return found


def _calls_back(kind: type) -> bool:
    bases = {each.__module__.partition(".")[0] for each in kind.__mro__}
    return not bases <= {*PACKAGES, *sys.stdlib_module_names, "pydantic", "pydantic_settings"}


@cache
def _standing_for(kind: type) -> tuple[type, ...]:
    """Subclasses, and for a protocol the classes beside it that have its methods."""
    if not ours(kind):
        return ()
    below = [each for each in _below(kind) if ours(each)]
    if getattr(kind, "_is_protocol", False):
        wanted = {name for name in kind.__dict__ if not name.startswith("_") and callable(getattr(kind, name))}
        below += [each for each in _beside(kind) if each is not kind and wanted and wanted <= set(dir(each))]
    return tuple(dict.fromkeys(below))


def _below(kind: type) -> Iterator[type]:
    below: list[type] = type.__subclasses__(kind)
    for each in below:
        yield each
        yield from _below(each)


def _beside(kind: type) -> Iterator[type]:
    package = sys.modules[kind.__module__]
    if not hasattr(package, "__path__"):
        package = import_module(kind.__module__.rpartition(".")[0])
    for module in iter_modules(package.__path__):
        if not module.ispkg:
            found = vars(import_module(f"{package.__name__}.{module.name}"))
            yield from (each for each in found.values() if isinstance(each, type) and ours(each))
