"""Opening hours: every form that is read, every form that is refused, and that nothing is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given

from standards.organs.hours import Hours, HoursError, Rule, parse
from tests.standards.organs.strategies import hours

GOOD = {
    "Mo-Fr 08:30-12:00,14:30-17:30": "Mo-Fr 08:30-12:00,14:30-17:30",
    "Mo-Fr 08:30-12:00 ;PH off": "Mo-Fr 08:30-12:00; PH off",
    "Sa,Mo,Tu,We 09:00-12:00": "Mo-We,Sa 09:00-12:00",
    "Su 00:00-24:00": "Su 00:00-24:00",
    "Mo-We 08:00-09:00; Fr 08:00-09:00,09:00-10:00": "Mo-We 08:00-09:00; Fr 08:00-09:00,09:00-10:00",
    "24/7": "24/7",
}
BAD = {
    "": ("form", ""),
    "always": ("form", "always"),
    "08:30-12:00": ("form", "08:30-12:00"),
    "PH off": ("form", "PH off"),
    "PH off; Mo 08:00-09:00": ("form", "PH off"),
    "Mo-Fr 08:30-12:00;": ("form", ""),
    "Mo-Fr  08:30-12:00": ("form", "Mo-Fr  08:30-12:00"),
    "Mo-Fr ٠٨:٠٠-٠٩:٠٠": ("form", "Mo-Fr ٠٨:٠٠-٠٩:٠٠"),
    "24/7; PH off": ("form", "24/7"),
    "Mon 08:00-09:00": ("day", "Mon"),
    "mo 08:00-09:00": ("day", "mo"),
    "Sa-Mo 08:00-09:00": ("day", "Sa-Mo"),
    "Mo-Mo 08:00-09:00": ("day", "Mo-Mo"),
    "Mo,, 08:00-09:00": ("day", ""),
    "Mo-Fr,We 08:00-09:00": ("day-twice", "Mo-Fr,We"),
    "Mo-Fr 08:00-09:00; We 10:00-11:00": ("day-twice", "We"),
    "Mo 8:00-9:00": ("span", "8:00-9:00"),
    "Mo 08:60-09:00": ("span", "08:60-09:00"),
    "Mo 22:00-06:00": ("span", "22:00-06:00"),
    "Mo 08:00-24:01": ("span", "08:00-24:01"),
    "Mo 08:00-08:00": ("span", "08:00-08:00"),
    "Mo 08:00-12:00,11:00-13:00": ("spans-overlap", "08:00-12:00,11:00-13:00"),
    "Mo 14:00-17:00,08:00-12:00": ("spans-overlap", "14:00-17:00,08:00-12:00"),
}


@pytest.mark.parametrize("text", GOOD)
def test_what_is_of_the_form_is_read_and_written_in_one_way(text: str) -> None:
    assert str(parse(text)) == GOOD[text]
    assert parse(GOOD[text]) == parse(text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_says_why_and_where(text: str) -> None:
    with pytest.raises(HoursError) as caught:
        parse(text)
    assert (caught.value.reason, caught.value.part) == BAD[text]


@given(hours())
def test_hours_survive_a_write_and_a_read(told: Hours) -> None:
    assert parse(str(told)) == told


def test_when_it_is_open() -> None:
    told = parse("Mo-Fr 08:30-12:00,14:30-17:30; Sa 09:00-11:00; PH off")
    assert told.rules[1] == Rule((5,), ((540, 660),))
    assert [told.open_at(0, minute) for minute in (509, 510, 719, 720, 870)] == [False, True, True, False, True]
    assert [told.open_at(day, 600) for day in (5, 6)] == [True, False]
    assert not told.open_at(0, 600, holiday=True)
    assert parse("Mo 08:00-09:00").open_at(0, 500, holiday=True)
    assert parse("24/7").open_at(6, 1439, holiday=True)
