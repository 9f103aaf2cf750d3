"""The facts of a record on which the meaning of its codes depends: the day of the offence and the context of a charge.

Missing or malformed facts are ignored, so that a condition on them stays open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_DIGITS = {name: value for value, name in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(r"第([〇零一二两三四五六七八九十百千]+|\d+)([条款项])|之([一二三四五六七八九十]+|\d+)")
_LAW = re.compile(r"[《〈]?(中华人民共和国)?刑法[》〉]?")
_ARTICLE = re.compile(r"第\d+条(?:之\d+)?(?:第\d+款)?")


def offence_date(record: Mapping[str, Any]) -> date | None:
    """The day of the offence: its last day, else its first, where the record gives a whole date; otherwise None.

    The last day, since the law at the end of a continuing offence governs it (最高人民检察院关于对跨越修订刑法
    施行日期的继续犯罪、连续犯罪以及其他同种数罪应如何具体适用刑法问题的批复)."""
    case = record.get("case")
    if not isinstance(case, Mapping):
        return None
    days = (_day(case.get(name)) for name in ("offence_to", "offence_from"))
    return next((day for day in days if day is not None), None)


def charge_context(record: Mapping[str, Any], charge: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions of crosswalk rows may ask about a charge: `minor`, `amount` (yuan), `article`."""
    context: dict[str, Any] = {}
    minor = _minor(record, charge.get("person_uid"))
    if minor is not None:
        context["minor"] = minor
    amount = charge.get("amount")
    if isinstance(amount, Mapping) and amount.get("currency", "CNY") == "CNY" and "value" in amount:
        context["amount"] = amount["value"]
    articles = charge.get("articles")
    if isinstance(articles, list):
        named = [form for text in articles if isinstance(text, str) for form in article_forms(text)]
        if named:
            context["article"] = named
    return context


def measure_context(measure: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions may ask about a coercive measure: `designated_residence`."""
    flag = measure.get("designated_residence")
    return {"designated_residence": flag} if isinstance(flag, bool) else {}


def article_forms(text: str) -> list[str]:
    """The articles of the Criminal Law that a text names, in figures: `《刑法》第二百七十七条第五款` gives
    `第277条第5款` and `第277条`, so that a condition may ask for either."""
    plain = _NUMERAL.sub(_figures, _LAW.sub("", text.replace(" ", "")))
    forms = []
    for found in _ARTICLE.findall(plain):
        forms += [found, re.sub(r"第\d+款$", "", found)]
    return list(dict.fromkeys(forms))


def _figures(match: re.Match[str]) -> str:
    if match[3] is not None:
        return f"之{_number(match[3])}"
    return f"第{_number(match[1])}{match[2]}"


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    total = digit = 0
    for sign in text:
        if sign in _UNITS:
            total += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def _day(text: Any) -> date | None:
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _minor(record: Mapping[str, Any], person_uid: Any) -> bool | None:
    persons = record.get("persons")
    for person in persons if isinstance(persons, list) else ():
        if isinstance(person, Mapping) and person_uid is not None and person.get("person_uid") == person_uid:
            flag = person.get("juvenile")
            return flag if isinstance(flag, bool) else None
    return None
