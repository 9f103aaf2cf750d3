"""Reconciliation, the log's promises, handlers and grants."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.auditing.contact import LogContact, ProofReport
from adapters.client.hub import Refused
from adapters.joining.handlers import AmbiguousCase
from adapters.keys.trust import Alarm
from adapters.state.deliveries import day_in_china
from messages.problems import Problem
from tests.adapters.auditing.test_growth import but
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import answered
from tests.scene.world import World
from tests.waiting import until


def send(world: World, name: str = "case") -> str:
    """A transfer from the police."""
    return world[POLICE].push(case_dir(world.root / name), node="N-ARR-001", to=PROCURATORATE).transfer_id


def day_of(world: World, transfer_id: str) -> date:
    """The day on which the police sent it: not today, when midnight came in between."""
    return day_in_china(world[POLICE].station.journal.get(transfer_id).sent_at)


def test_a_day_agrees_or_names_what_differs(world: World) -> None:
    transfer_id = send(world)
    day = day_of(world, transfer_id)
    assert world[POLICE].reconcile(day).differences == ()
    waiting = world[PROCURATORATE].reconcile(day).differences
    assert waiting == ({"transfer_id": transfer_id, "difference": "not-pulled"},)
    world[PROCURATORATE].pull(world.root / "in")
    assert world[PROCURATORATE].reconcile(day).differences == ()
    assert world[POLICE].reconcile(day).differences == ()
    assert world[POLICE].station.journal.get(transfer_id).delivery == "acknowledged"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda body: body["sent"].update(transfers=[], open=[]), "hub-lacks"),
        (lambda body: body["sent"]["transfers"].append("01a200d4-2575-7066-bc83-8f60d9244e01"), "journal-lacks"),
    ],
)
def test_a_difference_is_named(world: World, change: Callable[[dict[str, Any]], None], difference: str) -> None:
    day = day_of(world, send(world))
    with world.wire.under(answered("/v1/reconcile", change)):
        found = world[POLICE].reconcile(day)
    assert [item["difference"] for item in found.differences] == [difference]


def contact(world: World) -> ProofReport:
    """What a contact with the hub says of the promises."""
    return LogContact(world[POLICE].station).contact(datetime.now(UTC))


def settled(world: World) -> ProofReport:
    """Contact the hub until its log has caught up."""
    until(lambda: not contact(world).pending, "the proof of every promise")
    return contact(world)


def test_the_promise_of_a_receipt_is_checked_when_the_proof_comes(world: World) -> None:
    send(world)
    report = settled(world)
    assert (report.pending, report.overdue) == (0, ())
    rows = world[POLICE].station.state.all("SELECT status, leaf_index FROM promise")
    assert [row["status"] for row in rows] == ["proved"]


def test_a_promise_not_kept_is_a_complaint(world: World) -> None:
    with world.wire.under(answered("/log/proof/inclusion", lambda body: body.update(path=body["path"]))):
        transfer_id = send(world)
    state = world[POLICE].station.state
    state.run("UPDATE promise SET status = 'pending', leaf_hash = ?", "sha256:" + "0" * 64)
    report = LogContact(world[POLICE].station).contact(datetime.now(UTC) + timedelta(days=1))
    assert report.overdue == (transfer_id,)
    assert [finding.code for finding in report.findings()] == ["adapter.inclusion-overdue"]


def test_a_proof_that_does_not_hold_is_an_alarm(world: World) -> None:
    send(world)
    settled(world)
    world[POLICE].station.state.run("UPDATE promise SET status = 'pending'")
    wrong = base64.b64encode(bytes(32)).decode()
    lie = answered("/log/proof/inclusion", lambda body: body.update(path=[wrong for _ in body["path"]] or [wrong]))
    with world.wire.under(lie), pytest.raises(Alarm) as alarm:
        world[POLICE].station.contact()
    assert alarm.value.code == "trust.inclusion-proof"


def test_a_log_that_does_not_continue_what_was_seen_is_an_alarm(world: World) -> None:
    seen = world.home(POLICE) / "log" / "seen"
    send(world)
    settled(world)
    before = seen.read_bytes()
    send(world, "two")
    settled(world)
    assert seen.read_bytes() != before
    seen.write_bytes(before)
    wrong = base64.b64encode(bytes(32)).decode()
    lie = answered("/log/proof/consistency", lambda body: body.update(path=[wrong]))
    with world.wire.under(but(lie, 404, "/log/tile/")), pytest.raises(Alarm) as alarm:
        world[POLICE].station.contact()
    assert alarm.value.code == "trust.log-forked"
    assert seen.read_bytes() == before


def test_handlers_and_grants(world: World) -> None:
    adapter = world[POLICE]
    assert adapter.add_handler("p1024")["role"] == "handler"
    assert [item["handler"] for item in adapter.handlers()] == ["p1024"]
    transfer_id = send(world)
    with pytest.raises(Refused) as refused:
        adapter.page(transfer_id, "V20-01", 1, world.root / "p.jpg", handler="nobody")
    assert refused.value.status == 404
    number = "A3501020000002026030001"
    assert adapter.grant(number, "p1024")["handlers"] == ["p1024"]
    assert adapter.revoke(transfer_id, "p1024")["handlers"] == []
    assert adapter.remove_handler("p1024") == {"handler": "p1024", "removed": True}


def test_a_case_that_nobody_knows_or_several_fit(world: World) -> None:
    send(world)
    with pytest.raises(Problem) as caught:
        world[COURT].grant("A3501020000002026030001", "c1")
    assert caught.value.code == "adapter.unknown-case"
    double = answered("/v1/cases", lambda body: body["cases"].append(body["cases"][0]))
    with world.wire.under(double), pytest.raises(AmbiguousCase):
        world[POLICE].grant("A3501020000002026030001", "p1")
