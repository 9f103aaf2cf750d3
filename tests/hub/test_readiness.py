"""Readiness is tried and not only asked: what cannot be written to is told, and strangers cannot make the hub write."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import readiness
from hub.limits import LIMITS
from hub.readiness import Looker, look
from hub.runtime import Hub
from hub.store.database import Database
from messages.problems import Problem
from tests.scene import hubs
from tests.scene.clocks import Clock, after


@pytest.fixture(name="hub")
def _hub(tmp_path: Path) -> Iterator[Hub]:
    hub = hubs.opened(tmp_path / "hub")
    yield hub
    hub.stop()


def test_a_hub_that_can_write_is_ready_and_leaves_nothing(hub: Hub) -> None:
    assert look(hub) is None
    assert look(hub) is None
    assert list((hub.settings.blobs / "incoming").iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_part_store_that_takes_nothing_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(_file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    found = look(hub)
    assert found is not None
    assert (found.code, found.place) == ("hub.not-ready", "parts")
    assert found.params["reason"] == ("hub.storage-away" if number == errno.EIO else "hub.storage-full")
    assert list((hub.settings.blobs / "incoming").iterdir()) == []


def test_a_database_that_takes_nothing_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: Any) -> Any:
        raise Problem("hub.storage-full")

    monkeypatch.setattr("hub.store.nonces.probe", full)
    found = look(hub)
    assert found is not None
    assert (found.code, found.place, found.params["reason"]) == ("hub.not-ready", "database", "hub.storage-full")


def test_the_clock_is_told_as_such(tmp_path: Path) -> None:
    clock = Clock(after())
    hub = hubs.opened(tmp_path / "hub", clock=clock)
    try:
        clock.now = after(-60)
        found = look(hub)
        assert found is not None
        assert found.code == "hub.clock-behind"
    finally:
        hub.stop()


def test_it_is_looked_at_once_in_a_while_however_often_one_asks(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    at, looked = [0.0], list[Hub]()
    monkeypatch.setattr(readiness, "look", looked.append)
    looker = Looker(hub, now=lambda: at[0])
    for _ in range(100):
        assert looker.problem() is None
    assert len(looked) == 1
    at[0] += LIMITS.ready_seconds
    looker.problem()
    assert len(looked) == 2


def test_the_database_is_written_to(hub: Hub) -> None:
    home = hub.settings.database
    assert look(hub) is None
    with Database(home).transaction(write=False) as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM nonces WHERE key_id = 'readiness'").scalar()
    assert found == 1
