"""What cannot be sent is known before it is queued, and said with what was probably meant."""

from __future__ import annotations

import pytest

from adapters.keys.trust import Alarm
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.world import World

MISTYPED = PROCURATORATE[:-1] + "3"


def test_a_mistyped_receiver_is_refused_with_what_is_near_and_not_queued(world: World) -> None:
    adapter = world[POLICE]
    with pytest.raises(Problem) as caught:
        adapter.push(case_dir(world.root / "case"), node="N-ARR-001", to=MISTYPED)
    assert (caught.value.code, caught.value.place) == ("adapter.unknown-receiver", MISTYPED)
    assert PROCURATORATE in caught.value.params["near"]
    assert (adapter.queue(), adapter.station.journal.all()) == ([], [])
    assert adapter.resume().failed == []


def test_keys_that_raise_an_alarm_leave_nothing_in_the_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = world[POLICE]
    monkeypatch.setattr(type(adapter.station.keyring), "own_key_ids", frozenset())
    with pytest.raises(Alarm):
        adapter.push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    assert adapter.station.journal.all() == []


def test_the_agencies_of_the_hub_are_listed_with_their_codes(world: World) -> None:
    found = {each["agency"]: each["revoked"] for each in world[POLICE].agencies()}
    assert found == dict.fromkeys([POLICE, PROCURATORATE, COURT], False)
