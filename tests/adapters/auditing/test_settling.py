"""Alarms: every check goes on after one, a person settles it with a reason and a mark, and nothing is told twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.auditing import settling
from adapters.auditing.cosigning import Cosigner
from adapters.auditing.monitor import monitor
from adapters.keys.trust import Alarm
from adapters.program import cli
from evidence.keys import SigningKey
from evidence.marks import body_of, commit
from messages.problems import Problem
from tests.adapters.auditing.test_monitor import FakeLog, evidence, grown, in_our_name, leaves_of, others, send
from tests.scene.agencies import COURT, POLICE
from tests.scene.world import World


class Forked:
    """The police have seen one history, and are shown another from now on, which grows."""

    def __init__(self, world: World) -> None:
        self.world = world
        send(world)
        grown(world)
        world[POLICE].station.after_work()
        self.seen = Cosigner(world[POLICE].station).note()
        whole = leaves_of(world)
        self.log = FakeLog(world, [*whole[:-1], *others(3, SigningKey.generate())])

    def look(self) -> None:
        with self.world.wire.under(self.log.rule()):
            self.world[POLICE].station.after_work()

    def grow(self, *leaves: bytes) -> None:
        self.log.grow([*self.log.leaves, *(leaves or others(1, SigningKey.generate()))])


@pytest.fixture(name="fork")
def _fork(world: World) -> Forked:
    return Forked(world)


def codes(world: World) -> list[str]:
    return [code for code in world.codes_heard() if code.startswith(("trust.", "monitor."))]


def test_a_history_that_goes_on_growing_is_one_alarm_and_one_file(fork: Forked) -> None:
    for _ in range(4):
        fork.look()
        fork.grow()
    assert codes(fork.world) == ["trust.log-forked"]
    (kept,) = Cosigner(fork.world[POLICE].station).contradictions()
    (noted,) = fork.world[POLICE].alarms()
    assert (noted.params["source"], noted.params["evidence"]) == ("hub", str(kept))
    for _ in range(3):
        with fork.world.wire.under(fork.log.rule()):
            monitor(fork.world[POLICE].station)
        fork.grow()
    assert len(fork.world[POLICE].alarms()) == len(Cosigner(fork.world[POLICE].station).contradictions()) == 1
    assert Cosigner(fork.world[POLICE].station).note() == fork.seen, "nothing of it was cosigned"


def test_every_other_check_goes_on_after_it(fork: Forked) -> None:
    """Promises are asked for, marks are read, and a third history is found."""
    station = fork.world[POLICE].station
    fork.look()
    station.state.run("UPDATE promise SET status = 'pending'")
    fork.look()
    assert station.promises.unproved() == [], "proved in what the hub shows"
    fork.grow(in_our_name(fork.world, SigningKey.generate()))
    with fork.world.wire.under(fork.log.rule()):
        done = monitor(station)
    assert {fault.code for fault in done.faults} >= {"monitor.not-ours", "monitor.bad-signature"}
    assert [alarm.code for alarm in done.alarms] == ["trust.log-forked"]
    fork.log = FakeLog(fork.world, [*fork.log.leaves[:-1], *others(4, SigningKey.generate())])
    fork.look()
    assert len(Cosigner(station).contradictions()) == 2
    with fork.world.wire.under(fork.log.rule()):
        assert monitor(station).read == len(fork.log.leaves), "the third history, from its beginning"


def test_a_proof_that_does_not_hold_leaves_the_next_one_asked_for(world: World) -> None:
    first, second = send(world, "one"), send(world, "two")
    grown(world)
    station = world[POLICE].station
    station.state.run("UPDATE promise SET status = 'pending'")
    wrong = [station.state.one("SELECT leaf_hash FROM promise WHERE transfer_id = ?", first)["leaf_hash"]]  # type: ignore[index]

    def lie(request: httpx.Request, send_on: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send_on()
        if request.url.params.get("leaf_hash") not in wrong:
            return answer
        shown = [base64.b64encode(bytes(32)).decode()]
        return httpx.Response(200, json={**json.loads(answer.content), "path": shown})

    with world.wire.under(lie):
        for _ in range(3):
            with pytest.raises(Alarm, match=r"trust\.inclusion-proof"):
                station.contact()
    assert [each.transfer_id for each in station.promises.unproved()] == [first]
    assert second not in {each.transfer_id for each in station.promises.unproved()}
    (kept,) = [each for each in evidence(station) if each["code"] == "trust.inclusion-proof"]
    answered = kept["demands"][0]["answered"]
    assert (answered["holds"], answered["code"]) == (False, "evidence.bad-inclusion-proof")
    assert len(world[POLICE].alarms()) == 1


def test_a_person_settles_it_with_a_reason_and_a_mark(fork: Forked) -> None:
    world, station = fork.world, fork.world[POLICE].station
    fork.look()
    settled = world[POLICE].settle_alarm(1, by="王某", reason="中心平台由旧备份恢复，已与监督单位核对")
    for _ in range(2):
        fork.grow()
        fork.look()
        with world.wire.under(fork.log.rule()):
            station.contact()
            assert [alarm.code for alarm in monitor(station).alarms] == []
    assert codes(world) == ["trust.log-forked"], "told once, before"
    assert world.marks()[-1] == "alarm-settled"
    mark = station.marks.find("", settling.ACTION)
    assert mark is not None
    body = body_of(mark.statement)
    assert (body.transfer_id, body.node, body.digests, body.actor) == (None, None, {}, POLICE)
    assert body.commitment == commit(mark.private, mark.salt)
    assert (mark.private["by"], mark.private["code"]) == ("王某", "trust.log-forked")
    assert "王某" not in mark.statement.encode().decode()
    assert settled.settled is not None
    with pytest.raises(Problem, match=r"alarm\.settled"):
        world[POLICE].settle_alarm(1, by="x", reason="y")
    with pytest.raises(Problem, match=r"alarm\.unknown"):
        world[POLICE].settle_alarm(2, by="x", reason="y")


@pytest.mark.parametrize(("by", "reason"), [("", "y"), ("x", " "), ("x", "y" * 2001)])
def test_without_a_name_or_a_reason_nothing_is_settled(fork: Forked, by: str, reason: str) -> None:
    fork.look()
    with pytest.raises(Problem, match=r"alarm\.no-reason"):
        fork.world[POLICE].settle_alarm(1, by=by, reason=reason)
    assert fork.world[POLICE].station.marks.find("", settling.ACTION) is None


def test_another_alarm_is_told_though_one_is_settled(fork: Forked) -> None:
    fork.look()
    fork.world[POLICE].settle_alarm(1, by="x", reason="y")
    fork.log = FakeLog(fork.world, [*fork.log.leaves[:-2], *others(9, SigningKey.generate())])
    fork.look()
    assert codes(fork.world) == ["trust.log-forked"] * 2
    assert [each.settled is None for each in fork.world[POLICE].alarms()] == [False, True]


def test_the_mark_is_in_the_log_and_its_chain_is_watched(world: World) -> None:
    station = world[COURT].station
    for number in (1, 2):
        station.trust.alarm("trust.foreign-key", f"/keys/{number}", station.clock(), key_id="k", agency=COURT)
        world[COURT].settle_alarm(number, by="x", reason="y")
    grown(world)
    done = monitor(station)
    assert done.sound
    assert [each.body["action"] for each in done.shown if each.body["actor"]["agency"] == COURT] == [
        settling.ACTION
    ] * 2
    seen = monitor(world[POLICE].station)
    assert settling.ACTION not in [each.body["action"] for each in seen.shown], "it is nobody else's business"


def test_a_hub_that_does_not_know_the_mark_yet_gets_it_later(world: World) -> None:
    station = world[COURT].station
    station.trust.alarm("trust.foreign-key", "/keys/1", station.clock(), key_id="k", agency=COURT)

    def older(request: httpx.Request, send_on: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path != "/v1/marks":
            return send_on()
        return httpx.Response(422, json={"code": "evidence.newer-vocabulary", "params": {"number": 2, "known": 1}})

    with world.wire.under(older):
        world[COURT].settle_alarm(1, by="x", reason="y")
    assert settling.ACTION not in world.marks()
    station.flush_marks()
    assert world.marks()[-1] == settling.ACTION


def run(world: World, *arguments: Any) -> int:
    line = ["alarms", *map(str, arguments), "--home", str(world.home(POLICE))]
    return cli.main(line, environ={}, transport=world.wire)


def test_the_command_lists_who_showed_what_and_settles(fork: Forked, capsys: pytest.CaptureFixture[str]) -> None:
    world = fork.world
    assert run(world, "list") == 0
    assert "没有未处理的警报" in capsys.readouterr().out
    fork.look()
    fork.world.restart(POLICE)
    assert run(world, "list", "--lang", "en") == 1
    told = capsys.readouterr().out
    assert "shown by: hub" in told
    assert "contradictions/001.json" in told.replace("\n", "").replace(" ", "")
    assert run(world, "settle", 1, "--by", "x") == 2
    assert run(world, "settle", 1, "--by", "x", "--because", "y") == 0
    capsys.readouterr()
    assert run(world, "list", "--settled", "--json") == 0
    out = capsys.readouterr().out
    body = json.loads(out[out.index("{\n") :])
    assert (body["open"], body["alarms"][0]["settled"]["reason"]) == (0, "y")
