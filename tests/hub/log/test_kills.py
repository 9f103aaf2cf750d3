"""Sequencer and publisher can be killed anywhere: between any two statements, and for real.

A statement that raises rolls its transaction back, which is what a kill does to it. The last test kills processes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import event

from hub.store.database import Database
from tests.scene.logs import add_marks, publisher, require_sound, sequencer
from tests.scene.stored import new_id


class Killed(Exception):  # noqa: N818 - it is a kill
    """Stands for the end of the process; nothing in the code under test catches it."""


class Killer:
    """Raises `Killed` before or after the n-th statement or commit from when it was armed."""

    def __init__(self, database: Database) -> None:
        self.left = -1
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(database.engine, name, self._count)

    def _count(self, *_: object) -> None:
        if self.left == 0:
            self.left = -1
            raise Killed
        self.left -= 1


def round_of_work(database: Database) -> None:
    sequencer(database, batch=2).step()
    publisher(database).step()


def test_a_kill_at_every_single_point_loses_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    killer = Killer(database)
    written = kills = point = 0
    while True:
        written += len(add_marks(database, 3, new_id()))
        killer.left = point
        try:
            round_of_work(database)
            if killer.left >= 0:
                break  # the whole round ran without reaching the point
        except Killed:
            kills += 1
        point += 1
    killer.left = -1
    while sequencer(database).step():
        pass
    publisher(database).step()
    assert kills >= 20
    require_sound(database, written)
    database.close()


def test_two_hundred_random_kills(database: Database) -> None:
    chance = random.Random(20260304)
    killer = Killer(database)
    written = kills = 0
    while kills < 200:
        written += len(add_marks(database, chance.randint(0, 1), new_id()))
        killer.left = chance.randint(0, 30)
        try:
            round_of_work(database)
        except Killed:
            kills += 1
        killer.left = -1
    while sequencer(database).step():
        pass
    publisher(database).step()
    require_sound(database, written)


WORKER = """
import sys
from tests.scene.logs import add_marks, publisher, sequencer
from tests.scene.stored import new_id
from hub.store.database import Database
database = Database(sys.argv[1])
print("up", flush=True)
while True:
    add_marks(database, 2)
    sequencer(database, batch=3).step()
    publisher(database).step()
"""


@pytest.mark.parametrize("processes", [1, 2])
def test_processes_that_are_killed_leave_a_sound_log(database_url: str, processes: int) -> None:
    chance = random.Random(processes)
    for _ in range(3):
        command = [sys.executable, "-c", WORKER, database_url]
        root = str(Path(__file__).parents[3])
        environment = {**os.environ, "PYTHONPATH": root}
        workers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=root) for _ in range(processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"up\n"
        time.sleep(chance.uniform(0.05, 0.4))  # any moment will do, also one before any work was done
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        for worker in workers:
            worker.communicate()
    database = Database(database_url)
    while sequencer(database).step():
        pass
    publisher(database).step()
    require_sound(database)
    database.close()
