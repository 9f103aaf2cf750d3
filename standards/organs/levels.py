"""The levels of organs, and to which types an organ may belong: what `levels.toml` and `belonging.toml` say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from messages import Lang


@dataclass(frozen=True)
class Level:
    """One level. `rank` is 1 for the highest and grows downward; `decides` is false for what is detached (派出)."""

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
    """The level that a cell means: its name, or its Chinese name; None for none."""
    return levels().get(word) or next((each for each in levels().values() if each.zh == word), None)


@cache
def parent_types(of_type: str) -> tuple[str, ...]:
    """The types of which the parent of an organ of `of_type` may be, its own first."""
    belonging: Mapping[str, list[str]] = tomllib.loads(_text("belonging.toml"))
    return (of_type, *belonging.get(of_type, ()))


def _text(name: str) -> str:
    return resources.files("standards.organs").joinpath(name).read_text("utf-8")
