"""The runner keeps the log growing, stops cleanly, and says when it must not sign."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub.log import proofs
from hub.log.runner import LogRunner
from hub.store.database import Database
from hub.store.tables import checkpoints
from messages.problems import Problem
from tests.scene.keys import LOG_KEY, ORIGIN
from tests.scene.logs import add_marks, clock, require_sound
from tests.waiting import until


def runner(database: Database, interval: float = 0.01) -> LogRunner:
    return LogRunner(database, LOG_KEY, origin=ORIGIN, clock=clock, interval=interval)


def signed_size(database: Database) -> int:
    with database.transaction(write=False) as connection:
        newest = proofs.latest(connection)
    return -1 if newest is None else newest.size


def test_marks_get_into_the_log_by_themselves(database: Database) -> None:
    running = runner(database)
    running.start()
    add_marks(database, 3)
    until(lambda: signed_size(database) == 3, "a signed tree of 3")
    running.stop()
    require_sound(database, 3)


def test_stopping_takes_in_what_waits(database: Database) -> None:
    running = runner(database, interval=3600)
    running.start()
    until(lambda: signed_size(database) == 0, "a signed tree of 0")
    add_marks(database, 2)
    running.stop()
    running.stop()
    require_sound(database, 2)


def test_waking_does_not_wait_for_the_interval(database: Database) -> None:
    running = runner(database, interval=3600)
    running.start()
    until(lambda: signed_size(database) == 0, "a signed tree of 0")
    add_marks(database, 1)
    running.wake()
    until(lambda: signed_size(database) == 1, "a signed tree of 1")
    running.stop()


def test_it_can_start_again(database: Database) -> None:
    running = runner(database)
    for count in (1, 2):
        running.start()
        add_marks(database, 1)
        running.stop()
        assert signed_size(database) == count


def test_a_tampered_log_raises_the_alarm_and_signs_nothing_more(database: Database) -> None:
    running = runner(database)
    add_marks(database, 1)
    assert running.step() == 1
    with database.transaction() as connection:
        connection.execute(update(checkpoints).values(root=b"\x00" * 32))
    add_marks(database, 1)
    running.start()
    until(lambda: running.alarm is not None, "the alarm")
    running.stop()
    assert running.alarm is not None
    assert running.alarm.code == "log.inconsistent"
    assert signed_size(database) == 1
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        running.step()


def test_a_database_that_is_away_for_a_while_is_no_alarm(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(sqlite_url)
    running = runner(database)
    real = running.step
    failures = iter([Problem("hub.database-away"), RuntimeError("a surprise")])

    def step() -> int:
        for failure in failures:
            raise failure
        return real()

    monkeypatch.setattr(running, "step", step)
    add_marks(database, 1)
    running.start()
    until(lambda: signed_size(database) == 1, "a signed tree of 1")
    running.stop()
    assert running.alarm is None
    database.close()
