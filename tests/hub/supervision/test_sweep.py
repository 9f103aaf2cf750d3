"""The sweep finds what is late without anybody sending anything; writes only changes; and can be made again later."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from evidence.canonical import canonical
from evidence.identifiers import timestamp
from hub.runtime import Hub
from hub.store import marks, supervision
from hub.store.tables import agencies, case_findings, case_sweeps
from hub.store.tables import marks as mark_table
from hub.supervision import sweep as sweeping
from hub.supervision.sweep import Sweeper, judge, sweep
from standards.nodes import catalogue
from tests.counting import calls, cost_of
from tests.scene import hubs
from tests.scene.agencies import OF_TYPE
from tests.scene.clocks import Clock
from tests.scene.records import base_record
from tests.scene.stored import Sample, digest
from tests.standards.rulebook import instant
from tests.waiting import until

Json = dict[str, Any]
START = instant("2024-03-04")
LATE = ["rule.IR-03-open", "rule.IR-20-open"]
"""What is late when nobody answers a request for arrest: the review, and with it the custody."""


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    opened = hubs.opened(tmp_path / "hub", clock=clock)
    enrol(opened, "police", "procuratorate", "court")
    yield opened
    opened.stop()


def enrol(hub: Hub, *types: str, at: datetime = START - timedelta(days=1)) -> None:
    """Agencies of these types, as far as the sweep looks at them."""
    with hub.database.transaction() as connection:
        for kind in types:
            row: Json = {"agency": OF_TYPE[kind], "type": kind, "code": "1", "name": kind, "role": "agency"}
            row |= {"fingerprint": digest(kind), "enrolment": b"-", "admission": b"-", "admitted_at": timestamp(at)}
            connection.execute(agencies.insert(), row)


def plant(hub: Hub, node: str, at: datetime, record: Json | None = None, *, case_uid: str | None = None) -> str:
    """An accepted transfer of a case, as the hub stores it; the case's id."""
    known = catalogue().get(node)
    sample = Sample(
        node=node,
        sender=OF_TYPE[known.sender],
        receiver=OF_TYPE[known.receiver],
        at=at,
        status="acknowledged",
        held={"record": canonical(record or base_record()), "findings": b"[]"},
    )
    sample.case_uid = case_uid or sample.case_uid
    with hub.database.transaction() as connection:
        sample.put(connection, hub.vault)
    return sample.case_uid


def kept(hub: Hub, case_uid: str, *, only_open: bool = True) -> list[str]:
    with hub.database.transaction(write=False) as connection:
        found = supervision.of_case(connection, hub.vault, case_uid, only_open=only_open)
    return [each.finding.code for each in found]


def swept_marks(hub: Hub) -> list[Json]:
    """The private parts of the sweep's marks, oldest first."""
    with hub.database.transaction(write=False) as connection:
        query = select(mark_table.c.leaf_hash).where(mark_table.c.action == "findings-swept")
        hashes = connection.execute(query.order_by(mark_table.c.arrival)).scalars().all()
        told = [marks.by_leaf_hash(connection, hub.vault, f"sha256:{bytes(each).hex()}") for each in hashes]
    return [each.private or {} for each in told if each is not None]


def test_what_is_late_is_found_once_cleared_once_and_marked_each_time(hub: Hub, clock: Clock) -> None:
    case = plant(hub, "N-ARR-001", START)
    assert sweep(hub).opened == 0
    clock.now = instant("2024-03-12")
    first = sweep(hub)
    assert (first.cases, first.opened, first.cleared) == (1, 2, 0)
    assert kept(hub, case) == LATE
    assert (sweep(hub).cases, len(swept_marks(hub))) == (0, 1)
    plant(hub, "N-ARR-012", clock.now, case_uid=case)
    clock.now += timedelta(minutes=5)
    second = sweep(hub)
    assert (second.opened, second.cleared) == (0, 2)
    assert kept(hub, case) == []
    assert sorted(kept(hub, case, only_open=False)) == LATE
    assert [(each["opened"], each["cleared"], each["changes"]) for each in swept_marks(hub)] == [
        (2, 0, [1, 2]),
        (0, 2, [3, 4]),
    ]


def test_marks_and_rows_hold_nothing_of_the_case(hub: Hub, clock: Clock) -> None:
    case = plant(hub, "N-ARR-001", START)
    clock.now = instant("2024-03-12")
    sweep(hub)
    with hub.database.transaction(write=False) as connection:
        rows = connection.execute(select(case_findings)).mappings().all()
        leaf = connection.execute(select(mark_table.c.leaf).where(mark_table.c.action == "findings-swept")).scalar_one()
    assert len(rows) == len(LATE)
    for secret in ("IR-03", "2024-03-04", "张某"):
        assert all(secret.encode() not in bytes(row["finding"]) for row in rows)
        assert all(secret not in row["finding_key"] for row in rows)
    body = json.loads(bytes(leaf))
    payload = json.dumps(body)
    assert case not in payload


def test_a_case_is_looked_at_only_when_something_may_have_changed(hub: Hub, clock: Clock) -> None:
    plant(hub, "N-ARR-001", START)
    clock.now += timedelta(minutes=5)
    assert sweep(hub).cases == 1
    clock.now = instant("2024-03-06")
    assert sweep(hub).cases == 0  # nothing runs out before the term of the review
    with hub.database.transaction(write=False) as connection:
        woken = connection.execute(select(case_sweeps.c.next_at)).scalar_one()
    assert woken is not None
    clock.now = datetime.fromisoformat(woken)
    assert sweep(hub).cases == 1


def test_an_agency_that_joins_makes_every_case_due(hub: Hub, clock: Clock) -> None:
    record = base_record()
    case = plant(hub, "N-DET-003", START, record)
    clock.now = instant("2024-03-04T18:00:00+08:00")
    sweep(hub)
    enrol(hub, "detention", at=clock.now)
    assert sweep(hub).cases == 1
    assert "rule.IR-05-open" not in kept(hub, case)
    clock.now = instant("2024-03-06")
    assert sweep(hub).cases == 1
    assert "rule.IR-05-open" in kept(hub, case)


def test_what_fell_due_before_an_agency_joined_is_not_held_against_it(hub: Hub, clock: Clock) -> None:
    case = plant(hub, "N-DET-003", START, base_record())
    clock.now = instant("2024-03-06")
    sweep(hub)
    enrol(hub, "detention", at=clock.now)
    assert sweep(hub).cases == 1
    assert "rule.IR-05-open" not in kept(hub, case)


def test_a_page_that_was_killed_before_its_mark_is_marked_by_the_next_round(
    hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        plant(hub, "N-ARR-001", START)
    clock.now = instant("2024-03-12")
    with monkeypatch.context() as patched:
        looked: list[str] = []

        def killed(*args: Any) -> Any:
            looked.append(args[2])
            if len(looked) == 3:
                raise KeyboardInterrupt
            return look(*args)

        look = sweeping._look
        patched.setattr(sweeping, "_look", killed)
        with pytest.raises(KeyboardInterrupt):
            sweep(hub, page=2)
    assert swept_marks(hub) == []
    assert sweep(hub, page=2).opened == len(LATE)
    assert [each["opened"] for each in swept_marks(hub)] == [3 * len(LATE)]


def test_another_hub_that_sweeps_is_left_alone(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(hub, "N-ARR-001", START)
    monkeypatch.setattr(sweeping, "try_lock", lambda connection, name: False)
    told = sweep(hub)
    assert told.busy
    assert told.cases == 0


def test_a_past_instant_is_judged_as_it_was(hub: Hub, clock: Clock) -> None:
    case = plant(hub, "N-ARR-001", START)
    then = instant("2024-03-12")
    clock.now = then
    with hub.database.transaction(write=False) as connection:
        before = judge(connection, hub, case, then)
    plant(hub, "N-ARR-012", then + timedelta(hours=1), case_uid=case)
    enrol(hub, "detention", at=then + timedelta(hours=2))
    clock.now = instant("2024-06-01")
    sweep(hub)
    with hub.database.transaction(write=False) as connection:
        again, now = judge(connection, hub, case, then), judge(connection, hub, case, clock.now)
    assert before is not None
    assert again is not None
    assert now is not None
    assert again[0] == before[0]
    assert [each.code for each in again[0].findings] == LATE
    assert "rule.IR-03-open" not in [each.code for each in now[0].findings]


def test_the_sweep_is_linear_in_the_cases_and_idle_afterwards(hub: Hub, clock: Clock) -> None:
    spent: dict[int, list[float]] = {}
    record, done = base_record(), 0
    for count in (40, 160):
        while done < count:
            plant(hub, "N-ARR-001", START, copy.deepcopy(record))
            done += 1
        clock.now = instant("2024-03-12") + timedelta(days=count)
        with cost_of(hub.database) as cost, calls() as made:
            told = sweep(hub)
        spent[count] = [each / told.cases for each in (made.count, cost.statements, cost.ticks)]
        with cost_of(hub.database) as idle, calls() as idly:
            assert sweep(hub).cases == 0
        assert idly.count < made.count / 50
        assert idle.statements < 20
        assert idle.ticks < cost.ticks / 5
    with hub.database.transaction(write=False) as connection:
        assert connection.execute(select(func.count()).select_from(case_findings)).scalar_one() >= 160
    assert all(late < 1.5 * early for early, late in zip(spent[40], spent[160], strict=True)), spent


def test_the_thread_sweeps_and_stops(hub: Hub, clock: Clock) -> None:
    case = plant(hub, "N-ARR-001", START)
    clock.now = instant("2024-03-12")
    sweeper = Sweeper(hub, 0.01, first=0.001)
    sweeper.start()
    until(lambda: kept(hub, case), "what the thread finds")
    sweeper.stop()
    sweeper.stop()
    assert kept(hub, case) == LATE


def test_a_stored_record_that_no_longer_conforms_is_judged_as_far_as_it_goes(hub: Hub, clock: Clock) -> None:
    record = base_record()
    record["property"] = "手机一部"
    record["case"]["filing_date"] = 20240304
    case = plant(hub, "N-ARR-001", clock.now, record)
    whole = plant(hub, "N-ARR-001", clock.now)
    clock.now = instant("2024-12-02")
    sweep(hub)
    assert [code for code in kept(hub, case) if code != "record.unread"] == kept(hub, whole) != []
    assert kept(hub, case).count("record.unread") == 2
