"""Clocks that are wrong: an adapter signs nothing that the hub could never take, and no row stays behind for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters import Adapter, station
from adapters.client.hub import Refused
from adapters.state import own_marks
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import SigningKey, key_statement
from evidence.marks import body_of
from hub.store import agencies
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.clocks import Clock
from tests.scene.wires import Send
from tests.scene.world import World

SLOW = timedelta(seconds=-180)
"""Less than the hub bears in a request, more than an agency's keys are old here."""


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, POLICE, PROCURATORATE) as made:
        yield made


@contextmanager
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, statements are dated as 0.2.0 dated them: whatever the clock says."""

    def at_once(now: datetime, *_floors: datetime | None) -> datetime:
        return now

    with monkeypatch.context() as patched:
        patched.setattr(own_marks, "require_dated", at_once)
        patched.setattr(station, "require_dated", at_once)
        yield


def own_actions(adapter: Adapter) -> list[str]:
    rows = adapter.station.state.all("SELECT action FROM own_mark ORDER BY transfer_id, seq")
    return [row["action"] for row in rows]


def push(here: World) -> str:
    return here[POLICE].push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE).transfer_id


def test_a_push_with_keys_younger_than_the_clock_is_wrong_waits_unsigned(here: World) -> None:
    police, clock = here[POLICE], here.agency_clocks[POLICE]
    clock.moved = SLOW
    with pytest.raises(Problem) as caught:
        push(here)
    assert caught.value.code == "adapter.clock-behind"
    began = police.station.keyring.began
    assert caught.value.params["before"] == timestamp(began)
    assert parse_timestamp(caught.value.params["own"]) < began
    assert own_actions(police) == []
    assert [row.status for row in police.station.journal.queue()] == ["open"]
    clock.moved = timedelta()
    done = police.resume()
    assert (len(done.sent), done.failed) == (1, [])
    assert here.marks(done.sent[0].transfer_id) == ["sealed", "submitted", "received", "converted", "offered"]


def test_a_submission_that_the_hub_can_never_take_is_composed_anew(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    police, clock = here[POLICE], here.agency_clocks[POLICE]
    clock.moved = SLOW
    with unguarded(monkeypatch), pytest.raises(Refused) as caught:
        push(here)
    assert (caught.value.code, caught.value.status) == ("evidence.key-not-valid", 401)
    clock.moved = timedelta()
    (row,) = police.station.journal.queue()
    done = police.resume()
    assert [each.transfer_id for each in done.sent] == [row.transfer_id]
    assert police.station.journal.queue() == []
    assert not here[PROCURATORATE].pull(here.root / "in").failed


def test_a_submission_that_0_2_0_left_behind_is_composed_anew(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    police, clock = here[POLICE], here.agency_clocks[POLICE]
    clock.moved = SLOW
    with unguarded(monkeypatch), pytest.raises(Refused):
        push(here)
    police.station.state.run("UPDATE outgoing SET status = 'submitting'")  # where it stayed
    clock.moved = timedelta()
    assert len(police.resume().sent) == 1


@pytest.mark.parametrize("spoil", [False, True], ids=["acknowledged", "declined"])
def test_an_answer_waits_for_the_clock(here: World, monkeypatch: pytest.MonkeyPatch, spoil: bool) -> None:
    transfer_id, receiver = push(here), here[PROCURATORATE]
    if spoil:
        _unopenable(monkeypatch)
    here.agency_clocks[PROCURATORATE].moved = SLOW
    haul = receiver.pull(here.root / "in")
    assert [(each, problem.code) for each, problem in haul.failed] == [(transfer_id, "adapter.clock-behind")]
    assert own_actions(receiver) == []
    here.agency_clocks[PROCURATORATE].moved = timedelta()
    haul = receiver.pull(here.root / "in")
    assert len(haul.declined if spoil else haul.delivered) == 1
    assert here.marks(transfer_id)[-1] == ("undeliverable" if spoil else "acknowledged")


def _unopenable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise Problem("dossier.segment-altered", "V20-01")

    monkeypatch.setattr("adapters.receiving.pull.deliver", refuse)


@pytest.mark.parametrize("spoil", [False, True], ids=["acknowledged", "declined"])
def test_an_answer_that_the_hub_can_never_take_is_signed_anew(
    here: World, monkeypatch: pytest.MonkeyPatch, spoil: bool
) -> None:
    transfer_id, receiver = push(here), here[PROCURATORATE]
    if spoil:
        _unopenable(monkeypatch)
    here.agency_clocks[PROCURATORATE].moved = SLOW
    with unguarded(monkeypatch):
        haul = receiver.pull(here.root / "in")
    assert [problem.code for _, problem in haul.failed] == ["evidence.key-not-valid"]
    here.agency_clocks[PROCURATORATE].moved = timedelta()
    haul = receiver.pull(here.root / "in")
    assert not haul.failed
    assert here.marks(transfer_id)[-1] == ("undeliverable" if spoil else "acknowledged")
    assert receiver.station.marks.unsent("acknowledged", "declined") == []
    assert receiver.reconcile().differences == ()


def test_a_mark_handed_in_later_is_signed_anew_and_not_given_up(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer_id, receiver = push(here), here[PROCURATORATE]
    receiver.pull(here.root / "in")
    marks, clock = receiver.station.marks, here.agency_clocks[PROCURATORATE]
    with unguarded(monkeypatch):
        marks.make(
            transfer_id=transfer_id,
            node="N-ARR-001",
            action="opened",
            occurred_at=clock() + SLOW,
            digests={},
            private={"volume": "V20-01"},
        )
    before = marks.find(transfer_id, "opened")
    receiver.station.flush_marks()
    again = marks.find(transfer_id, "opened")
    assert before is not None
    assert again is not None
    assert body_of(again.statement).occurred_at > body_of(before.statement).occurred_at
    assert (again.private, body_of(again.statement).seq) == (before.private, body_of(before.statement).seq)
    receiver.station.flush_marks()
    assert here.marks(transfer_id)[-1] == "opened"


def test_a_request_that_is_refused_for_its_clock_gives_no_mark_up(here: World) -> None:
    transfer_id, receiver = push(here), here[PROCURATORATE]
    receiver.pull(here.root / "in")
    clock = here.agency_clocks[PROCURATORATE]
    for volume in ("V20-01", "V21-01"):
        receiver.station.marks.make(
            transfer_id=transfer_id,
            node="N-ARR-001",
            action="opened",
            occurred_at=clock(),
            digests={},
            private={"volume": volume},
        )
    clock.moved = timedelta(hours=1)
    receiver.station.flush_marks()
    assert here.codes_heard()[-1] == "evidence.request-skew"
    clock.moved = timedelta()
    receiver.station.flush_marks()
    assert here.marks(transfer_id)[-2:] == ["opened", "opened"]


def test_the_next_mark_is_never_dated_before_the_last(here: World) -> None:
    transfer_id, receiver = push(here), here[PROCURATORATE]
    receiver.pull(here.root / "in")
    marks = receiver.station.marks
    last = marks.find(transfer_id, "acknowledged")
    assert last is not None
    told: dict[str, Any] = {
        "transfer_id": transfer_id,
        "node": "N-ARR-001",
        "action": "opened",
        "digests": {},
        "private": {},
    }
    at = parse_timestamp(body_of(last.statement).occurred_at)
    near = marks.make(occurred_at=at - timedelta(seconds=2), **told)
    assert parse_timestamp(body_of(near.statement).occurred_at) == at
    with pytest.raises(Problem, match=r"adapter\.clock-behind"):
        marks.make(occurred_at=at - timedelta(seconds=30), **told)


# --- keys that begin later than now --------------------------------------------------------------------------------


@pytest.fixture(name="older")
def _older(tmp_path: Path) -> Iterator[World]:
    """Its agencies' first keys are older than their clocks will be wrong."""
    with World(tmp_path) as made:
        for agency in (POLICE, PROCURATORATE):
            made.agency_clocks.setdefault(agency, Clock()).moved = timedelta(minutes=-4)
            made.join(agency)
            made.agency_clocks[agency].moved = timedelta()
        yield made


def test_the_key_before_signs_while_the_clock_is_before_the_new_one(older: World) -> None:
    police = older[POLICE]
    first = police.station.keyring.identity.key_id
    police.rotate("identity")
    older.agency_clocks[POLICE].moved = SLOW
    transfer_id = push(older)
    marks = police.station.marks
    sealed = marks.find(transfer_id, "sealed")
    assert sealed is not None
    assert sealed.statement.keyid == first
    assert "adapter.clock-differs" in older.codes_heard()
    assert not older[PROCURATORATE].pull(older.root / "in").failed


def _ahead_by_a_day(here: World) -> SigningKey:
    """What is left of a site that ran a day ahead, hub included, while the police changed their key."""
    keyring = here[POLICE].station.keyring
    before = keyring.identity
    tomorrow = here.clock() + timedelta(days=1)
    statement = keyring.prepare_identity(tomorrow)
    with here.hub.database.transaction() as connection:
        agencies.add_key(connection, POLICE, statement, tomorrow)
    keyring.take_identity()
    keyring.announced(statement)
    return before


def test_an_agency_whose_key_begins_tomorrow_works_with_the_one_before(here: World) -> None:
    before = _ahead_by_a_day(here)
    police = here.restart(POLICE)
    transfer_id = push(here)
    submitted = police.station.marks.find(transfer_id, "submitted")
    assert submitted is not None
    assert submitted.statement.keyid == before.key_id
    assert not here[PROCURATORATE].pull(here.root / "in").failed
    for purpose in ("identity", "hpke"):
        with pytest.raises(Problem) as caught:
            police.rotate(purpose)
        assert caught.value.code == "adapter.key-not-begun"
        assert caught.value.params["begins"] == timestamp(police.station.keyring.begins)
    for clock in (here.clock, *here.agency_clocks.values()):
        clock.moved += timedelta(days=1, seconds=1)
    signer = police.station.keyring.signer(here.agency_clocks[POLICE]())
    assert signer.key_id == police.station.keyring.identity.key_id != before.key_id
    police.rotate("identity")


def test_no_key_is_made_while_the_clock_is_off(here: World) -> None:
    police, clock = here[POLICE], here.agency_clocks[POLICE]
    known = len(police.station.keyring.statements)
    clock.moved = timedelta(hours=1)
    for purpose in ("identity", "hpke"):
        with pytest.raises(Problem, match=r"adapter\.clock-off"):
            police.rotate(purpose)
    assert len(police.station.keyring.statements) == known


@pytest.mark.parametrize("purpose", ["identity", "hpke"])
def test_a_key_that_was_made_ahead_and_never_taken_is_made_anew(here: World, purpose: str) -> None:
    police, later = here[POLICE], here.clock() + timedelta(hours=1)
    keyring = police.station.keyring
    made = keyring.prepare_identity(later) if purpose == "identity" else keyring.rotate_hpke(later)
    police = here.restart(POLICE)
    assert police.rotate(purpose)["key_id"] == made.unverified_body["key_id"]
    assert police.station.keyring.pending(purpose) is None
    push(here)


def test_the_hub_takes_no_key_that_begins_tomorrow(here: World) -> None:
    police, fresh = here[POLICE].station, SigningKey.generate()
    statement = key_statement(
        owner=POLICE,
        kty=fresh.alg,
        public=fresh.public,
        purpose="identity",
        valid_from=here.clock() + timedelta(days=1),
        signer=police.keyring.identity,
        replaces=police.keyring.identity.key_id,
    )
    with pytest.raises(Refused) as caught:
        police.client.send("POST", "/v1/directory/keys", {"key": statement.to_json()})
    assert (caught.value.code, caught.value.place) == ("agency.key-from-future", "/key")
    assert here.marks()[-1] == "refused"


def test_the_hub_admits_nobody_whose_first_key_begins_tomorrow(tmp_path: Path) -> None:
    with World(tmp_path) as made:
        made.agency_clocks[POLICE] = clock = Clock()
        clock.moved = timedelta(days=1)
        with pytest.raises(Problem, match=r"agency\.key-from-future"):
            made.join(POLICE)


def test_a_hub_that_tells_another_time_only_keeps_the_adapter_from_signing(here: World) -> None:
    def lying(_request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        answer.headers["Casehub-Time"] = timestamp(here.clock() + timedelta(days=3650))
        return answer

    with here.wire.under(lying), pytest.raises(Problem, match=r"adapter\.clock-off"):
        push(here)
    assert own_actions(here[POLICE]) == []
    assert len(here[POLICE].resume().sent) == 1
