"""The domains of the standard: `criminal/` now; civil matters and services come beside it with the same shape.

A domain is a folder of data alone: `nodes/`, `documents/`, `rules/`, and what they name (stages, items, volumes). The
readers stand in the packages of the same names.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

CRIMINAL = "criminal"


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
