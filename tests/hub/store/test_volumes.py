"""Volumes: stored once, carried verbatim, held by whom they were sealed or acknowledged."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from evidence.statements import SignedStatement
from hub.store import volumes
from hub.store.database import Database
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.stored import Sample, descriptor, digest, new_id


def carry(connection: Connection, sample: Sample, *carried: SignedStatement, reused_from: str | None = None) -> None:
    for position, statement in enumerate(carried):
        volumes.carry(
            connection,
            sample.transfer_id,
            position,
            statement,
            sealed_digest=digest("sealed"),
            reused_from=reused_from,
            now=NOW,
        )


def test_volumes_come_back_in_the_envelopes_order_to_the_byte(database: Database) -> None:
    given = [descriptor("V21-01"), descriptor("V00-01"), descriptor("V20-01")]
    with database.transaction() as connection:
        sample = Sample().put(connection)
        carry(connection, sample, *given)
        found = volumes.of_transfer(connection, sample.transfer_id)
    assert [item.descriptor for item in found] == given
    assert [item.number for item in found] == ["V21-01", "V00-01", "V20-01"]
    assert {item.reused_from for item in found} == {None}


def test_a_reused_volume_is_one_volume_with_two_transfers(database: Database) -> None:
    statement = descriptor()
    volume_id = statement.unverified_body["volume_id"]
    with database.transaction() as connection:
        first, second = Sample().put(connection), Sample(sender=PROCURATORATE, receiver=COURT).put(connection)
        carry(connection, first, statement)
        volumes.received(connection, first.transfer_id, PROCURATORATE, NOW)
        carry(connection, second, statement, reused_from=first.transfer_id)
        known = volumes.known(connection, [volume_id, new_id()])
        assert volumes.of_transfer(connection, second.transfer_id)[0].reused_from == first.transfer_id
    assert set(known) == {volume_id}
    assert known[volume_id].holders == {POLICE, PROCURATORATE}
    assert known[volume_id].transfers == {first.transfer_id, second.transfer_id}
    assert known[volume_id].descriptor_digest == statement.digest


def test_a_receiver_holds_nothing_before_it_acknowledged(database: Database) -> None:
    statement = descriptor()
    volume_id = statement.unverified_body["volume_id"]
    with database.transaction() as connection:
        sample = Sample().put(connection)
        carry(connection, sample, statement)
        assert volumes.known(connection, [volume_id])[volume_id].holders == {POLICE}
        for _ in range(2):
            volumes.received(connection, sample.transfer_id, PROCURATORATE, NOW)
        assert volumes.known(connection, [volume_id])[volume_id].holders == {POLICE, PROCURATORATE}


def test_a_volume_has_one_descriptor_for_ever(database: Database) -> None:
    statement = descriptor(pages=3)
    altered = descriptor(volume_id=statement.unverified_body["volume_id"], pages=4)
    with database.transaction() as connection:
        first, second = Sample().put(connection), Sample().put(connection)
        carry(connection, first, statement)
        with pytest.raises(Problem, match=r"descriptor\.altered"):
            carry(connection, second, altered)
