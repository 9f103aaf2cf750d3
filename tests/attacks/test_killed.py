"""Sequencer and publisher killed at hundreds of random points, and transactions that commit out of order under load.

Found by: nobody has to find anything. The next process goes on, nothing is lost, doubled or signed twice.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.log.audit import Judge, audit
from hub.log.heads import Head
from hub.log.publisher import Publisher
from hub.store import marks
from hub.store.database import Database
from tests.hub.log.test_audit import KEYS
from tests.scene.agencies import HUB
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY, LOG_KEY, ORIGIN
from tests.scene.logs import VERIFIERS, add_marks, clock, leaves, require_sound, sequencer
from tests.scene.stored import VAULT, new_id
from tests.waiting import until

ROOT = Path(__file__).parents[2]
KILLS = 220
"""In one process on SQLite; half as many each on PostgreSQL and in two processes at once, 550 in all."""


def killed(url: str, home: Path, seed: int, kills: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.attacks.killing", url, str(home), str(seed), str(kills)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def finish(database: Database, home: Path) -> None:
    """What the next process does; then everything must be in order."""
    head = Head(home, VERIFIERS[0])
    while sequencer(database).step():
        pass
    Publisher(database, LOG_KEY, ORIGIN, clock, head).step()
    found = audit(database, Judge(VERIFIERS[0], KEYS, VAULT, head))
    assert found.faults == []
    assert found.size == found.newest == len(leaves(database))
    kept = head.read()
    assert kept is not None
    assert kept.size == found.size


@pytest.mark.kills
@pytest.mark.parametrize("processes", [1, 2], ids=["one process", "two processes at once"])
def test_hundreds_of_random_kills_of_real_processes(database_url: str, tmp_path: Path, processes: int) -> None:
    each = KILLS if processes == 1 and database_url.startswith("sqlite") else KILLS // (2 * processes)
    runs = [killed(database_url, tmp_path, seed, each) for seed in range(1, processes + 1)]
    told = [json.loads(run.communicate()[0]) for run in runs]
    assert all(run.returncode == 0 for run in runs)
    died = sum(each["killed"] for each in told)
    places = {place for each in told for place in each["places"]}
    assert died == each * processes
    assert {"before a statement", "after a statement", "before a commit"} <= places
    if each == KILLS:  # fewer need not meet the few points around the head outside the database
        assert {"before a flush", "after a flush"} & places
        assert {"before a rename", "after a rename"} & places
    database = Database(database_url)
    finish(database, tmp_path)
    assert len(leaves(database)) > died  # they worked before they died
    database.close()


def fetched(connection: Connection, transfer_id: str | None = None) -> str:
    """One more mark; its leaf hash."""
    named = transfer_id or new_id()
    return marks.append(connection, VAULT, HUB_KEY, signer=HUB, action="fetched", now=NOW, transfer_id=named).leaf_hash


def numbered(database: Database, leaf_hash: str) -> bool:
    """Whether a mark has its place in the log."""
    with database.transaction(write=False) as connection:
        mark = marks.by_leaf_hash(connection, VAULT, leaf_hash)
    return mark is not None and mark.leaf_index is not None


@pytest.mark.services
def test_transactions_that_commit_out_of_order_under_load(postgres_url: str, tmp_path: Path) -> None:
    """Writers hold their marks back for random times, and one until a later arrival has its number, while two
    sequencers and publishers run all the time."""
    database = Database(postgres_url, pool_size=20)
    head = Head(tmp_path, VERIFIERS[0])
    written: list[str] = []
    done = threading.Event()
    failed: list[BaseException] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(12):
            with database.transaction() as connection:
                transfer = new_id()
                made = [fetched(connection, transfer) for _ in range(chance.randint(1, 4))]
                time.sleep(chance.choice((0, 0, 0.02, 0.1)))  # any order will do
            written.extend(made)

    def run() -> None:
        publisher = Publisher(database, LOG_KEY, ORIGIN, clock, head)
        try:
            while not done.is_set():
                sequencer(database, batch=5).step()
                publisher.step()
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    runners = [threading.Thread(target=run) for _ in range(2)]
    for thread in runners:
        thread.start()
    with database.transaction() as early:
        written.append(fetched(early))
        with database.transaction() as late:
            written.append(fetched(late))
        until(lambda: numbered(database, written[1]), "the number of the later mark")
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in runners:
        thread.join()
    assert failed == []
    add_marks(database, 1)
    finish(database, tmp_path)
    require_sound(database, len(written) + 1)
    with database.transaction(write=False) as connection:
        order = connection.exec_driver_sql("SELECT arrival FROM marks ORDER BY leaf_index").scalars().all()
    assert list(order) != sorted(order), "nothing committed out of order"
    database.close()
