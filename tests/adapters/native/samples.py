"""The sample exports of every agency type."""

from __future__ import annotations

from importlib import resources

from adapters import native
from adapters.native.formats import AGENCY_TYPES

SAMPLES = {
    f"{agency_type}/{entry.name.removesuffix('.xml')}": entry.read_bytes()
    for agency_type in AGENCY_TYPES
    for entry in sorted((resources.files(f"adapters.{agency_type}") / "samples").iterdir(), key=lambda item: item.name)
}
OWN_PROFILE = ("police", "procuratorate", "court")
"""Agency types with naming habits of their own; the others share the generic profile."""

FIRST = {
    "police": "police/one-suspect",
    "procuratorate": "procuratorate/one-suspect",
    "court": "court/one-defendant",
    "detention": "detention/one-inmate",
    "justice": "justice/legal-aid-for-a-minor",
    "prison": "prison/one-prisoner",
}
"""One sample of each agency type."""


def sample(name: str) -> native.NativeCase:
    """The case in sample `police/one-suspect`, …"""
    return native.read(name.partition("/")[0], SAMPLES[name])


def text_of(name: str) -> str:
    """The sample as text, declared as UTF-8, for tests that change it."""
    data = SAMPLES[name]
    encoding = "gb18030" if b"GB18030" in data[:60] else "utf-8"
    return data.decode(encoding).replace("GB18030", "UTF-8")
