"""Times as people in China read them."""

from __future__ import annotations

import pytest

from standards import times


def test_the_day_that_people_read_is_the_beijing_day() -> None:
    assert times.shown("2026-11-30T16:58:43.901Z") == "2026-12-01 00:58:43"
    assert times.shown_day("2026-11-30T16:58:43.901Z") == "2026-12-01"
    assert times.shown_day("2026-11-30T15:59:59.999Z") == "2026-11-30"


@pytest.mark.parametrize("text", ["1800-01-01", "2026-02-28", "2199-12-31"])
def test_a_civil_day(text: str) -> None:
    assert times.civil_day(text).isoformat() == text


@pytest.mark.parametrize(
    "text", ["0001-01-01", "1799-12-31", "2200-01-01", "9999-12-31", "2026-02-29", "20260228", "2026-W09-6", "", "x"]
)
def test_what_is_no_civil_day(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - as of date.fromisoformat
        times.civil_day(text)
