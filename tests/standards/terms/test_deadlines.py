"""The calculator of article 105, held against worked examples, and its grammar."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.rules import deadlines
from standards.terms.calendars import OFFICIAL
from standards.terms.deadlines import Allowed, Mode, Term, add_months, due, parse_alternatives, parse_term
from standards.times import BEIJING, day, earliest, moment

MODES: tuple[Mode, Mode] = ("statutory", "conservative")

# id, rule, start, term, custody, due. Worked by hand from the statutes and the calendar of 2024.
ORACLES = """
O-01    DL-04   2024-03-04        P3D       custody 2024-03-07
O-02    DL-04   2024-03-04        P7D       custody 2024-03-11
O-03a   DL-05   2024-03-04        P30D      custody 2024-04-03
O-03b   DL-06   2024-04-03        P7D       custody 2024-04-10
O-04    DL-06   2024-04-27        P7D       custody 2024-05-04
O-05    DL-07   2024-04-19        P15D      free    2024-05-06
O-06    DL-50   2024-02-07        P5D       free    2024-02-18
O-07a   DL-20   2024-12-31        P2M       custody 2025-02-28
O-07b   DL-21   2024-12-31        P3M       custody 2025-03-31
O-08a   DL-20   2024-03-15        P2M       custody 2024-05-15
O-08b   DL-21   2024-03-15        P3M       custody 2024-06-15
O-08c   DL-22   2024-03-15        P5M       custody 2024-08-15
O-08d   DL-23   2024-03-15        P7M       custody 2024-10-15
O-09a   DL-30   2024-01-31        P1M       custody 2024-02-29
O-09b   DL-30   2024-01-31        P1M+P15D  custody 2024-03-15
O-10a   DL-33   2024-02-08        P1M       custody 2024-03-08
O-10b   DL-30   2024-03-08        P1M       custody 2024-04-08
O-10c   DL-30   2024-03-08        P1M+P15D  custody 2024-04-23
O-11a   DL-31   2024-09-20        P10D      free    2024-09-30
O-11b   DL-32   2024-09-20        P15D      free    2024-10-08
O-11c   DL-32   2024-09-20        P15D      custody 2024-10-05
O-12a   DL-72   2024-07-31        P2M       custody 2024-09-30
O-12b   DL-72   2024-07-31        P3M       custody 2024-10-31
O-12c   DL-72   2024-07-31        P6M       custody 2025-01-31
O-13a   DL-74   2024-04-12        P20D      free    2024-05-06
O-13b   DL-74   2024-04-12        P20D      custody 2024-05-02
O-13c   DL-74-over 2024-04-12        P1M+P15D  custody 2024-05-27
O-14    DL-90   2024-09-25        P10D      free    2024-10-08
O-15    DL-91   2024-04-30        P5D       free    2024-05-06
O-16a   DL-36   2024-03-29        P7D       free    2024-04-07
O-16b   DL-37   2024-04-08        P30D      free    2024-05-08
O-17    DL-01   2024-03-04T09:40  PT24H     custody 2024-03-05T10:00
O-18    DL-77   2024-06-13        -P3D      free    2024-06-10
O-19    DL-21   2024-05-15        -P7D      custody 2024-05-08
O-20    DL-110  2024-02-06        P10D      free    2024-02-18
O-21    DL-30   2024-03-01        P1M       custody 2024-05-01  2024-03-10..2024-04-08
O-22    DL-94   2024-03-04        P2M       custody 2024-05-25  2024-03-21..2024-04-10
O-23    DL-62   2024-08-31        P6M       custody 2025-02-28
"""
ROWS = {line.split()[0]: line.split()[1:] for line in ORACLES.strip().splitlines()}


@pytest.mark.parametrize("oracle", ROWS)
def test_the_calculator_agrees_with_the_worked_examples(oracle: str) -> None:
    rule, start, term, custody, expected, *paused = ROWS[oracle]
    excluded = [tuple(date.fromisoformat(each) for each in span.split("..")) for span in paused]
    begin = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    known = deadlines()[rule]
    found = due(
        begin,
        term,
        custody=custody == "custody",
        roll=known.roll != "N",
        excluded=[(first, last) for first, last in excluded],
    )
    shown = found.at.strftime("%Y-%m-%dT%H:%M") if isinstance(found.at, datetime) else found.at.isoformat()
    assert shown == expected
    assert found.calendar.startswith("chinesecalendar ")
    assert not found.provisional


def test_all_examples_are_here() -> None:
    assert len(ROWS) == 38


def test_the_rules_hold_the_terms_of_the_examples() -> None:
    chained = {"O-08b", "O-08c", "O-08d", "O-19"}
    for oracle, (rule, _, term, *_rest) in ROWS.items():
        known = deadlines()[rule]
        assert oracle in chained or term in (known.term, *known.extended), oracle


def test_the_rules_parse_and_extensions_grow() -> None:
    start = date(2024, 1, 10)
    for known in deadlines().values():
        ends = [due(start, term, custody=True).at for term in (known.term, *known.extended) if term]
        assert [earliest(each) for each in ends] == sorted(earliest(each) for each in ends), known.id
        assert known.valid_to is None or known.valid_to > known.valid_from


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P7D", Term(days=7)),
        ("P0D", Term()),
        ("-P0D", Term(backwards=True)),
        ("P1Y", Term(months=12)),
        ("P1M15D", Term(months=1, days=15)),
        ("P1M+P15D", Term(months=1, days=15)),
        ("PT48H", Term(hours=48)),
        ("P10WD", Term(workdays=10)),
        ("-P15D", Term(days=15, backwards=True)),
    ],
)
def test_terms_are_read(text: str, expected: Term) -> None:
    assert parse_term(text) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "7D", "P7", "P7D ", "P1M-P3D", "PT24H+P1D", "P5WD+P1D", "-P1M", "-PT2H", "P7X"]
)
def test_malformed_terms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="term"):
        parse_term(text)


def test_a_nodes_deadline_has_alternatives_and_extensions() -> None:
    assert parse_alternatives("") == ()
    assert parse_alternatives("P3D extendable P4D | P30D") == (
        Allowed(Term(days=3), Term(days=4)),
        Allowed(Term(days=30)),
    )


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 1, "2024-03-31"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2024-04-30", 1, "2024-05-31"),
        ("2024-12-15", 2, "2025-02-15"),
    ],
)
def test_months_run_to_the_same_day(start: str, count: int, expected: str) -> None:
    assert add_months(date.fromisoformat(start), count).isoformat() == expected


days = st.dates(min_value=date(2005, 1, 1), max_value=date(2025, 6, 1))


@given(days, st.integers(min_value=1, max_value=60))
def test_a_term_never_ends_on_a_day_off_unless_custody_binds(start: date, length: int) -> None:
    free = due(start, Term(days=length), custody=False)
    bound = due(start, Term(days=length), custody=True)
    assert bound.at == start + timedelta(days=length)
    assert day(free.at) >= day(bound.at)
    again = due(day(free.at), Term(days=0), custody=False)
    assert again.at == free.at, "the end is a working day itself"


@given(days, st.integers(min_value=1, max_value=30))
def test_working_days_skip_every_day_off(start: date, length: int) -> None:
    found = due(start, Term(workdays=length), custody=False)
    assert day(found.at) >= start + timedelta(days=length)
    assert not found.rolled


@given(st.datetimes(min_value=datetime.fromisoformat("2005-01-01"), max_value=datetime.fromisoformat("2025-01-01")))
def test_hours_begin_with_the_next_full_hour(start: datetime) -> None:
    end = due(start, "PT24H", custody=True).at
    assert isinstance(end, datetime)
    passed = end - start.replace(tzinfo=BEIJING)
    assert timedelta(hours=24) < passed <= timedelta(hours=25)
    assert (end.minute, end.second, end.microsecond) == (0, 0, 0)


def test_hours_from_a_bare_date_end_on_the_next_day() -> None:
    assert due(date(2024, 3, 4), "PT24H", custody=True).at == date(2024, 3, 5)
    assert due(date(2024, 3, 4), "PT24H", custody=True, mode="conservative").at == date(2024, 3, 4)


def test_instants_count_as_beijing_days() -> None:
    late = moment("2024-03-03T16:30:00.000Z")
    assert late is not None
    assert due(late, "P3D", custody=True).at == date(2024, 3, 7)


def test_the_conservative_count_is_one_unit_earlier() -> None:
    assert due(date(2024, 3, 4), "P3D", custody=True, mode="conservative").at == date(2024, 3, 6)
    hours = due(datetime(2024, 3, 4, 9, 40, tzinfo=BEIJING), "PT24H", custody=True, mode="conservative").at
    assert hours == datetime(2024, 3, 5, 9, 0, tzinfo=BEIJING)


def test_years_beyond_the_calendar_are_provisional() -> None:
    found = due(date(2003, 1, 1), "P3D", custody=False)
    assert found.provisional
    assert found.at == date(2003, 1, 6), "a Saturday rolls over the weekend, which every year has"
    assert due(date(2003, 1, 1), "P2WD", custody=False).provisional
    assert not due(date(2003, 1, 1), "P3D", custody=True).provisional


def test_lateness_is_counted_in_days() -> None:
    end = due(date(2024, 3, 4), "P3D", custody=True)
    assert [end.missed_by(date(2024, 3, number)) for number in (6, 7, 8, 17)] == [0, 0, 1, 10]
    hours = due(datetime(2024, 3, 4, 9, 40, tzinfo=BEIJING), "PT24H", custody=True)
    assert hours.missed_by(datetime(2024, 3, 5, 10, 0, tzinfo=BEIJING)) == 0
    assert hours.missed_by(datetime(2024, 3, 5, 10, 1, tzinfo=BEIJING)) == 1
    assert hours.missed_by(datetime(2024, 3, 8, 10, 0, tzinfo=BEIJING)) == 3
    assert hours.missed_by(date(2024, 3, 6)) == 1


@pytest.mark.parametrize("text", ["1990-01", "1990", "", "2024-02-30", "nonsense", "2024-13-01T00:00:00+08:00"])
def test_what_is_no_full_date_is_no_moment(text: str) -> None:
    assert moment(text) is None


def test_a_time_without_offset_is_beijing_time() -> None:
    assert moment("2024-03-04T09:40:00") == datetime(2024, 3, 4, 9, 40, tzinfo=BEIJING)
    assert day(datetime.fromisoformat("2024-03-04T23:00:00")) == date(2024, 3, 4)
    assert earliest(datetime.fromisoformat("2024-03-04T23:00:00")).tzinfo is BEIJING


# The arrangement of 2024 as the worked examples assume it: days off, and weekends that are worked.
OFF_2024 = "01-01/01-01 02-10/02-17 04-04/04-06 05-01/05-05 06-08/06-10 09-15/09-17 10-01/10-07"
WORKED_2024 = "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12"


def test_the_calendar_of_2024_is_the_one_that_the_examples_assume() -> None:
    def on(text: str) -> date:
        return date.fromisoformat(f"2024-{text}")

    spans = [(on(span.split("/")[0]), on(span.split("/")[1])) for span in OFF_2024.split()]
    worked = {on(text) for text in WORKED_2024.split()}
    year = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    expected = [
        (each in worked or each.weekday() < 5) and not any(first <= each <= last for first, last in spans)
        for each in year
    ]
    assert [OFFICIAL.is_workday(each) for each in year] == expected


class _Silent:
    """A calendar that must not be asked."""

    version = "silent"

    def is_workday(self, day: date) -> bool | None:
        msg = f"asked for {day}"
        raise AssertionError(msg)


lengths = st.builds(Term, months=st.integers(min_value=0, max_value=8), days=st.integers(min_value=0, max_value=45))
spans = st.builds(
    lambda first, length: (first, first + timedelta(days=length)),
    st.dates(min_value=date(2023, 1, 1), max_value=date(2024, 12, 31)),
    st.integers(min_value=0, max_value=40),
)


@given(days, lengths, st.lists(spans, max_size=4))
def test_terms_that_bind_custody_never_ask_the_calendar(
    start: date, term: Term, excluded: list[tuple[date, date]]
) -> None:
    for mode in MODES:
        found = due(start, term, custody=True, excluded=excluded, mode=mode, calendar=_Silent())
        assert not found.rolled
        assert not found.provisional
    backwards = Term(days=term.days, backwards=True)
    assert due(start, backwards, custody=False, calendar=_Silent()).at == start - timedelta(days=term.days)
    assert due(start, term, custody=False, roll=False, calendar=_Silent()).at >= start


@given(days, lengths, st.integers(min_value=0, max_value=60))
def test_a_later_start_never_ends_earlier(start: date, term: Term, later: int) -> None:
    for custody in (True, False):
        first = due(start, term, custody=custody)
        second = due(start + timedelta(days=later), term, custody=custody)
        assert day(first.at) <= day(second.at)


@given(days, lengths, st.booleans())
def test_the_conservative_count_is_never_later_and_no_count_is_shorter_than_the_term(
    start: date, term: Term, custody: bool
) -> None:
    statutory, conservative = (due(start, term, custody=custody, mode=mode) for mode in MODES)
    assert day(conservative.at) == day(statutory.at) - timedelta(days=1)
    assert day(statutory.at) >= statutory.counted == add_months(start, term.months) + timedelta(days=term.days)


@given(st.dates(min_value=date(2023, 1, 1), max_value=date(2024, 6, 30)), lengths, st.lists(spans, max_size=4))
def test_a_pause_adds_exactly_the_days_on_which_the_term_would_have_run(
    start: date, term: Term, excluded: list[tuple[date, date]]
) -> None:
    raw = due(start, term, custody=True).counted
    found = due(start, term, custody=True, excluded=excluded).counted
    stopped = {first + timedelta(days=each) for first, last in excluded for each in range((last - first).days + 1)}
    running = [each for each in _days_after(start, found) if each not in stopped]
    assert len(running) == (raw - start).days
    assert found == raw or found not in stopped, "a term ends on a day that counts"


def _days_after(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]


@given(days, st.integers(min_value=0, max_value=11))
def test_months_end_on_the_same_day_or_on_the_last(start: date, count: int) -> None:
    found = add_months(start, count)
    following = found + timedelta(days=1)
    last_of_start = (start + timedelta(days=1)).day == 1
    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) == count
    assert following.day == 1 if last_of_start else found.day == start.day or (following.day == 1 < start.day)


def test_paused_working_days_are_skipped() -> None:
    paused = [(date(2024, 3, 6), date(2024, 3, 8))]
    assert due(date(2024, 3, 4), "P3WD", custody=False).at == date(2024, 3, 7)
    assert due(date(2024, 3, 4), "P3WD", custody=False, excluded=paused).at == date(2024, 3, 12)


def test_a_pause_that_begins_after_the_end_changes_nothing() -> None:
    late = [(date(2024, 3, 8), date(2024, 3, 20))]
    assert due(date(2024, 3, 4), "P3D", custody=True, excluded=late).at == date(2024, 3, 7)
    early = [(date(2024, 2, 1), date(2024, 3, 4))]
    assert due(date(2024, 3, 4), "P3D", custody=True, excluded=early).at == date(2024, 3, 7)
