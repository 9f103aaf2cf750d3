"""The statutory terms and clocks as data: complete, readable, and consistent with each other."""

from __future__ import annotations

import re
from datetime import date

import pytest

from standards import rules
from standards.judging.facts import _SOURCES as SOURCES
from standards.nodes import catalogue
from standards.rules.clockwork import ClockRule, clock_rules, closing, days_ahead, pause_rules, restart_reasons
from standards.rules.statutory import deadline_on, deadlines, options, readings, versions
from standards.terms.clock_facts import _OWN as OWN_SOURCES
from standards.terms.deadlines import due, parse_term
from standards.times import day

NUMBERS = [
    *range(1, 12), *range(20, 25), *range(30, 43), *range(50, 69), *range(70, 82), *range(90, 100), *range(110, 128)
]  # fmt: skip
WITHOUT_LENGTH = {"DL-24", "DL-34"}
"""Rules for which the law names no length: a postponement by the legislature, and work within another term."""
WITHOUT_CLOCK = {"DL-21", "DL-22", "DL-23", "DL-41-probation"}
"""The extensions of DL-20, which its own clock reaches; and a period whose length the decision sets."""


def test_every_number_of_the_notes_is_here() -> None:
    found = {int(match[1]) for key in deadlines() if (match := re.fullmatch(r"DL-(\d+)(-[a-z-]+)?", key))}
    assert found == set(NUMBERS)


@pytest.mark.parametrize("key", deadlines())
def test_a_term_is_named_in_both_languages_with_its_articles(key: str) -> None:
    for known in versions()[key]:
        assert re.search(r"[\u4e00-\u9fff]", known.zh)
        assert re.search(r"[\u4e00-\u9fff]", known.start)
        assert not re.search(r"[\u4e00-\u9fff]", known.en + known.start_en)
        assert known.en
        assert known.start_en
        assert all(known.basis)
        assert known.confidence in ("high", "medium", "low")
        assert known.roll in ("Y", "C", "N")
        assert (not known.term) == (key in WITHOUT_LENGTH)


@pytest.mark.parametrize("key", sorted(set(deadlines()) - WITHOUT_LENGTH))
def test_extensions_are_totals_and_backward_terms_never_move(key: str) -> None:
    known = deadlines()[key]
    start = date(2024, 1, 31)
    ends = [day(due(start, term, custody=True).at) for term in (known.term, *known.extended)]
    assert ends == sorted(set(ends))
    if parse_term(known.term).backwards:
        assert known.roll == "N"
        assert not known.extended


def test_every_term_runs_a_clock_or_says_why_not() -> None:
    used = {each.deadline for rule in clock_rules().values() for each in rule.choices}
    assert used <= set(deadlines())
    assert set(deadlines()) - used == WITHOUT_CLOCK | WITHOUT_LENGTH


@pytest.mark.parametrize("rule", clock_rules().values(), ids=list(clock_rules()))
def test_a_clock_names_what_exists(rule: ClockRule) -> None:
    every = [source for begin in rule.begins for source in begin.sources]
    every += [*rule.ends, *rule.ceases, *rule.after, *rule.before]
    every += [source for each in rule.extensions for source in each.by]
    _check_sources(every)
    assert set(rule.pauses) <= set(pause_rules())
    assert {begin.restart for begin in rule.begins} <= {"", *restart_reasons()}
    names = list(clock_rules())
    assert all(names.index(begin.clock) < names.index(rule.id) for begin in rule.begins if begin.clock)
    assert all(bool(begin.clock) != bool(begin.sources) for begin in rule.begins)
    lengths = {len(deadlines()[each.deadline].extended) for each in rule.choices}
    assert len(rule.extensions) <= max(lengths)
    custody = any(deadlines()[each.deadline].roll == "C" for each in rule.choices)
    assert rule.per == "person" or not custody, "what binds custody runs per person"


def _check_sources(sources: list[str]) -> None:
    for source in sources:
        name, _, argument = source.partition(":")
        assert name in {"received", *SOURCES, *OWN_SOURCES}, source
        assert argument, source
        if name == "received":
            assert all(node in catalogue() for node in argument.split("/")), source
        if name in ("measure", "measure-ended", "acceptance", "reacceptance"):
            kind = "measure" if name.startswith("measure") else "acceptance"
            assert argument in rules.classes(kind), source


def test_pauses_and_the_close_name_what_exists() -> None:
    for pause in pause_rules().values():
        _check_sources([*pause.begins, *pause.ends])
        assert pause.zh
        assert pause.en
        assert pause.basis
    _check_sources([*closing()])


def test_warnings_come_earlier_for_longer_terms() -> None:
    ahead = [days_ahead(length) for length in range(1, 400)]
    assert ahead == sorted(ahead)
    assert [days_ahead(length) for length in (1, 3, 10, 30, 60)] == [0, 1, 2, 5, 7]
    assert all(days_ahead(length) < length for length in range(1, 400))


def test_the_texts_that_disagree_are_both_here() -> None:
    assert set(readings()) == {
        "arrest-refused-return",
        "delivery-to-prison",
        "parole-revoked",
        "appeal-dossier",
        "handover-on-return-at-trial",
    }
    for reading in readings().values():
        assert reading.default in reading.options
        assert len(reading.options) == 2
        assert set(reading.deadlines) <= set(deadlines())
        assert all(option.zh and option.en and option.basis for option in reading.options.values())


def test_a_hub_chooses_among_readings() -> None:
    today = date(2024, 3, 4)
    default = deadline_on("DL-111", today, {})
    chosen = deadline_on("DL-111", today, {"delivery-to-prison": "thirty-days"})
    assert default is not None
    assert chosen is not None
    assert (default.term, chosen.term) == ("P1M", "P30D")
    assert chosen.basis == ("检察规则第625条",)
    assert [option.start for option in options("DL-11", {"arrest-refused-return": "police"})] == [
        ("measure-ended:detention",)
    ]
    with pytest.raises(ValueError, match="no option 'never'"):
        deadline_on("DL-111", today, {"delivery-to-prison": "never"})


def test_a_term_counts_from_the_day_on_which_its_wording_came_into_force() -> None:
    assert deadline_on("DL-90", date(2018, 10, 25), {}) is None
    assert deadline_on("DL-90", date(2018, 10, 26), {}) is not None
    with pytest.raises(KeyError):
        deadline_on("DL-999", date(2024, 1, 1), {})
