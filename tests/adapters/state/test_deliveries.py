"""What runs regularly reads only what is open, however much lies behind it."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.auditing.reconcile import refresh_deliveries
from adapters.client.patience import FIRST_PAUSE, Patience
from adapters.folders import look
from adapters.state.database import ADDED, SCHEMA, SCHEMA_VERSION, State
from adapters.state.deliveries import Deliveries, day_in_china
from adapters.state.journal import Request
from adapters.state.numbers import Numbers
from evidence.identifiers import uuid7
from tests.counting import STRIDE, Cost
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import answered
from tests.scene.world import World

YESTERDAY = "2026-11-20T01:00:00.000Z"
BEHIND = 3_000
LARGE = 300_000
"""Bytes of each submission that lies behind."""


def settled(state: State, count: int, *, size: int = 10, status: str = "sent", delivery: str = "acknowledged") -> None:
    """So many transfers that were sent long ago, each with its marks, its promise and what was received for it."""
    request = json.dumps(Request("N-ARR-001", PROCURATORATE, {"case_dir": "/x"}).to_json())
    ids = [uuid7() for _ in range(count)]
    many: dict[str, Callable[[str], tuple[Any, ...]]] = {
        "INSERT INTO outgoing (transfer_id, request_key, request, status, created_at, sent_at, told, delivery,"
        " submission) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)": lambda one: (
            one, one, request, status, YESTERDAY, YESTERDAY, delivery, bytes(size),
        ),
        "INSERT INTO own_mark VALUES (?, 1, ?, 'submitted', ?, '', x'', 1)": lambda one: (one, one, "x" * size),
        "INSERT INTO promise (leaf_hash, transfer_id, deadline, status) VALUES (?, ?, ?, 'proved')": lambda one: (
            f"r{one}", one, YESTERDAY,
        ),
        "INSERT INTO received VALUES (?, 1, 'N-ARR-001', 'x', 'y', 'acknowledged', '', ?, x'', '')": lambda one: (
            f"r{one}", bytes(size),
        ),
    }  # fmt: skip
    with state.transaction():
        for sql, row in many.items():
            for one in ids:
                state.run(sql, *row(one))


@contextmanager
def cost_of(state: State) -> Iterator[Cost]:
    """Ticks of SQLite's machine that the block costs `state.db`."""
    cost = Cost()

    def ticked() -> int:
        cost.ticks += 1
        return 0

    state._db.set_progress_handler(ticked, STRIDE)
    try:
        yield cost
    finally:
        state._db.set_progress_handler(None, STRIDE)


REGULAR: dict[str, Callable[[World], object]] = {
    "inbox": lambda world: world[POLICE].inbox(),
    "queue": lambda world: world[POLICE].queue(),
    "a round of watch": lambda world: look(world[POLICE].station, world.root / "out", world.root / "in"),
    "reconcile": lambda world: world[POLICE].reconcile(),
    "pull": lambda world: world[POLICE].pull(world.root / "in"),
    "contact": lambda world: world[POLICE].contact(),
}


@pytest.mark.parametrize("name", REGULAR)
def test_what_lies_behind_costs_nothing(world: World, name: str) -> None:
    work, state = REGULAR[name], world[POLICE].station.state
    world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    work(world)
    costs = []
    for behind in (10, BEHIND):
        settled(state, behind)
        work(world)
        with cost_of(state) as cost:
            work(world)
        costs.append(cost.ticks)
    assert costs[1] - costs[0] < BEHIND // STRIDE // 2, "not one step of SQLite's machine for each row that lies behind"


def test_many_open_rows_are_read_without_their_bytes(world: World) -> None:
    station = world[POLICE].station
    settled(station.state, 100, size=LARGE, status="submitting", delivery="")
    settled(station.state, 100, size=LARGE, delivery="")
    tracemalloc.start()
    try:
        assert len(station.journal.queue()) == 100
        assert station.deliveries.open_days() == {date(2026, 11, 20): 100}
        assert len(station.deliveries.open_on(date(2026, 11, 20))) == 100
        assert len(station.deliveries.sent_on(date(2026, 11, 20))) == 100
        assert tracemalloc.get_traced_memory()[1] < 10 * LARGE
    finally:
        tracemalloc.stop()


def test_a_day_begins_and_ends_in_china(tmp_path: Path) -> None:
    with closing(State(tmp_path / "state.db")) as state:
        settled(state, 4, delivery="")
        rows = state.all("SELECT transfer_id FROM outgoing ORDER BY transfer_id")
        instants = ("2026-11-19T15:59:59.999Z", "2026-11-19T16:00:00.000Z", "2026-11-20T15:59:59.999Z")
        for row, at in zip(rows, (*instants, "2026-11-20T16:00:00.000Z"), strict=True):
            state.run("UPDATE outgoing SET sent_at = ? WHERE transfer_id = ?", at, row["transfer_id"])
        deliveries, middle = Deliveries(state), [str(row["transfer_id"]) for row in rows[1:3]]
        assert deliveries.open_days() == {date(2026, 11, 19): 1, date(2026, 11, 20): 2, date(2026, 11, 21): 1}
        assert deliveries.open_on(date(2026, 11, 20)) == deliveries.sent_on(date(2026, 11, 20)) == middle
        assert deliveries.unknown([*middle, "other"]) == ["other"]
        assert [day_in_china(at).day for at in instants] == [19, 20, 20]


def test_what_became_of_a_transfer_is_noted_once_and_other_answers_change_nothing(world: World) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    station = world[POLICE].station
    refresh_deliveries(station)
    assert station.journal.get(sent).delivery == ""

    def empty(day: dict[str, Any]) -> None:
        day["sent"].update(transfers=[], open=[])

    with world.wire.under(answered("/v1/reconcile", empty)):
        refresh_deliveries(station)
    assert station.journal.get(sent).delivery == "", "a hub that does not know it says nothing of it"
    world[PROCURATORATE].pull(world.root / "in")
    refresh_deliveries(station)
    assert station.journal.get(sent).delivery == "acknowledged"
    world.wire.seen.clear()
    refresh_deliveries(station)
    assert world.wire.seen == [], "no day is open any more"


def test_a_superseded_transfer_stays_superseded(world: World) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    station = world[POLICE].station
    station.journal.settle(sent, "superseded")
    station.journal.get(sent)
    world[POLICE].reconcile()
    assert station.journal.get(sent).delivery == "superseded"


def test_a_watched_day_is_asked_about_after_growing_pauses(world: World) -> None:
    station, now = world[POLICE].station, [0.0]
    station.patience = Patience(lambda: now[0])

    def asked() -> int:
        world.wire.seen.clear()
        look(station, world.root / "out", world.root / "in")
        return sum(path.startswith("/v1/reconcile") for _, path in world.wire.seen)

    world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    assert [asked(), asked(), asked()] == [1, 0, 0]
    now[0] += FIRST_PAUSE
    assert [asked(), asked()] == [1, 0]
    world[POLICE].push(case_dir(world.root / "two"), node="N-ARR-001", to=PROCURATORATE)
    assert [asked(), asked()] == [1, 0], "with something new the day is asked about at once"


def test_a_home_of_before_awaits_the_marks_that_it_handed_in(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as before:
        before.executescript(SCHEMA + ADDED[2] + ";\n" + ADDED[3] + ";\nPRAGMA user_version = 3;")
        before.execute("INSERT INTO own_mark VALUES ('t', 1, 'a', 'opened', '', '', x'', 1)")
        before.execute("INSERT INTO own_mark VALUES ('t', 2, 'b', 'opened', '', '', x'', 0)")
        before.commit()
    with closing(State(path)) as state:
        assert [row["leaf_hash"] for row in state.all("SELECT * FROM awaited")] == ["a"]
        assert state.all("PRAGMA user_version")[0][0] == SCHEMA_VERSION


def test_a_book_that_is_begun_anew_awaits_every_mark_again(world: World) -> None:
    world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    world.hub.log.step()
    world[POLICE].monitor()
    marks = world[POLICE].station.marks
    assert marks.awaited("another")
    every = len(marks.awaited("another"))
    for row in marks.awaited("another"):
        marks.found(row["leaf_hash"])
    assert marks.awaited("another") == []
    assert len(marks.awaited("one more")) == every


def cases(state: State, count: int, *, size: int = 10) -> list[str]:
    """So many cases that passed through here, each with a number of the police, as a home of before has them."""
    ids = sorted(uuid7() for _ in range(count))
    with state.transaction():
        for index, case_uid in enumerate(ids):
            refs = [{"agency": POLICE, "kind": "AJBH", "value": f"A{index}"}]
            record = json.dumps({"case": {"refs": refs}, "pad": "x" * size}).encode()
            state.run("INSERT INTO case_record VALUES (?, 't', ?)", case_uid, record)
    return ids


def test_a_case_is_found_by_a_number_without_reading_the_others(tmp_path: Path) -> None:
    with closing(State(tmp_path / "state.db")) as state:
        numbers = Numbers(state)
        ids = cases(state, 300)
        assert numbers.case_with({(POLICE, "AJBH", "A7")}) == ids[7], "the records of before are read once"
        with cost_of(state) as cost:
            assert numbers.case_with({(POLICE, "AJBH", "A7"), (POLICE, "AJBH", "A9")}) == ids[9]
            assert numbers.case_with({(POLICE, "AJBH", "none")}) is None
        assert cost.ticks < 300 // STRIDE
        refs = [{"agency": POLICE, "kind": "AJBH", "value": "B"}]
        numbers.keep_record(ids[7], "t2", {"case": {"refs": refs}})
        assert numbers.case_with({(POLICE, "AJBH", "B")}) == ids[7]
        assert numbers.case_with({(POLICE, "AJBH", "A7")}) is None, "the newest record no longer tells it"


def test_records_of_before_are_read_one_at_a_time(tmp_path: Path) -> None:
    with closing(State(tmp_path / "state.db")) as state:
        cases(state, 60, size=LARGE)
        tracemalloc.start()
        try:
            Numbers(state).case_with({(POLICE, "AJBH", "A7")})
            assert tracemalloc.get_traced_memory()[1] < 10 * LARGE
        finally:
            tracemalloc.stop()
