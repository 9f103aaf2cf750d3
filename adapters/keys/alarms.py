"""The alarms of one home, and what persons have decided about them.

    A/log/alarms.log             one JSON object a line: {at, code, place, …}, each alarm once
    A/log/alarms-settled.log     one JSON object a line: {key, at, by, reason, mark}

An alarm is the same as long as code, place and what it says are the same, wherever its evidence lies. It stays in the
book for good: settled by a person with a reason, it is no longer told. What it means is not changed by that: a key that
nobody vouches for is still refused, and nothing that contradicts the memory of this home is cosigned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.home import Home
from evidence.canonical import digest_of
from evidence.identifiers import timestamp
from messages.problems import Problem

FILE, SETTLED = "alarms.log", "alarms-settled.log"
_BESIDE = frozenset({"at", "evidence"})
"""What may differ between two notes of one alarm."""


@dataclass(frozen=True)
class Settlement:
    """What a person decided: who, when, why, and the leaf hash of the mark that says so; empty before it was made."""

    at: str
    by: str
    reason: str
    mark: str

    def to_json(self) -> dict[str, str]:
        """With stable keys."""
        return {"at": self.at, "by": self.by, "reason": self.reason, "mark": self.mark}


@dataclass(frozen=True)
class Noted:
    """One alarm: its number in the book (from 1), when it was first noted, what it says."""

    number: int
    at: str
    code: str
    place: str
    params: Mapping[str, Any]
    settled: Settlement | None = None

    @property
    def key(self) -> str:
        """What makes two alarms the same."""
        return key_of(self.code, self.place, self.params)

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {
            "number": self.number,
            "at": self.at,
            "code": self.code,
            "place": self.place,
            "params": dict(self.params),
            "settled": None if self.settled is None else self.settled.to_json(),
        }


def key_of(code: str, place: str, params: Mapping[str, Any]) -> str:
    """The same for two notes of one alarm."""
    said = {name: str(value) for name, value in params.items() if name not in _BESIDE}
    return digest_of([code, place, said])


class AlarmBook:
    """Both files. Any number of processes may write."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.path / "log"

    def note(self, code: str, place: str, now: datetime, **params: Any) -> None:
        """Write an alarm down, unless the same one is there already."""
        with self._home.lock("alarms"):
            key = key_of(code, place, params)
            if all(each.key != key for each in self.all()):
                _append(self._folder / FILE, {"at": timestamp(now), "code": code, "place": place, **params})

    def all(self) -> list[Noted]:
        """Every alarm once, in the order in which they were first noted."""
        decided = self._decided()
        found: dict[str, Noted] = {}
        for line in _lines(self._folder / FILE):
            params = {name: value for name, value in line.items() if name not in ("at", "code", "place")}
            code, place = str(line.get("code", "")), str(line.get("place", ""))
            key = key_of(code, place, params)
            if key not in found:
                number = len(found) + 1
                found[key] = Noted(number, str(line.get("at", "")), code, place, params, decided.get(key))
        return list(found.values())

    def is_settled(self, code: str, place: str, params: Mapping[str, Any]) -> bool:
        """Whether a person has decided about this alarm."""
        return key_of(code, place, params) in self._decided()

    def open(self, number: int) -> Noted:
        """The alarm of this number, which nobody has settled. Raises `alarm.unknown` or `alarm.settled`."""
        found = next((each for each in self.all() if each.number == number), None)
        if found is None:
            raise Problem("alarm.unknown", str(number))
        if found.settled is not None:
            raise Problem("alarm.settled", str(number), by=found.settled.by, at=found.settled.at)
        return found

    def settle(self, number: int, *, by: str, reason: str, mark: str, now: datetime) -> Noted:
        """Keep a person's decision, durably. Raises as `open` does."""
        with self._home.lock("alarms"):
            found = self.open(number)
            decided = Settlement(timestamp(now), by, reason, mark)
            _append(self._folder / SETTLED, {"key": found.key, **decided.to_json()})
        return Noted(found.number, found.at, found.code, found.place, found.params, decided)

    def _decided(self) -> dict[str, Settlement]:
        found = {}
        for line in _lines(self._folder / SETTLED):
            stated = [str(line.get(name, "")) for name in ("at", "by", "reason", "mark")]
            found[str(line.get("key"))] = Settlement(*stated)
        return found


def _append(path: Path, line: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    cut = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as handle:
        handle.write("\n" * bool(cut) + json.dumps(line, ensure_ascii=False) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    """The objects of a file; a line that a kill has cut off is passed over."""
    try:
        data = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in data.splitlines():
        try:
            body = json.loads(line)
        except ValueError:
            continue
        if isinstance(body, dict):
            yield body
