"""The agencies' own numbers: police cases and persons, procuratorate acceptance numbers, inmates.

They stay opaque to the exchange; reading them serves input checks and look-ups only.
"""

from __future__ import annotations

import re
from datetime import date

from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import IdentifierCheck, day_of, division_warnings
from codebooks.release import Release

_POLICE_RULE = "GA 781"
_TYSAH_RULE = "17-digit"
_BMSAH_RULE = "acceptance-number"
_INMATE_RULE = "GA 300.3-2001"
# 部门受案号 name the business; sections of an office put their number before it (一部刑诉).
_BUSINESS = re.compile(
    r"([一二三四五六七八九十]+部)?(捕|诉|刑捕|刑诉|未捕|未诉|未检|不收|刑执|刑申|羁审|复议|复核|监督|控申)"
)
_BMSAH = re.compile(
    r"(?P<office>[^检()]*)检(?P<business>[^()]*?)受\((?P<year>[^()]*)\)(?P<unit>[0-9]{6})(?P<number>[0-9]*)(?P<closing>号?)"
)


def police_case(value: str, release: Release) -> IdentifierCheck:
    """案件编号: A, 12-digit organ, year and month, 4-digit sequence (23 signs)."""
    return _police("police-case", "A", value, release)


def police_person(value: str, release: Release) -> IdentifierCheck:
    """人员编号: R, 12-digit organ, year and month, 4-digit sequence (23 signs)."""
    return _police("police-person", "R", value, release)


def _police(kind: str, prefix: str, value: str, release: Release) -> IdentifierCheck:
    text = normalize_reference(value)
    if len(text) != 23:
        return IdentifierCheck(kind, _POLICE_RULE, failed=("length",))
    failed = []
    if text[0] != prefix:
        failed.append("prefix")
    if not text[1:].isascii() or not text[1:].isdigit():
        return IdentifierCheck(kind, _POLICE_RULE, failed=(*failed, "characters"))
    month = day_of(text[13:17], text[17:19], "1")
    if month is None or month.year < 1949:
        failed.append("month")
    if text[19:] == "0000":
        failed.append("sequence")
    parts = {"organ": text[1:13], "month": text[13:19], "sequence": text[19:]}
    warnings = division_warnings(text[1:7], month, release)
    return IdentifierCheck(
        kind, _POLICE_RULE, text, tuple(failed), warnings, parts, {"month": month} if month else dict[str, date]()
    )


def procuratorate_case(value: str, release: Release) -> IdentifierCheck:
    """统一受案号 (17 digits: unit, year, number) or 部门受案号 (`榕鼓检刑诉受[2024]350102000123号`)."""
    text = normalize_reference(value)
    if re.fullmatch(r"[0-9]+", text):
        return _tysah(text, release)
    match = _BMSAH.fullmatch(text)
    if match is None:
        return IdentifierCheck("procuratorate-case", _BMSAH_RULE, failed=("form",))
    part = match.groupdict()
    year = day_of(part["year"], "1", "1") if re.fullmatch(r"[0-9]{4}", part["year"]) else None
    checks = (
        ("office", bool(part["office"])),
        ("business", bool(part["business"])),
        ("year", year is not None and year.year >= 1949),
        ("sequence", len(part["number"]) == 6 and part["number"] != "000000"),
        ("closing", part["closing"] == "号"),
    )
    warnings = division_warnings(part["unit"], year, release)
    if part["business"] and not _BUSINESS.fullmatch(part["business"]):
        warnings = ("business-unknown", *warnings)
    return IdentifierCheck(
        "procuratorate-case", _BMSAH_RULE, text, tuple(name for name, holds in checks if not holds), warnings,
        {name: part[name] for name in ("office", "business", "year", "unit", "number")},
        {"year": year} if year else dict[str, date](),
    )  # fmt: skip


def _tysah(text: str, release: Release) -> IdentifierCheck:
    if len(text) != 17:
        return IdentifierCheck("procuratorate-case", _TYSAH_RULE, failed=("length",))
    year = day_of(text[6:10], "1", "1")
    failed = () if year is not None and year.year >= 1949 else ("year",)
    parts = {"unit": text[:6], "year": text[6:10], "number": text[10:]}
    return IdentifierCheck(
        "procuratorate-case", _TYSAH_RULE, text, failed, division_warnings(text[:6], year, release), parts,
        {"year": year} if year else dict[str, date](),
    )  # fmt: skip


def inmate(value: str, release: Release) -> IdentifierCheck:
    """在押人员编码: 9-digit detention house, date of entry, 4-digit sequence (21 digits)."""
    text = normalize_reference(value)
    if len(text) != 21:
        return IdentifierCheck("inmate", _INMATE_RULE, failed=("length",))
    if not re.fullmatch(r"[0-9]{21}", text):
        return IdentifierCheck("inmate", _INMATE_RULE, failed=("characters",))
    entered = day_of(text[9:13], text[13:15], text[15:17])
    failed = []
    if entered is None or entered.year < 1949:
        failed.append("entry-date")
    if text[17:] == "0000":
        failed.append("sequence")
    parts = {"house": text[:9], "entry-date": entered.isoformat() if entered else "", "sequence": text[17:]}
    return IdentifierCheck(
        "inmate", _INMATE_RULE, text, tuple(failed), division_warnings(text[:6], entered, release), parts,
        {"entry-date": entered} if entered else dict[str, date](),
    )  # fmt: skip
