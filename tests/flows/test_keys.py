"""Keys that are old, revoked, planted or unknown, of senders and of receivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.client.hub import HubAway
from dossier.keys import Identity
from evidence.enrolment import read_enrolment, request_enrolment
from evidence.keys import SigningKey, key_statement
from evidence.statements import SignedStatement, sign
from hub.access import directory_desk
from messages.problems import Problem
from tests.scene.agencies import NAMES, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft, Json, later
from tests.scene.stage import Refusal, Stage, shown, stage
from tests.scene.wires import lost_answer

WHOLE = ["sealed", "submitted", "received", "converted", "offered"]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def revoke(at: Stage, agency: str, key_id: str | None = None) -> None:
    """What the operator does."""
    directory_desk.revoke(at.here.hub, agency, key_id, at.here.clock())
    at.new_marks()


def tick(at: Stage, seconds: float = 1) -> None:
    """Let time pass for everybody."""
    for clock in (at.here.clock, *at.here.agency_clocks.values()):
        clock.moved += timedelta(seconds=seconds)


def rotated(at: Stage) -> tuple[SigningKey, SigningKey]:
    """The police change their identity key; the old and the new one."""
    old = at.key(POLICE)
    tick(at)
    at.here[POLICE].rotate("identity")
    assert [mark.action for mark in at.new_marks()] == ["key-added"]
    tick(at)
    return old, at.key(POLICE)


def test_a_key_that_was_replaced_opens_no_door(at: Stage) -> None:
    old, new = rotated(at)
    for method, path in (("GET", "/v1/inbox"), ("POST", "/v1/parts/missing")):
        answer = at.send(POLICE, method, path, {"digests": []} if method == "POST" else None, signed={"key": old})
        shown(answer, Refusal(401, "evidence.key-not-valid", "sender"))
    assert at.send(POLICE, "GET", "/v1/inbox", signed={"key": new}).status_code == 200


def test_what_the_old_key_signed_in_its_time_still_counts(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    wire = draft.wire()
    rotated(at)
    assert at.submit(wire).status_code == 201
    assert [mark.action for mark in at.new_marks()] == WHOLE
    assert not at.here[PROCURATORATE].pull(at.here.root / "in").failed


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda draft, now: draft.envelope.update(created_at=now), "/envelope"),
        (lambda draft, now: draft.marks[1].update(occurred_at=now), "/marks/1"),
        (lambda draft, now: draft.descriptors[0].update(sealed_at=now), "/descriptors/0"),
    ],
    ids=["envelope", "mark", "descriptor"],
)
def test_what_the_old_key_signs_afterwards_does_not(at: Stage, spoil: Callable[[Draft, str], None], place: str) -> None:
    draft = at.catch(at.here.case_dir())
    rotated(at)
    spoil(draft, later(at.here.clock()))
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    at.refused(answer, Refusal(401, "evidence.key-not-valid", "sender", place), trail=draft.transfer_id)


def test_a_revoked_key_counts_for_nothing_that_comes_after(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    old, _ = rotated(at)
    revoke(at, POLICE, old.key_id)
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    at.refused(answer, Refusal(401, "evidence.key-revoked", "sender", "/envelope"), trail=draft.transfer_id)
    shown(at.send(POLICE, "GET", "/v1/inbox", signed={"key": old}), Refusal(401, "evidence.key-not-valid", "sender"))


def test_a_revoked_agency_is_out_and_nobody_can_write_to_it(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    revoke(at, PROCURATORATE)
    shown(at.send(PROCURATORATE, "GET", "/v1/inbox"), Refusal(401, "evidence.key-revoked", "sender"))
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    at.refused(answer, Refusal(422, "agency.not-enrolled", "sender", "/envelope/receiver"), trail=draft.transfer_id)
    revoke(at, POLICE)
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    shown(answer, Refusal(401, "evidence.key-revoked", "sender"))
    assert at.new_marks() == []


def admit(at: Stage, agency: str, keys: list[SignedStatement], identity: SigningKey) -> None:
    kind, _, code = agency.partition(":")
    told = {"type": kind, "code": code, "name": NAMES[agency]}
    request = request_enrolment(told, keys, at.here.clock(), identity)
    directory_desk.admit_agency(at.here.hub, read_enrolment(request), request, keys[0].unverified_body["key_id"])


def test_an_agency_enrolled_anew_begins_with_new_keys_only(at: Stage) -> None:
    police = at.here[POLICE].station
    old, chain = at.key(POLICE), list(police.keyring.statements)
    draft = at.catch(at.here.case_dir())
    revoke(at, POLICE)
    tick(at)
    with pytest.raises(Problem, match=r"agency\.key-was-revoked"):
        admit(at, POLICE, chain, old)
    new = SigningKey.generate()
    first = announced(at, new, new, "identity", None)
    reading = announced(at, new, new, "hpke", None, kty="mlkem768-x25519", public=Identity.generate().public)
    admit(at, POLICE, [first, reading], new)
    assert [mark.action for mark in at.new_marks()] == ["agency-admitted"]
    shown(at.send(POLICE, "GET", "/v1/inbox", signed={"key": old}), Refusal(401, "evidence.key-revoked", "sender"))
    assert at.send(POLICE, "GET", "/v1/inbox", signed={"key": new}).status_code == 200
    with at.nothing_moves():
        answer = at.submit(draft.wire(), signed={"key": new})
    at.refused(answer, Refusal(401, "evidence.key-revoked", "sender", "/envelope"), trail=draft.transfer_id)
    answer = at.send(STRANGER, "GET", f"/v1/directory/{POLICE.replace(':', '/')}")
    assert [key["signatures"][0]["keyid"] for key in answer.json()["keys"]] == [new.key_id] * 2
    assert old.key_id in {item["key_id"] for item in answer.json()["revoked"]}


def test_keys_wrapped_for_the_receivers_last_key_still_arrive(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    at.here[PROCURATORATE].rotate("hpke")
    assert at.submit(draft.wire()).status_code == 201
    haul = at.here[PROCURATORATE].pull(at.here.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [draft.transfer_id]


def test_keys_wrapped_for_a_revoked_key_do_not(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    revoke(at, PROCURATORATE, draft.envelope["volumes"][0]["keys"][0]["recipient_key_id"])
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    expected = Refusal(422, "envelope.key-recipient", "sender", "/envelope/volumes/0/keys")
    at.refused(answer, expected, trail=draft.transfer_id)
    assert answer.json()["params"] == {"agency": PROCURATORATE}


# --- planting keys -------------------------------------------------------------------------------------------------


def announced(
    at: Stage, new: SigningKey, signer: SigningKey, purpose: Any, replaces: str | None, **changes: Any
) -> SignedStatement:
    """A key statement in the police's name."""
    told: dict[str, Any] = {"owner": POLICE, "kty": "ed25519", "public": new.public, "valid_from": at.here.clock()}
    if purpose == "log":
        told["origin"] = "test/casehub-log"
    return key_statement(**{**told, **changes}, purpose=purpose, signer=signer, replaces=replaces)


FRESH = SigningKey.generate()
Plant = Callable[[Stage], Any]
PLANTS: dict[str, tuple[Plant, str, str]] = {
    "nothing": (lambda _at: None, "evidence.malformed-statement", "/key"),
    "another statement": (
        lambda at: sign("release", {"release": 1}, at.key(POLICE)).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "an identity that vouches for itself": (
        lambda at: announced(at, FRESH, FRESH, "identity", None).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "a successor signed by a thief": (
        lambda at: announced(at, FRESH, FRESH, "identity", at.key(POLICE).key_id).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "a successor that another agency signed": (
        lambda at: announced(at, FRESH, at.key(STRANGER), "identity", at.key(POLICE).key_id).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "a successor of a key that is not the last": (
        lambda at: announced(at, FRESH, at.key(POLICE), "identity", at.key(STRANGER).key_id).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "a key in another agency's name": (
        lambda at: announced(
            at, FRESH, at.key(POLICE), "identity", at.key(POLICE).key_id, owner=PROCURATORATE
        ).to_json(),
        "agency.bad-key",
        "/key",
    ),
    "another agency's key": (
        lambda at: announced(at, at.key(STRANGER), at.key(POLICE), "identity", at.key(POLICE).key_id).to_json(),
        "agency.key-taken",
        "",
    ),
    "a key of a log": (
        lambda at: announced(at, FRESH, at.key(POLICE), "log", None).to_json(),
        "agency.bad-key",
        "/key",
    ),
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("directory")) as made:
        yield made


@pytest.mark.parametrize("name", PLANTS)
def test_a_key_that_the_chain_does_not_bear_is_not_taken(directory: Stage, name: str) -> None:
    plant, code, place = PLANTS[name]
    statement: Json | None = plant(directory)
    with directory.nothing_moves():
        answer = directory.send(POLICE, "POST", "/v1/directory/keys", {"key": statement})
    body = answer.json()
    assert (body["code"], body["place"]) == (code, place)
    assert answer.status_code in (409, 422)
    assert [mark.action for mark in directory.new_marks()] == ["refused"]


@pytest.mark.parametrize("body", [[], {}, {"key": []}, "key"], ids=["list", "empty", "list inside", "text"])
def test_a_body_without_a_key_is_refused(directory: Stage, body: Any) -> None:
    answer = directory.send(POLICE, "POST", "/v1/directory/keys", body)
    shown(answer, Refusal(422, "evidence.malformed-statement", "sender", "/key"))
    directory.new_marks()


def test_the_same_key_twice_is_one_key(at: Stage) -> None:
    key = announced(at, FRESH, at.key(POLICE), "identity", at.key(POLICE).key_id).to_json()
    assert at.send(POLICE, "POST", "/v1/directory/keys", {"key": key}).status_code == 201
    assert at.send(POLICE, "POST", "/v1/directory/keys", {"key": key}, signed={"key": FRESH}).status_code == 201
    assert [mark.action for mark in at.new_marks()] == ["key-added"]


def test_two_successors_of_one_key_are_not_both_taken(at: Stage) -> None:
    first, second = SigningKey.generate(), SigningKey.generate()
    old = at.key(POLICE)
    statements = [announced(at, key, old, "identity", old.key_id).to_json() for key in (first, second)]
    codes = []
    for statement in statements:
        answer = at.send(POLICE, "POST", "/v1/directory/keys", {"key": statement}, signed={"key": old})
        codes.append(answer.status_code)
    assert codes == [201, 401]
    answer = at.send(POLICE, "POST", "/v1/directory/keys", {"key": statements[1]}, signed={"key": first})
    shown(answer, Refusal(422, "agency.bad-key", "caller", "/key"))


def test_nobody_takes_back_what_was_signed_by_dating_a_new_key_back(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    wire, old = draft.wire(), at.key(POLICE)
    began: datetime = at.here[POLICE].station.own_entries()[0].valid_from
    tick(at)
    statement = announced(at, FRESH, old, "identity", old.key_id, valid_from=began)
    assert at.send(POLICE, "POST", "/v1/directory/keys", {"key": statement.to_json()}).status_code == 201
    tick(at)
    assert at.submit(wire, signed={"key": FRESH}).status_code == 201


@pytest.mark.parametrize("purpose", ["identity", "hpke"])
def test_a_rotation_whose_answer_was_lost_is_finished_by_the_next(at: Stage, purpose: str) -> None:
    police, old = at.here[POLICE], at.key(POLICE)
    with at.line.under(lost_answer("POST", "/v1/directory/keys")), pytest.raises(HubAway):
        police.rotate(purpose)
    tick(at)
    police.rotate(purpose)
    assert (at.key(POLICE).key_id != old.key_id) == (purpose == "identity")
    assert [mark.action for mark in at.new_marks()] == ["key-added"]
    assert at.catch(at.here.case_dir()).transfer_id
