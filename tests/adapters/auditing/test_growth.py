"""Consistency is computed from the log's tiles: a hub that gives no proof hides no fork."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.auditing import growth
from adapters.auditing.cosigning import Cosigner
from adapters.auditing.monitor import monitor
from adapters.client.hub import HubAway
from evidence.keys import SigningKey
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from tests.adapters.auditing.test_monitor import FakeLog, grown, leaves_of, others, send
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.wires import Rule
from tests.scene.world import World

CONSISTENCY = "/log/proof/consistency"
TILES = "/log/tile/"


def but(rule: Rule, status: int, *paths: str) -> Rule:
    """Under `rule`, but for what begins with one of `paths`, which gets this status."""

    def answer(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path.startswith(paths):
            return httpx.Response(status, json={"code": "log.size"} if status == 404 else {})
        return rule(request, send)

    return answer


def through(_request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    """The hub as it is."""
    return send()


def checkpoint(log: FakeLog) -> Checkpoint:
    return parse_checkpoint(log.note)[0]


class Pair:
    """A log, what it was before, and a second history of it."""

    def __init__(self, world: World) -> None:
        before = leaves_of(world)
        self.client = world[POLICE].station.client
        self.wire = world.wire
        self.log = FakeLog(world, before + others(3, SigningKey.generate()))
        self.older = checkpoint(self.log)
        self.forked = FakeLog(world, before + others(7, SigningKey.generate()))
        self.log.grow(self.log.leaves + others(300, SigningKey.generate()))


@pytest.fixture(name="pair")
def _pair(world: World) -> Pair:
    return Pair(world)


@pytest.mark.parametrize("path", [CONSISTENCY, TILES])
@pytest.mark.parametrize("status", [404, 503])
def test_either_way_alone_shows_that_the_log_went_on(pair: Pair, path: str, status: int) -> None:
    with pair.wire.under(but(pair.log.rule(), status, path)):
        growth.require_grown(pair.client, checkpoint(pair.log), pair.older)
        growth.require_grown(pair.client, pair.older, checkpoint(pair.log))


@pytest.mark.parametrize("status", [None, 404, 503])
def test_a_fork_is_seen_from_the_tiles_whatever_becomes_of_the_proof(pair: Pair, status: int | None) -> None:
    rule = pair.forked.rule()
    with (
        pair.wire.under(rule if status is None else but(rule, status, CONSISTENCY)),
        pytest.raises(growth.Forked) as fork,
    ):
        growth.require_grown(pair.client, pair.older, checkpoint(pair.forked))
    assert fork.value.place == f"{pair.older.size}–{len(pair.forked.leaves)}"
    asked = [item["asked"] for item in fork.value.asked]
    assert asked[-1] == f"{CONSISTENCY}?old={pair.older.size}&new={len(pair.forked.leaves)}"
    assert any(item["answered"].get("digest") for item in fork.value.asked), "the tiles that showed it"
    last = fork.value.asked[-1]["answered"]
    if status is None:
        assert last["code"] == "evidence.bad-consistency-proof"
        assert all(base64.b64decode(step) for step in last["path"])
    else:
        assert last["status"] == (None if status == 503 else 404)


def test_a_log_that_gives_nothing_shows_neither(pair: Pair) -> None:
    with pair.wire.under(but(pair.log.rule(), 503, "/log/")), pytest.raises(HubAway):
        growth.require_grown(pair.client, pair.older, checkpoint(pair.log))
    with pair.wire.under(but(pair.log.rule(), 404, CONSISTENCY, TILES)), pytest.raises(growth.Forked):
        growth.require_grown(pair.client, pair.older, checkpoint(pair.log))


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + bytes([data[-1] ^ 1])])
def test_damaged_tiles_prove_nothing_and_the_proof_is_asked_for(pair: Pair, damage: Callable[[bytes], bytes]) -> None:
    pair.log.changed = {path: damage(data) for path, data in pair.log.files.items()}
    with pair.wire.under(pair.log.rule()):
        growth.require_grown(pair.client, pair.older, checkpoint(pair.log))
    with pair.wire.under(but(pair.log.rule(), 503, CONSISTENCY)), pytest.raises(growth.Forked):
        growth.require_grown(pair.client, pair.older, checkpoint(pair.log))


def contradictions(world: World, agency: str = POLICE) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in Cosigner(world[agency].station).contradictions()]


@pytest.mark.parametrize("status", [404, 503])
def test_no_proof_silences_neither_pull_nor_monitor_nor_reconcile(world: World, status: int) -> None:
    """A hub that shows the police another history and gives no proof of consistency to anybody."""
    send(world)
    before = leaves_of(world)
    world[POLICE].station.after_work()
    log = FakeLog(world, before[:-1] + others(5, SigningKey.generate()))
    with world.wire.under(but(log.rule(), status, CONSISTENCY)):
        world[POLICE].pull(world.root / "in")
        assert world.codes_heard().count("trust.log-forked") == 1
        assert [alarm.code for alarm in monitor(world[POLICE].station).alarms] == ["trust.log-forked"]
        assert "log-unverified" in {each["difference"] for each in world[POLICE].reconcile().differences}
    (kept,) = contradictions(world)
    assert [kept["remembered"] == world_note(world), kept["other"]] == [True, log.note.decode()]
    assert kept["asked"], "what was asked, and what came instead"


def world_note(world: World) -> str:
    note = Cosigner(world[POLICE].station).note()
    assert note is not None
    return note.decode()


def test_the_monitor_holds_the_log_against_what_was_witnessed_and_told(world: World) -> None:
    """The contact gets no answer at the moment; whoever reads the log compares all the same."""
    send(world)
    grown(world)
    world[POLICE].station.after_work()
    before = leaves_of(world)
    log = FakeLog(world, [*before[:-1], *others(4, SigningKey.generate())])
    first = iter(["the contact asks"])

    def busy(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path == "/log/checkpoint" and next(first, None):
            return httpx.Response(503)
        return log.rule()(request, send)

    world[POLICE].station.client.limits = world[POLICE].station.client.limits.__class__(attempts=1, backoff=0.0)
    with world.wire.under(busy):
        done = monitor(world[POLICE].station)
    assert [alarm.code for alarm in done.alarms] == ["trust.log-forked"]
    other = world[PROCURATORATE].station
    forked = FakeLog(world, before + others(2, SigningKey.generate()))
    other.promises.heard(POLICE, forked.note.decode())
    log = FakeLog(world, before + others(9, SigningKey.generate()))
    first = iter(["the contact asks"])
    other.client.limits = world[POLICE].station.client.limits
    with world.wire.under(busy):
        done = monitor(other)
    assert [(alarm.code, alarm.params["source"]) for alarm in done.alarms] == [("trust.log-forked", POLICE)]
    assert done.read == len(log.leaves), "and it reads on"
