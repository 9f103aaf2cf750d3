"""How statutory deadlines run in a case, from `clocks.toml`: starts, ends, extensions, pauses and restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from standards import agencies
from standards.judging.conditions import Expression, parse
from standards.rules.statutory import load

PARTY = "party"
"""Whose duty it is when no agency's: the person's own term, for an appeal for instance. Else a type of agency."""


@dataclass(frozen=True)
class Begin:
    """One event that starts a clock if `condition` holds.

    The first of `sources` that tells anything counts, with its first or last moment; with `each`, the one that tells
    most moments, and each starts a clock of its own. `restart`: why the event starts a running clock again.
    `clock`: the due moment of another clock, as it stood after `level` extensions, or as it stands now (None).
    """

    condition: Expression
    sources: tuple[str, ...]
    each: bool = False
    pick: Literal["first", "last"] = "first"
    restart: str = ""
    clock: str = ""
    level: int | None = None


@dataclass(frozen=True)
class Choice:
    """The term that applies when `condition` holds; the first that holds counts."""

    condition: Expression
    deadline: str


@dataclass(frozen=True)
class Extension:
    """What proves one more extension: the `nth` moment of a source in `by` before the term ends, or `condition`."""

    condition: Expression
    by: tuple[str, ...]
    nth: int = 1


@dataclass(frozen=True)
class PauseRule:
    """A reason for which time does not count, from the events `begins` (or the day after) to the events `ends`."""

    id: str
    zh: str
    en: str
    basis: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    next_day: bool = False


@dataclass(frozen=True)
class Reason:
    """A reason in words, with its articles."""

    zh: str
    en: str
    basis: str


@dataclass(frozen=True)
class ClockRule:
    """One clock. `right`: the deadline limits a right, so missing it is not a violation. `ahead`: days of warning.

    `ends` is the act that the law requires, `ceases` what makes it unnecessary; `needs` the agency types that report
    it. It starts neither before the last event of `after` nor later than the first of `before`.
    """

    id: str
    per: Literal["person", "case"]
    duty: str
    applies: Expression
    begins: tuple[Begin, ...]
    ends: tuple[str, ...]
    choices: tuple[Choice, ...]
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[str, ...] = ()
    ceases: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    right: bool = False
    ahead: int | None = None


@cache
def _file() -> dict[str, Any]:
    return load("clocks.toml")


@cache
def clock_rules() -> Mapping[str, ClockRule]:
    """The clocks by id, in an order in which a clock stands after the clock from which it starts."""
    return {key: _rule(key, body) for key, body in _file()["clock"].items()}


def _rule(key: str, body: Mapping[str, Any]) -> ClockRule:
    choices = body.get("choices") or [{"deadline": body["deadline"]}]
    return ClockRule(
        id=key,
        per=body["per"],
        duty=_duty(key, body["duty"]),
        applies=parse(body.get("applies", "")),
        begins=tuple(_begin(each) for each in body["start"]),
        ends=tuple(body["end"]),
        choices=tuple(Choice(parse(each.get("if", "")), each["deadline"]) for each in choices),
        extensions=tuple(
            Extension(parse(each["if"]) if "if" in each else ((),), tuple(each.get("by", ())), each.get("nth", 1))
            for each in body.get("extensions", ())
        ),
        pauses=tuple(body.get("pauses", ())),
        ceases=tuple(body.get("ceases", ())),
        after=tuple(body.get("after", ())),
        before=tuple(body.get("before", ())),
        needs=tuple(body.get("needs", () if body["duty"] == PARTY else (body["duty"],))),
        right=body.get("right", False),
        ahead=body.get("ahead"),
    )


def _duty(key: str, duty: str) -> str:
    if duty != PARTY:
        agencies.require_known(duty, f"clocks.toml/{key}")
    return duty


def _begin(body: Mapping[str, Any]) -> Begin:
    return Begin(
        parse(body.get("if", "")),
        tuple(body.get("of", ())),
        each=body.get("each", False),
        pick=body.get("pick", "first"),
        restart=body.get("restart", ""),
        clock=body.get("clock", ""),
        level=body.get("level"),
    )


@cache
def pause_rules() -> Mapping[str, PauseRule]:
    """The pauses, by id."""
    return {
        key: PauseRule(
            key,
            body["zh"],
            body["en"],
            body["basis"],
            tuple(body["from"]),
            tuple(body["to"]),
            body.get("next_day", False),
        )
        for key, body in _file()["pause"].items()
    }


@cache
def restart_reasons() -> Mapping[str, Reason]:
    """Why a term is counted again (重新计算), by id."""
    return {key: Reason(**body) for key, body in _file()["restart"].items()}


@cache
def closing() -> tuple[str, ...]:
    """The events that end every clock of a person or case, because there is nothing left to do in time."""
    return tuple(_file()["closing"]["of"])


def days_ahead(length: int) -> int:
    """How many days before its conservative due day a term of `length` days is warned of."""
    return next(int(row["ahead"]) for row in _file()["warning"] if length <= row["up_to"])
