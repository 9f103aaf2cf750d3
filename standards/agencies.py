"""Agency types (单位类型), read from `agencies.toml`, and the check whether a type is known.

Models and schemas check only the form of a type, so that data from a newer program can be read. Code that must act on a
type checks here whether it is known.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from messages import Lang
from messages.problems import Problem

FORM = "[a-z][a-z0-9-]{1,31}"
"""The form of a type, as a regular expression without anchors."""
HUB = "hub"
"""What stands before the colon of a hub's short name, and is therefore no type."""

_TEXTS = frozenset({"zh", "en", "short_zh", "short_en", "colour", "native"})
_MEMBERS = _TEXTS | {"numbers", "core"}


@dataclass(frozen=True)
class AgencyType:
    """One type. `numbers` are (form, kind) of its own case numbers, `native` is the folder of its native format, and
    `core` says that every hub has it connected from the first day."""

    name: str
    zh: str
    en: str
    short_zh: str
    short_en: str
    colour: str
    numbers: tuple[tuple[str, str], ...]
    native: str
    core: bool = False

    def title(self, lang: Lang) -> str:
        """Its name in a language."""
        return self.zh if lang == "zh" else self.en

    def short(self, lang: Lang) -> str:
        """Its short name in a language."""
        return self.short_zh if lang == "zh" else self.short_en

    def number_kind(self, number: str) -> str:
        """The kind of a bare case number of such an agency: the first whose form fits."""
        return next(kind for form, kind in self.numbers if re.fullmatch(form, number))


def read(source: str) -> Mapping[str, AgencyType]:
    """Read types from TOML. Raises `Problem` `agency.types-inconsistent` naming the row that is malformed."""
    types: dict[str, AgencyType] = {}
    for name, body in tomllib.loads(source).items():
        if not _sound(name, body):
            raise Problem("agency.types-inconsistent", name)
        numbers = tuple((form, kind) for form, kind in body["numbers"])
        texts = {member: body[member] for member in _TEXTS}
        types[name] = AgencyType(name=name, numbers=numbers, core=body.get("core", False), **texts)
    return types


def _sound(name: str, body: Any) -> bool:
    return (
        re.fullmatch(FORM, name) is not None
        and name != HUB
        and isinstance(body, dict)
        and _TEXTS | {"numbers"} <= set(body) <= _MEMBERS
        and re.fullmatch("#[0-9a-f]{6}", body["colour"]) is not None
        and bool(body["numbers"])
        and body["numbers"][-1][0] == ".*"
    )


@cache
def types() -> Mapping[str, AgencyType]:
    """All types by name, in the order of the file."""
    return read(resources.files("standards").joinpath("agencies.toml").read_text("utf-8"))


def names() -> tuple[str, ...]:
    """The names of all types, in the order of the file."""
    return tuple(types())


def core() -> frozenset[str]:
    """The types that every hub has connected from the first day."""
    return frozenset(name for name, each in types().items() if each.core)


def is_known(name: object) -> bool:
    """Whether this is the name of a type."""
    return isinstance(name, str) and name in types()


def require_known(name: str, place: str = "") -> AgencyType:
    """The type of this name. Raises `Problem("agency.unknown-type")` for one that this program does not know."""
    found = types().get(name)
    if found is None:
        raise Problem("agency.unknown-type", place, type=name[:40], known=", ".join(types()))
    return found


def title(name: str, lang: Lang) -> str:
    """The name of a type in a language; the type itself when it is not known."""
    found = types().get(name)
    return name if found is None else found.title(lang)
