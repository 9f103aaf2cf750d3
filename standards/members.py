"""The members of an exchanged JSON object: known members become fields, the others are kept.

Exchanged objects are open: a reader keeps unknown members and writes them back. This module imports no third-party
package, because the stand-alone verifier reads marks with it.

A type of object is a data class based on `TypedObject`. The name of a field is the name of the member, its type says
what the member contains:

    str, int                            that type; required
    str | None                          a text or null; required
    str | None = None                   a text; None if it is absent, and then not written
    Mapping[str, str]                   an object that contains only texts
    Mapping[str, Any]                   an object that stays JSON
    T, tuple[T, ...]                    another `TypedObject`, a list of them
    tuple[Mapping[str, Any], ...]       a list of objects that stay JSON
    … = field(metadata=spelt(…))        a member with another name or a form of its own

"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple, Self, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Members:
    """One object while it is read. Each method takes a member away and returns it.

    Raises `KeyError` with the name of a member that is missing and `TypeError` with the name of one of another type.
    Forms and lengths are the published schema's business.
    """

    def __init__(self, body: Any) -> None:
        if not isinstance(body, Mapping):
            raise TypeError
        self._left = dict(body)

    def text(self, name: str) -> str:
        """A text."""
        value = self._left.pop(name)
        if not isinstance(value, str):
            raise TypeError(name)
        return value

    def text_or_null(self, name: str) -> str | None:
        """A text or null; it must be there."""
        value = self._left.pop(name)
        if not (value is None or isinstance(value, str)):
            raise TypeError(name)
        return value

    def optional_text(self, name: str) -> str | None:
        """A text; None where it is absent. One of another type is not known, and is left."""
        return self._left.pop(name) if isinstance(self._left.get(name), str) else None

    def number(self, name: str) -> int:
        """An integer; `true` is not one."""
        value = self._left.pop(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(name)
        return value

    def object(self, name: str, read: Callable[[Any], T]) -> T:
        """An object, read by `read`."""
        return read(self._left.pop(name))

    def objects(self, name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
        """A list of objects, each read by `read`."""
        value = self._left.pop(name)
        if not isinstance(value, list | tuple):
            raise TypeError(name)
        return tuple(read(item) for item in value)

    def texts_by_name(self, name: str) -> Mapping[str, str]:
        """An object that holds texts alone."""
        value = plain(self._left.pop(name))
        if not all(isinstance(text, str) for text in value.values()):
            raise TypeError(name)
        return value

    def left(self) -> Mapping[str, Any]:
        """The members that were not taken."""
        return self._left


def plain(body: Any) -> Mapping[str, Any]:
    """An object that stays JSON. Raises `TypeError` for anything else."""
    if not isinstance(body, Mapping):
        raise TypeError
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedObject:
    """An object that travels, read once its form was checked. `more` holds members that this program does not know."""

    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Self:
        """The object of a body that conforms to its schema. Raises as `Members` does."""
        members = Members(body)
        taken = {spelling.attribute: spelling.take(members) for spelling in _spellings(cls)}
        taken["more"] = members.left()
        return cls(**taken)

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        told: dict[str, Any] = {}
        for spelling in _spellings(type(self)):
            value = getattr(self, spelling.attribute)
            if not (spelling.optional and value is None):
                told[spelling.name] = spelling.write(value)
        return {**told, **self.more}


def spelt(
    name: str = "", *, read: Callable[[Any], Any] | None = None, write: Callable[[Any], Any] | None = None
) -> Mapping[str, Any]:
    """The metadata of a field whose member has another name, or another form than its type says: `read` takes what
    stands in the JSON, where it must be, `write` gives it back."""
    return {"name": name, "read": read, "write": write}


def names_of(of: type[TypedObject]) -> frozenset[str]:
    """The names of the members that a type knows."""
    return frozenset(spelling.name for spelling in _spellings(of))


class _Spelling(NamedTuple):
    """How one field stands in the JSON."""

    attribute: str
    name: str
    take: Callable[[Members], Any]
    write: Callable[[Any], Any]
    optional: bool


def _spelled(of: type[TypedObject]) -> tuple[_Spelling, ...]:
    hints = get_type_hints(of)
    return tuple(_spelling(each, hints[each.name]) for each in fields(of) if each.name != "more")


_spellings: Callable[[Any], tuple[_Spelling, ...]] = cache(_spelled)
"""How each field of a type stands in the JSON, found out once."""


def _spelling(one: Field[Any], hint: Any) -> _Spelling:
    """Raises `KeyError` or `AttributeError` for a type that no member has."""
    name, read, write = (one.metadata.get(key) for key in ("name", "read", "write"))
    member, optional = name or one.name, one.default is not MISSING
    if read is not None:
        take = _object(read)
    elif optional:
        take = _OPTIONAL[hint]
    else:
        take = _REQUIRED.get(hint) or _of_type(hint)
    return _Spelling(one.name, member, lambda members: take(members, member), write or _json, optional)


_Take = Callable[[Members, str], Any]


def _object(read: Callable[[Any], Any]) -> _Take:
    return lambda members, name: members.object(name, read)


def _objects(read: Callable[[Any], Any]) -> _Take:
    return lambda members, name: members.objects(name, read)


def _of_type(hint: Any) -> _Take:
    """How a `TypedObject` is taken, or a list of them."""
    return _objects(get_args(hint)[0].read) if get_origin(hint) is tuple else _object(hint.read)


_REQUIRED: Mapping[Any, _Take] = {
    str: Members.text,
    int: Members.number,
    str | None: Members.text_or_null,
    Mapping[str, str]: Members.texts_by_name,
    Mapping[str, Any]: _object(plain),
    tuple[Mapping[str, Any], ...]: _objects(plain),
}
_OPTIONAL: Mapping[Any, _Take] = {str | None: Members.optional_text}


def _json(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, TypedObject):
        return value.to_json()
    return [_json(each) for each in value] if isinstance(value, tuple) else dict(value)
