"""What another release would change for records that were already converted.

`DryRun` reads one record at a time and keeps only counts, so any number can be processed. Its result is per code: the
outcome before and after, how often, and a few examples. The result contains no data of a record except codes from a
code table, transfer ids and places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from codebooks.conversion import annex_entries
from codebooks.release import Release
from standards.record.annex import AnnexEntry, Leg

EXAMPLES = 3
LOST = frozenset({"unmapped"})
_STEP = re.compile(r"[a-z0-9_]{1,40}")
Answer: TypeAlias = "tuple[str, tuple[str, ...]]"
"""An outcome and the codes that it gives."""


@dataclass(frozen=True)
class Change:
    """One way in which a code's conversion changes."""

    system: str
    code: str
    target: str
    before: Answer
    after: Answer

    @property
    def lost(self) -> bool:
        """Whether a code that led somewhere would lead nowhere: unknown or unmapped from then on."""
        return self.after[0] in LOST and self.before[0] not in LOST


@dataclass
class _Seen:
    count: int = 0
    transfers: set[str] = field(default_factory=set)
    examples: list[dict[str, str]] = field(default_factory=list)


class DryRun:
    """Counts what `after` answers otherwise than `before`."""

    def __init__(self, before: Release, after: Release) -> None:
        self._before, self._after = before, after
        self._seen: dict[Change, _Seen] = {}
        self.transfers = self.values = self.changed_values = 0

    def add(self, transfer_id: str, record: Mapping[str, Any], receiver_type: str, as_of: date) -> None:
        """Convert a record under both releases, as its receiver got it on that day."""
        self.transfers += 1
        old = annex_entries(dict(record), receiver_type, as_of, self._before)
        new = annex_entries(dict(record), receiver_type, as_of, self._after)
        self.values += len(old)
        for was, will in zip(old, new, strict=True):
            found = list(self._changes(was, will))
            self.changed_values += bool(found)
            for change in found:
                seen = self._seen.setdefault(change, _Seen())
                seen.count += 1
                seen.transfers.add(transfer_id)
                if len(seen.examples) < EXAMPLES:
                    seen.examples.append({"transfer_id": transfer_id, "place": shown_place(was.place)})

    def _changes(self, was: AnnexEntry, will: AnnexEntry) -> Iterator[Change]:
        original = was.original
        system = shown_system(original.get("system"), self._before, self._after)
        code = shown_code(original.get("system"), original.get("code"), self._before, self._after)
        legs = [(was.unified, will.unified), (was.receiver, will.receiver)]
        for old, new in legs[1:] if was.unified.system == was.receiver.system else legs:
            before, after = _answer(old), _answer(new)
            if before != after:
                yield Change(system, code, new.system or "", before, after)

    def changes(self, *, lost_only: bool = False) -> list[dict[str, Any]]:
        """By code, the most frequent first."""
        found = [(change, seen) for change, seen in self._seen.items() if change.lost or not lost_only]
        found.sort(key=lambda item: (-item[1].count, item[0].system, item[0].code, item[0].target))
        return [self._told(change, seen) for change, seen in found]

    def _told(self, change: Change, seen: _Seen) -> dict[str, Any]:
        concept = next(
            (
                found
                for release in (self._after, self._before)
                if change.system in release.code_systems and (found := release.lookup(change.system, change.code))
            ),
            None,
        )
        return {
            "system": change.system,
            "code": change.code,
            "display": concept.display if concept else "",
            "target": change.target,
            "before": {"outcome": change.before[0], "codes": list(change.before[1])},
            "after": {"outcome": change.after[0], "codes": list(change.after[1])},
            "count": seen.count,
            "transfers": len(seen.transfers),
            "examples": seen.examples,
        }

    def to_json(self) -> dict[str, Any]:
        """The complete result."""
        return {
            "before": self._before.id,
            "after": self._after.id,
            "transfers": self.transfers,
            "values": self.values,
            "changed_values": self.changed_values,
            "changes": self.changes(),
        }


def _answer(leg: Leg) -> Answer:
    return leg.outcome, tuple(match.code for match in leg.matches)


def shown_place(pointer: str) -> str:
    """A JSON pointer without member names that a sender made up."""
    return "/".join(step if _STEP.fullmatch(step) or not step else "…" for step in pointer.split("/"))


def shown_system(system: Any, *releases: Release) -> str:
    """A code system that one of the releases has; anything else as `?`, since a sender may write what it likes."""
    return system if any(system in release.code_systems for release in releases) else "?"


def shown_code(system: Any, code: Any, *releases: Release) -> str:
    """A code that is in the table of one of the releases, or at least has the form of its codes; else `?`."""
    for release in releases:
        table = release.code_systems.get(system) if isinstance(system, str) else None
        if table is not None and isinstance(code, str) and (code in table.by_code or _shaped(table.header, code)):
            return code
    return "?"


def _shaped(header: Any, code: str) -> bool:
    return len(code) <= 16 and re.fullmatch(header.code_pattern, code, re.ASCII) is not None
