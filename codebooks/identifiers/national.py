"""National identifiers: citizens (GB 11643-1999) and units (GB 32100-2015).

The check digits come from `python-stdnum`; its own validation is not used, since it refuses registrars with a letter
and address codes that its list lacks, both of which real documents have.
"""

from __future__ import annotations

import re
from datetime import date

from stdnum.cn import ric, uscc

from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import IdentifierCheck, day_of, division_warnings
from codebooks.release import Release

_RIC_RULE = "GB 11643-1999"
_USCC_RULE = "GB 32100-2015"
_FIRST_YEAR = 1850


def gb11643(value: str, release: Release) -> IdentifierCheck:
    """A citizen's number of 18 digits, or of 15 as issued until 1999, which is widened in `normalized`.

    Fails by `length`, `characters`, `birth-date`, `sequence`, `checksum`; an address code that no list has, or none
    at birth, is a graded warning, since real cards disagree with the lists. `old-form` tells of 15 digits,
    `residence-permit` of residents of Hong Kong, Macao and Taiwan (81, 82, 83), `permanent-resident` of foreigners."""
    text = normalize_reference(value)
    if len(text) not in (15, 18):
        return IdentifierCheck("gb11643", _RIC_RULE, failed=("length",))
    if not re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", text):
        return IdentifierCheck("gb11643", _RIC_RULE, failed=("characters",))
    whole = _widened(text) if len(text) == 15 else text
    born = day_of(whole[6:10], whole[10:12], whole[12:14])
    failed = []
    if born is None or born.year < _FIRST_YEAR:
        failed.append("birth-date")
    if whole[14:17] == "000":
        failed.append("sequence")
    if ric.calc_check_digit(whole) != whole[17]:
        failed.append("checksum")
    warnings = (*(("old-form",) if len(text) == 15 else ()), *_origin(whole, born, release))
    parts = {
        "division": whole[:6],
        "birth-date": born.isoformat() if born else "",
        "sequence": whole[14:17],
        "checksum": whole[17],
        "sex": "1" if int(whole[16]) % 2 else "2",
    }
    dates = {"birth-date": born} if born else dict[str, date]()
    return IdentifierCheck("gb11643", _RIC_RULE, whole, tuple(failed), warnings, parts, dates)


def _origin(whole: str, born: date | None, release: Release) -> tuple[str, ...]:
    if whole[:6] in ("810000", "820000", "830000"):
        return ("residence-permit",)
    if whole[0] == "9" and _province(whole[1:3], release) and whole[3:6] in release.system("gb.country").by_code:
        return ("permanent-resident",)  # 9, province of application, nationality in three digits
    return division_warnings(whole[:6], born, release)


def _province(digits: str, release: Release) -> bool:
    return f"{digits}0000" in release.system("gb.division").by_code


def _widened(text: str) -> str:
    """The 18 digits of a 15-digit number: the century 19 (GB 11643-1999, appendix; nobody got 15 digits later)."""
    body = f"{text[:6]}19{text[6:]}"
    return body + str(ric.calc_check_digit(f"{body}0"))  # it drops the last sign, whatever it is


def gb32100(value: str, release: Release) -> IdentifierCheck:
    """A unit's social credit code: fails by `length`, `characters`, `registrar`, `organization-code`, `checksum`."""
    text = normalize_reference(value)
    if len(text) != 18:
        return IdentifierCheck("gb32100", _USCC_RULE, failed=("length",))
    if not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", text):
        return IdentifierCheck("gb32100", _USCC_RULE, failed=("characters",))
    failed = []
    if text[0] not in "123456789ANY":
        failed.append("registrar")
    if _organization_digit(text[8:16]) != text[16]:
        failed.append("organization-code")
    if uscc.calc_check_digit(text[:17]) != text[17]:
        failed.append("checksum")
    parts = {"registrar": text[:2], "division": text[2:8], "organization-code": text[8:17], "checksum": text[17]}
    warnings = division_warnings(text[2:8], None, release) if text[2:8] != "100000" else ()
    return IdentifierCheck("gb32100", _USCC_RULE, text, tuple(failed), warnings, parts)


_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def _organization_digit(body: str) -> str:
    """The check digit of the organization code inside (GB 11714-1997)."""
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(weight * signs.index(sign) for weight, sign in zip(_WEIGHTS, body, strict=True))
    return "0123456789X"[(11 - total % 11) % 11]
