"""The actions of marks, read from `actions.toml`, and the number of their vocabulary.

The vocabulary grows and never shrinks: an action keeps its name, signer and meaning permanently.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from messages import Lang
from messages.problems import Problem

Role = Literal["sender", "hub", "receiver"]
FORM = "[a-z]+(-[a-z]+)*"
MAX_LENGTH = 32

_NEEDED = frozenset({"by", "zh", "en", "vocabulary"})
_FLAGS = frozenset({"transfer", "directory", "handed_in"})


@dataclass(frozen=True)
class Action:
    """One action: who signs it, whether it needs a transfer, and the vocabulary that brought it."""

    name: str
    role: Role
    zh: str
    en: str
    on_transfer: bool = True
    vocabulary: int = 1
    directory: bool = False
    handed_in: bool = False

    def title(self, lang: Lang) -> str:
        """Its name in a language."""
        return self.zh if lang == "zh" else self.en


def read(source: str) -> Mapping[str, Action]:
    """Read actions from TOML. Raises `Problem` `action.table-inconsistent` naming the row that is malformed."""
    found: dict[str, Action] = {}
    for name, body in tomllib.loads(source).items():
        if not _sound(name, body):
            raise Problem("action.table-inconsistent", name)
        found[name] = Action(
            name=name,
            role=body["by"],
            zh=body["zh"],
            en=body["en"],
            on_transfer=body.get("transfer", True),
            vocabulary=body["vocabulary"],
            directory=body.get("directory", False),
            handed_in=body.get("handed_in", False),
        )
    return found


def _sound(name: str, body: Any) -> bool:
    return (
        has_form(name)
        and isinstance(body, dict)
        and _NEEDED <= set(body) <= _NEEDED | _FLAGS
        and body["by"] in get_args(Role)
        and type(body["vocabulary"]) is int
        and body["vocabulary"] >= 1
        and all(type(body[flag]) is bool for flag in _FLAGS & set(body))
    )


def has_form(name: object) -> bool:
    """Whether this has the form of an action, known or not."""
    return isinstance(name, str) and len(name) <= MAX_LENGTH and re.fullmatch(FORM, name) is not None


@cache
def actions() -> Mapping[str, Action]:
    """All actions by name, in the order of the file."""
    return read(resources.files("standards").joinpath("actions.toml").read_text("utf-8"))


def vocabulary() -> int:
    """The number of the vocabulary that this program has."""
    return max(each.vocabulary for each in actions().values())


def title(name: str | None, lang: Lang) -> str:
    """The name of an action in a language; for an unknown action, its id."""
    found = actions().get(name or "")
    return (name or "-") if found is None else found.title(lang)
