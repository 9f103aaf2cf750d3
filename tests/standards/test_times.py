"""Times as people in China read them."""

from __future__ import annotations

from standards import times


def test_the_day_that_people_read_is_the_beijing_day() -> None:
    assert times.shown("2026-11-30T16:58:43.901Z") == "2026-12-01 00:58:43"
    assert times.shown_day("2026-11-30T16:58:43.901Z") == "2026-12-01"
    assert times.shown_day("2026-11-30T15:59:59.999Z") == "2026-11-30"
