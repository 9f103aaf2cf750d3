"""Conditions of crosswalk rows: facts that the record must contain for the row to apply.

A condition consists of terms joined by ` & `, each `key operator value`: `minor=true`, `article=第236条第2款`,
`amount>=30000 & amount<300000`. Keys are those that `codebooks.conversion` fills (`minor`, `amount`, `article`,
`designated_residence`) or any that a caller gives. `=` and `!=` compare text (a list counts when it holds the value),
the others compare numbers.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_TERM = re.compile(r"([a-z_]+)\s*(!=|>=|<=|=|>|<)\s*(\S.*)")
_ORDER: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; `text` is its text in the row."""

    text: str
    terms: tuple[tuple[str, str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition. Raises `ValueError` when a term is not `key operator value` or orders what is no number."""
        terms: list[tuple[str, str, str]] = []
        for part in text.split(" & "):
            match = _TERM.fullmatch(part.strip())
            if match is None:
                raise ValueError(part)
            key, sign, value = match.groups()
            if sign in _ORDER and _number(value) is None:
                raise ValueError(part)
            terms.append((key, sign, value.strip()))
        return cls(text, tuple(terms))

    def holds(self, context: Mapping[str, Any]) -> bool | None:
        """True, False, or None when the context does not say."""
        verdicts = [_term(context.get(key), sign, value) for key, sign, value in self.terms]
        if False in verdicts:
            return False
        return None if None in verdicts else True


def _term(given: Any, sign: str, value: str) -> bool | None:
    if given is None:
        return None
    if sign in _ORDER:
        number, bound = _number(given), _number(value)
        return None if number is None or bound is None else _ORDER[sign](number, bound)
    held = given if isinstance(given, list | tuple | set | frozenset) else [given]
    return (value in {_text(item) for item in held}) == (sign == "=")


def _text(item: Any) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)


def _number(item: Any) -> Decimal | None:
    try:
        number = Decimal(str(item).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
