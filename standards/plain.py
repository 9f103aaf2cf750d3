"""Checks that every JSON document must pass before schema validation, so that it has one canonical form.

No floating-point numbers (money is text), integers that every reader holds exactly (RFC 8785), strings that UTF-8 can
hold, and a bounded depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from standards.limits import LIMITS


def faults(document: Any) -> Iterator[tuple[str, str]]:
    """Place (JSON pointer) and code of every fault: `schema.float`, `schema.integer`, `schema.text`, `schema.depth`,
    `schema.not-json`. Codes are message keys.
    """
    yield from _walk(document, "", 0)


def pointer(place: str, step: str | int) -> str:
    """The JSON pointer one step further (RFC 6901)."""
    return f"{place}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _walk(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > LIMITS.depth:
        yield place, "schema.depth"
    elif isinstance(value, dict):
        for key, member in value.items():
            here = pointer(place, _shown(key))
            if not isinstance(key, str) or not _storable(key):
                yield here, "schema.text"
            yield from _walk(member, here, depth + 1)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _walk(member, pointer(place, index), depth + 1)
    else:
        code = _scalar(value)
        if code:
            yield place, code


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return "" if _storable(value) else "schema.text"
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return "" if abs(value) <= LIMITS.integer else "schema.integer"
    return "schema.float" if isinstance(value, float) else "schema.not-json"


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _shown(key: object) -> str:
    return str(key).encode("utf-8", "backslashreplace").decode("utf-8")
