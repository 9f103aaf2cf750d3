"""Suggests codes that a user may have meant. A person must choose; a suggestion is never used as the code itself.

It covers common damage to codes: full-width characters, lower-case letters, blanks, leading zeros removed by a
spreadsheet, numbers written as `1.1E+04` or `50200.0`, and a part typed instead of the whole code (`264` for
`XF264-01`).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from codebooks.concepts import CodeSystem, Concept

_NUMBER = re.compile(r"\d{1,20}(\.\d{1,20})?(E\+?\d{1,2})?", re.ASCII)
_SHORTEST_PART = 3


def near(table: CodeSystem, code: str, limit: int = 5) -> tuple[Concept, ...]:
    """At most `limit` concepts whose code `code` may stand for, likeliest first, each in its last meaning; none for a
    code that the table has."""
    if code in table.by_code:
        return ()
    wanted = unicodedata.normalize("NFKC", code).replace(" ", "").upper()
    forms = [wanted, wanted.lower(), *_numbers(wanted, {len(known) for known in table.by_code})]
    found = [known for known in dict.fromkeys(forms) if known in table.by_code]
    if len(wanted) >= _SHORTEST_PART:
        found += [known for known in table.by_code if wanted in known and known not in found]
    return tuple(table.by_code[known][-1] for known in found[:limit])


def _numbers(wanted: str, lengths: set[int]) -> list[str]:
    """The number that a spreadsheet made of a code, with the zeros that it took away."""
    if not _NUMBER.fullmatch(wanted):
        return []
    value = Decimal(wanted)
    if value != value.to_integral_value():
        return []
    digits = str(int(value))
    return [digits.zfill(length) for length in sorted(lengths) if length >= len(digits)]
