"""The agencies' own numbers: police cases and persons, procuratorate acceptance numbers, court numbers, inmates.

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
_COURT_RULE = "法〔2015〕137号"
_INMATE_RULE = "GA 300.3-2001"
# 部门受案号 name the business; sections of an office put their number before it (一部刑诉).
_BUSINESS = re.compile(
    r"([一二三四五六七八九十]+部)?(捕|诉|刑捕|刑诉|未捕|未诉|未检|不收|刑执|刑申|羁审|复议|复核|监督|控申)"
)
# The court code of a division is the province's short name and the last four digits of GB/T 2260.
_PROVINCES = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "内": "15", "辽": "21", "吉": "22", "黑": "23",
    "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41",
    "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "贵": "52",
    "黔": "52", "云": "53", "滇": "53", "藏": "54", "陕": "61", "甘": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip
_COURTS = "|".join(("最高法", *_PROVINCES, "兵", "军"))
_COURT_NUMBER = re.compile(
    rf"\((?P<year>[^()]*)\)(?P<court>(?:{_COURTS})[0-9]*)(?P<type>[^0-9号]*)(?P<number>[0-9]*)"
    r"(?P<after>(?:之[0-9一二三四五六七八九十]+)?)(?P<closing>号?)"
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


def court_case(value: str, release: Release) -> IdentifierCheck:
    """案号: `（2024）闽0102刑初123号`, year, court code, type code, number.

    Fails by `form`, `year`, `court-code`, `case-type`, `sequence`, `closing`. A type that is not criminal and a court
    code that follows no division (special courts do not) are warnings."""
    text = normalize_reference(value)
    match = _COURT_NUMBER.fullmatch(text)
    if match is None:
        shape = re.fullmatch(r"\([^()]*\)(?P<court>[^0-9]*[0-9]*)[^0-9].*", text)
        return IdentifierCheck("court-case", _COURT_RULE, failed=("court-code",) if shape else ("form",))
    part = match.groupdict()
    year = day_of(part["year"], "1", "1") if re.fullmatch(r"[0-9]{4}", part["year"]) else None
    criminal = {kind for concept in release.system("court.case-type").concepts for kind in concept.aliases}
    checks = (
        ("year", year is not None and year.year >= 1949),
        ("court-code", _court_digits_fit(part["court"])),
        ("case-type", part["type"] in criminal or (bool(part["type"]) and not part["type"].startswith("刑"))),
        ("sequence", part["number"].strip("0") != ""),
        ("closing", part["closing"] == "号"),
    )
    failed = tuple(name for name, holds in checks if not holds)
    warnings = _court_warnings(part["court"], release)
    if part["type"] not in criminal and "case-type" not in failed:
        warnings = ("case-type-not-criminal", *warnings)
    return IdentifierCheck(
        "court-case", _COURT_RULE, text, failed, warnings,
        {name: part[name] for name in ("year", "court", "type", "number")},
        {"year": year} if year else dict[str, date](),
    )  # fmt: skip


def _court_digits_fit(court: str) -> bool:
    """A high court has none, an intermediate court two digits, a basic court four; the Supreme Court none."""
    digits = re.sub(r"[^0-9]", "", court)
    return len(digits) in ((0,) if court.startswith("最高法") else (0, 2, 4))


def _court_warnings(court: str, release: Release) -> tuple[str, ...]:
    province = _PROVINCES.get(court[0])
    digits = court[1:]
    if province is None or len(digits) not in (2, 4):
        return ()
    if division_warnings(f"{province}{digits.ljust(4, '0')}", None, release):
        return ("court-special",)
    return ()


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
