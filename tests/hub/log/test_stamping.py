"""Checkpoints are stamped in their time, whatever the authority does; nothing that does not hold is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from evidence.identifiers import timestamp
from evidence.log import timestamps
from evidence.log.checkpoints import parse_checkpoint
from hub.log import stamping, stamps
from hub.log.stamping import Stamper
from hub.metrics import Metrics
from hub.store.database import Database
from hub.store.tables import time_stamps
from messages.problems import Problem
from tests.scene import tsa
from tests.scene.clocks import NOW, Clock
from tests.scene.logs import add_marks, publisher, sequencer
from tests.scene.tsa import Authority, Served
from tests.waiting import PATIENCE, until


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


@dataclass
class Room:
    """A log, an authority, and a clock that the test moves."""

    database: Database
    authority: Authority
    served: Served
    metrics: Metrics
    clock: Clock = field(default_factory=lambda: Clock(NOW))

    def grow(self) -> None:
        add_marks(self.database, 3)
        sequencer(self.database).step()
        publisher(self.database).step()

    def stamper(self) -> Stamper:
        where = stamping.Authority(self.served.url, self.authority.ca)
        return Stamper(self.database, where, interval=3600, clock=self.clock, metrics=self.metrics)

    def kept(self) -> list[int]:
        with self.database.transaction(write=False) as connection:
            return list(connection.execute(time_stamps.select().order_by(time_stamps.c.size)).scalars())

    def counted(self, outcome: str) -> float:
        return self.metrics.registry.get_sample_value("casehub_time_stamps_total", {"outcome": outcome}) or 0


@pytest.fixture
def room(sqlite_database: Database, authority: Authority) -> Iterator[Room]:
    with tsa.served(authority.answer) as served:
        yield Room(sqlite_database, authority, served, Metrics())


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    database.migrate()
    yield database
    database.close()


def test_the_newest_checkpoint_is_stamped_once_an_interval(room: Room) -> None:
    stamper = room.stamper()
    assert stamper.step() is None  # an empty log has nothing to stamp
    room.grow()
    assert stamper.step() is not None
    assert stamper.step() is None
    room.grow()
    assert stamper.step() is None  # too early
    room.clock.now += timedelta(hours=1)
    assert stamper.step() is not None
    room.clock.now += timedelta(hours=2)
    assert stamper.step() is None  # nothing new to stamp
    assert room.kept() == [3, 6]
    assert room.served.types == {timestamps.REQUEST_TYPE}


def test_what_is_kept_can_be_checked(room: Room) -> None:
    room.grow()
    room.stamper().step()
    with room.database.transaction(write=False) as connection:
        (stamp,) = stamps.first_covering(connection, [0, 2])
        assert stamps.first_covering(connection, [3]) == []
        assert stamps.latest(connection) == stamp
    roots = timestamps.read_authorities(room.authority.ca.read_bytes())
    body = parse_checkpoint(stamp.note.encode())[0].body()
    assert timestamp(timestamps.verify_token(stamp.answer, body, roots).at) == stamp.stamped_at


def test_each_mark_has_the_earliest_token_that_covers_it(room: Room) -> None:
    for _ in range(3):
        room.grow()
        room.stamper().step()
        room.clock.now += timedelta(hours=1)
    with room.database.transaction(write=False) as connection:
        assert [stamp.size for stamp in stamps.first_covering(connection, [8, 4, 5, 0])] == [3, 6, 9]
        assert [stamp.size for stamp in stamps.first_covering(connection, [3, 12])] == [6]


GIVEN_UP = threading.Event()
"""Set when the hub has given up an authority that does not answer before."""
AWAY: dict[str, tuple[Callable[[Authority], Callable[[bytes], bytes]], str]] = {
    "fails": (lambda _: lambda _question: bytes(1 // 0), "unreachable"),
    "silent": (lambda _: lambda _question: bytes(GIVEN_UP.wait()), "unreachable"),
    "endless": (lambda _: lambda _question: bytes(timestamps.MAX_TOKEN + 1), "unreachable"),
    "garbage": (lambda _: lambda _question: b"<html>", "token-malformed"),
    "answers another checkpoint": (lambda ours: lambda _: ours.answer(timestamps.ask("x\n").der), "token-other"),
    "replays an old answer": (lambda ours: lambda _: ours.answer(timestamps.ask("y\n").der), "token-other"),
}


@pytest.mark.parametrize("name", AWAY)
def test_an_authority_that_does_not_answer_well(name: str, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    make, outcome = AWAY[name]
    monkeypatch.setattr(stamping, "DEADLINE_SECONDS", 0.3 if name == "silent" else PATIENCE)
    room.grow()
    room.served.behave = make(room.authority)
    stamper = room.stamper()
    GIVEN_UP.clear()
    stamper.round()
    GIVEN_UP.set()
    assert (room.kept(), room.counted(outcome)) == ([], 1)
    monkeypatch.setattr(stamping, "DEADLINE_SECONDS", PATIENCE)
    room.served.behave = room.authority.answer
    room.grow()  # the log grew meanwhile
    stamper.round()
    assert (room.kept(), room.counted("stamped")) == ([6], 1)


def test_an_authority_of_another_root(room: Room, tmp_path: Path) -> None:
    room.grow()
    room.served.behave = Authority(tmp_path / "stranger").answer
    room.stamper().round()
    assert (room.kept(), room.counted("token-untrusted")) == ([], 1)


def test_certificates_that_are_not_there(room: Room, tmp_path: Path) -> None:
    room.grow()
    where = stamping.Authority(room.served.url, tmp_path / "absent.pem")
    stamper = Stamper(room.database, where, interval=1, clock=room.clock, metrics=room.metrics)
    stamper.round()
    assert (room.kept(), room.counted("bad-tsa-file")) == ([], 1)


def test_an_authority_whose_clock_was_set_back(room: Room) -> None:
    room.grow()
    room.stamper().step()
    with room.database.transaction() as connection:  # as if that token had come from a clock that was ahead
        connection.execute(update(time_stamps).values(stamped_at="2199-01-01T00:00:00.000Z"))
    room.grow()
    room.clock.now += timedelta(hours=1)
    with pytest.raises(Problem) as caught:
        room.stamper().step()
    assert caught.value.code == "stamp.clock-back"
    assert room.kept() == [3]


def test_a_hub_whose_clock_was_set_back_goes_on(room: Room) -> None:
    room.grow()
    room.stamper().step()
    room.grow()
    room.clock.now -= timedelta(days=300)
    assert room.stamper().step() is not None
    assert room.counted("clock-skew") >= 1


def test_rounds_run_until_they_are_stopped(room: Room) -> None:
    room.grow()
    stamper = room.stamper()
    stamper.start()
    until(room.kept, "a time stamp")
    stamper.stop()
    assert room.kept() == [3]
