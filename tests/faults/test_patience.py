"""What fails is tried again with growing pauses, by programs that run on their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.client.patience import FIRST_PAUSE, LONGEST_PAUSE, Patience
from adapters.folders import look
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.clocks import NOW, Clock
from tests.scene.folders import case_dir
from tests.scene.world import World


def seconds_of(clock: Clock) -> Callable[[], float]:
    """The clock, as programs that pause read it."""

    def read() -> float:
        return clock().timestamp()

    return read


def test_pauses_double_up_to_an_hour_and_end_with_success() -> None:
    clock = Clock(NOW)
    patience = Patience(seconds_of(clock))
    assert patience.due("a")
    pauses = []
    for _ in range(12):
        patience.failed("a")
        assert not patience.due("a")
        assert not patience.waits()
        start = clock.now
        while not patience.due("a"):
            clock.now += timedelta(seconds=FIRST_PAUSE)
        pauses.append((clock.now - start).total_seconds())
        assert patience.waits()
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    patience.settled("a")
    assert not patience.waits()
    patience.failed("a")
    clock.now += timedelta(seconds=FIRST_PAUSE)
    assert patience.due("a"), "after a success the pauses begin anew"


def test_a_damaged_part_is_not_fetched_at_every_look(world: World, tmp_path: Path) -> None:
    transfer_id = world[POLICE].push(case_dir(tmp_path / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    paths = list((tmp_path / "hub" / "blobs").glob("??/??/*"))
    sound = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.write_bytes(bytes(len(sound[path])))
    clock, station = Clock(NOW), world[PROCURATORATE].station
    station.patience = Patience(seconds_of(clock))
    boxes = tmp_path / "out", tmp_path / "in"
    assert [item for item, _ in look(station, *boxes).haul.failed] == [transfer_id]
    world.wire.seen.clear()
    assert look(station, *boxes).haul.failed == []
    assert not [path for _, path in world.wire.seen if "/parts/" in path or "/transfers/" in path]
    for path in paths:
        path.write_bytes(sound[path])
    clock.now += timedelta(seconds=FIRST_PAUSE)
    assert [item.transfer_id for item in look(station, *boxes).haul.delivered] == [transfer_id]
