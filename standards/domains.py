"""The domains of the standard (领域): criminal, civil, administrative. `domains.toml` lists them.

The data of a domain stand in the folder of its name: `nodes/`, `documents/`, `rules/`, and what they name (stages,
items, volumes). The readers stand in the packages of the same names. A node, an envelope and a record each belong to
one domain; an envelope or a record without the member `domain` is criminal.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from messages import Lang
from messages.problems import Problem

FORM = "[a-z][a-z0-9-]{1,31}"
"""The form of a domain's name, as a regular expression without anchors."""
CRIMINAL = "criminal"
"""The domain of everything that names none."""


@dataclass(frozen=True)
class Domain:
    """One domain and its names."""

    name: str
    zh: str
    en: str

    def title(self, lang: Lang) -> str:
        """Its name in a language."""
        return self.zh if lang == "zh" else self.en


def read(source: str) -> Mapping[str, Domain]:
    """Read domains from TOML. Raises `Problem` `domain.table-inconsistent` naming the row that is malformed."""
    found: dict[str, Domain] = {}
    for name, body in tomllib.loads(source).items():
        if re.fullmatch(FORM, name) is None or not isinstance(body, dict) or set(body) != {"zh", "en"}:
            raise Problem("domain.table-inconsistent", name)
        found[name] = Domain(name, body["zh"], body["en"])
    return found


@cache
def domains() -> Mapping[str, Domain]:
    """All domains by name, in the order of the file."""
    return read(resources.files("standards").joinpath("domains.toml").read_text("utf-8"))


def is_known(name: object) -> bool:
    """Whether this is the name of a domain."""
    return isinstance(name, str) and name in domains()


@cache
def with_nodes() -> tuple[str, ...]:
    """The names of the domains that have nodes, in the order of the file."""
    return tuple(name for name in domains() if data("nodes", domain=name).is_dir())


def data(*path: str, domain: str = CRIMINAL) -> Traversable:
    """A file or folder of a domain's data."""
    return resources.files("standards").joinpath(domain, *path)


def texts(folder: str, *, domain: str = CRIMINAL) -> dict[str, str]:
    """The TOML files of a folder of a domain, by name, in the order of names."""
    files = sorted(data(folder, domain=domain).iterdir(), key=lambda entry: entry.name)
    return {entry.name: entry.read_text("utf-8") for entry in files if entry.name.endswith(".toml")}


def table(*path: str, domain: str = CRIMINAL) -> dict[str, Any]:
    """One TOML file of a domain, read."""
    return tomllib.loads(data(*path, domain=domain).read_text("utf-8"))
