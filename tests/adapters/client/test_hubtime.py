"""What an adapter makes of the time that a hub's answers tell, which nobody signs."""

from __future__ import annotations

import pytest

from adapters.client.hubtime import HubTime
from evidence.identifiers import timestamp
from messages.problems import Problem
from tests.scene.clocks import NOW, Clock, after

DATE = "Wed, 04 Mar 2026 01:05:03 GMT"
TOLD = [
    pytest.param({"Casehub-Time": timestamp(after(180))}, -180, id="the hub's own header"),
    pytest.param({"Casehub-Time": timestamp(after(180)), "Date": "x"}, -180, id="beside another"),
    pytest.param({"Date": DATE}, -180, id="an older hub's"),
    pytest.param({"Casehub-Time": "yesterday", "Date": DATE}, -180, id="one that cannot be read"),
    pytest.param({"Date": "yesterday"}, None, id="none that can be read"),
    pytest.param({}, None, id="none at all"),
]


@pytest.mark.parametrize(("headers", "seconds"), TOLD)
def test_the_difference_comes_from_the_answer(headers: dict[str, str], seconds: int | None) -> None:
    time = HubTime(Clock(NOW))
    time.heard(headers)
    assert (None if time.ahead is None else round(time.ahead.total_seconds())) == seconds
    assert round((time.now() - NOW).total_seconds()) == -(seconds or 0)


@pytest.mark.parametrize("seconds", [0, 59, -59])
def test_a_small_difference_is_nobody_s_business(seconds: int) -> None:
    assert _told(seconds).difference(NOW) is None


@pytest.mark.parametrize("seconds", [61, -61, 300, -300])
def test_a_larger_one_is_told_with_both_times(seconds: int) -> None:
    told = _told(seconds).difference(NOW)
    assert told is not None
    times = {"own": timestamp(NOW), "hub": timestamp(after(-seconds)), "seconds": seconds}
    assert (told.code, told.params) == ("adapter.clock-differs", times)


@pytest.mark.parametrize("seconds", [301, -301, 10**9])
def test_more_than_the_hub_bears_is_a_reason_not_to_sign(seconds: int) -> None:
    with pytest.raises(Problem) as caught:
        _told(seconds).difference(NOW)
    assert caught.value.code == "adapter.clock-off"
    assert (caught.value.params["own"], caught.value.params["hub"]) == (timestamp(NOW), timestamp(after(-seconds)))


def _told(seconds: int) -> HubTime:
    time = HubTime(Clock(NOW))
    time.heard({"Casehub-Time": timestamp(after(-seconds))})
    return time
