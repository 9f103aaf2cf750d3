"""Parts are there only for whom they concern, and collection takes nothing that anybody was promised."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table

from hub.limits import LIMITS
from hub.store import parts
from hub.store.blobs.folder import FolderBlobStore
from hub.store.database import Database, insert_if_absent
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.stored import Sample, digest

LATER = NOW + timedelta(seconds=LIMITS.lease_seconds + 1)
PART = digest("part")


def upload(database: Database, agency: str = POLICE, part: str = PART, size: int = 9) -> bool:
    with database.transaction() as connection:
        parts.arrive(connection, part, agency, NOW)
    with database.transaction() as connection:
        return parts.stored(connection, part, agency, size, NOW)


def claimed(database: Database, part: str = PART) -> Sample:
    with database.transaction() as connection:
        sample = Sample().put(connection)
        parts.claim(connection, sample.transfer_id, [part], POLICE)
    return sample


def visible_to(database: Database, part: str = PART) -> set[str]:
    with database.transaction(write=False) as connection:
        return {who for who in (POLICE, PROCURATORATE, COURT) if parts.readable(connection, part, who) is not None}


@pytest.fixture
def store(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path / "blobs")


def put(store: FolderBlobStore, data: bytes) -> str:
    part = "sha256:" + hashlib.sha256(data).hexdigest()
    with store.writer(part) as writer:
        writer.write(data)
        writer.commit()
    return part


def test_an_arriving_part_is_not_there_yet(database: Database) -> None:
    with database.transaction() as connection:
        parts.arrive(connection, PART, POLICE, NOW)
        assert parts.lease(connection, PART, POLICE, NOW) is None
    assert visible_to(database) == set()


def test_a_stored_part_is_there_for_its_uploader_alone(database: Database) -> None:
    assert upload(database)
    assert visible_to(database) == {POLICE}


def test_a_claimed_part_is_there_for_both_parties(database: Database) -> None:
    upload(database)
    claimed(database)
    assert visible_to(database) == {POLICE, PROCURATORATE}


def test_a_part_may_be_claimed_by_two_volumes_of_one_transfer(database: Database) -> None:
    upload(database)
    sample = claimed(database)
    with database.transaction() as connection:
        parts.claim(connection, sample.transfer_id, [PART, PART], POLICE)
        parts.claim(connection, sample.transfer_id, [], POLICE)
    assert visible_to(database) == {POLICE, PROCURATORATE}


def test_a_second_uploader_gets_its_own_lease(database: Database) -> None:
    assert upload(database, POLICE)
    assert not upload(database, COURT)
    assert visible_to(database) == {POLICE, COURT}


def test_announcing_a_strangers_part_shows_nothing_of_it(database: Database) -> None:
    """Whoever knows a digest but not the bytes cannot make itself an uploader."""
    upload(database, POLICE)
    with database.transaction() as connection:
        parts.arrive(connection, PART, COURT, NOW)
        assert parts.missing(connection, [PART], COURT, NOW) == [PART]
    assert visible_to(database) == {POLICE}


def test_announcing_again_takes_nothing_from_the_uploader(database: Database) -> None:
    upload(database, POLICE)
    with database.transaction() as connection:
        parts.arrive(connection, PART, POLICE, NOW)
    assert visible_to(database) == {POLICE}


def test_missing_names_what_the_caller_must_send_and_strangers_parts_among_it(database: Database) -> None:
    mine, theirs, nowhere = digest("mine"), digest("theirs"), digest("nowhere")
    upload(database, POLICE, mine)
    upload(database, COURT, theirs)
    with database.transaction() as connection:
        asked = [nowhere, mine, theirs, nowhere]
        assert parts.missing(connection, asked, POLICE, NOW) == [nowhere, theirs]


@pytest.mark.parametrize(
    ("sizes", "absent"),
    [
        ({PART: 9}, set()),
        ({PART: 10}, {PART}),
        ({PART: 9, digest("nowhere"): 1}, {digest("nowhere")}),
    ],
    ids=["all here", "another size than declared", "one never sent"],
)
def test_absent_holds_parts_against_the_descriptor(database: Database, sizes: dict[str, int], absent: set[str]) -> None:
    upload(database)
    with database.transaction() as connection:
        assert parts.absent(connection, sizes, POLICE) == absent
        assert parts.absent(connection, sizes, COURT) == set(sizes)


def test_many_parts_are_asked_for_at_once(database: Database) -> None:
    many = [digest(str(number)) for number in range(1_200)]
    for part in many[:3]:
        upload(database, POLICE, part)
    with database.transaction() as connection:
        assert parts.missing(connection, many, POLICE, NOW) == many[3:]


@pytest.mark.parametrize(
    ("state", "at", "collected"),
    [
        ("leased", NOW, False),
        ("leased", LATER, True),
        ("claimed", LATER, False),
        ("arriving", NOW, False),
        ("arriving", LATER, True),
    ],
)
def test_collection_takes_only_what_has_neither_lease_nor_claim(
    database: Database, store: FolderBlobStore, state: str, at: object, collected: bool
) -> None:
    part = put(store, b"a part")
    if state == "arriving":
        with database.transaction() as connection:
            parts.arrive(connection, part, POLICE, NOW)
    else:
        upload(database, POLICE, part)
    if state == "claimed":
        claimed(database, part)
    removed = parts.collect(database, store, at)  # type: ignore[arg-type]
    assert removed == ([part] if collected else [])
    assert (store.size(part) is None) is collected


def test_a_look_renews_the_lease(database: Database, store: FolderBlobStore) -> None:
    part = put(store, b"a part")
    upload(database, POLICE, part)
    with database.transaction() as connection:
        assert parts.lease(connection, part, POLICE, after(minutes=60)) == 9
    assert parts.collect(database, store, LATER) == []


def test_a_strangers_look_renews_nothing(database: Database, store: FolderBlobStore) -> None:
    part = put(store, b"a part")
    upload(database, POLICE, part)
    with database.transaction() as connection:
        assert parts.lease(connection, part, COURT, after(minutes=60)) is None
    assert parts.collect(database, store, LATER) == [part]


def test_a_collected_part_can_be_sent_again(database: Database, store: FolderBlobStore) -> None:
    part = put(store, b"a part")
    upload(database, POLICE, part)
    parts.collect(database, store, LATER)
    put(store, b"a part")
    assert upload(database, POLICE, part)
    assert visible_to(database, part) == {POLICE}


@pytest.mark.services
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_part_may_be_collected_between_the_two_statements_that_announce_it(
    database: Database, store: FolderBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite lets only one write at a time; on PostgreSQL the row that is there may go before it is locked."""
    upload(database)
    insert, met = insert_if_absent, list[str]()

    def meeting(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        made = insert(connection, table, row)
        if not met:
            assert not made, "the row is there"
            met.extend(parts.collect(database, store, LATER))
        return made

    monkeypatch.setattr(parts, "insert_if_absent", meeting)
    with database.transaction() as connection:
        parts.arrive(connection, PART, POLICE, LATER)
    assert met == [PART]
    with database.transaction() as connection:
        assert parts.stored(connection, PART, POLICE, 9, LATER), "it is announced anew"


def test_an_upload_that_meets_a_collection_is_never_lost(database: Database, store: FolderBlobStore) -> None:
    """Whoever announced a part and then stored it can claim it, however often collection runs in between."""
    stop = threading.Event()

    def collect() -> None:
        while not stop.wait(0.001):
            parts.collect(database, store, LATER)

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for round_number in range(15):
            data = f"part {round_number % 3}".encode()
            part = "sha256:" + hashlib.sha256(data).hexdigest()
            with database.transaction() as connection:
                parts.arrive(connection, part, POLICE, LATER)
            put(store, data)
            with database.transaction() as connection:
                parts.stored(connection, part, POLICE, len(data), LATER)
            with database.transaction() as connection:
                assert parts.absent(connection, {part: len(data)}, POLICE) == frozenset()
            assert store.size(part) == len(data)
            with database.transaction() as connection:  # the lease runs out, the next round meets the collector
                parts.arrive(connection, part, POLICE, NOW)
    finally:
        stop.set()
        collector.join()
