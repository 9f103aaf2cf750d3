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
from typing import Any, Literal, TypeVar, get_args

from messages import Lang
from messages.problems import Problem

Role = Literal["sender", "hub", "receiver"]
Party = TypeVar("Party")
FORM = "[a-z]+(-[a-z]+)*"
MAX_LENGTH = 32

_NEEDED = frozenset({"by", "zh", "en", "vocabulary"})
_FLAGS = frozenset({"transfer", "directory", "handed_in"})
_PARTIES = ("sender", "receiver")


@dataclass(frozen=True)
class Action:
    """One action: who signs it and who may as well, whether it needs a transfer, the vocabulary that brought it, and
    the actions of which one comes before it."""

    name: str
    role: Role
    zh: str
    en: str
    on_transfer: bool = True
    vocabulary: int = 1
    directory: bool = False
    handed_in: bool = False
    also: tuple[Role, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def signed_by(self) -> tuple[Role, ...]:
        """Every role that may sign it."""
        return (self.role, *self.also)

    def signers(self, parties: Mapping[Role, Party]) -> tuple[Party, ...]:
        """Which of a transfer's `parties`, given by role, may sign it on that transfer. Empty for an action of the hub,
        which is no party of it."""
        return tuple(parties[role] for role in self.signed_by if role in parties)

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
            also=tuple(body.get("also", ())),
            after=tuple(body.get("after", ())),
        )
    for action in found.values():
        if not set(action.after) <= set(found):
            raise Problem("action.table-inconsistent", action.name)
    return found


def _sound(name: str, body: Any) -> bool:
    return (
        has_form(name)
        and isinstance(body, dict)
        and _NEEDED <= set(body) <= _NEEDED | _FLAGS | {"also", "after"}
        and body["by"] in get_args(Role)
        and type(body["vocabulary"]) is int
        and body["vocabulary"] >= 1
        and all(type(body[flag]) is bool for flag in _FLAGS & set(body))
        and _sound_parties(body)
        and isinstance(body.get("after", []), list)
        and all(isinstance(each, str) for each in body.get("after", []))
    )


def _sound_parties(body: Mapping[str, Any]) -> bool:
    """Nobody stands beside the hub or twice, and what is handed in is a party's."""
    also, by_hub = body.get("also", []), body["by"] == "hub"
    named = isinstance(also, list) and all(role in _PARTIES and role != body["by"] for role in also)
    if not named or len(set(also)) != len(also) or (by_hub and also):
        return False
    return not (body.get("handed_in") and by_hub)


def has_form(name: object) -> bool:
    """Whether this has the form of an action, known or not."""
    return isinstance(name, str) and len(name) <= MAX_LENGTH and re.fullmatch(FORM, name) is not None


@cache
def actions() -> Mapping[str, Action]:
    """All actions by name, in the order of the file."""
    return read(resources.files("standards").joinpath("actions.toml").read_text("utf-8"))


def handed_in() -> list[str]:
    """The actions that a party hands in at any time after the transfer, in the order of the file."""
    return [each.name for each in actions().values() if each.handed_in]


def vocabulary() -> int:
    """The number of the vocabulary that this program has."""
    return max(each.vocabulary for each in actions().values())


def title(name: str | None, lang: Lang) -> str:
    """The name of an action in a language; for an unknown action, its id."""
    found = actions().get(name or "")
    return (name or "-") if found is None else found.title(lang)
