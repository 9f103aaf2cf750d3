"""Reconciliation names every transfer of a day that did not come to its end."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from hub.store import inbox, marks, reconcile
from hub.store.database import Database
from tests.scene.agencies import COURT, HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY
from tests.scene.stored import VAULT, Sample, agency_mark

DAY = date(2026, 3, 4)


def travelled(connection: Connection, status: str, *, offered: bool = True, fetched: bool = False) -> Sample:
    sample = Sample(status=status).put(connection)
    mark = agency_mark(sample.transfer_id, action="submitted")
    marks.accept(connection, VAULT, mark, now=NOW, case_uid=sample.case_uid)
    if offered:
        inbox.offer(connection, PROCURATORATE, sample.transfer_id, NOW)
    if fetched:
        marks.append(connection, VAULT, HUB_KEY, signer=HUB, action="fetched", now=NOW, transfer_id=sample.transfer_id)
    return sample


def test_a_day_counts_every_step_and_names_what_is_open(database: Database) -> None:
    with database.transaction() as connection:
        travelled(connection, "acknowledged", fetched=True)
        open_ones = {
            travelled(connection, "offered").transfer_id: "offered",
            travelled(connection, "offered", fetched=True).transfer_id: "fetched",
            travelled(connection, "undeliverable", fetched=True).transfer_id: "undeliverable",
            travelled(connection, "offered", offered=False).transfer_id: "accepted",
        }
        marks.append(connection, VAULT, HUB_KEY, signer=HUB, action="refused", now=NOW, about=POLICE)
        day = reconcile.day_of(connection, POLICE, DAY).to_json()
    sent = day["sent"]
    assert {name: sent[name] for name in ("submitted", "accepted", "offered", "fetched", "acknowledged")} == {
        "submitted": 5,
        "accepted": 5,
        "offered": 4,
        "fetched": 3,
        "acknowledged": 1,
    }
    assert (sent["undeliverable"], day["refused"], day["received"]["accepted"]) == (1, 1, 0)
    assert {item["transfer_id"]: item["stage"] for item in sent["open"]} == open_ones


def test_sender_and_receiver_see_the_same_transfers(database: Database) -> None:
    with database.transaction() as connection:
        sample = travelled(connection, "acknowledged", fetched=True)
        sender = reconcile.day_of(connection, POLICE, DAY).to_json()
        receiver = reconcile.day_of(connection, PROCURATORATE, DAY).to_json()
        stranger = reconcile.day_of(connection, COURT, DAY).to_json()
        assert reconcile.agencies_of_day(connection, DAY) == sorted([POLICE, PROCURATORATE])
    assert sender["sent"] == receiver["received"]
    assert sender["sent"]["transfers"] == [sample.transfer_id]
    assert stranger["sent"]["transfers"] == stranger["received"]["transfers"] == []


def test_a_day_is_a_day_in_china(database: Database) -> None:
    """16:00 UTC is midnight in China: one millisecond decides which day a transfer belongs to."""
    with database.transaction() as connection:
        before = Sample(at=datetime(2026, 3, 4, 15, 59, 59, 999_000, UTC)).put(connection)
        after = Sample(at=datetime(2026, 3, 4, 16, 0, 0, 0, UTC)).put(connection)
        found = [
            reconcile.day_of(connection, POLICE, date(2026, 3, day)).to_json()["sent"]["transfers"] for day in (4, 5)
        ]
    assert found == [[before.transfer_id], [after.transfer_id]]
