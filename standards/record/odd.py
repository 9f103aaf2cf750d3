"""Reads a record that does not conform: an old one, or one stored before a limit was introduced.

1. Text stays text, whatever its format: code that needs a date must check it.
2. A member of another type than its own (a number for a text, a list that holds anything but its own kind) is absent as
   an attribute, and its place is reported. In the JSON it stays unchanged.
3. A missing required member is blank: empty text, no codings.
4. `null` is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from standards import plain
from standards.record.base import Part

P = TypeVar("P", bound=Part)
_UNFIT = object()


def read(model: type[P], body: Mapping[str, Any]) -> tuple[P, tuple[str, ...]]:
    """The part in `body`, and the places that could not be read. Never raises for what JSON can hold."""
    unread: list[str] = []
    found = _part(model, body, "", unread)
    assert isinstance(found, model)
    return found, tuple(unread)


def _part(model: type[Part], body: Mapping[str, Any], place: str, unread: list[str]) -> Part:
    known: dict[str, Any] = {}
    blank: dict[str, Any] = {}
    left = dict(body)
    for name, (key, kind, required) in _members(model).items():
        value = body.get(key)
        found = _UNFIT if value is None else _value(kind, value, plain.pointer(place, key), unread)
        if found is not _UNFIT:
            known[name] = found
            del left[key]
        elif required:
            blank[name] = _blank(kind)
    made = model.model_construct(_fields_set=set(known))
    # nothing but values of the members' own types, each looked at above
    made.__dict__.update(known | blank)
    if made.model_extra is not None:
        made.model_extra.update(left)
    return made


def _value(kind: Any, value: Any, place: str, unread: list[str]) -> Any:
    origin = get_origin(kind)
    if origin is tuple and isinstance(value, list):
        inner = _bare(get_args(kind)[0])
        found = [_value(inner, each, plain.pointer(place, index), unread) for index, each in enumerate(value)]
        return _UNFIT if _UNFIT in found else tuple(found)
    if isinstance(kind, type) and issubclass(kind, Part):
        if isinstance(value, Mapping):
            return _part(kind, value, place, unread)
    elif type(value) is _TYPES.get(origin, kind):
        return value
    unread.append(place)
    return _UNFIT


_TYPES: Mapping[Any, type] = {Literal: str, dict: dict}


def _blank(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Part):
        return _part(kind, {}, "", [])
    return () if get_origin(kind) is tuple else ""


@cache
def _members(model: type[Part]) -> Mapping[str, tuple[str, Any, bool]]:
    """The members of a model by name: as JSON calls them, of which type, and whether they must be there."""
    return {
        name: (field.alias or name, _bare(field.annotation), field.is_required())
        for name, field in model.model_fields.items()
    }


def _bare(annotation: Any) -> Any:
    """The type that an annotation names, without its constraints and without None."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation
