"""Rounds come on time, at once when woken, once more at the end where asked, and after a failure all the same."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from hub.rounds import Rounds
from messages.problems import Problem
from tests.waiting import PATIENCE


class Work:
    """Counts rounds, and fails in the first when told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.done = 0
        self.fails = fails
        self.came = threading.Semaphore(0)

    def __call__(self) -> None:
        self.done += 1
        self.came.release()
        if self.fails and self.done == 1:
            raise RuntimeError("the first round fails")


def running() -> bool:
    """Whether the rounds' thread lives: one that has ended works no more."""
    return "casehub-test" in {thread.name for thread in threading.enumerate()}


def test_rounds_go_on_after_one_that_failed() -> None:
    work = Work(fails=True)
    rounds = Rounds("test", work, 0.005)
    rounds.start()
    assert all(work.came.acquire(timeout=PATIENCE) for _ in range(3))
    rounds.stop()
    assert not running()


def test_waking_does_not_wait_for_the_interval() -> None:
    work = Work()
    rounds = Rounds("test", work, 3600)
    rounds.start()
    assert work.came.acquire(timeout=PATIENCE)
    rounds.wake()
    assert work.came.acquire(timeout=PATIENCE)
    rounds.stop()


def test_the_first_round_waits_and_a_last_one_follows_where_asked() -> None:
    for finish, expected in ((True, 1), (False, 0)):
        work = Work()
        rounds = Rounds("test", work, 3600, first=3600, finish=finish)
        rounds.start()
        rounds.stop()
        rounds.stop()
        assert work.done == expected


def test_a_stop_is_never_slept_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.rounds.STOP_SECONDS", PATIENCE)
    for _ in range(200):
        rounds = Rounds("test", lambda: None, 3600)
        rounds.start()
        rounds.stop()
        assert not running()


def test_a_round_that_fails_is_one_line_without_a_traceback_and_told_once() -> None:
    came = threading.Semaphore(0)

    def work() -> None:
        came.release()
        raise Problem("hub.storage-full")

    with capture_logs() as told:
        rounds = Rounds("test", work, 0.001)
        rounds.start()
        for _ in range(3):
            assert came.acquire(timeout=PATIENCE)
        rounds.stop()
    assert [(each["event"], each["code"]) for each in told] == [("round failed", "hub.storage-full")]
    assert not any("exc_info" in each for each in told)
