"""The sample exports of every agency type."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources

from adapters import native
from adapters.native.formats import AGENCY_TYPES
from standards import agencies

SAMPLES = {
    f"{agency_type}/{entry.name.removesuffix('.xml')}": entry.read_bytes()
    for agency_type in AGENCY_TYPES
    for entry in sorted((resources.files(f"adapters.{agency_type}") / "samples").iterdir(), key=lambda item: item.name)
}
OWN_PROFILE = tuple(
    agency_type
    for agency_type, known in agencies.types().items()
    if "tables" not in tomllib.loads((resources.files(f"adapters.{known.native}") / "format.toml").read_text("utf-8"))
)
"""Agency types with naming habits of their own; the others share the generic profile."""

FIRST = {name.partition("/")[0]: name for name in reversed(SAMPLES)}
"""One sample of each agency type: the first by name."""

FEWER_ROWS: Mapping[str, str] = {}
"""Agency types whose format is meant to have no row for some members of the standard → the reason."""


def sample(name: str) -> native.NativeCase:
    """The case in sample `police/one-suspect`, …"""
    return native.read(name.partition("/")[0], SAMPLES[name])


def text_of(name: str) -> str:
    """The sample as text, declared as UTF-8, for tests that change it."""
    data = SAMPLES[name]
    encoding = "gb18030" if b"GB18030" in data[:60] else "utf-8"
    return data.decode(encoding).replace("GB18030", "UTF-8")
