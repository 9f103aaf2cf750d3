"""The current standing of a person by the latest facts: decisions that begin and end a state, penalties, custody
periods.

Each function returns true, false, or unknown (None) if the record does not say. `rules/states.toml` defines how each
state is derived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from standards.judging.facts import CaseFacts, Subject, measure_class, special_identities
from standards.record import Decision
from standards.times import day, earliest, moment

CUSTODY = frozenset({"detention", "arrest"})


def stands(argument: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether the last decision of one of the kinds `since` and `until` is one of `since`; undated ones come first."""
    since, until = argument["since"], argument.get("until", ())
    found = facts.decisions([*since, *until], subject)
    return max(found, key=_decided).kind in since if found else None


def penalty(kinds: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether the last penalty that a decision names for the person is one of `kinds`."""
    named = [each for each in facts.decided(subject) if _penalty(each)]
    return _penalty(max(named, key=_decided)) in kinds if named else None


def custody_over(argument: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether the custody period of a measure that still runs is over; its last day still belongs to it."""
    ends = [
        moment(each.custody_to)
        for each in facts.measures(subject)
        if each.custody_to and not each.ended_at and measure_class(each) in CUSTODY
    ]
    known = [day(each) for each in ends if each is not None]
    return max(known) < day(facts.now) if known else None


def identity(words: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether a special identity of the person contains one of `words`; unknown if none is recorded."""
    return any(word in each for word in words for each in special_identities(subject)) or None


def _penalty(decision: Decision) -> Any:
    return (decision.terms or {}).get("penalty")


def _decided(decision: Decision) -> float:
    found = moment(decision.decided_at or "")
    return float("-inf") if found is None else earliest(found).timestamp()


STANDING: Mapping[str, Callable[[Any, CaseFacts, Subject], bool | None]] = {
    "stands": stands,
    "penalty": penalty,
    "custody_over": custody_over,
    "identity": identity,
}
