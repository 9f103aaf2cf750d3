"""Transfers: stored whole and sealed, races settled, history in the order of receipt."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.store import transfers
from hub.store.database import Database
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.stored import VAULT, Sample, new_id


def test_what_was_stored_is_read_back(database: Database) -> None:
    with database.transaction() as connection:
        sample = Sample().put(connection)
    with database.transaction(write=False) as connection:
        assert transfers.get(connection, sample.transfer_id) == sample.row()
        assert transfers.contents(connection, VAULT, sample.transfer_id) == sample.contents()
        assert transfers.answer(connection, VAULT, sample.transfer_id) == sample.contents().answer
        assert transfers.seen(connection, sample.transfer_id) == transfers.Holder(POLICE, sample.row().envelope_digest)


def test_unknown_transfers_are_unknown(database: Database) -> None:
    with database.transaction(write=False) as connection:
        assert transfers.get(connection, new_id()) is None
        assert transfers.seen(connection, new_id()) is None
        with pytest.raises(KeyError):
            transfers.contents(connection, VAULT, new_id())
        with pytest.raises(KeyError):
            transfers.answer(connection, VAULT, new_id())


def test_an_id_is_taken_once(database: Database) -> None:
    with database.transaction() as connection:
        sample = Sample().put(connection)
    with pytest.raises(Problem, match=r"transfer\.id-reused"), database.transaction() as connection:
        Sample(transfer_id=sample.transfer_id).put(connection)


def test_of_many_that_submit_one_id_at_once_one_wins_and_all_others_see_it(database: Database) -> None:
    sample = Sample()
    outcomes: list[str] = []

    def submit() -> None:
        with database.transaction() as connection:
            transfers.hold(connection, sample.transfer_id)
            if transfers.seen(connection, sample.transfer_id) is None:
                sample.put(connection)
                outcomes.append("stored")
            else:
                outcomes.append(transfers.answer(connection, VAULT, sample.transfer_id).decode()[:6])

    workers = [threading.Thread(target=submit) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["answer"] * 5 + ["stored"]


def test_history_is_in_the_order_of_receipt(database: Database) -> None:
    first = Sample(at=after(minutes=2))
    earlier = Sample(
        case_uid=first.case_uid, at=after(minutes=1), node="N-ARR-002", sender=PROCURATORATE, receiver=POLICE
    )
    with database.transaction() as connection:
        first.put(connection)
        earlier.put(connection)
        Sample().put(connection)
    with database.transaction(write=False) as connection:
        history = transfers.history(connection, first.case_uid)
    assert [item.transfer_id for item in history] == [earlier.transfer_id, first.transfer_id]
    assert (history[0].node, history[0].sender, history[0].status) == ("N-ARR-002", PROCURATORATE, "offered")


def test_get_many_leaves_out_what_is_not_there(database: Database) -> None:
    with database.transaction() as connection:
        one, two = Sample().put(connection), Sample(receiver=COURT).put(connection)
        found = transfers.get_many(connection, [one.transfer_id, two.transfer_id, new_id()])
    assert {key: row.receiver for key, row in found.items()} == {one.transfer_id: PROCURATORATE, two.transfer_id: COURT}


@pytest.mark.parametrize(
    ("before", "status", "allowed", "moved"),
    [
        ("offered", "acknowledged", ("offered",), True),
        ("acknowledged", "undeliverable", ("offered",), False),
        ("undeliverable", "superseded", ("undeliverable",), True),
        ("offered", "superseded", ("undeliverable",), False),
    ],
)
def test_a_status_moves_only_from_where_it_may(
    database: Database, before: str, status: str, allowed: tuple[str, ...], moved: bool
) -> None:
    with database.transaction() as connection:
        sample = Sample(status=before).put(connection)
        assert transfers.set_status(connection, sample.transfer_id, status, after(minutes=5), before=allowed) is moved
        row = transfers.get(connection, sample.transfer_id)
    assert row is not None
    assert row.status == (status if moved else before)
    assert (row.settled_at != sample.row().settled_at) is moved


def test_no_content_stands_in_the_database_file(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as connection:
        Sample().put(connection)
    with database.transaction(write=False) as connection:
        connection.execute(text("SELECT count(*) FROM transfers")).scalar_one()
    database.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert POLICE.encode() in raw
    assert "张某示例".encode() not in raw
    assert NOW.isoformat()[:10].encode() in raw
