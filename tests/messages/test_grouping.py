"""Findings for people: the worst first, and each once with all its places and occasions."""

from __future__ import annotations

from typing import Any

from messages.grouping import at_least, grouped

MISSING = {"code": "rule.D-08", "level": "D", "zh": "缺少证件。", "en": "No certificate."}
LATE = {"code": "rule.IR-03", "level": "V", "zh": "超期。", "en": "Late."}


def told(many: int) -> list[tuple[Any, str, dict[str, Any]]]:
    """The same item missing of many persons, and one violation at the end."""
    return [*((f"day {n}", f"/persons/{n}", MISSING) for n in range(many)), ("day 9", "", LATE)]


def test_the_violation_comes_first_and_the_rest_is_told_once() -> None:
    first, second = grouped(told(17))
    assert (first.finding, first.count, first.places) == (LATE, 1, [])
    assert (second.finding, second.count) == (MISSING, 17)
    assert second.places == [f"/persons/{n}" for n in range(17)]
    assert second.occasions[0] == "day 0"


def test_the_same_place_again_is_another_time_and_no_other_place() -> None:
    (group,) = grouped([("Monday", "/case", MISSING), ("Tuesday", "/case", MISSING)])
    assert (group.count, group.places, group.occasions) == (2, ["/case"], ["Monday", "Tuesday"])


def test_what_says_something_else_is_something_else() -> None:
    others = [
        {**MISSING, "en": "No name."},
        {**MISSING, "level": "W"},
        {**MISSING, "by": "police:1"},
        {**MISSING, "by": "police:1", "recount": "confirmed"},
    ]
    assert len(grouped([("", "", each) for each in [MISSING, *others]])) == 5


def test_a_finding_without_sentences_is_told_apart_by_its_own() -> None:
    bare = [{"code": "dossier.pages-damaged", "level": "D", "params": {"listed": n}} for n in (1, 2, 2)]
    assert [group.count for group in grouped([("", "", each) for each in bare])] == [1, 2]


def test_levels() -> None:
    assert [at_least({"level": level}, "W") for level in "VWDI"] == [True, True, False, False]
    assert at_least({"level": "I"}, None)
    assert not at_least({"level": "?"}, "D")
    assert [group.finding["level"] for group in grouped([("", "", {**MISSING, "level": x}) for x in "DI?WV"])] == [
        *"VWDI?"
    ]
