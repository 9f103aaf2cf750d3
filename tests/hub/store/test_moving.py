"""From SQLite to PostgreSQL: whole or not at all, never two that go on, and back while nothing has happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from hub.store import cases, marks
from hub.store.database import Database
from hub.store.moving import Contents, contents, move, undo
from hub.store.tables import log_state, metadata
from hub.store.tables import marks as mark_table
from messages.problems import Problem
from tests.scene.agencies import HUB
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY
from tests.scene.servers import PostgresAccess
from tests.scene.stored import VAULT, new_id

pytestmark = pytest.mark.services


@pytest.fixture
def old(sqlite_url: str) -> Iterator[Database]:
    """A hub's database with some marks, one of them removed again."""
    database = Database(sqlite_url)
    with database.transaction() as connection:
        connection.execute(log_state.insert(), [{"origin": "hub.example/log", "size": 0}])
        uid = new_id()
        cases.hold(connection, VAULT, uid, [])
        for action in ("viewed", "viewed", "refused"):
            marks.append(connection, VAULT, HUB_KEY, signer=HUB, action=action, now=NOW, case_uid=uid)
    yield database
    database.close()


@pytest.fixture
def new(postgres_server: PostgresAccess) -> Iterator[Database]:
    """A PostgreSQL database without tables."""
    name = f"moved_{new_id().replace('-', '')}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    database = Database(postgres_server.url(name))
    yield database
    database.close()
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def held(database: Database) -> Mapping[str, Contents]:
    with database.transaction(write=False) as connection:
        return contents(connection)


def test_every_row_arrives_and_numbers_go_on(old: Database, new: Database) -> None:
    before = held(old)
    told: list[int] = []
    moved = move(old, new, told.append)
    assert held(new) == before
    assert moved == told[-1] == sum(each.rows for each in before.values())
    with new.transaction() as connection:
        last = connection.execute(select(mark_table.c.arrival).order_by(mark_table.c.arrival.desc())).scalars().first()
        marks.append(connection, VAULT, HUB_KEY, signer=HUB, action="viewed", now=NOW, case_uid=None)
        now = connection.execute(select(mark_table.c.arrival).order_by(mark_table.c.arrival.desc())).scalars().first()
    assert (last, now) == (3, 4)


def test_the_old_one_refuses_every_change_from_then_on(old: Database, new: Database) -> None:
    move(old, new)
    for change in (
        mark_table.delete(),
        log_state.update().values(size=9),
        log_state.insert().values(origin="another", size=0),
    ):
        with pytest.raises(Problem, match=r"hub\.database-moved"), old.transaction() as connection:
            connection.execute(change)
    with pytest.raises(Problem, match=r"hub\.database-moved"):
        move(old, new)
    assert held(old) == held(new)


def test_nothing_is_kept_of_a_move_that_failed(old: Database, new: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(rows: int) -> None:
        raise KeyboardInterrupt

    before = held(old)
    with pytest.raises(KeyboardInterrupt):
        move(old, new, dies)
    with new.transaction(write=False) as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.setattr("hub.store.moving._insert", lambda *_given: 0)
    with pytest.raises(Problem, match=r"move\.unlike"):
        move(old, new)
    monkeypatch.undo()
    assert held(old) == before
    move(old, new)
    assert held(new) == before


def test_an_interruption_after_the_new_one_was_filled_is_made_good(
    old: Database, new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_old: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hub.store.moving._close", dies)
    with pytest.raises(KeyboardInterrupt):
        move(old, new)
    monkeypatch.undo()
    assert held(new) == held(old)
    move(old, new)
    with pytest.raises(Problem, match=r"hub\.database-moved"):
        move(old, new)


def test_a_database_that_holds_something_else_is_left_alone(old: Database, new: Database) -> None:
    new.migrate()
    with new.transaction() as connection:
        connection.execute(log_state.insert(), [{"origin": "another", "size": 7}])
    with pytest.raises(Problem, match=r"move\.target-in-use"):
        move(old, new)
    with old.transaction() as connection:  # still open
        connection.execute(log_state.update().values(size=1))
    with new.transaction(write=False) as connection:
        assert connection.execute(select(log_state.c.size)).scalars().all() == [7]


def test_back_while_nothing_has_happened_and_not_afterwards(old: Database, new: Database) -> None:
    before = held(old)
    with pytest.raises(Problem, match=r"move\.not-moved"):
        undo(old, new)
    move(old, new)
    undo(old, new)
    with new.transaction(write=False) as connection:
        assert inspect(connection).get_table_names() == []
    with old.transaction() as connection:
        connection.execute(log_state.update().values(size=1))
        connection.execute(log_state.update().values(size=0))
    assert held(old) == before
    move(old, new)
    with new.transaction() as connection:
        connection.execute(log_state.update().values(size=1))
    with pytest.raises(Problem, match=r"move\.went-on"):
        undo(old, new)
    with new.transaction(write=False) as connection:
        assert set(metadata.tables) < set(inspect(connection).get_table_names())


def test_only_from_sqlite_to_postgresql(old: Database, new: Database, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"move\.not-sqlite"):
        move(new, old)
    with pytest.raises(Problem, match=r"move\.not-postgresql"):
        move(old, Database(f"sqlite:///{tmp_path / 'other.db'}"))
