"""Marks as rows: chains without fork or gap, private parts sealed and erasable, leaves kept to the byte."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Connection, select

from evidence import marks as rules
from evidence.identifiers import timestamp
from hub.store import marks
from hub.store.database import Database
from hub.store.tables import marks as table
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE
from tests.scene.clocks import NOW, after
from tests.scene.keys import HUB_KEY
from tests.scene.stored import VAULT, agency_mark, new_id

PRIVATE = {"handler": "h1", "problem": "part.missing", "name": "张某示例"}


def append(connection: Connection, action: str = "received", **given: Any) -> marks.StoredMark:
    return marks.append(connection, VAULT, HUB_KEY, signer=HUB, action=action, now=given.pop("now", NOW), **given)


def test_the_hubs_marks_of_a_transfer_form_one_chain(database: Database) -> None:
    transfer_id = new_id()
    with database.transaction() as connection:
        append(connection, transfer_id=transfer_id, node="N-ARR-001")
        append(connection, "converted", transfer_id=transfer_id)
    with database.transaction() as connection:
        append(connection, "offered", transfer_id=transfer_id)
        stored = marks.of_transfer(connection, VAULT, transfer_id)
    rules.check_chain([mark.statement for mark in stored])
    assert [(mark.action, mark.seq, mark.leaf_index) for mark in stored] == [
        ("received", 1, None),
        ("converted", 2, None),
        ("offered", 3, None),
    ]


def test_chains_of_transfers_and_outside_do_not_mix(database: Database) -> None:
    with database.transaction() as connection:
        chains = [append(connection, transfer_id=new_id()) for _ in range(2)]
        chains += [append(connection, "viewed"), append(connection, "viewed")]
    assert [mark.seq for mark in chains] == [1, 1, 1, 2]


def test_a_leaf_is_kept_to_the_byte(database: Database) -> None:
    with database.transaction() as connection:
        stored = append(connection, "viewed", private=PRIVATE)
        raw = connection.execute(select(table.c.leaf)).scalar_one()
        found = marks.by_leaf_hash(connection, VAULT, stored.leaf_hash)
    assert bytes(raw) == stored.leaf == stored.statement.encode()
    assert found == stored
    assert rules.leaf_hash(stored.statement) == stored.leaf_hash


def test_the_private_part_is_committed_to_and_sealed(database: Database) -> None:
    with database.transaction() as connection:
        stored = append(connection, "refused", private=PRIVATE, about=POLICE)
        row = connection.execute(select(table)).one()
    assert stored.salt is not None
    assert stored.statement.unverified_body["commitment"] == rules.commit(PRIVATE, stored.salt)
    assert "张某示例".encode() not in row.private + row.leaf
    assert stored.salt not in row.salt
    assert row.about == POLICE


def test_erasing_the_private_part_leaves_the_leaf(database: Database) -> None:
    with database.transaction() as connection:
        stored = append(connection, "viewed", private=PRIVATE)
        assert marks.erase_private(connection, stored.mark_id)
        assert not marks.erase_private(connection, stored.mark_id)
        found = marks.by_leaf_hash(connection, VAULT, stored.leaf_hash)
    assert found is not None
    assert (found.leaf, found.private, found.salt) == (stored.leaf, None, None)


def test_an_agencys_marks_are_accepted_in_their_order(database: Database) -> None:
    transfer_id = new_id()
    first = agency_mark(transfer_id)
    second = agency_mark(transfer_id, 2, rules.leaf_hash(first), action="submitted")
    with database.transaction() as connection:
        for mark in (first, second):
            marks.accept(connection, VAULT, mark, now=NOW, case_uid="case-1")
        assert [mark.statement for mark in marks.of_case(connection, VAULT, "case-1")] == [first, second]


def test_the_same_mark_again_changes_nothing(database: Database) -> None:
    mark = agency_mark(new_id())
    with database.transaction() as connection:
        stored = marks.accept(connection, VAULT, mark, now=NOW)
        assert marks.accept(connection, VAULT, mark, now=after(minutes=1)) == stored
        assert marks.waiting(connection) == 1


def refused_marks() -> dict[str, tuple[dict[str, Any], str]]:
    other = rules.leaf_hash(agency_mark(new_id()))
    return {
        "a gap": ({"seq": 3, "prev": other}, "mark.out-of-order"),
        "a fork": ({"seq": 1, "prev": None}, "mark.out-of-order"),
        "another predecessor": ({"seq": 2, "prev": other}, "mark.out-of-order"),
    }


@pytest.mark.parametrize("name", refused_marks())
def test_marks_that_do_not_follow_are_refused(database: Database, name: str) -> None:
    changes, code = refused_marks()[name]
    transfer_id = new_id()
    with database.transaction() as connection:
        marks.accept(connection, VAULT, agency_mark(transfer_id), now=NOW)
        with pytest.raises(Problem, match=code.replace(".", r"\.")):
            marks.accept(connection, VAULT, agency_mark(transfer_id, **changes), now=NOW)


def test_a_mark_id_is_used_once(database: Database) -> None:
    mark_id = new_id()
    with database.transaction() as connection:
        marks.accept(connection, VAULT, agency_mark(new_id(), mark_id=mark_id), now=NOW)
        with pytest.raises(Problem, match=r"mark\.out-of-order at /mark_id"):
            marks.accept(connection, VAULT, agency_mark(new_id(), mark_id=mark_id), now=NOW)


@pytest.mark.parametrize("wrong", ["another content", "another salt", "no salt"])
def test_a_private_part_must_be_the_one_committed_to(database: Database, wrong: str) -> None:
    salt = b"s" * 32
    mark = agency_mark(new_id(), commitment=rules.commit(PRIVATE, salt))
    private = {"handler": "h2"} if wrong == "another content" else PRIVATE
    given = {"another salt": b"t" * 32, "no salt": None}.get(wrong, salt)
    with database.transaction() as connection:
        with pytest.raises(Problem, match=r"mark\.private"):
            marks.accept(connection, VAULT, mark, now=NOW, private=private, salt=given)
        stored = marks.accept(connection, VAULT, mark, now=NOW, private=PRIVATE, salt=salt)
    assert (stored.private, stored.salt) == (PRIVATE, salt)


def test_many_writers_never_fork_a_chain(database: Database) -> None:
    transfer_id = new_id()

    def write() -> None:
        for _ in range(5):
            with database.transaction() as connection:
                append(connection, "fetched", transfer_id=transfer_id)

    workers = [threading.Thread(target=write) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with database.transaction(write=False) as connection:
        chain = marks.of_transfer(connection, VAULT, transfer_id)
    rules.check_chain([mark.statement for mark in chain])
    assert len(chain) == 20


def test_a_rolled_back_mark_leaves_no_gap_in_its_chain(database: Database) -> None:
    transfer_id = new_id()

    def write_and_fail() -> None:
        with database.transaction() as connection:
            append(connection, transfer_id=transfer_id)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_and_fail()
    with database.transaction() as connection:
        assert append(connection, transfer_id=transfer_id).seq == 1


def test_what_waits_can_be_told(database: Database) -> None:
    with database.transaction() as connection:
        assert marks.waiting(connection) == 0
        assert marks.oldest_waiting(connection) is None
        append(connection, "viewed", now=after(minutes=2))
        append(connection, "viewed", now=after(minutes=3))
        assert marks.waiting(connection) == 2
        assert marks.oldest_waiting(connection) == timestamp(after(minutes=2))
