"""A log that gives no answer while its hub works: noted at first, an alarm when it lasts, never a reason to stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from adapters.auditing.monitor import monitor
from adapters.client.hub import HubAway
from adapters.keys.trust import Alarm
from tests.adapters.auditing.test_growth import but, through
from tests.adapters.auditing.test_monitor import evidence, grown, send
from tests.scene.agencies import POLICE
from tests.scene.wires import cut
from tests.scene.world import World

SILENT = but(through, 503, "/log/")
HOUR = timedelta(hours=1)


def at(world: World, after: timedelta) -> None:
    """The police's clock, so much later."""
    world[POLICE].station.clock = lambda: datetime.now(UTC) + after


@pytest.fixture(name="busy")
def _busy(world: World) -> World:
    """The police have seen the log, and it has grown since."""
    send(world)
    grown(world)
    world[POLICE].station.after_work()
    return world


@pytest.mark.parametrize("path", ["/log/", "/log/checkpoint", "/log/tile/"])
def test_it_is_an_alarm_once_it_lasts(busy: World, path: str) -> None:
    rule = but(through, 503, path, "/log/proof/")
    with busy.wire.under(rule):
        send(busy, "two")
        grown(busy)
        busy[POLICE].station.after_work()
        assert "trust.log-withheld" not in busy.codes_heard(), "it may be busy"
        at(busy, HOUR)
        busy[POLICE].station.after_work()
        busy[POLICE].station.after_work()
    assert busy.codes_heard().count("trust.log-withheld") == 1
    (kept,) = [each for each in evidence(busy[POLICE].station) if each["code"] == "trust.log-withheld"]
    assert kept["asked"].startswith("/log/")
    assert kept["remembered"].startswith(busy[POLICE].station.trust.hub.origin)
    (noted,) = busy[POLICE].alarms()
    assert noted.params["evidence"].endswith(".json")


def test_the_exchange_goes_on_and_everything_is_checked_once_it_answers(busy: World) -> None:
    with busy.wire.under(SILENT):
        transfer_id = send(busy, "two")
        at(busy, HOUR)
        busy[POLICE].pull(busy.root / "in")
    assert busy[POLICE].station.journal.get(transfer_id).status == "sent"
    at(busy, timedelta())
    grown(busy)
    busy[POLICE].station.contact()
    with busy.wire.under(SILENT):
        busy[POLICE].station.after_work()
    assert busy.codes_heard().count("trust.log-withheld") == 1, "a new silence has its own time"


def test_a_hub_that_is_away_withholds_nothing(busy: World) -> None:
    with busy.wire.under(cut):
        for after in (timedelta(), HOUR, 2 * HOUR):
            at(busy, after)
            busy[POLICE].station.after_work()
    assert busy[POLICE].alarms() == []


def test_the_monitor_tells_it_and_says_that_nothing_was_read(busy: World) -> None:
    with busy.wire.under(SILENT):
        busy[POLICE].station.after_work()
        at(busy, HOUR)
        with pytest.raises(HubAway):
            monitor(busy[POLICE].station)
    assert "trust.log-withheld" in busy.codes_heard()


def test_a_hub_that_refuses_the_checkpoint_withholds_it_too(busy: World) -> None:
    def refused(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(403, json={}) if request.url.path == "/log/checkpoint" else send()

    with busy.wire.under(refused):
        busy[POLICE].station.after_work()
        at(busy, HOUR)
        with pytest.raises(Alarm, match=r"trust\.log-withheld"):
            busy[POLICE].station.contact()
