"""Levels and hours in the words of a language."""

from __future__ import annotations

from messages import Lang, text
from standards.organs.hours import DAYS, Hours, Rule, runs, span_text
from standards.organs.levels import levels


def level(name: str, lang: Lang) -> str:
    """The name of a level; an unknown level is returned unchanged."""
    found = levels().get(name)
    return name if found is None else found.title(lang)


def hours(told: Hours | None, lang: Lang) -> str:
    """Opening hours in words, without a full stop; empty if there are none."""
    if told is None:
        return ""
    if told.always:
        return text("organ.open.always", lang)
    parts = [_rule(rule, lang) for rule in told.rules]
    if told.holidays_off:
        parts.append(text("organ.open.holidays-off", lang))
    return ("；" if lang == "zh" else "; ").join(parts)


def _rule(rule: Rule, lang: Lang) -> str:
    between = "、" if lang == "zh" else ", "
    days = between.join(_days(first, last, lang) for first, last in runs(rule.days))
    return text("organ.open.rule", lang, days=days, spans=between.join(map(span_text, rule.spans)))


def _days(first: int, last: int, lang: Lang) -> str:
    begin, end = (text(f"organ.open.{DAYS[day]}", lang) for day in (first, last))
    return begin if first == last else text("organ.open.days", lang, first=begin, last=end)
