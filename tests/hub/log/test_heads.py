"""The head outside the database: an older or another database is found out before anything more is signed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from hub.log import proofs
from hub.log.heads import FILE, Head
from hub.log.publisher import Publisher
from hub.log.runner import LogRunner
from hub.store.database import Database
from messages.problems import Problem
from tests.scene.keys import LOG_KEY, ORIGIN, key
from tests.scene.logs import VERIFIERS, add_marks, clock, require_sound, sequencer


class Log:
    """A log over one SQLite file, with its head in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.file, self.home = folder / "hub.db", folder / "home"
        self.home.mkdir(exist_ok=True)
        self.open()

    def open(self) -> None:
        self.database = Database(f"sqlite:///{self.file}")
        self.database.migrate()
        self.head = Head(self.home, VERIFIERS[0])
        self.publisher = Publisher(self.database, LOG_KEY, ORIGIN, clock, self.head)

    def grow(self, count: int) -> None:
        add_marks(self.database, count)
        while sequencer(self.database).step():
            pass
        self.publisher.step()

    def restore(self, backup: Path) -> None:
        """Put an older file in the database's place."""
        self.database.close()
        for beside in self.file.parent.glob("hub.db-*"):
            beside.unlink()
        shutil.copy(backup, self.file)
        self.open()

    def backup(self, to: Path) -> Path:
        self.database.close()
        shutil.copy(self.file, to)
        self.open()
        return to

    def signed(self) -> int:
        with self.database.transaction(write=False) as connection:
            newest = proofs.latest(connection)
        return -1 if newest is None else newest.size


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def kept(log: Log) -> int:
    checkpoint = log.head.read()
    assert checkpoint is not None
    return checkpoint.size


def test_the_head_follows_what_is_signed(log: Log) -> None:
    for count in (1, 3, 300):
        log.grow(count)
        assert kept(log) == log.signed()
    require_sound(log.database, 304)
    assert [path.name for path in log.home.iterdir()] == [FILE]


def test_yesterdays_backup_signs_nothing(log: Log, tmp_path: Path) -> None:
    log.grow(3)
    yesterday = log.backup(tmp_path / "yesterday.db")
    log.grow(2)
    log.restore(yesterday)
    with pytest.raises(Problem, match=r"log\.behind") as told:
        log.publisher.step()
    assert (told.value.params["size"], told.value.params["kept"]) == (3, 5)
    assert log.signed() == 3
    assert kept(log) == 5


def test_a_backup_that_grew_past_the_head_leads_to_another_root(log: Log, tmp_path: Path) -> None:
    log.grow(3)
    yesterday = log.backup(tmp_path / "yesterday.db")
    log.grow(2)
    log.restore(yesterday)
    add_marks(log.database, 6)
    while sequencer(log.database).step():
        pass
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        log.publisher.step()
    assert log.signed() == 3


def test_the_newer_database_brought_back_goes_on(log: Log, tmp_path: Path) -> None:
    log.grow(3)
    yesterday = log.backup(tmp_path / "yesterday.db")
    log.grow(2)
    today = log.backup(tmp_path / "today.db")
    log.restore(yesterday)
    with pytest.raises(Problem, match=r"log\.behind"):
        log.publisher.step()
    log.restore(today)
    log.grow(1)
    require_sound(log.database, 6)


def test_the_runner_raises_the_alarm_and_ends_it(log: Log, tmp_path: Path) -> None:
    log.grow(2)
    yesterday = log.backup(tmp_path / "yesterday.db")
    log.grow(1)
    today = log.backup(tmp_path / "today.db")
    log.restore(yesterday)
    running = LogRunner(log.database, LOG_KEY, origin=ORIGIN, clock=clock, interval=60, head=log.home)
    running.start()
    running.stop()
    assert running.alarm is not None
    assert running.alarm.code == "log.behind"
    log.restore(today)
    running = LogRunner(log.database, LOG_KEY, origin=ORIGIN, clock=clock, interval=60, head=log.home)
    running.start()
    running.stop()
    assert running.alarm is None


def test_another_process_may_sign_and_the_head_follows(log: Log) -> None:
    log.grow(1)
    other = Publisher(log.database, LOG_KEY, ORIGIN, clock)
    add_marks(log.database, 4)
    sequencer(log.database).step()
    other.step()
    assert kept(log) == 1
    assert log.publisher.step() is None
    assert kept(log) == 5


class Raced(Head):
    """Whenever the head is read, another process has just signed something new."""

    log: Log

    def read(self) -> Checkpoint | None:
        other = Publisher(self.log.database, LOG_KEY, ORIGIN, clock, self.log.head)
        add_marks(self.log.database, 1)
        sequencer(self.log.database).step()
        other.step()
        return super().read()


def test_another_process_that_signs_meanwhile_is_no_alarm(log: Log) -> None:
    log.grow(1)
    raced = Raced(log.home, VERIFIERS[0])
    raced.log = log
    publisher = Publisher(log.database, LOG_KEY, ORIGIN, clock, raced)
    for _ in range(3):
        publisher.step()
    require_sound(log.database, log.signed())


def test_a_smaller_checkpoint_does_not_take_the_place_of_a_larger(log: Log) -> None:
    for size in (4, 2):
        log.head.keep(sign_checkpoint(Checkpoint(ORIGIN, size, b"r" * 32), LOG_KEY))
    assert kept(log) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"something else",
        sign_checkpoint(Checkpoint(ORIGIN, 1, b"r" * 32), key("other log")),
        sign_checkpoint(Checkpoint("other/log", 1, b"r" * 32), LOG_KEY),
        sign_checkpoint(Checkpoint(ORIGIN, 1, b"r" * 32), LOG_KEY)[:-20],
    ],
    ids=["empty", "no note", "another key", "another log", "cut"],
)
def test_a_damaged_head_is_said_and_kept(log: Log, data: bytes) -> None:
    log.grow(1)
    (log.home / FILE).write_bytes(data)
    add_marks(log.database, 1)
    sequencer(log.database).step()
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        log.publisher.step()
    assert log.signed() == 1
    assert (log.home / FILE).read_bytes() == data


def test_every_byte_of_the_head_counts(log: Log) -> None:
    """Whatever single byte is flipped: the head is not read as another one."""
    log.grow(2)
    data = (log.home / FILE).read_bytes()
    found = log.head.read()
    for place in range(len(data)):
        (log.home / FILE).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(Problem, match=r"log\.inconsistent"):
            log.head.read()
    (log.home / FILE).write_bytes(data)
    assert log.head.read() == found
