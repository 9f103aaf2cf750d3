"""The names of the record's data items (信息项), zh and en, by object and member of its schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def names() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Object (`case`, `person` …; `record` for the whole) → member → (zh, en)."""
    source = tomllib.loads(resources.files(__package__).joinpath("names.toml").read_text("utf-8"))
    return {name: {member: (zh, en) for member, (zh, en) in members.items()} for name, members in source.items()}
