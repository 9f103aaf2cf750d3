"""Hours and levels as people read them."""

from __future__ import annotations

import pytest

from standards.organs import wording
from standards.organs.hours import parse

SAID = {
    "24/7": ("全天开放", "always open"),
    "Mo-Fr 08:30-12:00,14:30-17:30; PH off": (
        "周一至周五 08:30-12:00、14:30-17:30；法定节假日休息",
        "Monday to Friday 08:30-12:00, 14:30-17:30; closed on public holidays",
    ),
    "Mo,We 09:00-12:00; Su 09:00-11:00": (
        "周一、周三 09:00-12:00；周日 09:00-11:00",
        "Monday, Wednesday 09:00-12:00; Sunday 09:00-11:00",
    ),
}


@pytest.mark.parametrize("text", SAID)
def test_hours_in_words(text: str) -> None:
    assert (wording.hours(parse(text), "zh"), wording.hours(parse(text), "en")) == SAID[text]


def test_nothing_is_said_of_hours_that_nobody_told() -> None:
    assert wording.hours(None, "zh") == ""


def test_levels_in_words() -> None:
    assert (wording.level("municipal", "zh"), wording.level("municipal", "en")) == ("设区的市级", "municipal")
    assert wording.level("village", "zh") == "village"
