"""The names of the record's data items (信息项), zh and en, by object and member of its schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

Chain = tuple[str, ...]
"""Members from the record down, without places in lists: `("persons", "certificates", "number")`."""
OBJECTS: Mapping[Chain, str] = {
    (): "record",
    ("case",): "case",
    ("case", "acceptances"): "acceptance",
    ("case", "links"): "case-link",
    ("persons",): "person",
    ("persons", "roles"): "role",
    ("persons", "certificates"): "certificate",
    ("persons", "unit"): "unit",
    ("persons", "custody"): "custody",
    ("persons", "arrival"): "arrival",
    ("charges",): "charge",
    ("charges", "amount"): "amount",
    ("measures",): "measure",
    ("property",): "property-item",
    ("documents",): "document-entry",
    ("documents", "served"): "service",
    ("decisions",): "decision",
}
"""Objects of the record whose members have names of their own (`names.toml`)."""


@cache
def names() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Object (`case`, `person` …; `record` for the whole) → member → (zh, en)."""
    source = tomllib.loads(resources.files(__package__).joinpath("names.toml").read_text("utf-8"))
    return {name: {member: (zh, en) for member, (zh, en) in members.items()} for name, members in source.items()}
