"""The formats of scalar values in records and statements: one predicate each, used by models and schemas.

The schema files carry the same patterns for readers in other languages; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache

import digests
from standards import agencies, domains
from standards.times import YEARS

_YEAR = "(1[89]|2[01])[0-9]{2}"
"""Years of living people and running cases; anything beyond is a slip, and calendars end somewhere."""

PATTERNS: Mapping[str, str] = {
    "uuid7": r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    "digest": r"^[a-z][a-z0-9-]{0,31}:[0-9a-f]{64,128}$",
    "instant": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    "date": rf"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$",
    "partial-date": rf"^{_YEAR}(-[0-9]{{2}}(-[0-9]{{2}})?)?$",
    "fact-time": (
        rf"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
        r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?$"
    ),
    "money": r"^[0-9]{1,15}(\.[0-9]{1,4})?$",
    "agency-type": rf"^{agencies.FORM}$",
    "domain": rf"^{domains.FORM}$",
    "agency": rf"^{agencies.FORM}:[0-9A-Za-z._-]{{1,32}}$",
    "party": rf"^{agencies.FORM}:[0-9A-Za-z._-]{{1,64}}$",
    "member-name": r"^[a-z][a-z0-9_]{0,63}$",
    "uid": r"^[0-9A-Za-z._:-]{1,64}$",
    "doc-type": r"^[A-Z][A-Z0-9]{1,15}$",
    "node": r"^N-[A-Z]{3}-[0-9]{3}$",
    "volume-or-all": r"^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|all)$",
    "volume-kind": r"^V[0-9]{2}$",
    "volume-number": r"^V[0-9]{2}-[0-9]{2}$",
    "base64": r"^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$",
}


@cache
def whole(pattern: str) -> re.Pattern[str]:
    r"""A pattern as JSON Schema means it (ECMA 262): Python's `$` would let a line feed follow, `\Z` does not."""
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year in YEARS
    except ValueError:
        return False


def _is_partial(text: str) -> bool:
    return _is_date(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)


def is_agency(text: str) -> bool:
    """Whether the type in front of a short name is known."""
    return agencies.is_known(text.partition(":")[0])


_MEANING: Mapping[str, Callable[[str], bool]] = {
    "agency-type": agencies.is_known,
    "agency": is_agency,
    "digest": digests.is_known,
    "domain": domains.is_known,
    "date": _is_date,
    "instant": _is_time,
    "fact-time": _is_time,
    "partial-date": _is_partial,
}


def fits(form: str, text: str) -> bool:
    """Whether `text` has the form and, where the form asks for it, is a real calendar day, a known domain, of a known
    agency type or of a known algorithm.

    Raises `KeyError` for an unknown form.
    """
    if whole(PATTERNS[form]).search(text) is None:
        return False
    meaning = _MEANING.get(form)
    return meaning is None or meaning(text)
