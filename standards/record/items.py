"""Data items of the standard: which members of a record a node asks for, and which of them a record lacks.

The items are in `items.toml`. A missing item is a finding (D), never a refusal: a person whose name is self-reported
(自报姓名) has no certificate, and that is normal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from standards.domains import table
from standards.record import Person, Record
from standards.record.base import Part

ACCUSED_ROLES = frozenset({"suspect", "defendant", "convict"})


@dataclass(frozen=True)
class Item:
    """One item: `path` as `items.toml` explains it, its names, and the nodes that ask for it."""

    path: str
    zh: str
    en: str
    nodes: frozenset[str]
    kinds: frozenset[str]
    unless: str = ""

    def asked_at(self, node_id: str, kind: str) -> bool:
        """Whether the node `node_id`, of this kind, asks for the item: itself, its category, or every node."""
        named = {"*", node_id, node_id[2:5]} & self.nodes
        return bool(named) and (not self.kinds or kind in self.kinds)


@cache
def items() -> Mapping[str, Item]:
    """The items of this release, by path."""
    source = table("items.toml")
    return {
        body["path"]: Item(
            path=body["path"],
            zh=body["zh"],
            en=body["en"],
            nodes=frozenset(body["nodes"]),
            kinds=frozenset(body.get("kinds", ())),
            unless=body.get("unless", ""),
        )
        for body in source["item"]
    }


def is_accused(person: Person) -> bool:
    """Whether a person of a record is suspect, defendant or convict."""
    return any(role.role in ACCUSED_ROLES for role in person.roles)


def accused(record: Record) -> Iterator[tuple[int, Person]]:
    """Suspects, defendants and convicts of a record with their index in `persons`."""
    return ((index, person) for index, person in enumerate(record.persons) if is_accused(person))


_PERSONS: Mapping[str, Callable[[Person], bool]] = {
    "accused": lambda person: True,
    "natural": lambda person: person.kind != "unit",
    "unit": lambda person: person.kind == "unit",
}


def missing(item: Item, record: Record) -> list[str]:
    """JSON pointers of the places where `record` lacks `item`; empty when it has it everywhere."""
    return list(_walk(item.path.split("."), record, "", item.unless))


def _walk(steps: list[str], value: Any, place: str, unless: str) -> Iterator[str]:
    step, rest = steps[0], steps[1:]
    for member, here in _choose(step, value, place):
        absent = member is None or member in ("", (), {}) or (isinstance(member, Part) and not member)
        if not rest:
            if absent and not (unless and isinstance(value, Part) and value.member(unless)):
                yield here
        elif absent:
            # an empty list lacks no member; the item that asks for the list tells that it is empty
            yield from () if rest[0] == "*" else (f"{here}/{'/'.join(rest)}",)
        else:
            yield from _walk(rest, member, here, unless)


def _choose(step: str, value: Any, place: str) -> Iterator[tuple[Any, str]]:
    if step.startswith("persons["):
        found = [(person, f"{place}/persons/{index}") for index, person in accused(value)]
        if step == "persons[accused]" and not found:
            yield None, f"{place}/persons"
        yield from (pair for pair in found if _PERSONS[step[len("persons[") : -1]](pair[0]))
    elif step == "*":
        yield from ((member, f"{place}/{index}") for index, member in enumerate(value))
    else:
        yield value.member(step), f"{place}/{step}"
