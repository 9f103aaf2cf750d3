"""The course of marks: whether their order, their times and the ends of their keys can be what they say.

Signatures and places hold whatever this module finds; it finds what a signer or the hub could have arranged:

 1. Each mark that follows from another (`after` in `standards/actions.toml`) has it before it in the log.
 2. A signer's marks on a transfer do not go back in time, and none claims a time after a mark of the hub that stands
    behind it in the log (`TOLERANCE` aside).
 3. A key that ended (revoked, replaced, expired) signed nothing that entered the log after its end: by the time of the
    hub's marks before it, or by the mark's own. Such a mark may have been dated back.

The hub's own times date the entries; a time stamp dates them independently (`evidence.bundles.anchors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.bundles.anchors import TOLERANCE
from evidence.identifiers import is_hub, parse_timestamp, timestamp
from evidence.mark_bodies import ACTIONS
from evidence.statements import SignedStatement
from messages.problems import Problem


@dataclass(frozen=True)
class Step:
    """One mark in the log's order."""

    name: str
    key_id: str
    body: Mapping[str, Any]

    @property
    def at(self) -> datetime:
        """The time that it states."""
        return parse_timestamp(self.body["occurred_at"])

    @property
    def actor(self) -> str:
        """Who signed it."""
        return str(self.body["actor"]["agency"])


def warnings(marks: Mapping[str, SignedStatement], ends: Mapping[str, datetime]) -> tuple[Problem, ...]:
    """What is out of order, of time, or signed with a key that had ended, each with the mark's name as its place.

    `marks` are by name in the log's order, their form checked; `ends` is when keys ended, by key id.
    """
    steps = [Step(name, mark.keyid, mark.unverified_body) for name, mark in sorted(marks.items())]
    return (*_order(steps), *_times(steps), *_key_ends(steps, ends))


def _order(steps: Sequence[Step]) -> Iterator[Problem]:
    places: dict[tuple[Any, str], list[int]] = {}
    for place, step in enumerate(steps):
        places.setdefault((step.body["transfer_id"], str(step.body.get("action"))), []).append(place)
    for place, step in enumerate(steps):
        action = ACTIONS.get(str(step.body.get("action")))
        if action is None or not action.after or step.body["transfer_id"] is None:
            continue
        before = [found for name in action.after for found in places.get((step.body["transfer_id"], name), ())]
        if not before or min(before) > place:
            code = "evidence.step-order" if before else "evidence.step-missing"
            yield Problem(code, step.name, action=action.name, after=", ".join(action.after))


def _times(steps: Sequence[Step]) -> Iterator[Problem]:
    latest: dict[tuple[str, Any], datetime] = {}
    for step in steps:
        chain = (step.actor, step.body["transfer_id"])
        if chain in latest and step.at < latest[chain] - TOLERANCE:
            yield _time("evidence.time-back", step, latest[chain])
        latest[chain] = max(step.at, latest.get(chain, step.at))
    bound: datetime | None = None
    for step in reversed(steps):
        if bound is not None and step.at > bound + TOLERANCE:
            yield _time("evidence.time-ahead", step, bound)
        if is_hub(step.actor):
            bound = step.at if bound is None else min(bound, step.at)


def _time(code: str, step: Step, other: datetime) -> Problem:
    return Problem(code, step.name, at=timestamp(step.at), other=timestamp(other))


def _key_ends(steps: Iterable[Step], ends: Mapping[str, datetime]) -> Iterator[Problem]:
    entered: datetime | None = None
    for step in steps:
        end = ends.get(step.key_id)
        if end is not None and (step.at >= end or (entered is not None and entered >= end)):
            shown = timestamp(step.at if entered is None else max(step.at, entered))
            yield Problem("evidence.key-ended", step.name, key_id=step.key_id, end=timestamp(end), at=shown)
        if is_hub(step.actor):
            entered = step.at if entered is None else max(entered, step.at)
