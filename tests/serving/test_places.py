"""Who gets a place, and who makes room."""

from __future__ import annotations

import pytest

from serving.places import QUIET_SECONDS, Place, Places, peer_of

HONEST, OTHER = "127.0.0.1", "127.0.0.2"


class Room:
    """Places under a clock that moves a little with each question, and the places that were dropped."""

    def __init__(self, total: int, per_peer: int, proxies: tuple[str, ...] = ()) -> None:
        self.now = 0.0
        self.places = Places(total, per_peer, proxies, now=self.tick)
        self.dropped: list[Place] = []

    def tick(self) -> float:
        self.now += 1e-6
        return self.now

    def take(self, address: str, *, signed: bool = False, busy: bool = False) -> Place | None:
        place = self.places.take(address)
        if place is not None:
            place.drop = lambda: self.dropped.append(place)
            place.signed = lambda: signed
            place.busy = busy
        return place


def test_places_are_given_until_none_is_left_and_given_again() -> None:
    room = Room(2, 2)
    first, second = room.take(HONEST, signed=True, busy=True), room.take(HONEST, signed=True, busy=True)
    assert first is not None
    assert second is not None
    assert room.take(HONEST) is None
    first.leave()
    first.leave()
    assert room.places.taken == 1
    assert room.take(HONEST) is not None
    assert room.dropped == []


def test_the_address_that_holds_most_makes_room_for_one_that_holds_few() -> None:
    room = Room(8, 8)
    held = [room.take(OTHER) for _ in range(8)]
    assert room.take(HONEST) is not None
    assert room.dropped == held[:1]
    assert room.places.taken == 8


def test_many_addresses_together_keep_nobody_out() -> None:
    room = Room(64, 16)
    for number in range(2_000):
        room.take(f"127.0.0.{2 + number % 8}")
    mine = [room.take(HONEST) for _ in range(6)]
    assert None not in mine
    assert not set(mine) & set(room.dropped)


def test_an_address_at_its_own_bound_makes_room_itself() -> None:
    room = Room(8, 2)
    other = room.take(OTHER)
    held = [room.take(HONEST) for _ in range(2)]
    assert room.take(HONEST) is None
    room.now += 2 * QUIET_SECONDS
    assert room.take(HONEST) is not None
    assert room.dropped == held[:1]
    assert other not in room.dropped


def test_a_signed_request_under_way_is_never_cut_off() -> None:
    room = Room(3, 3)
    served = [room.take(OTHER, signed=True, busy=True) for _ in range(3)]
    assert room.take(HONEST) is None
    assert room.dropped == []
    assert served[0] is not None
    served[0].busy = False  # answered: it waits for a further request
    assert room.take(OTHER) is None  # but not for long yet
    assert room.take(HONEST) is not None
    assert room.dropped == served[:1]


def test_who_signed_is_dropped_after_who_did_not() -> None:
    room = Room(3, 3)
    known, busy = room.take(OTHER, signed=True), room.take(OTHER, busy=True)
    assert known is not None
    room.take(OTHER)
    room.take(HONEST)
    assert room.dropped == [busy]


def test_proxies_are_bound_by_the_total_only() -> None:
    room = Room(8, 2, (OTHER,))
    assert None not in [room.take(OTHER) for _ in range(8)]
    assert room.dropped == []


PEERS = {
    "127.0.0.1": "127.0.0.1",
    "::ffff:10.0.0.1": "10.0.0.1",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "fe80::1%eth0": "fe80::/64",
    "no address": "no address",
}


@pytest.mark.parametrize("address", PEERS)
def test_who_counts_as_one(address: str) -> None:
    assert peer_of(address) == PEERS[address]
