"""The book of alarms: each one once, its number for good, whatever a kill has left of the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.home import Agency, create
from adapters.keys.alarms import FILE, AlarmBook, key_of
from messages.problems import Problem
from tests.scene.clocks import NOW


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> AlarmBook:
    return AlarmBook(create(tmp_path / "A", Agency("police", "350102000000", "P"), "http://127.0.0.1:1"))


def test_one_alarm_is_noted_once_wherever_its_evidence_lies(book: AlarmBook) -> None:
    for minutes, evidence in ((0, "a.json"), (5, "b.json")):
        book.note("trust.log-forked", "5–9", NOW + timedelta(minutes=minutes), source="hub", evidence=evidence)
    book.note("trust.log-forked", "5–9", NOW, source="court:1", evidence="a.json")
    found = book.all()
    assert [(each.number, each.params["source"]) for each in found] == [(1, "hub"), (2, "court:1")]
    assert found[0].params["evidence"] == "a.json"


def test_a_settled_one_keeps_its_number_and_says_who_and_why(book: AlarmBook) -> None:
    for place in "abc":
        book.note("trust.foreign-key", place, NOW)
    book.settle(2, by="x", reason="y", mark="m", now=NOW)
    assert [each.settled is not None for each in book.all()] == [False, True, False]
    assert book.is_settled("trust.foreign-key", "b", {"evidence": "anywhere"})
    assert not book.is_settled("trust.foreign-key", "c", {})
    book.note("trust.foreign-key", "b", NOW)
    assert len(book.all()) == 3
    with pytest.raises(Problem, match=r"alarm\.settled"):
        book.open(2)


@pytest.mark.parametrize("cut", [b'{"code": "tru', b"[]\n", b"\xff\n", b"5"])
def test_what_a_kill_or_a_disk_left_is_passed_over(book: AlarmBook, tmp_path: Path, cut: bytes) -> None:
    book.note("trust.foreign-key", "a", NOW)
    with (tmp_path / "A" / "log" / FILE).open("ab") as file:
        file.write(cut)
    book.note("trust.foreign-key", "b", NOW)
    assert [each.place for each in book.all()] == ["a", "b"]


def test_what_an_alarm_says_makes_it_another(book: AlarmBook) -> None:
    assert key_of("c", "p", {"size": 1}) != key_of("c", "p", {"size": 2})
    assert key_of("c", "p", {"size": 1, "evidence": "x"}) == key_of("c", "p", {"size": 1})
    assert book.all() == []
