"""Numbers that the hub tells of itself: false ones, and those of a hub that was restored from an older state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from adapters.receiving.pull import Haul
from adapters.transfers.inbox import offered
from evidence.statements import sign
from tests.adapters.transfers.test_inbox import offers
from tests.scene import hubs
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import answered
from tests.scene.world import FAST, World


@contextmanager
def set_back(world: World) -> Iterator[Callable[[], None]]:
    """What is called in the block puts the hub back to the state of the block's beginning."""
    home = world.root / "older"
    with world.hub.database.transaction():  # nobody writes meanwhile
        shutil.copytree(world.root / "hub", home)
    with hubs.process(home, clock=world.clock) as (_, line):

        def restore() -> None:
            world.wire.inner = line

        try:
            yield restore
        finally:
            world.wire.inner = world.application


def pulled(hauls: Iterator[Haul], rounds: int = 3) -> list[str]:
    """What so many rounds brought."""
    return [item.transfer_id for _ in range(rounds) for item in next(hauls).delivered]


def send(world: World, *names: str) -> list[str]:
    """A transfer for each name."""
    folders = [case_dir(world.root / name) for name in names]
    return [world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id for folder in folders]


def test_a_follower_of_a_restored_hub_misses_nothing_and_raises_an_alarm(world: World) -> None:
    first = send(world, "one")
    hauls = world[PROCURATORATE].follow(world.root / "in")
    assert pulled(hauls) == first
    with set_back(world) as restore:
        lost = send(world, "two", "three", "four")
        assert pulled(hauls) == lost
        restore()
        sent = send(world, "five", "six", "seven", "eight")
        assert sorted(pulled(hauls)) == sorted(sent)
        assert world.codes_heard().count("trust.inbox-set-back") == 1
        again = send(world, "nine")
        assert pulled(hauls) == again, "it goes on from where the hub is now"
        assert world.codes_heard().count("trust.inbox-set-back") == 1
    log = (world.home(PROCURATORATE) / "log" / "alarms.log").read_text("utf-8")
    assert "trust.inbox-set-back" in log


def test_a_hub_that_is_behind_what_was_seen_is_an_alarm_for_whoever_lists(world: World) -> None:
    with set_back(world) as restore:
        send(world, "one", "two")
        world[PROCURATORATE].pull(world.root / "in")
        restore()
        world.restart(PROCURATORATE)
        assert world[PROCURATORATE].inbox() == []
    assert world.codes_heard().count("trust.inbox-set-back") == 1
    assert world[PROCURATORATE].station.alarms


def test_a_follower_of_a_restored_hub_that_tells_nothing_of_itself_lists_anew_in_time(world: World) -> None:
    """A hub of before this told neither its newest position nor what stands at one."""

    def old(page: dict[str, Any]) -> None:
        for name in ("last", "known"):
            page.pop(name, None)

    first = send(world, "one")
    hauls = world[PROCURATORATE].follow(world.root / "in")
    with world.wire.under(answered("/v1/inbox", old)), set_back(world) as restore:
        assert pulled(hauls) == first
        lost = send(world, "two", "three", "four")
        assert pulled(hauls) == lost
        restore()
        sent = send(world, "five", "six")
        assert sorted(pulled(hauls, FAST.relist_polls + 1)) == sorted(sent)
    assert "trust.inbox-set-back" not in world.codes_heard()


def far(page: dict[str, Any]) -> None:
    """Items at positions that no inbox has reached."""
    for index, item in enumerate(page["items"]):
        item["position"] = 2**52 + index


LIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "next 2^52": lambda page: page.update(next=2**52),
    "next 2^53-1": lambda page: page.update(next=2**53 - 1),
    "next 2^60": lambda page: page.update(next=2**60),
    "next before": lambda page: page.update(next=0),
    "last 2^52": lambda page: page.update(last=2**52),
    "last before": lambda page: page.update(last=0),
    "another known": lambda page: page.update(known="019cac0f-2682-7202-8202-020202020202"),
    "positions 2^52": far,
    "all of it": lambda page: page.update(next=2**52, last=2**52, items=[]),
}


@pytest.mark.parametrize("name", LIES)
def test_no_number_that_the_hub_told_once_keeps_a_transfer_from_coming(world: World, name: str) -> None:
    first, second = send(world, "one", "two")
    hauls = world[PROCURATORATE].follow(world.root / "in")
    with world.wire.under(answered("/v1/inbox", LIES[name])):
        came = pulled(hauls)
    came += pulled(hauls)
    third = send(world, "three")
    came += pulled(hauls, FAST.relist_polls + 2)
    assert sorted(came) == sorted([first, second, *third])
    world.restart(PROCURATORATE)
    fourth = send(world, "four")
    assert pulled(world[PROCURATORATE].follow(world.root / "in")) == fourth


def test_a_position_that_a_home_of_before_remembers_is_not_believed(world: World) -> None:
    world[PROCURATORATE].station.state.put("inbox.cursor", str(2**52))
    sent = send(world, "one")
    hauls = world[PROCURATORATE].follow(world.root / "in")
    assert pulled(hauls) == sent
    later = send(world, "two")
    assert pulled(hauls) == later


def test_a_listing_that_finds_the_hub_as_it_was_is_no_alarm(world: World) -> None:
    offers(world, 2)
    world[PROCURATORATE].pull(world.root / "in")
    assert world[PROCURATORATE].station.inbox.newest() is not None
    world.restart(PROCURATORATE)
    assert list(offered(world[PROCURATORATE].station)) == []
    assert not world[PROCURATORATE].station.alarms


def test_a_release_number_that_is_given_twice_is_an_alarm_once(world: World) -> None:
    """A hub that was set back gives the number of a release again: the one that is held stays, and it is told."""
    station = world[PROCURATORATE].station

    def listed(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path == "/v1/codebooks/releases":
            body = json.dumps({"releases": [{"number": 0, "id": "shipped"}, {"number": 7, "id": "2026.7+other"}]})
            return httpx.Response(200, content=body.encode())
        return send()

    body = {"number": 7, "release": "2026.7+ours", "effective_from": "2026-01-01"}
    statement = sign("release", body, world.hub.keys.identity)
    station.codebooks._held = {7: statement}
    station.client.newest_codebooks = "2026.7+other"
    with world.wire.under(listed):
        station.pick_up_codebooks()
        station.client.newest_codebooks = "2026.7+other"
        station.pick_up_codebooks()
    assert world.codes_heard().count("trust.codebooks") == 1
