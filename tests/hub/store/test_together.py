"""All repositories in one transaction, as the receiving desk uses them, by many at once."""

from __future__ import annotations

import threading

from sqlalchemy import func, select, text

from evidence import marks as rules
from hub.store import cases, inbox, marks, parts, transfers, volumes
from hub.store.database import Database
from hub.store.tables import blob_claims, metadata
from hub.store.tables import marks as mark_table
from tests.scene.agencies import COURT, HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY
from tests.scene.stored import VAULT, Sample, agency_mark, descriptor, digest, new_id

WORKERS, ROUNDS = 5, 6


def submit(database: Database, case_uid: str, receiver: str, part: str) -> str:
    """One submission: hold, read, write marks of both sides, transfer, volume, claim, inbox."""
    sample = Sample(case_uid=case_uid, receiver=receiver)
    number = {"agency": POLICE, "kind": "AJBH", "value": f"A{case_uid}"}
    with database.transaction() as connection:
        parts.arrive(connection, part, POLICE, NOW)
        parts.stored(connection, part, POLICE, 1, NOW)
    with database.transaction() as connection:
        transfers.hold(connection, sample.transfer_id)
        cases.hold(connection, VAULT, case_uid, [number])
        before = len(transfers.history(connection, case_uid))
        assert parts.absent(connection, {part: 1}, POLICE) == frozenset()
        sealed = agency_mark(sample.transfer_id)
        submitted = agency_mark(sample.transfer_id, 2, rules.leaf_hash(sealed), action="submitted")
        for mark in (sealed, submitted):
            marks.accept(connection, VAULT, mark, now=NOW, case_uid=case_uid)
        for action in ("received", "converted"):
            marks.append(connection, VAULT, HUB_KEY, signer=HUB, action=action, now=NOW, transfer_id=sample.transfer_id)
        sample.put(connection)
        cases.add_refs(connection, VAULT, case_uid, [number], NOW)
        volumes.carry(
            connection, sample.transfer_id, 0, descriptor(), sealed_digest=digest("s"), reused_from=None, now=NOW
        )
        parts.claim(connection, sample.transfer_id, [part], POLICE)
        inbox.offer(connection, receiver, sample.transfer_id, NOW)
        marks.append(connection, VAULT, HUB_KEY, signer=HUB, action="viewed", now=NOW, case_uid=case_uid)
        assert len(transfers.history(connection, case_uid)) == before + 1
    return sample.transfer_id


def test_many_submissions_at_once_neither_wait_for_ever_nor_get_lost(database: Database) -> None:
    shared_case, shared_part = new_id(), digest("shared part")
    done: list[str] = []

    def work(worker: int) -> None:
        for number in range(ROUNDS):
            case_uid = shared_case if number % 2 else new_id()
            part = shared_part if number % 3 else digest(f"{worker}/{number}")
            done.append(submit(database, case_uid, (PROCURATORATE, COURT)[(worker + number) % 2], part))

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(WORKERS)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    count = WORKERS * ROUNDS
    assert len(done) == count
    with database.transaction(write=False) as connection:
        positions = [inbox.last_position(connection, receiver) for receiver in (PROCURATORATE, COURT)]
        assert sum(positions) == count
        assert connection.execute(select(func.count()).select_from(blob_claims)).scalar_one() == count
        assert marks.waiting(connection) == 5 * count
        outside = mark_table.c.chain == ""
        top = connection.execute(select(func.max(mark_table.c.seq)).where(outside)).scalar_one()
        assert top == count


def test_links_may_name_cases_that_the_hub_never_saw(database: Database) -> None:
    with database.transaction() as connection:
        cases.add_link(connection, new_id(), new_id(), "merge", NOW)


def test_the_sequencers_question_neither_scans_nor_sorts_the_log(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction(write=False) as connection:
        question = "SELECT arrival, leaf FROM marks WHERE leaf_index IS NULL ORDER BY arrival"
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {question}")).all()
    assert "SEARCH" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
    database.close()


def test_every_table_has_a_primary_key() -> None:
    assert [table.name for table in metadata.tables.values() if not table.primary_key.columns] == []
