"""Passports and permits.

China's forms are known; of a foreign passport only the limits of the machine-readable zone can be checked.
"""

from __future__ import annotations

import re

from stdnum.cn import ric

from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import IdentifierCheck, day_of
from codebooks.release import Release

_PASSPORT_RULE = "2012"
_PERMIT_RULE = "2023"


def _forms(**forms: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name.replace("_", "-"), re.compile(form)) for name, form in forms.items())


# In each form the letters that name the series, then the digits, then how often the document was issued anew.
_CHINESE = _forms(
    ordinary=r"(?P<series>E[A-HJ-NP-Z]?|G)(?P<number>(?<=[EG])[0-9]{8}|(?<=E.)[0-9]{7})",
    public_affairs=r"(?P<series>PE?)(?P<number>[0-9]{7}|(?<=P)[0-9]{8})",
    service=r"(?P<series>SE?)(?P<number>[0-9]{7}|(?<=S)[0-9]{8})",
    diplomatic=r"(?P<series>DE?)(?P<number>[0-9]{7}|(?<=D)[0-9]{8})",
    hong_kong=r"(?P<series>K|KJ|H)(?P<number>(?<=[KH])[0-9]{8}|(?<=KJ)[0-9]{7})",
    macao=r"(?P<series>M[AB])(?P<number>[0-9]{7})",
)
_PERMITS = _forms(
    hong_kong_macao_resident=r"(?P<series>[HM])(?P<number>[0-9]{8})(?P<issue>(?:[0-9]{2})?)",
    taiwan_resident=r"(?P<series>)(?P<number>[0-9]{8})(?P<issue>(?:[0-9]{2}(?:\([A-Z]\))?)?)",
    to_hong_kong_macao=r"(?P<series>C[A-HJ-NP-Z]?|W)(?P<number>(?<=[CW])[0-9]{8}|(?<=C.)[0-9]{7})",
    to_taiwan=r"(?P<series>[LT])(?P<number>[0-9]{8})",
    permanent_resident_2004=r"(?P<series>[A-Z]{3})(?P<number>[0-9]{12})",
    permanent_resident=r"(?P<series>9)(?P<number>[0-9]{16}[0-9X])",
)


def passport(value: str, release: Release) -> IdentifierCheck:
    """A passport number, or that of a permit in its place (`permit`; the part `permit` names which).

    One in no Chinese form passes with the warning `issuer-unknown` when it has the 5 to 9 signs that a passport can
    carry (ICAO Doc 9303-4); fails by `length` or `characters`."""
    text = normalize_reference(value)
    for issuer, form in _CHINESE:
        if match := form.fullmatch(text):
            return IdentifierCheck("passport", _PASSPORT_RULE, text, parts={"issuer": issuer, **match.groupdict()})
    instead = permit(value, release)
    if instead.normalized:
        return IdentifierCheck(
            "passport", _PERMIT_RULE, text, instead.failed, ("permit-instead", *instead.warnings), instead.parts
        )
    if not 5 <= len(text) <= 9:
        return IdentifierCheck("passport", _PASSPORT_RULE, failed=("length",))
    if not re.fullmatch(r"[A-Z0-9]*[0-9][A-Z0-9]*", text):
        return IdentifierCheck("passport", _PASSPORT_RULE, failed=("characters",))
    parts = {"series": "", "number": text}
    return IdentifierCheck("passport", _PASSPORT_RULE, text, warnings=("issuer-unknown",), parts=parts)


def permit(value: str, release: Release) -> IdentifierCheck:
    """A travel or residence permit: 港澳居民来往内地通行证, 台湾居民来往大陆通行证, 往来港澳通行证, 往来台湾通行证,
    外国人永久居留身份证 (old 15 signs, new 18).

    Fails by `form`, since lengths differ by kind; a permanent resident's also by `birth-date` and `checksum`."""
    del release
    text = normalize_reference(value)
    for kind, form in _PERMITS:
        if match := form.fullmatch(text):
            return IdentifierCheck(
                "permit", _PERMIT_RULE, text, _failed(kind, text), parts={"permit": kind, **_given(match)}
            )
    return IdentifierCheck("permit", _PERMIT_RULE, failed=("form",))


def _given(match: re.Match[str]) -> dict[str, str]:
    return {name: part for name, part in match.groupdict().items() if part or name != "issue"}


def _failed(kind: str, text: str) -> tuple[str, ...]:
    """A permanent resident's card holds the birth date, the new one also the check digit of GB 11643."""
    failed = []
    if kind == "permanent-resident-2004" and not any(
        day_of(f"{century}{text[7:9]}", text[9:11], text[11:13]) for century in ("19", "20")
    ):
        failed.append("birth-date")
    if kind == "permanent-resident":
        if day_of(text[6:10], text[10:12], text[12:14]) is None:
            failed.append("birth-date")
        if ric.calc_check_digit(text) != text[17]:
            failed.append("checksum")
    return tuple(failed)
