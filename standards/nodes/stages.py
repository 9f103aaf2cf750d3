"""Stages and states of a case (案件阶段、案件状态): the words that nodes use, named in Chinese and English.

The data stand in `standards/criminal/stages.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from standards.domains import table

ANY = "any"
"""The stage of a node that belongs to no stage of its own (legal supervision, for instance)."""


@dataclass(frozen=True)
class Named:
    """A stage or a state, and what people call it."""

    code: str
    zh: str
    en: str

    def name(self, lang: str = "zh") -> str:
        """The name in `lang`."""
        return self.zh if lang == "zh" else self.en


@cache
def _read() -> Mapping[str, Mapping[str, Named]]:
    source = table("stages.toml")
    return {
        kind: {code: Named(code, body["zh"], body["en"]) for code, body in source[kind].items()}
        for kind in ("stage", "status")
    }


def stages() -> Mapping[str, Named]:
    """The stages, by code, in their usual order."""
    return _read()["stage"]


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """These stages, each once, in the order of procedure; one that is not known stands last."""
    order = [stage for stage in stages() if stage != ANY] + [ANY]
    present = set(codes)
    return (*(stage for stage in order if stage in present), *sorted(present - set(order)))


def statuses() -> Mapping[str, Named]:
    """The states of a case, by code."""
    return _read()["status"]


def stage_name(code: str, lang: str = "zh") -> str:
    """What people call a stage; an unknown code is its own name."""
    known = stages().get(code)
    return known.name(lang) if known else code


def status_name(code: str, lang: str = "zh") -> str:
    """What people call a state of a case; an unknown code is its own name."""
    known = statuses().get(code)
    return known.name(lang) if known else code
