"""What reading a native export gives, before the platform's identifiers are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from messages.findings import Finding
from standards.record import Record

LOCAL = "local:"


def is_local(identifier: str) -> bool:
    """Whether `identifier` only stands in for one that the platform has not given yet (`local:person:2`)."""
    return identifier.startswith(LOCAL)


@dataclass(frozen=True)
class NativeCase:
    """A native export as a record.

    `record` has the shape of record v1. Where the export held no platform identifier, a stable local one of the form
    `local:<kind>:<number>` stands in its place and in every reference to it; `local` lists them in document order.
    `agency` is the exporting agency in its short form (`police:350102000000`).
    """

    agency_type: str
    agency: str
    record: dict[str, Any]
    local: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @cached_property
    def told(self) -> Record:
        """What the record says, for whoever reads it by member; its local identifiers are no identifiers yet."""
        return Record.read(self.record)

    def settle(self, known: Mapping[str, str], new_identifier: Callable[[], str]) -> dict[str, Any]:
        """The record with every local identifier replaced: by `known` where it has one, else by a new one."""
        names = {local: known.get(local) or new_identifier() for local in self.local}
        settled = _renamed(self.record, names)
        assert isinstance(settled, dict)
        return settled


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [_renamed(member, names) for member in value]
    if isinstance(value, str) and is_local(value):
        return names.get(value, value)
    return value
