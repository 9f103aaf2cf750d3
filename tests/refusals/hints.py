"""Type hints as `refusals` reads them."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

PACKAGES = ("messages", "standards", "codebooks", "evidence", "dossier", "hub")
"""Whose functions are followed."""


def ours(thing: Any) -> bool:
    """Whether a function, class or module is part of the hub and what it stands on."""
    name = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None)
    return isinstance(name, str) and name.partition(".")[0] in PACKAGES


@cache
def _compiled(annotation: str) -> types.CodeType:
    return compile(annotation, "<hint>", "eval")


def evaluated(annotations: Mapping[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations as objects; those that name what only a type checker imports are left out."""
    found = {}
    for name, annotation in annotations.items():
        try:
            found[name] = eval(_compiled(annotation), names) if isinstance(annotation, str) else annotation
        except (NameError, TypeError, AttributeError, SyntaxError):
            continue
    return found


def classes_of(hint: Any) -> tuple[type, ...]:
    """The classes that a value of this hint may have."""
    origin = get_origin(hint)
    if origin is Annotated:
        return classes_of(get_args(hint)[0])
    if origin in (Union, types.UnionType):
        return tuple(found for choice in get_args(hint) for found in classes_of(choice))
    found = origin if origin is not None else hint
    return (found,) if isinstance(found, type) and found is not type(None) else ()


def iterated(hint: Any) -> Any:
    """What iterating gives."""
    arguments = _arguments(hint)
    return arguments[0] if arguments else None


def subscribed(hint: Any) -> Any:
    """What a subscript or `get` gives: a mapping's value, a sequence's item."""
    arguments = _arguments(hint)
    mapping = any(issubclass(found, Mapping) for found in classes_of(hint))
    return None if not arguments else arguments[-1] if mapping else arguments[0]


def unpacked(hint: Any, count: int) -> list[Any]:
    """What `a, b = …` gives each name."""
    arguments = _arguments(hint)
    if typing.get_origin(hint) is tuple and len(arguments) == count and ... not in arguments:
        return list(arguments)
    return [iterated(hint)] * count


def either(*hints: Any) -> Any:
    """One of several; None when nothing is known of any."""
    known = tuple(dict.fromkeys(hint for hint in hints if hint is not None))
    try:
        return Union[known] if known else None  # noqa: UP007 - of a tuple made here
    except TypeError:
        return known[0]


def _arguments(hint: Any) -> tuple[Any, ...]:
    origin = get_origin(hint)
    if origin is Annotated:
        return _arguments(get_args(hint)[0])
    if origin in (Union, types.UnionType):
        return next((found for choice in get_args(hint) if (found := _arguments(choice))), ())
    return get_args(hint)
