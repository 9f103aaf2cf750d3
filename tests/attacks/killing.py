"""Processes that number and sign a log, killed on the way: `python -m tests.attacks.killing URL HOME SEED KILLS`.

Each child is forked from this process, which holds no connection, so it costs little more than a connection. It writes
a few marks, numbers them and signs, over and over; at the n-th point from its start it kills itself with SIGKILL, as
`kill -9` or a power cut of the process would. Points lie before and after every statement, at every commit, and around
every write, flush and rename of the head outside the database. Prints one line of JSON when all are dead.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from hub.log.heads import Head
from hub.log.publisher import Publisher
from hub.store.database import Database
from tests.scene import stored
from tests.scene.keys import LOG_KEY, ORIGIN
from tests.scene.logs import VERIFIERS, add_marks, clock, sequencer
from tests.scene.stored import new_id

FARTHEST = 80
"""Points lie up to so far from a child's start: some rounds of work."""


class Doom:
    """Counts points and kills the process at the chosen one."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.last = ""

    def point(self, name: str) -> None:
        """One point: this may be the end."""
        self.last = name
        if self.left == 0:
            os.write(REPORT, f"{name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


REPORT = -1


def doomed(doom: Doom, database: Database) -> None:
    """Put points around everything that is written."""
    engine = database.engine
    event.listen(engine, "before_cursor_execute", lambda *_: doom.point("before a statement"))
    event.listen(engine, "after_cursor_execute", lambda *_: doom.point("after a statement"))
    event.listen(engine, "commit", lambda *_: doom.point("before a commit"))
    sync, replace = os.fsync, Path.replace

    def syncing(handle: int) -> None:
        doom.point("before a flush")
        sync(handle)
        doom.point("after a flush")

    def replacing(self: Path, target: Any) -> Path:
        doom.point("before a rename")
        moved = replace(self, target)
        doom.point("after a rename")
        return moved

    os.fsync = syncing  # type: ignore[assignment]
    Path.replace = replacing  # type: ignore[method-assign,assignment]


def live(url: str, home: Path, seed: int) -> None:
    """One child's life; never returns."""
    chance = random.Random(seed)
    database = Database(url, pool_size=2)
    publisher = Publisher(database, LOG_KEY, ORIGIN, clock, Head(home, VERIFIERS[0]))
    work: list[Callable[[], object]] = [
        lambda: add_marks(database, chance.randint(1, 3), new_id()),
        lambda: sequencer(database, batch=2).step(),
        publisher.step,
    ]
    doomed(Doom(chance.randint(0, FARTHEST)), database)
    while True:
        for step in work:
            step()


def main() -> int:
    """Fork, kill, count."""
    global REPORT
    url, home, seed, kills = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    reading, REPORT = os.pipe()
    killed, other = 0, 0
    for number in range(kills):
        child = os.fork()
        if child == 0:
            # Ids are numbered; without this every child would write the same ones.
            stored._numbers = itertools.count((seed * 10_000 + number) * 1_000 + 1)
            try:
                live(url, home, seed * 10_000 + number)
            finally:
                os._exit(3)
        _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        killed, other = killed + died, other + (not died)
    os.close(REPORT)
    with os.fdopen(reading) as told:
        places = Counter(line.strip() for line in told)
    print(json.dumps({"killed": killed, "other": other, "places": places}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
