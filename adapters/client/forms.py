"""The forms of what stands in the hub's answers (`client.answers`): numbers, words, identifiers, lists of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evidence.canonical import MAX_INT
from evidence.identifiers import is_uuid, parse_timestamp
from messages.problems import Problem

WORD = 200
"""Characters of a node, a state, a handler's name: anything that is no text for people."""
COUNT = 10**12
"""Pages, bytes: far beyond a dossier, and far from what no other program can hold."""

Form = Callable[[Any], bool]


def is_position(value: Any) -> bool:
    """A place in the inbox or the log, from 0."""
    return _is_number(value) and 0 <= value <= MAX_INT


def position_or_none(value: Any) -> int | None:
    """A place that something may not have yet. Raises `TypeError`."""
    if value is not None and not is_position(value):
        raise TypeError
    return int(value) if value is not None else None


def is_count(value: Any) -> bool:
    """How many of something."""
    return _is_number(value) and 0 <= value <= COUNT


def is_word(value: Any) -> bool:
    """A short text without control characters, which would reach a terminal."""
    return isinstance(value, str) and 0 < len(value) <= WORD and value.isprintable()


def is_instant(value: Any) -> bool:
    """An instant as `evidence.identifiers.timestamp` writes it."""
    try:
        parse_timestamp(value)
    except Problem:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def require(answer: Any, **forms: Form) -> None:
    """Each of these attributes has its form. Raises `TypeError` with the name of one that has not."""
    for name, form in forms.items():
        if not form(getattr(answer, name)):
            raise TypeError(name)


def list_of_any(value: Any) -> tuple[Any, ...]:
    """A list, whatever its items are. Raises `TypeError`."""
    if not isinstance(value, list):
        raise TypeError
    return tuple(value)


def uuids(value: Any) -> tuple[str, ...]:
    """A list of UUIDs. Raises `TypeError`."""
    found = list_of_any(value)
    if not all(map(is_uuid, found)):
        raise TypeError
    return found


def words(value: Any) -> tuple[str, ...]:
    """A list of short texts. Raises `TypeError`."""
    found = list_of_any(value)
    if not all(map(is_word, found)):
        raise TypeError
    return found
