"""The levels of organs, and the types that a parent may have, from `levels.toml` and `belonging.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from messages import Lang, listed
from messages.problems import Problem


@dataclass(frozen=True)
class Level:
    """One level. `rank` is 1 for the highest, 2 for the next. `decides` is false for detached organs (派出)."""

    name: str
    rank: int
    zh: str
    en: str
    decides: bool

    def title(self, lang: Lang) -> str:
        """Its name in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def levels() -> Mapping[str, Level]:
    """All levels by name, highest first."""
    found = tomllib.loads(_text("levels.toml"))
    return {name: Level(name, rank, **body) for rank, (name, body) in enumerate(found.items(), start=1)}


def named(word: str) -> Level | None:
    """The level of this English or Chinese name; None if there is no such level."""
    return levels().get(word) or next((each for each in levels().values() if each.zh == word), None)


def require(word: str, place: str) -> Level:
    """The level that a word means. Raises `Problem` `organ.level-unknown` with the levels that exist."""
    found = named(word)
    if found is None:
        every = levels().values()
        known = listed("known", (f"{each.name} {each.zh}" for each in every), (each.name for each in every))
        raise Problem("organ.level-unknown", place, found=word[:100], **known)
    return found


@cache
def parent_types(of_type: str) -> tuple[str, ...]:
    """The types that the parent of an organ of `of_type` may have, its own first."""
    belonging: Mapping[str, list[str]] = tomllib.loads(_text("belonging.toml"))
    return (of_type, *belonging.get(of_type, ()))


def _text(name: str) -> str:
    return resources.files("standards.organs").joinpath(name).read_text("utf-8")
