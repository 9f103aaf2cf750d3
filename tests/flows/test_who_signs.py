"""Who may sign an action on a transfer: the table says it, the hub and the offline check ask it alike."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import cast

import pytest

from evidence import statements
from evidence.bundles.verify import verify_bundle
from evidence.marks import body_of, leaf_hash
from evidence.statements import SignedStatement
from hub.exchange import mark_desk
from standards import actions
from standards.actions import Action, Role
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.drafts import Draft, mark_by
from tests.scene.evidence import as_file, envelope, walked
from tests.scene.stage import Refusal, Stage

SENDER, RECEIVER = POLICE, PROCURATORATE
NAME = "sample-step"
MAY: dict[str, tuple[tuple[Role, ...], str, bool]] = {
    "the receiver's, by the receiver": (("receiver",), RECEIVER, True),
    "the receiver's, by the sender": (("receiver",), SENDER, False),
    "the sender's, by the sender": (("sender",), SENDER, True),
    "the sender's, by the receiver": (("sender",), RECEIVER, False),
    "of both, by the receiver": (("receiver", "sender"), RECEIVER, True),
    "of both, by the sender": (("receiver", "sender"), SENDER, True),
}


def add_row(monkeypatch: pytest.MonkeyPatch, roles: tuple[Role, ...]) -> None:
    """A row more in the table, of the next vocabulary, for an action that these roles may sign."""
    number = statements.VOCABULARY + 1
    row = Action(NAME, roles[0], "示例", "sample step", vocabulary=number, also=roles[1:], handed_in=True)
    monkeypatch.setitem(cast("MutableMapping[str, Action]", actions.actions()), NAME, row)
    monkeypatch.setattr(statements, "VOCABULARY", number)


@pytest.fixture(params=MAY)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[Role, ...], str, bool]:
    """Who may sign a new action, who hands it in, and whether that agency may."""
    add_row(monkeypatch, MAY[request.param][0])
    return MAY[request.param]


def test_the_hub_takes_it_from_nobody_else(case: tuple[tuple[Role, ...], str, bool], at: Stage, honest: Draft) -> None:
    roles, agency, may = case
    draft = honest.anew()
    wire = draft.wire()
    assert at.submit(wire).status_code == 201
    at.new_marks()
    last = leaf_hash(SignedStatement.from_json(wire["marks"][-1]))
    place = {"seq": 3, "prev": last} if agency == SENDER else {}
    mark = mark_by(at.key(agency), agency, NAME, draft, at=at.here.clock(), **place)
    answer = at.send(agency, "POST", "/v1/marks", {"marks": [mark.to_json()]})
    if may:
        assert answer.status_code == 200, answer.text
        assert [made.action for made in at.new_marks()] == [NAME]
        return
    at.refused(answer, Refusal(422, "mark.other-signer", "caller", "/marks/0/action"), draft.transfer_id, agency)
    named = {"sender": SENDER, "receiver": RECEIVER}
    assert answer.json()["params"] == {"action": NAME, "signers": ", ".join(named[role] for role in roles)}


def test_the_adapter_hands_in_what_the_table_says(monkeypatch: pytest.MonkeyPatch, at: Stage, honest: Draft) -> None:
    add_row(monkeypatch, ("receiver",))
    draft = honest.anew()
    assert at.submit(draft.wire()).status_code == 201
    at.new_marks()
    station = at.here[RECEIVER].station
    for action in (NAME, "acknowledged"):
        station.marks.make(
            transfer_id=draft.transfer_id,
            node=draft.envelope["node"],
            action=action,
            occurred_at=station.clock(),
            digests={},
            private={},
        )
    station.flush_marks()
    assert [made.action for made in at.new_marks()] == [NAME]
    assert [body_of(mark).action for mark in station.marks.unsent(NAME, "acknowledged")] == ["acknowledged"]


def test_the_offline_check_says_the_same(case: tuple[tuple[Role, ...], str, bool]) -> None:
    _, agency, may = case
    trail = walked()
    trail.mark(NAME, agency)
    report = verify_bundle(
        as_file(trail.contents(statements=[envelope(trail)], marks=trail.bundled(private=False))), trail.trusted()
    )
    assert report.verdict == ("LESS" if may else "INVALID"), report.to_json()
    if not may:
        assert report.failed is not None
        assert [problem.code for problem in report.failed.problems] == ["evidence.enclosure-disagrees"]


def test_what_the_code_expects_of_a_party_is_that_partys_in_the_table() -> None:
    signed = {name: action.signed_by for name, action in actions.actions().items()}
    assert {signed[name] for name in ("sealed", "submitted")} == {("sender",)}
    assert {signed[name] for name in mark_desk.SETTLING} == {("receiver",)}
    assert signed["opened"] == ("receiver", "sender")
