"""Inbox positions have no gap and never appear below one that was seen."""

from __future__ import annotations

import threading

from hub.store import inbox, transfers
from hub.store.database import Database
from tests.counting import STRIDE, cost_of
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.stored import Sample
from tests.waiting import until


def offered(database: Database, count: int, receiver: str = PROCURATORATE) -> list[str]:
    ids = []
    for _ in range(count):
        with database.transaction() as connection:
            sample = Sample(receiver=receiver).put(connection)
            inbox.offer(connection, receiver, sample.transfer_id, NOW)
        ids.append(sample.transfer_id)
    return ids


def test_positions_run_per_receiver(database: Database) -> None:
    offered(database, 2)
    offered(database, 1, COURT)
    with database.transaction(write=False) as connection:
        assert [item.position for item in inbox.listing(connection, PROCURATORATE)] == [1, 2]
        assert [item.position for item in inbox.listing(connection, COURT)] == [1]
        assert inbox.last_position(connection, PROCURATORATE) == 2
        assert inbox.last_position(connection, POLICE) == 0


def test_listing_goes_on_after_the_cursor_and_stops_at_the_limit(database: Database) -> None:
    ids = offered(database, 5)
    with database.transaction(write=False) as connection:
        page = inbox.listing(connection, PROCURATORATE, after=1, limit=2)
    assert [(item.position, item.transfer_id) for item in page] == [(2, ids[1]), (3, ids[2])]
    assert (page[0].sender, page[0].pages, page[0].bytes, page[0].status) == (POLICE, 60, 60_000, "offered")


def test_pending_leaves_out_what_is_settled(database: Database) -> None:
    ids = offered(database, 3)
    with database.transaction() as connection:
        transfers.set_status(connection, ids[1], transfers.ACKNOWLEDGED, after(minutes=1))
        pending = inbox.listing(connection, PROCURATORATE, pending=True)
    assert [item.transfer_id for item in pending] == [ids[0], ids[2]]


def test_a_rolled_back_offer_leaves_no_gap(database: Database) -> None:
    offered(database, 1)
    try:
        with database.transaction() as connection:
            sample = Sample().put(connection)
            inbox.offer(connection, PROCURATORATE, sample.transfer_id, NOW)
            raise InterruptedError
    except InterruptedError:
        pass
    offered(database, 1)
    with database.transaction(write=False) as connection:
        assert [item.position for item in inbox.listing(connection, PROCURATORATE)] == [1, 2]


def test_a_cursor_never_skips_what_many_writers_offer(database: Database) -> None:
    """A reader that always goes on after its last position must meet every item, in order, exactly once."""
    writers = [threading.Thread(target=offered, args=(database, 8)) for _ in range(4)]
    seen: list[int] = []

    def read() -> bool:
        with database.transaction(write=False) as connection:
            seen.extend(
                item.position for item in inbox.listing(connection, PROCURATORATE, after=seen[-1] if seen else 0)
            )
        return len(seen) >= 32

    for writer in writers:
        writer.start()
    until(read, "all that was offered")
    for writer in writers:
        writer.join()
    assert seen == list(range(1, 33))


def test_what_is_pending_costs_no_more_with_much_behind_it(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.migrate()
    costs = []
    for behind in (10, 300):
        done = offered(database, behind)
        with database.transaction() as connection:
            for transfer_id in done:
                transfers.set_status(connection, transfer_id, transfers.ACKNOWLEDGED, after(minutes=1))
        offered(database, 1)
        with cost_of(database) as cost, database.transaction(write=False) as connection:
            found = inbox.listing(connection, PROCURATORATE, pending=True, limit=100)
        costs.append(cost.ticks)
        assert len(found) == len(costs)
    assert costs[1] - costs[0] < 300 // STRIDE, "one step of SQLite's machine for each row that lies behind"
    database.close()
