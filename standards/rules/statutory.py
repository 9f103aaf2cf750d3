"""Statutory deadlines (DL) from `deadlines.toml`, and the readings of the law from which a hub chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Literal

from standards.domains import table

Roll = Literal["Y", "C", "N"]


@dataclass(frozen=True)
class Deadline:
    """A statutory term. `extended` are totals after each lawful extension, from the original start.

    `roll`: Y moves over holidays, C moves unless the person is in custody, N never moves. `valid_from` and `valid_to`:
    the first and the last day on which a term of this wording may start. `confidence`: high, medium or low.
    """

    id: str
    zh: str
    start: str
    term: str
    extended: tuple[str, ...]
    roll: Roll
    basis: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    en: str = ""
    start_en: str = ""
    confidence: str = "high"
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Whether a term of this wording may start on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Option:
    """One way to read the law: which members of the deadline, and which start of its clock, it puts in their place."""

    name: str
    zh: str
    en: str
    basis: tuple[str, ...]
    deadline: Mapping[str, Any]
    start: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A place where the texts disagree. A hub follows `default` unless its settings choose another option."""

    id: str
    zh: str
    en: str
    deadlines: tuple[str, ...]
    default: str
    options: Mapping[str, Option]

    def chosen(self, choices: Mapping[str, str]) -> Option:
        """The option in force. Raises `ValueError` when the choice names none."""
        name = choices.get(self.id, self.default)
        if name not in self.options:
            msg = f"reading {self.id!r} has no option {name!r}, only {', '.join(self.options)}"
            raise ValueError(msg)
        return self.options[name]


def load(name: str) -> dict[str, Any]:
    """One TOML file of the rules."""
    return table("rules", name)


@cache
def versions() -> Mapping[str, tuple[Deadline, ...]]:
    """Every wording of every statutory term by id, the newest last. A table is one wording, an array several."""
    found = {}
    for key, body in load("deadlines.toml").items():
        wordings = body if isinstance(body, list) else [body]
        found[key] = tuple(sorted((_deadline(key, each) for each in wordings), key=lambda each: each.valid_from))
    return found


def _deadline(key: str, body: Mapping[str, Any]) -> Deadline:
    lists: dict[str, Any] = {"extended": tuple(body.get("extended", ())), "basis": tuple(body["basis"].split(";"))}
    return Deadline(id=key, **{**body, **lists})


@cache
def deadlines() -> Mapping[str, Deadline]:
    """The newest wording of every statutory term, by id, as the default readings have it."""
    return {key: wordings[-1] for key, wordings in versions().items()}


def deadline_on(key: str, day: date, choices: Mapping[str, str]) -> Deadline | None:
    """The wording of a term that starts on `day`, as the readings chosen have it; None before the oldest wording.

    Raises `KeyError` for an id that does not exist.
    """
    wording = next((each for each in reversed(versions()[key]) if each.in_force(day)), None)
    if wording is None:
        return None
    for option in options(key, choices):
        wording = replace(wording, **option.deadline, basis=option.basis or wording.basis)
    return wording


def options(key: str, choices: Mapping[str, str]) -> Iterator[Option]:
    """The options chosen of the readings that concern the term."""
    return (reading.chosen(choices) for reading in readings().values() if key in reading.deadlines)


def check_choices(choices: Mapping[str, str]) -> None:
    """Raises `ValueError` for a reading that does not exist, or an option that it does not have."""
    for key in choices:
        if key not in readings():
            msg = f"there is no reading {key!r}, only {', '.join(readings())}"
            raise ValueError(msg)
        readings()[key].chosen(choices)


@cache
def readings() -> Mapping[str, Reading]:
    """The readings, by id."""
    return {key: _reading(key, body) for key, body in load("readings.toml").items()}


def _reading(key: str, body: Mapping[str, Any]) -> Reading:
    found = {
        name: Option(
            name,
            each["zh"],
            each["en"],
            tuple(each["basis"].split(";")),
            each.get("deadline", {}),
            tuple(each.get("start", ())),
        )
        for name, each in body["options"].items()
    }
    return Reading(key, body["zh"], body["en"], tuple(body.get("deadlines", ())), body["default"], found)
