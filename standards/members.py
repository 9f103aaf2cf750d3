"""Reads the members of an exchanged JSON object one by one: known members become fields, the others are kept.

Exchanged objects are open: a reader keeps unknown members and writes them back. This module imports no third-party
package, because the stand-alone verifier reads marks with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

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
