"""Reads untrusted JSON: strict form and bounded depth, before its content is used."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from hub.limits import LIMITS
from messages.problems import Problem


def read_json(data: bytes) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8, without a byte order mark.

    Raises `package.not-json` for anything else, for a member that stands twice in one object (RFC 7493 section 2.3),
    for NaN, infinities and numbers beyond what a double holds, and `http.too-deep` beyond `LIMITS.json_depth`.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once_each
        )
    except RecursionError as error:
        raise Problem("http.too-deep", limit=LIMITS.json_depth) from error
    except ValueError as error:  # decoding errors are one too
        raise Problem("package.not-json") from error
    _require_depth(value)
    return value


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


def _members(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
