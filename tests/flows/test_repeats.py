"""The same transfer again: at once from several sides, after a lost answer, with a byte changed, by somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from adapters.adapter import Adapter
from adapters.client.hub import HubAway
from evidence.identifiers import uuid7
from hub.exchange import answers
from hub.store.tables import inbox, marks, transfers
from tests.scene import hubs
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft
from tests.scene.stage import Refusal, Stage, shown
from tests.scene.wires import lost_answer
from tests.scene.world import World
from tests.waiting import PATIENCE, until

WHOLE = ["sealed", "submitted", "received", "converted", "offered"]


@pytest.fixture
def draft(at: Stage, honest: Draft) -> Draft:
    """A transfer that the hub has never seen."""
    at.new_marks()
    return honest.anew()


def counted(here: World) -> tuple[int, int]:
    """How many transfers and inbox positions there are."""
    with here.hub.database.transaction(write=False) as connection:
        found = [connection.execute(select(func.count()).select_from(table)).scalar() for table in (transfers, inbox)]
    return found[0] or 0, found[1] or 0


def test_the_same_transfer_again_gets_the_stored_answer_byte_for_byte(at: Stage, draft: Draft) -> None:
    before, wire = counted(at.here), draft.wire()
    first = at.submit(wire)
    assert first.status_code == 201
    assert [mark.action for mark in at.new_marks()] == WHOLE
    for _ in range(3):
        with at.nothing_moves():
            again = at.submit(wire)
        assert (again.status_code, again.content) == (200, first.content)
    assert at.new_marks() == []
    assert counted(at.here) == (before[0] + 1, before[1] + 1)


def test_what_was_refused_before_is_received_once_it_is_whole(at: Stage, draft: Draft) -> None:
    broken = draft.copy()
    del broken.envelope["volumes"][0]["keys"][0]
    shown(at.submit(broken.wire()), Refusal(422, "envelope.key-recipient", "sender", "/envelope/volumes/0/keys"))
    assert at.submit(draft.wire()).status_code == 201
    assert at.here.marks(draft.transfer_id) == ["refused", *WHOLE]


CHANGES = {
    "another instant": ("created_at", "2026-01-01T00:00:00.001Z"),
    "another handler": ("handler", "h-8"),
    "another receiver": ("receiver", STRANGER),
    "an unknown member": ("more", 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_byte_different_is_a_conflict(at: Stage, draft: Draft, name: str) -> None:
    wire = draft.wire()
    first = at.submit(wire)
    at.new_marks()
    member, value = CHANGES[name]
    draft.envelope[member] = value
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    at.refused(answer, Refusal(409, "transfer.id-reused", "sender"), trail=draft.transfer_id)
    again = at.submit(wire)
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize("thief", [PROCURATORATE, COURT, STRANGER])
def test_the_same_bytes_by_another_sender_are_nobodys(at: Stage, draft: Draft, thief: str) -> None:
    at.submit(draft.wire())
    at.new_marks()
    with at.nothing_moves():
        answer = at.submit(draft.wire(), agency=thief)
    at.refused(answer, Refusal(404, "transfer.unknown", "caller"), trail=None, who=thief)
    assert "refused" not in at.here.marks(draft.transfer_id)


def test_one_id_by_another_sender_is_nobodys_either(at: Stage, draft: Draft) -> None:
    at.submit(draft.wire())
    at.new_marks()
    theirs = draft.copy()
    theirs.key = at.key(STRANGER)
    theirs.envelope["sender"] = STRANGER
    at.refused(at.submit(theirs.wire(), agency=STRANGER), Refusal(404, "transfer.unknown", "caller"), None, STRANGER)


def test_the_same_own_number_opens_no_second_case(at: Stage, draft: Draft) -> None:
    assert at.submit(draft.wire()).status_code == 201
    at.new_marks()
    other = draft.anew()
    other.envelope["case_uid"] = other.record["case"]["case_uid"] = uuid7()
    for ref in other.envelope["case_refs"]:
        ref["value"] = f" {ref['value'].lower()}　"  # width, case and spaces make no other number
    with at.nothing_moves():
        answer = at.submit(other.wire())
    at.refused(answer, Refusal(409, "case.uid-differs", "sender", "/envelope/case_uid"), trail=other.transfer_id)
    assert answer.json()["params"]["case_uid"] == draft.envelope["case_uid"]


def test_eight_at_once_from_two_hubs_are_one_transfer(at: Stage, draft: Draft) -> None:
    before, wire = counted(at.here), draft.wire()
    with hubs.process(at.here.root / "hub", clock=at.here.clock) as (_, other), ThreadPoolExecutor(8) as pool:
        lines: list[httpx.BaseTransport] = [at.here.wire, other] * 4
        answers = list(pool.map(lambda line: Side(at, line).submit(wire), lines))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert counted(at.here) == (before[0] + 1, before[1] + 1)
    assert at.here.marks(draft.transfer_id) == WHOLE
    with at.here.hub.database.transaction(write=False) as connection:
        chain = connection.execute(
            select(marks.c.seq).where(marks.c.chain == draft.transfer_id, marks.c.signer == "hub:test")
        ).scalars()
        assert sorted(chain) == [1, 2, 3]


class Side:
    """The same stage, seen over another line."""

    def __init__(self, at: Stage, line: httpx.BaseTransport) -> None:
        self._at = Stage(at.here, at.line, raw_line=line)

    def submit(self, wire: object) -> httpx.Response:
        """POST the submission over this line."""
        return self._at.submit(wire)


def test_two_different_transfers_of_one_new_case_at_once_share_the_case(at: Stage, draft: Draft) -> None:
    drafts = [draft.anew() for _ in range(4)]
    wires = [item.wire() for item in drafts]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(at.submit, wires))
    assert [answer.status_code for answer in answers] == [201] * 4
    with at.here.hub.database.transaction(write=False) as connection:
        positions = connection.execute(select(inbox.c.position).order_by(inbox.c.position)).scalars()
        found = list(positions)
        assert found == list(range(1, len(found) + 1))


LOST = partial(lost_answer, "POST", "/v1/transfers")


def joined(here: World, attempts: int) -> Adapter:
    """The police, trying so many times without a pause."""
    police = here.join(POLICE)
    police.station.client.limits = replace(police.station.client.limits, attempts=attempts)
    return police


def test_a_lost_answer_costs_nothing(tmp_path: Path) -> None:
    with World(tmp_path, PROCURATORATE) as here:
        statuses: list[int] = []
        with here.wire.under(LOST(times=2, statuses=statuses)):
            pushed = joined(here, 4).push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        assert statuses == [201, 200, 200]
        assert counted(here) == (1, 1)
        assert here.marks(pushed.transfer_id) == WHOLE


def test_an_answer_lost_for_good_is_fetched_by_the_next_run(tmp_path: Path) -> None:
    with World(tmp_path, PROCURATORATE) as here:
        statuses: list[int] = []
        police, folder = joined(here, 1), here.case_dir()
        with here.wire.under(LOST(times=1, statuses=statuses)):
            with pytest.raises(HubAway):
                police.push(folder, node="N-ARR-001", to=PROCURATORATE)
            queued = police.queue()
            pushed = police.push(folder, node="N-ARR-001", to=PROCURATORATE)
        assert [row.transfer_id for row in queued] == [pushed.transfer_id]
        assert statuses == [201, 200]
        assert counted(here) == (1, 1)


def test_a_long_poll_ends_with_the_transfer_that_it_waits_for(
    at: Stage, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = at.send(PROCURATORATE, "GET", "/v1/inbox?limit=200").json()["next"]
    looks, newest = [0.0], answers.newest

    def look(*args: Any) -> int:
        looks.append(looks[-1] + 1)
        return newest(*args)

    monkeypatch.setattr(answers, "newest", look)
    now = 0.0
    monkeypatch.setattr("hub.api.inbox.time", SimpleNamespace(monotonic=lambda: now))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(at.send, PROCURATORATE, "GET", f"/v1/inbox?after={last}&wait=20")
        try:
            until(lambda: len(looks) > 4, "a poll that looks again and again")
            assert not waiting.done(), "for the poll no time has passed"
            assert at.submit(draft.wire()).status_code == 201
            found = waiting.result(PATIENCE).json()["items"]
        finally:
            now = 21.0
    assert [item["transfer_id"] for item in found] == [draft.transfer_id]
    monkeypatch.setattr(
        "hub.api.inbox.time", SimpleNamespace(monotonic=lambda: looks[-1])
    )  # a second between two looks
    before = looks[-1]
    assert at.send(PROCURATORATE, "GET", f"/v1/inbox?after={last + 1}&wait=20").json()["items"] == []
    assert 20 <= looks[-1] - before <= 22
