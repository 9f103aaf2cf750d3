"""What a sender found before sealing, in the envelope: little is believed of it, and nothing of it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.findings import Finding
from standards.limits import LIMITS
from standards.record.declared import MEMBER, declarable, declared

SENDER = "police:350102000000"
GOOD = {"code": "dossier.pages-damaged", "level": "D", "place": "V20-01-01-001", "params": {"listed": 3}}
REFUSED: dict[str, Any] = {
    "no object": "dossier.pages-damaged",
    "no code": {"level": "D"},
    "a statute": {**GOOD, "code": "rule.IR-32"},
    "a violation": {**GOOD, "level": "V"},
    "a code without end": {**GOOD, "code": "dossier." + "x" * 100},
    "a place that is a number": {**GOOD, "place": 7},
    "a place without end": {**GOOD, "place": "x" * (LIMITS.name + 1)},
    "params that are a list": {**GOOD, "params": [1]},
    "a list among the params": {**GOOD, "params": {"listed": [3]}},
    "a text without end among the params": {**GOOD, "params": {"doc_type": "x" * (LIMITS.name + 1)}},
    "a number without end": {**GOOD, "params": {"listed": 10**30}},
    "too many params": {**GOOD, "params": {f"p{number}": 1 for number in range(LIMITS.codings + 1)}},
}


def test_what_was_declared_is_read_with_its_sender() -> None:
    told = declarable([Finding.from_json(GOOD)])
    assert told == [GOOD]
    assert declared({MEMBER: told}, SENDER) == (
        Finding("dossier.pages-damaged", "D", "V20-01-01-001", params={"listed": 3}, by=SENDER),
    )


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_left_out(body: Any) -> None:
    assert declared({MEMBER: [body, GOOD]}, SENDER) == declared({MEMBER: [GOOD]}, SENDER) != ()


def test_nobody_declares_in_the_name_of_another_or_counts_for_the_receiver() -> None:
    (read,) = declared({MEMBER: [{**GOOD, "by": "court:350200", "recount": "confirmed"}]}, SENDER)
    assert (read.by, read.recount) == (SENDER, "")


def test_there_is_an_end_to_them() -> None:
    many = [GOOD] * (LIMITS.declared + 5)
    assert len(declared({MEMBER: many}, SENDER)) == LIMITS.declared
    assert len(declarable(map(Finding.from_json, many))) == LIMITS.declared


def test_what_the_hub_judges_is_not_declared() -> None:
    assert declarable([Finding("rule.D-04", "W"), Finding("adapter.resealed", "W")]) == []


def test_an_envelope_without_them_declares_nothing() -> None:
    assert declared({}, SENDER) == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=5),
    max_leaves=12,
)


@given(anything)
def test_whatever_stands_there_is_read_or_left_out(told: Any) -> None:
    assert all(finding.by == SENDER for finding in declared({MEMBER: told}, SENDER))
