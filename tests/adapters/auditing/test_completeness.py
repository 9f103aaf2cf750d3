"""Completeness: what the hub promised is demanded, and what this adapter signed is held against the log.

The hub here is hostile: it drops marks, moves them, repeats them, promises for next year, and gives no proof.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters.keys.trust import Alarm
from adapters.program import cli
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import SigningKey
from evidence.statements import SignedStatement, sign, verify
from messages.problems import Problem
from tests.adapters.auditing.test_monitor import (
    FakeLog,
    Leaves,
    evidence,
    grown,
    leaves_of,
    named,
    others,
    read_by,
    send,
)
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.wires import Rule, answered, cut
from tests.scene.world import World

DAY = timedelta(days=1)


def action(leaf: bytes) -> str:
    """What a leaf says."""
    return str(json.loads(base64.b64decode(json.loads(leaf)["payload"]))["action"])


def without(name: str) -> Callable[[Leaves], Leaves]:
    """The log without the marks of one action."""
    return lambda leaves: [leaf for leaf in leaves if action(leaf) != name]


def swapped(leaves: Leaves) -> Leaves:
    """The sender's two marks in the other order."""
    places = [index for index, leaf in enumerate(leaves) if action(leaf) in ("sealed", "submitted")]
    moved = list(leaves)
    moved[places[0]], moved[places[1]] = leaves[places[1]], leaves[places[0]]
    return moved


def repeated(leaves: Leaves) -> Leaves:
    """The sender's last mark once more."""
    return [*leaves, next(leaf for leaf in leaves if action(leaf) == "submitted")]


def later(world: World, by: timedelta = DAY) -> None:
    """Time has passed for the police."""
    world[POLICE].station.clock = lambda: datetime.now(UTC) + by


HIDDEN: Rule = lambda request, send: (  # noqa: E731
    httpx.Response(404, json={"code": "log.empty"}) if request.url.path == "/log/checkpoint" else send()
)
"""While a transfer is sent nobody sees the true log, or its root would already contradict the false one."""

HISTORIES: dict[str, tuple[Callable[[Leaves], Leaves], set[str]]] = {
    "the sender's first mark dropped": (without("sealed"), {"log-lacks", "log-reordered"}),
    "the sender's last mark dropped": (without("submitted"), {"log-lacks"}),
    "the hub's receiving dropped": (without("received"), {"log-overdue", "log-reordered"}),
    "two marks swapped": (swapped, {"log-reordered"}),
    "a mark repeated": (repeated, {"log-extra", "log-reordered"}),
    "the truth": (lambda leaves: leaves, set()),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_reconcile_names_what_the_log_lacks_has_too_much_or_moved(world: World, name: str) -> None:
    change, expected = HISTORIES[name]
    with world.wire.under(HIDDEN):
        transfer_id = send(world)
    log = FakeLog(world, change(leaves_of(world)))
    day = datetime.now(UTC).astimezone().date()
    with world.wire.under(log.rule()):
        early = world[POLICE].reconcile(day).differences
        assert {each["difference"] for each in early} <= expected - {"log-lacks", "log-overdue"}, "its time is not over"
        later(world)
        found = [each for each in world[POLICE].reconcile(day).differences if each["difference"].startswith("log-")]
    assert {each["difference"] for each in found} == expected
    assert {each["transfer_id"] for each in found} <= {transfer_id}
    kept = {each["code"] for each in evidence(world[POLICE].station)}
    assert bool(kept) == bool(expected)


def test_the_command_reconcile_exits_with_1_and_names_the_mark(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with world.wire.under(HIDDEN):
        transfer_id = send(world)
    log = FakeLog(world, swapped(leaves_of(world)))
    with world.wire.under(log.rule()):
        code = cli.main(["reconcile", "--home", str(world.home(POLICE))], environ={}, transport=world.wire)
    shown = capsys.readouterr()
    assert code == 1
    assert f"{transfer_id}" in shown.out
    assert "log-reordered" in shown.out
    assert "monitor.out-of-order" in shown.err or "次序有误" in shown.err


def test_a_log_that_does_not_verify_is_a_difference_too(world: World) -> None:
    send(world)
    log = FakeLog(world, leaves_of(world))
    log.changed = {path: data[:-1] + bytes([data[-1] ^ 1]) for path, data in log.files.items()}
    with world.wire.under(log.rule()):
        found = world[POLICE].reconcile().differences
    assert [each["difference"] for each in found] == ["log-unverified"]
    assert "monitor.bad-tile" in world.codes_heard()


def refusing(status: int) -> Rule:
    """The hub serves everything but proofs of inclusion."""

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path != "/log/proof/inclusion":
            return send()
        return httpx.Response(status, json={"code": "log.unknown-leaf"} if status == 404 else {})

    return rule


@pytest.mark.parametrize("status", [404, 403, 503])
def test_a_proof_that_does_not_come_is_a_complaint_with_evidence(world: World, status: int) -> None:
    with world.wire.under(refusing(status)):
        transfer_id = send(world)
        grown(world)
        station = world[POLICE].station
        station.contact()
        assert evidence(station) == [], "its time is not over"
        later(world)
        station.after_work()
        station.after_work()
    assert world.codes_heard().count("monitor.complaint-kept") == 1
    assert ("trust.log-withheld" in world.codes_heard()) == (status != 404), "only a problem document refuses"
    (complaint,) = [each for each in evidence(station) if each["code"] == "adapter.inclusion-overdue"]
    hub = station.trust.hub
    receipt = SignedStatement.from_json(complaint["receipt"])
    body = verify(receipt, "receipt", hub.keys, parse_timestamp(receipt.unverified_body["received_at"]), hub.party)
    assert (body["transfer_id"], body["mark_leaf_hash"]) == (transfer_id, complaint["leaf_hash"])
    (demand,) = complaint["demands"]
    assert demand["asked"].startswith(f"/log/proof/inclusion?leaf_hash={complaint['leaf_hash']}&size=")
    assert demand["checkpoint"].startswith(hub.origin)
    assert demand["answered"]["status"] == status
    later(world, DAY + timedelta(hours=2))
    with world.wire.under(refusing(status)):
        station.after_work()
    assert len(evidence(station)[0]["demands"]) == 2, "demanded again, and added"
    assert world.codes_heard().count("monitor.complaint-kept") == 1
    station.contact()
    assert "proved_at" in evidence(station)[0], "it came after all, and late"


def test_a_hub_that_is_away_is_complained_of_only_after_the_limit(world: World) -> None:
    with world.wire.under(HIDDEN):
        send(world)
    station = world[POLICE].station
    for after, complaints in ((timedelta(hours=2), 0), (timedelta(days=2), 1)):
        later(world, after)
        with world.wire.under(cut):
            assert world[POLICE].contact() is None
        assert len(evidence(station)) == complaints
    assert evidence(station)[0]["demands"][0]["answered"] == {"status": None, "code": "adapter.hub-away"}


def test_a_proof_that_does_not_hold_is_kept_with_the_receipt(world: World) -> None:
    with world.wire.under(HIDDEN):
        transfer_id = send(world)
    grown(world)
    wrong = base64.b64encode(bytes(32)).decode()
    lie = answered("/log/proof/inclusion", lambda body: body.update(path=[wrong]))
    station = world[POLICE].station
    with world.wire.under(lie), pytest.raises(Alarm):
        station.contact()
    (kept,) = evidence(station)
    assert (kept["code"], kept["transfer_id"]) == ("trust.inclusion-proof", transfer_id)
    assert wrong in kept["demands"][0]["answered"]["body"]


def receipts(world: World, **members: str) -> Rule:
    """The hub signs receipts with other promises."""

    def change(body: dict[str, Any]) -> None:
        claims = SignedStatement.from_json(body["receipt"]).unverified_body
        body["receipt"] = sign("receipt", {**claims, **members}, world.hub.keys.identity).to_json()

    return answered("/v1/transfers", change)


def test_a_promise_for_next_year_is_refused_and_the_proof_demanded_all_the_same(world: World) -> None:
    far = timestamp(datetime.now(UTC) + timedelta(days=365))
    with world.wire.under(receipts(world, inclusion_deadline=far)):
        transfer_id = send(world)
    station = world[POLICE].station
    assert "trust.promise-too-far" in world.codes_heard()
    alarms = (station.home.path / "log" / "alarms.log").read_text("utf-8")
    assert "trust.promise-too-far" in alarms
    (kept,) = evidence(station)
    assert (kept["transfer_id"], kept["deadline"]) == (transfer_id, far)
    held = station.state.one("SELECT deadline FROM promise WHERE transfer_id = ?", transfer_id)
    assert held is not None
    assert parse_timestamp(held["deadline"]) <= datetime.now(UTC) + DAY
    assert station.journal.get(transfer_id).status == "sent", "the exchange does not wait for the log"
    station.state.run("UPDATE promise SET status = 'pending'")
    later(world, DAY + timedelta(hours=1))
    with world.wire.under(refusing(404)):
        station.contact()
    assert "monitor.complaint-kept" in world.codes_heard()


def test_the_limit_itself_is_no_alarm(world: World) -> None:
    near = timestamp(datetime.now(UTC) + DAY - timedelta(minutes=1))
    with world.wire.under(receipts(world, inclusion_deadline=near)):
        send(world)
    assert "trust.promise-too-far" not in world.codes_heard()


@pytest.mark.parametrize("members", [{"inclusion_deadline": "soon"}, {"mark_leaf_hash": "sha256:00"}])
def test_a_promise_of_another_form_is_refused(world: World, members: dict[str, str]) -> None:
    with world.wire.under(receipts(world, **members)), pytest.raises(Problem) as raised:
        send(world)
    assert raised.value.code in {"evidence.bad-instant", "evidence.bad-digest"}
    assert world[POLICE].resume().failed == [], "the true receipt is taken when it comes"


def test_one_mark_promised_for_two_transfers_is_an_alarm(world: World) -> None:
    first = send(world, "one")
    held = world[POLICE].station.state.one("SELECT leaf_hash FROM promise WHERE transfer_id = ?", first)
    assert held is not None
    with world.wire.under(receipts(world, mark_leaf_hash=held["leaf_hash"])):
        second = send(world, "two")
    (kept,) = evidence(world[POLICE].station)
    assert (kept["code"], kept["transfer_id"], kept["other"]) == ("trust.promise-twice", second, first)


def test_a_promised_mark_that_is_another_mark_is_found_by_the_monitor(world: World) -> None:
    """Any leaf of the log has a proof; only whoever reads it sees that it is not what was promised."""
    with world.wire.under(HIDDEN):
        send(world, "one")
    other = next(leaf for leaf in leaves_of(world) if action(leaf) == "offered")
    with world.wire.under(receipts(world, mark_leaf_hash=named(other))):
        second = send(world, "two")
    grown(world)
    done = read_by(world)
    assert [fault.code for fault in done.faults] == ["monitor.promised-other"]
    assert done.faults[0].params["promised"] == second


def test_an_acknowledgement_that_never_reaches_the_log_is_missed_in_the_end(world: World) -> None:
    send(world)
    station = world[PROCURATORATE].station
    with world.wire.under(HIDDEN):
        world[PROCURATORATE].pull(world.root / "in")
    log = FakeLog(world, without("acknowledged")(leaves_of(world)))
    with world.wire.under(log.rule()):
        assert read_by(world, PROCURATORATE).missing == [], "time begins when it is first missed"
        station.clock = lambda: datetime.now(UTC) + 2 * DAY
        missed = read_by(world, PROCURATORATE).missing
        assert [each["action"] for each in missed] == ["acknowledged"]
        log.grow([*log.leaves, *others(1, SigningKey.generate())])
        assert len(read_by(world, PROCURATORATE).missing) == 1, "until it comes"
    kept = [each for each in evidence(station) if each["code"] == "monitor.missing"]
    assert [SignedStatement.from_json(each["mark"]).unverified_body["action"] for each in kept] == ["acknowledged"]
