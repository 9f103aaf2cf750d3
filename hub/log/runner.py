"""The thread that extends the log: sequence, publish, wait, repeat until stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from evidence.identifiers import utc_now
from evidence.keys import SigningKey
from evidence.log.notes import NoteVerifier
from hub.log.dating import Dating
from hub.log.heads import Head
from hub.log.publisher import Publisher
from hub.log.sequencer import Sequencer
from hub.rounds import Rounds, cause
from hub.store.database import Database
from messages.problems import Problem

LOGGER = structlog.get_logger("hub.log")
ALARMS = frozenset({"log.inconsistent", "log.behind"})


class LogRunner:
    """Runs sequencer and publisher in the background. Any number of processes may each run one.

    `head`: the folder in which the log's head is kept outside the database.
    """

    def __init__(
        self,
        database: Database,
        key: SigningKey,
        *,
        origin: str,
        clock: Callable[[], datetime] = utc_now,
        interval: float = 0.2,
        head: Path | None = None,
    ) -> None:
        kept = None if head is None else Head(head, NoteVerifier(origin, key.public, key.alg))
        self.head = kept
        """Where the newest checkpoint is kept outside the database."""
        self._sequencer = Sequencer(database, origin)
        self._publisher = Publisher(database, key, origin, clock, kept)
        self._rounds = Rounds("log", self._round, interval, finish=True)
        self.alarm: Problem | None = None
        """What stopped the signing (`ALARMS`); None while all is well. Exchange goes on meanwhile."""
        self._trouble = ""

    @property
    def dating(self) -> Dating | None:
        """When it may sign; always, unless this is set."""
        return self._publisher.dating

    @dating.setter
    def dating(self, dating: Dating) -> None:
        self._publisher.dating = dating

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def wake(self) -> None:
        """Say that there are new marks, so that they need not wait for the next round."""
        self._rounds.wake()

    def doubt(self) -> None:
        """Say that the head outside the database has changed: the next round holds the log against it."""
        self._publisher.look_again()
        self._rounds.wake()

    def stop(self) -> None:
        """Finish the current round, process what is waiting, and end; safe to call twice."""
        self._rounds.stop()

    def step(self) -> int:
        """One round in the caller's thread: number everything that waits, then sign; how many marks were numbered.

        Raises what sequencer and publisher raise.
        """
        numbered = 0
        while some := self._sequencer.step():
            numbered += some
        self._publisher.step()
        return numbered

    def _round(self) -> None:
        try:
            self.step()
        except Problem as problem:
            if problem.code in ALARMS:
                if self.alarm is None:
                    LOGGER.critical("nothing more is signed", code=problem.code, place=problem.place)
                self.alarm = problem
            elif problem.code != self._trouble:  # away, busy, full: the next round tries again
                LOGGER.warning("log round failed", code=problem.code, place=problem.place)
            self._trouble = problem.code
        except Exception as error:
            if type(error).__name__ != self._trouble:
                LOGGER.error("log round failed", **cause(error))
            self._trouble = type(error).__name__
        else:
            self.alarm, self._trouble = None, ""
