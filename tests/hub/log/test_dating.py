"""A hub whose clock is behind signs nothing and takes nothing in, says why, and goes on once the clock is right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection

from adapters.client.hub import HubAway
from evidence.identifiers import timestamp
from hub import clock_desk
from hub.access.summary import summarise
from hub.commands import log as commands
from hub.log import proofs
from hub.log.audit import audit
from hub.log.dating import newest
from hub.store import marks
from hub.supervision.sweep import sweep
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE, URL
from tests.scene.world import World

YEAR = timedelta(days=365)


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, POLICE, PROCURATORATE) as made:
        made.hub.log.step()
        yield made


def raw(here: World, path: str) -> httpx.Response:
    """An answer to a request that nobody signed."""
    return here.wire.handle_request(httpx.Request("GET", URL + path))


def push(here: World) -> str:
    return here[POLICE].push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE).transfer_id


@pytest.mark.parametrize("back", [YEAR, timedelta(hours=1)], ids=["a dead battery", "an hour"])
def test_nothing_is_signed_while_the_clock_is_behind(here: World, back: timedelta) -> None:
    push(here)
    before, head = here.marks(), _signed(here)
    here.hub.noise.count("evidence.request-skew")
    here.clock.moved = -back
    for work in (sweep, summarise):
        with pytest.raises(Problem, match=r"hub\.clock-behind"):
            work(here.hub)
    with pytest.raises(HubAway) as caught:
        here[PROCURATORATE].pull(here.root / "in")
    assert caught.value.code == "hub.clock-behind"
    answer = raw(here, "/v1/inbox")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (503, "30", "hub.clock-behind")
    params = answer.json()["params"]
    assert params["now"] < params["before"]
    assert (here.marks(), _signed(here)) == (before, head)
    assert here.hub.noise.take() == {"evidence.request-skew": 1}  # what was counted is kept, and no 503 is noise
    here.clock.moved = timedelta()
    assert len(here[PROCURATORATE].pull(here.root / "in").delivered) == 1


def test_no_checkpoint_is_signed_while_the_clock_is_behind(here: World) -> None:
    with here.hub.database.transaction() as connection:
        _mark(here, connection, "noise-summary")
    signed = _signed(here)
    here.clock.moved = -YEAR
    with pytest.raises(Problem, match=r"hub\.clock-behind"):
        here.hub.log.step()
    assert _signed(here) == signed
    here.clock.moved = timedelta()
    here.hub.log.step()
    assert _signed(here) != signed


def test_a_small_step_back_is_bridged(here: World) -> None:
    with here.hub.database.transaction(write=False) as connection:
        last = newest(connection)
    assert last is not None
    here.clock.now = last - timedelta(seconds=3)
    with here.hub.database.transaction() as connection:
        assert here.hub.dating.now(connection) == last
    here.clock.now = last + timedelta(seconds=1)
    with here.hub.database.transaction() as connection:
        assert here.hub.dating.now(connection) == here.clock.now


def test_a_clock_that_was_ahead_waits_for_an_operator(here: World) -> None:
    here.clock.moved = YEAR
    here.hub.noise.count("evidence.request-skew")
    summarise(here.hub)
    here.hub.log.step()
    here.clock.moved = timedelta()
    with pytest.raises(HubAway, match=r"hub\.clock-behind"):
        push(here)
    done = clock_desk.confirm(here.hub, "the clock was a year ahead")
    assert done.confirmed
    assert done.newest is not None
    assert done.newest > done.now
    here.hub.log.step()
    assert here.marks()[-1] == "clock-confirmed"
    assert len(here[POLICE].resume().sent) == 1
    assert not clock_desk.confirm(here.hub, "again").confirmed
    here.hub.log.step()
    assert audit(here.hub.database, commands.judge(here.hub)).sound


def test_a_clock_before_the_hubs_keys_cannot_be_confirmed(here: World) -> None:
    here.clock.moved = -YEAR
    with pytest.raises(Problem, match=r"hub\.clock-behind"):
        clock_desk.confirm(here.hub, "it is right")
    assert "clock-confirmed" not in here.marks()


def test_a_mark_from_before_the_hubs_key_is_explained_and_no_fault(here: World) -> None:
    with here.hub.database.transaction() as connection:
        _mark(here, connection, "noise-summary", back=YEAR)
        _mark(here, connection, "noise-summary")
    here.hub.log.step()
    found = audit(here.hub.database, commands.judge(here.hub))
    assert found.sound
    assert [(each.code, each.place) for each in found.explained] == [
        ("log.explained.before-key", f"leaf {found.size - 2}")
    ]


def test_a_false_signature_from_before_the_key_stays_a_fault(here: World) -> None:
    police = here[POLICE].station.keyring.identity
    with here.hub.database.transaction() as connection:
        marks.append(
            connection,
            here.hub.vault,
            police,
            signer=here.hub.settings.owner,
            action="noise-summary",
            now=here.clock() - YEAR,
            private={},
        )
    found = audit(here.hub.database, commands.judge(here.hub))
    assert (found.sound, found.explained) == (False, [])
    assert set(found.counts) == {"log.fault.leaf-signature"}


def _mark(here: World, connection: Connection, action: str, back: timedelta = timedelta()) -> None:
    """A mark as a hub without a guard signs it."""
    marks.append(
        connection,
        here.hub.vault,
        here.hub.keys.identity,
        signer=here.hub.settings.owner,
        action=action,
        now=here.clock() - back,
        private={},
    )


def _signed(here: World) -> tuple[int, str]:
    with here.hub.database.transaction(write=False) as connection:
        found = proofs.latest(connection)
    assert found is not None
    return found.size, found.signed_at


def test_every_answer_tells_the_hubs_time(here: World) -> None:
    with here.clock.standing() as now:
        assert raw(here, "/healthz").headers["Casehub-Time"] == timestamp(now)
