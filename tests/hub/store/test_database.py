"""Transactions: whole or not at all, one writer, snapshots for readers, problems with codes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from hub.store.database import Database, insert_if_absent, lock, try_lock, upsert
from hub.store.tables import meta
from messages.problems import Problem


def value_of(database: Database, name: str) -> str | None:
    with database.transaction(write=False) as connection:
        return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()


def put(database: Database, name: str, value: str) -> None:
    with database.transaction() as connection:
        upsert(connection, meta, {"name": name, "value": value}, update=("value",))


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute(insert(meta).values(name="a", value="1"))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_and_fail()
    assert value_of(database, "a") is None


def test_insert_if_absent_says_whether_it_did(database: Database) -> None:
    with database.transaction() as connection:
        assert insert_if_absent(connection, meta, {"name": "a", "value": "1"})
        assert not insert_if_absent(connection, meta, {"name": "a", "value": "2"})
    assert value_of(database, "a") == "1"


def test_upsert_sets_the_named_columns(database: Database) -> None:
    put(database, "a", "1")
    put(database, "a", "2")
    assert value_of(database, "a") == "2"


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    put(database, "a", "1")
    with database.transaction(write=False) as connection:
        query = select(meta.c.value).where(meta.c.name == "a")
        before = connection.execute(query).scalar()
        put(database, "a", "2")
        assert connection.execute(query).scalar() == before == "1"
    assert value_of(database, "a") == "2"


def test_a_reader_cannot_write(database: Database) -> None:
    def write_while_reading() -> None:
        with database.transaction(write=False) as connection:
            connection.execute(insert(meta).values(name="a", value="1"))

    with pytest.raises((DBAPIError, Problem)):
        write_while_reading()
    put(database, "a", "2")
    assert value_of(database, "a") == "2"


def test_writers_that_read_first_lose_no_update(database: Database) -> None:
    put(database, "count", "0")

    def count_up() -> None:
        for _ in range(10):
            with database.transaction() as connection:
                lock(connection, "count")
                before = connection.execute(select(meta.c.value).where(meta.c.name == "count")).scalar_one()
                upsert(connection, meta, {"name": "count", "value": str(int(before) + 1)}, update=("value",))

    workers = [threading.Thread(target=count_up) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert value_of(database, "count") == "40"


@pytest.mark.services
def test_a_lock_is_held_to_the_end_of_its_transaction(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.transaction() as one:
        assert try_lock(one, "log")
        with database.transaction() as other:
            assert not try_lock(other, "log")
            assert try_lock(other, "another")
    with database.transaction() as other:
        assert try_lock(other, "log")
    database.close()


def test_a_second_process_waits_for_the_writer_of_sqlite(sqlite_url: str) -> None:
    """Two `Database` objects share nothing but the file, as two processes do."""
    one, other = Database(sqlite_url), Database(sqlite_url)
    entered = threading.Event()

    def write_late() -> None:
        entered.set()
        put(other, "a", "late")

    with one.transaction() as connection:
        connection.execute(insert(meta).values(name="a", value="early"))
        writer = threading.Thread(target=write_late)
        writer.start()
        entered.wait()
    writer.join()
    assert value_of(one, "a") == "late"
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("pragma", "expected"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)]
)
def test_sqlite_is_set_up_for_durability(sqlite_url: str, pragma: str, expected: object) -> None:
    database = Database(sqlite_url)
    with database.transaction(write=False) as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == expected
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@127.0.0.1/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Problem, match=r"hub\.settings-invalid"):
        Database(url)


def test_a_database_that_is_away_is_a_problem() -> None:
    database = Database("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(Problem, match=r"hub\.database-away"):
        database.ping()
    database.close()


def test_a_full_disk_is_a_problem(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(Problem, match=r"hub\.storage-full"):
        put(database, "large", "x" * 100_000)
    assert value_of(database, "large") is None
    database.close()


def test_migrating_twice_and_at_once_is_harmless(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    databases = [Database(url) for _ in range(3)]
    workers = [threading.Thread(target=database.migrate) for database in databases]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    put(databases[0], "a", "1")
    assert value_of(databases[1], "a") == "1"
    for database in databases:
        database.close()
