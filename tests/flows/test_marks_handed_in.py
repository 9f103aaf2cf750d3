"""Marks that a receiver hands in: forged, of another transfer, out of order, dated ahead, or for something else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from evidence.bundles.enclosures import sealed_digest
from evidence.canonical import digest
from evidence.identifiers import uuid7
from evidence.marks import commit, leaf_hash, new_salt
from evidence.statements import SignedStatement, sign
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft, mark_by, spaced, statement
from tests.scene.stage import Refusal, Stage, shown

OTHER_ID = "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10"
OTHER_DIGEST = digest(b"other ciphertext")


@dataclass(frozen=True)
class Scene:
    """An offered transfer whose receiver has not answered."""

    at: Stage
    draft: Draft

    @property
    def path(self) -> str:
        return f"/v1/transfers/{self.draft.transfer_id}/acknowledgement"

    def answer(self, document: Any) -> httpx.Response:
        return self.at.send(PROCURATORATE, "POST", self.path, document)

    def mark(self, action: str = "acknowledged", **changes: Any) -> SignedStatement:
        """The receiver's mark, honest but for `changes`."""
        at = changes.pop("at", self.at.here.clock())
        key = changes.pop("key", self.at.key(PROCURATORATE))
        return mark_by(key, changes.pop("actor", PROCURATORATE), action, self.draft, at=at, **changes)

    def sealed(self) -> dict[str, str]:
        return {body["volume_id"]: sealed_digest(body) for body in self.draft.descriptors}

    def status(self) -> str:
        answer = self.at.send(POLICE, "GET", f"/v1/cases/{self.draft.envelope['case_uid']}").json()
        found = {item["transfer_id"]: item["status"] for item in answer["transfers"]}
        self.at.new_marks()
        return str(found[self.draft.transfer_id])


@pytest.fixture(scope="module")
def scene(at: Stage, honest: Draft) -> Scene:
    """One that every forged mark is tried on."""
    return offered(at, honest)


@pytest.fixture
def fresh(at: Stage, honest: Draft) -> Scene:
    """One for this test alone."""
    return offered(at, honest)


def offered(at: Stage, honest: Draft) -> Scene:
    draft = honest.anew()
    assert at.submit(draft.wire()).status_code == 201
    at.new_marks()
    return Scene(at, draft)


Make = Callable[[Scene, str], Any]


def altered(change: Callable[[bytes], bytes], *, resign: bool) -> Make:
    def make(scene: Scene, action: str) -> Any:
        mark = scene.mark(action)
        payload = change(mark.payload)
        if resign:
            return statement("mark", payload, scene.at.key(PROCURATORATE))
        return {**mark.to_json(), "payload": base64.b64encode(payload).decode()}

    return make


def told(**changes: Any) -> Make:
    return lambda scene, action: scene.mark(action, **changes).to_json()


def signed_by(agency: str) -> Make:
    return lambda scene, action: scene.mark(action, key=scene.at.key(agency)).to_json()


def dated(**delta: float) -> Make:
    return lambda scene, action: scene.mark(action, at=scene.at.here.clock() + timedelta(**delta)).to_json()


def committed(payload: bytes) -> bytes:
    return payload.replace(b'"commitment":null', b'"commitment":"' + OTHER_DIGEST.encode() + b'"')


FORGED: dict[str, tuple[Make, Refusal]] = {
    "signature removed": (
        lambda scene, action: {**scene.mark(action).to_json(), "signatures": []},
        Refusal(422, "evidence.malformed-statement", "sender", "{at}/signatures"),
    ),
    "not canonical": (altered(spaced, resign=True), Refusal(422, "evidence.not-canonical", "sender", "{at}/payload")),
    "over other bytes": (
        altered(committed, resign=False),
        Refusal(401, "evidence.bad-signature", "sender", "{at}"),
    ),
    "another suite": (
        altered(lambda body: body.replace(b"intl-1", b"intl-9"), resign=True),
        Refusal(422, "evidence.unknown-suite", "sender", "{at}/payload"),
    ),
    "a newer vocabulary": (
        altered(lambda body: body.replace(b'"v":1}', b'"v":1,"vocabulary":99}'), resign=True),
        Refusal(422, "evidence.newer-vocabulary", "sender", "{at}"),
    ),
    "more to be understood": (
        altered(
            lambda body: body.replace(b'"mark_id"', b'"haste":1,"mark_id"').replace(
                b'"node"', b'"must_understand":["haste"],"node"'
            ),
            resign=True,
        ),
        Refusal(422, "evidence.must-understand", "sender", "{at}"),
    ),
    "no mark at all": (
        lambda scene, _action: sign("annex", {"a": 1}, scene.at.key(PROCURATORATE)).to_json(),
        Refusal(422, "evidence.wrong-kind", "sender", "{at}"),
    ),
    "of another party": (
        signed_by(POLICE),
        Refusal(401, "evidence.unknown-key", "caller", "{at}"),
    ),
    "of a stranger": (
        signed_by(STRANGER),
        Refusal(401, "evidence.unknown-key", "caller", "{at}"),
    ),
    "in another agency's name": (told(actor=COURT), Refusal(422, "mark.other-actor", "caller", "{at}/actor/agency")),
    "in the sender's name": (told(actor=POLICE), Refusal(422, "mark.other-actor", "caller", "{at}/actor/agency")),
    "dated ahead": (dated(minutes=10), Refusal(422, "statement.from-future", "sender", "{at}/occurred_at")),
    "from before its key": (dated(days=-400), Refusal(401, "evidence.key-not-valid", "sender", "{at}")),
    "of another node": (told(node="N-ARR-002"), Refusal(422, "mark.differs", "caller", "{at}/node")),
    "of other ciphertext": (
        told(digests={OTHER_ID: OTHER_DIGEST}),
        Refusal(422, "mark.differs", "caller", "{at}/digests"),
    ),
    "number 2 without number 1": (
        told(seq=2, prev=OTHER_DIGEST),
        Refusal(409, "mark.out-of-order", "caller", "/seq"),
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_settles_nothing(scene: Scene, name: str) -> None:
    make, expected = FORGED[name]
    scene.at.new_marks()
    with scene.at.nothing_moves():
        answer = scene.answer({"mark": make(scene, "acknowledged")})
    at_mark = replace(expected, place=expected.place.format(at="/mark"))
    scene.at.refused(answer, at_mark, trail=scene.draft.transfer_id, who=PROCURATORATE)
    assert scene.status() == "offered"
    trail = scene.at.send(PROCURATORATE, "GET", f"/v1/cases/{scene.draft.envelope['case_uid']}/trail").json()
    actions = [mark["action"] for mark in trail["marks"] if mark["action"] != "viewed"]
    assert actions[-1] == "refused", "the trail of the case has it, too"


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_mark_spoils_the_honest_one_beside_it(scene: Scene, name: str) -> None:
    make, expected = FORGED[name]
    scene.at.new_marks()
    body = {"marks": [scene.mark("opened").to_json(), make(scene, "opened")]}
    with scene.at.nothing_moves():
        answer = scene.at.send(PROCURATORATE, "POST", "/v1/marks", body)
    shown(answer, replace(expected, place=expected.place.format(at="/marks/1")))
    assert [mark.action for mark in scene.at.new_marks()] == ["refused"]


@pytest.mark.parametrize(
    ("action", "place"),
    [("opened", "/mark/action"), ("sealed", "/mark/action"), ("submitted", "/mark/action")],
)
def test_only_two_actions_settle_a_transfer(scene: Scene, action: str, place: str) -> None:
    answer = scene.answer({"mark": scene.mark(action).to_json()})
    scene.at.refused(answer, Refusal(422, "mark.not-accepted", "caller", place), scene.draft.transfer_id, PROCURATORATE)


@pytest.mark.parametrize("action", ["acknowledged", "declined", "sealed"])
def test_only_openings_are_handed_in_later(scene: Scene, action: str) -> None:
    body = {"marks": [scene.mark(action).to_json()]}
    answer = scene.at.send(PROCURATORATE, "POST", "/v1/marks", body)
    shown(answer, Refusal(422, "mark.not-accepted", "caller", "/marks/0/action"))
    scene.at.new_marks()


def test_a_mark_of_another_transfer_settles_neither(scene: Scene, fresh: Scene) -> None:
    answer = scene.answer({"mark": fresh.mark().to_json()})
    expected = Refusal(422, "mark.other-transfer", "sender", "/mark/transfer_id")
    scene.at.refused(answer, expected, scene.draft.transfer_id, PROCURATORATE)
    assert (scene.status(), fresh.status()) == ("offered", "offered")


ENCLOSED: dict[str, tuple[Any, Refusal]] = {
    "a list": ([], Refusal(422, "http.bad-parameter", "caller", "/mark")),
    "no mark": ({}, Refusal(422, "evidence.malformed-statement", "sender", "/mark")),
    "salt alone": ({"salt": "AA=="}, Refusal(422, "http.bad-parameter", "caller", "/private")),
    "no salt": ({"private": {}}, Refusal(422, "evidence.malformed-base64", "sender", "/salt")),
    "a short salt": ({"private": {}, "salt": "AAAA"}, Refusal(422, "evidence.bad-salt", "sender")),
    "another private part": (
        {"private": {"reason": "changed"}, "salt": base64.b64encode(b"s" * 32).decode()},
        Refusal(422, "mark.private", "caller"),
    ),
}


@pytest.mark.parametrize("name", ENCLOSED)
def test_a_private_part_that_the_mark_does_not_commit_to(scene: Scene, name: str) -> None:
    body, expected = ENCLOSED[name]
    if isinstance(body, dict) and body:
        body = {**body, "mark": scene.mark("declined", commitment=OTHER_DIGEST).to_json()}
    with scene.at.nothing_moves():
        answer = scene.answer(body)
    shown(answer, Refusal(answer.status_code, expected.code, answer.json()["fault"], expected.place))
    assert [mark.action for mark in scene.at.new_marks()] == ["refused"]


@pytest.mark.parametrize("body", [[], {}, {"marks": []}, {"marks": {}}, {"marks": [None] * 1001}], ids=str.__call__)
def test_a_body_that_holds_no_marks(scene: Scene, body: Any) -> None:
    answer = scene.at.send(PROCURATORATE, "POST", "/v1/marks", body)
    shown(answer, Refusal(422, "http.bad-parameter", "caller", "/marks"))
    assert scene.at.new_marks() == []


def test_an_old_mark_is_fine_while_its_key_counts(fresh: Scene) -> None:
    mark = fresh.mark()  # made now, handed in next week
    for clock in (fresh.at.here.clock, *fresh.at.here.agency_clocks.values()):
        clock.moved += timedelta(days=7)  # for good: a hub signs nothing before what it signed
    assert fresh.answer({"mark": mark.to_json()}).json()["status"] == "acknowledged"
    fresh.at.new_marks()


def test_the_same_answer_again_gets_the_same_and_another_does_not(fresh: Scene) -> None:
    mark = fresh.mark(digests=fresh.sealed())
    first = fresh.answer({"mark": mark.to_json()})
    assert first.json() == {"status": "acknowledged", "leaf_hash": leaf_hash(mark)}
    assert [item.action for item in fresh.at.new_marks()] == ["acknowledged"]
    assert fresh.answer({"mark": mark.to_json()}).json() == first.json()
    assert fresh.at.new_marks() == []
    second = fresh.mark("declined", seq=2, prev=leaf_hash(mark))
    answer = fresh.answer({"mark": second.to_json()})
    expected = Refusal(409, "transfer.wrong-state", "caller")
    fresh.at.refused(answer, expected, fresh.draft.transfer_id, PROCURATORATE)
    assert answer.json()["params"] == {"state": "acknowledged", "event": "declined"}


def test_two_answers_at_once_are_one(fresh: Scene) -> None:
    marks = [fresh.mark(action).to_json() for action in ("acknowledged", "declined")] * 3
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda mark: fresh.answer({"mark": mark}), marks))
    won = {answer.json()["status"] for answer in answers if answer.status_code == 200}
    assert len(won) == 1
    assert sorted({answer.status_code for answer in answers}) == [200, 409]
    made = fresh.at.here.marks(fresh.draft.transfer_id)
    assert sum(made.count(action) for action in ("acknowledged", "declined")) == 1


def test_a_declined_transfer_is_undeliverable_and_its_reason_is_kept(fresh: Scene) -> None:
    private, salt = {"reason": "dossier.key-not-unwrapped", "place": "V20-01"}, new_salt()
    mark = fresh.mark("declined", commitment=commit(private, salt))
    body = {"mark": mark.to_json(), "private": private, "salt": base64.b64encode(salt).decode()}
    assert fresh.answer(body).json()["status"] == "undeliverable"
    made = fresh.at.new_marks()
    assert [item.action for item in made] == ["declined", "undeliverable"]
    assert (made[0].private, made[0].salt) == (private, salt)
    other = fresh.draft.anew()
    other.envelope["supersedes"] = fresh.draft.transfer_id
    wire = other.wire()
    assert fresh.at.submit(wire).status_code == 201
    assert fresh.status() == "superseded"
    third = other.anew()
    answer = fresh.at.submit(third.wire())
    expected = Refusal(409, "transfer.not-superseded", "sender", "/envelope/supersedes")
    fresh.at.refused(answer, expected, third.transfer_id)


def test_a_transfer_that_arrived_is_not_superseded(fresh: Scene) -> None:
    other = fresh.draft.anew()
    other.envelope["supersedes"] = fresh.draft.transfer_id
    with fresh.at.nothing_moves():
        answer = fresh.at.submit(other.wire())
    expected = Refusal(409, "transfer.not-superseded", "sender", "/envelope/supersedes")
    fresh.at.refused(answer, expected, other.transfer_id)


def test_openings_are_taken_in_their_order_all_or_none(fresh: Scene, at: Stage, honest: Draft) -> None:
    other = offered(at, honest)
    first = fresh.mark("opened")
    second = fresh.mark("opened", seq=2, prev=leaf_hash(first), mark_id=uuid7())
    elsewhere = other.mark("opened")
    body = {"marks": [mark.to_json() for mark in (first, elsewhere, second)]}
    for _ in range(2):
        answer = fresh.at.send(PROCURATORATE, "POST", "/v1/marks", body)
        assert answer.json() == {"leaf_hashes": [leaf_hash(mark) for mark in (first, elsewhere, second)]}
    assert [mark.action for mark in fresh.at.new_marks()] == ["opened"] * 3
