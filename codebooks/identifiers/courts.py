"""Court numbers (案号).

Since 2016 `（2022）闽0102刑初123号`: year, court code, type code, number (法〔2015〕137号). Until then
`（2015）鼓刑初字第123号`, where each court chose its own short name and the Supreme Court had none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from codebooks.crosswalks import Row
from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import IdentifierCheck, day_of, division_warnings
from codebooks.release import Release

_RULE = "法〔2015〕137号"
_OLD_RULE = "2015年以前"
_FIRST_YEAR_OF_RULE = 2016
_REGIONS, _REGION_DIVISIONS = "court.region", "court.region--gb.division"
_NUMBER = re.compile(
    r"\((?P<year>[^()]*)\)(?P<court>(?:最高法|[^0-9()])[0-9]*)(?P<type>[^0-9号()]*)(?P<number>[0-9]*)"
    r"(?P<continuation>(?:之[0-9一二三四五六七八九十]+)?)(?P<closing>号?)"
)
_OLD = re.compile(
    r"\((?P<year>[^()]*)\)(?P<court>[^0-9()刑民行]{0,8}?)(?P<type>[刑民行][^0-9字号]*)字第?(?P<number>[0-9]*)"
    r"(?P<continuation>(?:之[0-9一二三四五六七八九十]+)?)(?P<closing>号?)"
)


def court_case(value: str, release: Release) -> IdentifierCheck:
    """案号 in the form of its time.

    Fails by `form`, `year`, `court-code`, `case-type`, `sequence`, `closing`. Warnings: `old-form`, `form-not-of-year`
    (the new form before 2016, the old one after), `case-type-not-criminal`, and `court-special` for a code that follows
    no division (special courts do not)."""
    text = normalize_reference(value)
    match, old = _NUMBER.fullmatch(text), _OLD.fullmatch(text)
    if old is not None:
        return _read(text, old, release, old_form=True)
    if match is None:
        return IdentifierCheck("court-case", _RULE, failed=("form",))
    return _read(text, match, release, old_form=False)


def _read(text: str, match: re.Match[str], release: Release, *, old_form: bool) -> IdentifierCheck:
    part = match.groupdict()
    year = day_of(part["year"], "1", "1") if re.fullmatch(r"[0-9]{4}", part["year"]) else None
    criminal = {kind for concept in release.system("court.case-type").concepts for kind in concept.aliases}
    known = part["type"] in criminal
    checks = (
        ("year", year is not None and year.year >= 1949),
        ("court-code", old_form or _court_fits(part["court"], release)),
        ("case-type", known or old_form or (bool(part["type"]) and not part["type"].startswith("刑"))),
        ("sequence", part["number"].strip("0") != ""),
        ("closing", part["closing"] == "号"),
    )
    failed = tuple(name for name, holds in checks if not holds)
    warnings = [] if not old_form else ["old-form"]
    if year is not None and (year.year < _FIRST_YEAR_OF_RULE) != old_form:
        warnings.append("form-not-of-year")
    if not part["type"].startswith("刑") and "case-type" not in failed and not known:
        warnings.append("case-type-not-criminal")
    parts = {name: part[name] for name in ("year", "court", "type", "number")}
    if part["continuation"]:
        parts["continuation"] = part["continuation"]
    if old_form:
        parts["form"] = "old"
    else:
        warnings += _division(part["court"], release)
    return IdentifierCheck(
        "court-case", _OLD_RULE if old_form else _RULE, text, failed, tuple(warnings), parts,
        {"year": year} if year else dict[str, date](),
    )  # fmt: skip


def _court_fits(court: str, release: Release) -> bool:
    """A high court has no digits, an intermediate court two, a basic court four; the Supreme Court none."""
    region = court.rstrip("0123456789")
    digits = len(court) - len(region)
    return region in release.system(_REGIONS).by_code and digits in ((0,) if region == "最高法" else (0, 2, 4))


def _division(court: str, release: Release) -> tuple[str, ...]:
    """The code of a division is the region's and the last four digits of GB/T 2260."""
    region = court.rstrip("0123456789")
    digits = court[len(region) :]
    rows = [row.target for row in _divisions_of(release).get(region, ()) if row.target]
    if not rows or len(digits) not in (2, 4):
        return ()
    return ("court-special",) if division_warnings(rows[0][:2] + digits.ljust(4, "0"), None, release) else ()


def _divisions_of(release: Release) -> Mapping[str, tuple[Row, ...]]:
    walk = release.crosswalks.get(_REGION_DIVISIONS)
    return walk.by_source if walk else {}
