"""Builds the written form of an identifier from its parts: the reverse of `check`.

    compose("court-case", {"year": "2022", "court": "闽0102", "type": "刑初", "number": "123"})
    # "（2022）闽0102刑初123号"

For every valid value, `compose(kind, check(kind, value).parts)` is its canonical written form, and reading that again
gives the same parts. Nothing is checked here but that the parts are there: `check` the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stdnum.cn import ric, uscc

from codebooks.errors import CodebookError

Parts = Mapping[str, str]


def compose(kind: str, parts: Parts) -> str:
    """The canonical written form. A check digit that is not given is computed.

    Raises `CodebookError`: `identifier.unknown-kind`, or `identifier.part-missing` with the part's name."""
    form = _FORMS.get(kind)
    if form is None:
        raise CodebookError("identifier.unknown-kind", kinds="、".join(_FORMS))
    try:
        return form(parts)
    except KeyError as error:
        raise CodebookError("identifier.part-missing", part=error.args[0]) from None


def _gb11643(parts: Parts) -> str:
    body = f"{parts['division']}{parts['birth-date'].replace('-', '')}{parts['sequence']}"
    return body + (parts.get("checksum") or str(ric.calc_check_digit(f"{body}0")))


def _gb32100(parts: Parts) -> str:
    body = f"{parts['registrar']}{parts['division']}{parts['organization-code']}"
    return body + (parts.get("checksum") or str(uscc.calc_check_digit(body)))


def _police_case(parts: Parts) -> str:
    return f"A{parts['organ']}{parts['month']}{parts['sequence']}"


def _police_person(parts: Parts) -> str:
    return f"R{parts['organ']}{parts['month']}{parts['sequence']}"


def _procuratorate_case(parts: Parts) -> str:
    tail = f"{parts['unit']}{parts['number']}"
    if "office" not in parts:
        return f"{parts['unit']}{parts['year']}{parts['number']}"
    return f"{parts['office']}检{parts['business']}受[{parts['year']}]{tail}号"


def _court_case(parts: Parts) -> str:
    old = "字第" if parts.get("form") == "old" else ""
    return f"（{parts['year']}）{parts['court']}{parts['type']}{old}{parts['number']}{parts.get('continuation', '')}号"


def _inmate(parts: Parts) -> str:
    return f"{parts['house']}{parts['entry-date'].replace('-', '')}{parts['sequence']}"


def _travel(parts: Parts) -> str:
    return f"{parts['series']}{parts['number']}{parts.get('issue', '')}"


_FORMS: Mapping[str, Callable[[Parts], str]] = {
    "gb11643": _gb11643,
    "gb32100": _gb32100,
    "police-case": _police_case,
    "police-person": _police_person,
    "procuratorate-case": _procuratorate_case,
    "court-case": _court_case,
    "inmate": _inmate,
    "passport": _travel,
    "permit": _travel,
}
