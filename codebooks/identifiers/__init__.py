"""Identifiers of persons, units and cases: checked by versioned rules that name the failing part.

    check("gb11643", "11010519491231002X").valid
    check("court-case", "〔2022〕闽0102刑初123号").normalized      # "(2022)闽0102刑初123号", to look up by
    check("court-case", "〔2022〕闽0102刑初123号").formatted       # "（2022）闽0102刑初123号", to show
    check("gb11643", "110105194912310020").failed                 # ("checksum",)
    compose("police-case", {"organ": "350102000000", "month": "202403", "sequence": "0012"})

A `failed` part makes the value wrong; a `warning` is something to look at that real documents do show. Every part is a
key of the message catalogue (`identifier.<part>`). The values themselves are personal data and appear in no message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from codebooks.errors import CodebookError
from codebooks.identifiers import cases, courts, documents, national
from codebooks.identifiers.composing import compose
from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import GRADES, IdentifierCheck
from codebooks.release import Release, load

__all__ = ["GRADES", "KINDS", "IdentifierCheck", "check", "compose", "normalize_reference"]

_RULES: Mapping[str, Callable[[str, Release], IdentifierCheck]] = {
    "gb11643": national.gb11643,
    "gb32100": national.gb32100,
    "police-case": cases.police_case,
    "police-person": cases.police_person,
    "procuratorate-case": cases.procuratorate_case,
    "court-case": courts.court_case,
    "inmate": cases.inmate,
    "passport": documents.passport,
    "permit": documents.permit,
}
KINDS: tuple[str, ...] = tuple(_RULES)


def check(kind: str, value: str, *, today: date | None = None, release: Release | None = None) -> IdentifierCheck:
    """The verdict on one identifier.

    With `today`, a date inside it that lies after that day fails. Division codes are held against `gb.division` of
    `release` (the shipped one by default). Raises `CodebookError("identifier.unknown-kind")`."""
    rule = _RULES.get(kind)
    if rule is None:
        raise CodebookError("identifier.unknown-kind", kinds="、".join(KINDS))  # not what was given: it may be a number
    verdict = rule(value, release or load())
    if verdict.valid:
        verdict = replace(verdict, formatted=compose(kind, verdict.parts))
    return verdict if today is None else verdict.not_after(today)
