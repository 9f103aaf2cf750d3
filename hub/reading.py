"""Reads untrusted JSON: strict form and bounded depth, texts that can be kept, before its content is used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from hub.limits import LIMITS
from messages.problems import Problem

_ESCAPED: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


def read_json(data: bytes) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8, without a byte order mark.

    Raises `package.not-json` for anything else, for a member that stands twice in one object (RFC 7493 section 2.3),
    for NaN, infinities and numbers beyond what a double holds; `http.too-deep` beyond `LIMITS.json_depth`;
    `http.too-wide` for more than `LIMITS.json_values` values, before any of them is made; and `http.bad-text` for half
    a surrogate pair (RFC 7493 section 2.1) or U+0000, which PostgreSQL does not hold.
    """
    _require_breadth(data)
    try:
        value = json.loads(
            data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once_each
        )
    except RecursionError as error:
        raise Problem("http.too-deep", limit=LIMITS.json_depth) from error
    except ValueError as error:  # decoding errors are one too
        raise Problem("package.not-json") from error
    _require_depth(value)
    if _ESCAPED.search(data):
        _require_texts(value)
    return value


_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def _require_breadth(data: bytes) -> None:
    if _values(data) > LIMITS.json_values and _values(_STRING.sub(b"", data)) > LIMITS.json_values:
        raise Problem("http.too-wide", limit=LIMITS.json_values)


def _values(data: bytes) -> int:
    """At most so many values are in a JSON text without strings: each stands behind one of these, or is the first."""
    return data.count(b",") + data.count(b"[") + data.count(b"{") + 1


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse(text)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _require_depth(value: Any) -> None:
    nested = [value]
    for _ in range(LIMITS.json_depth):
        nested = [member for item in nested for member in _members(item) if isinstance(member, (dict, list))]
        if not nested:
            return
    raise Problem("http.too-deep", limit=LIMITS.json_depth)


def _require_texts(value: Any) -> None:
    """Only an escape brings such a text in, and few bodies have one: the others are not walked through."""
    found = [("", value)]
    while found:
        place, item = found.pop()
        texts = [item] if isinstance(item, str) else list(item) if isinstance(item, dict) else []
        if not all(is_text(text) for text in texts):
            raise Problem("http.bad-text", place)
        if isinstance(item, dict):
            found += [(f"{place}/{name}", inside) for name, inside in item.items()]
        elif isinstance(item, list):
            found += [(f"{place}/{number}", inside) for number, inside in enumerate(item)]


def is_text(text: str) -> bool:
    """Whether a string is a text that can be written as UTF-8 and kept: no half of a surrogate pair, no U+0000."""
    return _NO_TEXT.search(text) is None


def _members(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
