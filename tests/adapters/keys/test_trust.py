"""Swapped keys, old keys, keys in our own name: what a dishonest hub or a lost key leads to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.adapter import Adapter
from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Alarm
from adapters.station import Station
from dossier.keys import Identity
from evidence.canonical import canonical
from evidence.identifiers import timestamp
from evidence.keys import SigningKey, TrustedKeys, key_statement
from evidence.statements import sign
from hub.access import directory_desk
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import answered, cut
from tests.scene.world import FAST, World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIRECTORY = "/v1/directory/procuratorate/350102"


def strangers_keys(agency: str = PROCURATORATE) -> list[dict[str, Any]]:
    """A whole and valid chain that somebody else made in the agency's name."""
    identity, reader = SigningKey.generate(), Identity.generate()
    return [
        key_statement(
            owner=agency, kty="ed25519", public=identity.public, purpose="identity", valid_from=NOW, signer=identity
        ).to_json(),
        key_statement(
            owner=agency, kty="mlkem768-x25519", public=reader.public, purpose="hpke", valid_from=NOW, signer=identity
        ).to_json(),
    ]


def hpke_by_stranger() -> dict[str, Any]:
    """An HPKE key in the agency's name that its identity key did not sign."""
    return key_statement(
        owner=PROCURATORATE,
        kty="mlkem768-x25519",
        public=Identity.generate().public,
        purpose="hpke",
        valid_from=NOW,
        signer=SigningKey.generate(),
    ).to_json()


SWAPS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "whole chain of another": (lambda body: body.update(keys=strangers_keys()), "trust.identity-changed"),
    "HPKE key not signed by the identity": (
        lambda body: body["keys"].append(hpke_by_stranger()),
        "trust.identity-changed",
    ),
    "a pinned key left out": (lambda body: body["keys"].pop(), "trust.identity-changed"),
    "another agency's chain": (lambda body: body.update(keys=strangers_keys(POLICE)), "trust.keys-not-vouched"),
    "no keys": (lambda body: body.update(keys=[]), "trust.identity-changed"),
    "not a statement": (lambda body: body.update(keys=[{"payload": ""}]), "trust.keys-not-vouched"),
}


@pytest.mark.parametrize("name", SWAPS)
def test_keys_that_do_not_continue_the_pinned_ones_raise_an_alarm_and_nothing_leaves(world: World, name: str) -> None:
    change, code = SWAPS[name]
    world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    world.wire.seen.clear()
    with world.wire.under(answered(DIRECTORY, change)), pytest.raises(Alarm) as alarm:
        world[POLICE].push(case_dir(world.root / "two"), node="N-ARR-001", to=PROCURATORATE)
    assert alarm.value.code == code
    assert not [path for method, path in world.wire.seen if method in ("PUT", "POST")]
    written = (world.home(POLICE) / "log" / "alarms.log").read_text("utf-8").splitlines()
    assert json.loads(written[-1])["code"] == code


def test_an_unsigned_key_is_refused_at_first_use_too(world: World) -> None:
    adapter, folder = world[POLICE], case_dir(world.root / "case")
    unsigned = answered(DIRECTORY, SWAPS["HPKE key not signed by the identity"][0])
    with world.wire.under(unsigned), pytest.raises(Alarm) as alarm:
        adapter.push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert alarm.value.code == "trust.keys-not-vouched"


def test_first_use_pins_and_shows_the_fingerprint_once(world: World) -> None:
    for name in ("one", "two"):
        world[POLICE].push(case_dir(world.root / name), node="N-ARR-001", to=PROCURATORATE)
    shown = [finding for finding in world.heard if finding.code == "adapter.first-use"]
    fingerprint = world[PROCURATORATE].station.keyring.fingerprint
    assert [(finding.place, finding.params["fingerprint"]) for finding in shown] == [(PROCURATORATE, fingerprint)]


def test_a_key_in_our_own_name_that_we_did_not_make_raises_an_alarm(world: World) -> None:
    foreign = strangers_keys(POLICE)[0]
    folder = case_dir(world.root / "case")
    planted = answered("/v1/directory/police/350102000000", lambda body: body["keys"].append(foreign))
    with world.wire.under(planted), pytest.raises(Alarm) as alarm:
        world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert alarm.value.code == "trust.foreign-key"


@pytest.mark.parametrize("purpose", ["hpke", "identity"])
def test_new_keys_are_used_and_old_ones_still_read(world: World, purpose: str) -> None:
    before = world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    old = world[PROCURATORATE].station.keyring
    old_ids = (old.identity.key_id, old.hpke.key_id)
    with world.wire.under(cut), pytest.raises(HubAway):
        world[PROCURATORATE].rotate(purpose)
    rotated = world[PROCURATORATE].rotate(purpose)
    assert rotated["key_id"] not in old_ids
    assert len(world[PROCURATORATE].station.keyring.own_key_ids) == 3, "the interrupted rotation was taken up again"
    after = world[POLICE].push(case_dir(world.root / "two"), node="N-ARR-001", to=PROCURATORATE)
    haul = world.restart(PROCURATORATE).pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [before.transfer_id, after.transfer_id]
    assert haul.failed == []


def test_a_revoked_sender_is_refused_by_the_hub(world: World) -> None:
    adapter = world[POLICE]
    folder = case_dir(world.root / "case")
    directory_desk.revoke(world.hub, POLICE, None, datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        adapter.push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert refused.value.status == 401


def test_nobody_seals_for_a_receiver_whose_key_is_revoked(world: World) -> None:
    reader = world[PROCURATORATE].station.keyring.hpke.key_id
    revoked = [{"key_id": reader, "revoked_at": timestamp(NOW + timedelta(days=1))}]
    folder = case_dir(world.root / "case")
    withdrawn = answered(DIRECTORY, lambda body: body.update(revoked=revoked))
    with world.wire.under(withdrawn), pytest.raises(Problem) as caught:
        world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert caught.value.code == "adapter.no-recipient-key"


def test_the_exported_keys_are_those_that_were_pinned(world: World) -> None:
    world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    keys = TrustedKeys.from_json(world[POLICE].trust_export())
    assert {entry.owner for entry in keys} == {HUB, POLICE, PROCURATORATE}
    assert keys.find(world[PROCURATORATE].station.keyring.fingerprint) is not None
    assert world.hub.keys.fingerprint in {entry.key_id for entry in keys}


def test_an_unenrolled_receiver_is_unknown(world: World) -> None:
    with pytest.raises(Problem) as caught:
        world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to="procuratorate:999999")
    assert caught.value.code == "adapter.unknown-receiver"


def test_a_wrong_clock_is_told_by_how_much_and_nothing_is_lost(world: World) -> None:
    folder = case_dir(world.root / "case")
    fast = Adapter(
        world.home(POLICE), transport=world.wire, clock=lambda: datetime.now(UTC) + timedelta(minutes=10), limits=FAST
    )
    begun = datetime.now(UTC)
    with fast, pytest.raises(Refused) as refused:
        fast.push(folder, node="N-ARR-001", to=PROCURATORATE)
    under_way = (datetime.now(UTC) - begun).total_seconds()
    assert refused.value.code == "evidence.request-skew"
    assert 599 - under_way <= refused.value.params["seconds"] <= 600
    assert len(world[POLICE].resume().sent) == 1, "with the clock set right, the push goes on"


def newer_key(world: World, purpose: str, *, after: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
    """A key of a type that no program has yet, announced under the procuratorate's identity key."""
    station = world[PROCURATORATE].station
    body = {
        "key_id": "sm3:" + "0" * 64,
        "kty": "sm2",
        "public": "AAAA",
        "purpose": purpose,
        "owner": PROCURATORATE,
        "valid_from": timestamp(station.clock() + after),
        "valid_to": None,
        "replaces": None,
        **more,
    }
    return sign("key", body, station.keyring.identity).to_json()


def unchecked(**more: Any) -> dict[str, Any]:
    """A key statement that only a key of such a type has signed."""
    body = {
        "suite": "cn-1",
        "v": 1,
        "key_id": "sm3:" + "1" * 64,
        "kty": "sm2",
        "public": "AAAA",
        "purpose": "identity",
        "owner": PROCURATORATE,
        "valid_from": timestamp(NOW),
        "valid_to": None,
        "replaces": None,
        **more,
    }
    signature = {"alg": "sm2", "keyid": "sm3:" + "0" * 64, "sig": base64.b64encode(bytes(70)).decode()}
    payload_type = "application/vnd.casehub.key.v1+json"
    return {
        "payload": base64.b64encode(canonical(body)).decode(),
        "payloadType": payload_type,
        "signatures": [signature],
    }


def push_under(world: World, change: Callable[[dict[str, Any]], None], name: str) -> None:
    with world.wire.under(answered(DIRECTORY, change)):
        world[POLICE].push(case_dir(world.root / name), node="N-ARR-001", to=PROCURATORATE)


@pytest.mark.parametrize("known_before", [True, False])
def test_an_identity_key_of_a_newer_type_is_no_alarm(world: World, known_before: bool) -> None:
    if known_before:
        world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    push_under(world, lambda body: body["keys"].extend([newer_key(world, "identity"), unchecked()]), "two")
    assert not (world.home(POLICE) / "log" / "alarms.log").exists()
    pinned = world[POLICE].station.trust.pinned(PROCURATORATE)
    assert pinned is not None
    assert [entry.kty for entry in pinned.keys] == ["ed25519", "mlkem768-x25519"]
    with pytest.raises(Alarm):  # once pinned it may not be left out
        push_under(world, lambda body: None, "three")


def test_a_key_statement_that_asks_for_more_is_set_apart(world: World) -> None:
    more: dict[str, Any] = {
        "kty": "ed25519",
        "haste": 1,
        "must_understand": ["haste"],
        "public": base64.b64encode(bytes(32)).decode(),
    }
    push_under(world, lambda body: body["keys"].append(newer_key(world, "identity", **more)), "one")
    assert not (world.home(POLICE) / "log" / "alarms.log").exists()


def test_nothing_is_wrapped_for_an_older_key_than_the_newest(world: World) -> None:
    push_under(world, lambda body: body["keys"].append(newer_key(world, "hpke", after=timedelta(days=1))), "one")
    with pytest.raises(Problem) as caught:
        push_under(world, lambda body: body["keys"].append(newer_key(world, "hpke")), "two")
    assert caught.value.code == "adapter.recipient-key-newer"


@pytest.mark.parametrize(
    "made",
    [
        lambda world: newer_key(world, "identity", owner=POLICE),
        lambda world: sign(
            "key", {"key_id": "sm3:0", "kty": "sm2", "owner": PROCURATORATE}, SigningKey.generate()
        ).to_json(),
        lambda _: unchecked(),
    ],
)
def test_being_newer_excuses_no_key_that_nobody_vouches_for(world: World, made: Callable[[World], Any]) -> None:
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].append(made(world)), "one")


def test_an_agency_of_newer_keys_alone_is_newer_and_no_alarm(world: World) -> None:
    with pytest.raises(Problem) as caught:
        push_under(world, lambda body: body.update(keys=[unchecked()]), "one")
    assert caught.value.code == "evidence.unknown-key-type"
    assert not isinstance(caught.value, Alarm)


def forged(station: Station, key_id: str, *, keyid: str = "", **more: Any) -> dict[str, Any]:
    """A key statement in an agency's name whose signature nobody can check: whoever runs the hub writes it."""
    body = {
        "suite": "cn-1",
        "v": 1,
        "key_id": key_id,
        "kty": "sm2",
        "public": "AAAA",
        "purpose": "identity",
        "owner": station.agency,
        "valid_from": timestamp(NOW),
        "valid_to": None,
        "replaces": None,
        **more,
    }
    signature = {"alg": "sm2", "keyid": keyid or key_id, "sig": base64.b64encode(bytes(70)).decode()}
    payload_type = "application/vnd.casehub.key.v1+json"
    payload = base64.b64encode(canonical(body)).decode()
    return {"payload": payload, "payloadType": payload_type, "signatures": [signature]}


def test_no_forged_newer_key_brings_back_a_reader_key_that_was_replaced(world: World) -> None:
    """The hub calls the identity key newer, so that whatever it signed is set apart, and hides the new reader key."""
    station = world[PROCURATORATE].station
    lost = station.keyring.hpke.key_id
    world[PROCURATORATE].rotate("hpke")
    fresh = world[PROCURATORATE].station.keyring.hpke.key_id
    assert fresh != lost
    world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)

    def swap(body: dict[str, Any]) -> None:
        identity, old, new = body["keys"]
        first = station.keyring.fingerprint
        body["keys"] = [
            identity, old, forged(station, first, purpose="x"), new, forged(station, fresh, keyid=first, purpose="x"),
        ]  # fmt: skip

    with pytest.raises(Alarm):
        push_under(world, swap, "two")


def test_a_newer_key_that_only_itself_has_signed_raises_an_alarm(world: World) -> None:
    world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    made = forged(world[PROCURATORATE].station, "sm3:" + "7" * 64)
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].append(made), "two")


def test_newer_keys_that_vouch_for_each_other_raise_an_alarm(world: World) -> None:
    station, one, two = world[PROCURATORATE].station, "sm3:" + "7" * 64, "sm3:" + "8" * 64
    circle = [forged(station, one, keyid=two), forged(station, two, keyid=one)]
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].extend(circle), "one")


def test_a_newer_reader_key_is_not_hidden_by_another_statement_of_its_id(world: World) -> None:
    hidden = "sm3:" + "9" * 64
    made = [newer_key(world, "identity"), newer_key(world, "hpke", key_id=hidden)]
    over = forged(world[PROCURATORATE].station, hidden, keyid="sm3:" + "0" * 64, purpose="x")
    with pytest.raises(Problem) as caught:
        push_under(world, lambda body: body["keys"].extend([*made, over]), "one")
    assert isinstance(caught.value, Alarm)


@pytest.mark.parametrize("begins", [None, 7, "soon", "9999-99-99T00:00:00.000Z"])
def test_a_newer_reader_key_without_an_instant_is_an_alarm(world: World, begins: Any) -> None:
    apart = newer_key(world, "identity")
    made = forged(
        world[PROCURATORATE].station, "sm3:" + "9" * 64, keyid="sm3:" + "0" * 64, purpose="hpke", valid_from=begins
    )
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].extend([apart, made]), "one")


def test_a_newer_reader_key_to_come_does_not_hide_one_that_counts(world: World) -> None:
    made = [
        newer_key(world, "hpke", key_id="sm3:" + "8" * 64),
        newer_key(world, "hpke", key_id="sm3:" + "9" * 64, after=timedelta(days=9)),
    ]
    with pytest.raises(Problem) as caught:
        push_under(world, lambda body: body["keys"].extend(made), "one")
    assert caught.value.code == "adapter.recipient-key-newer"


def test_an_identity_key_that_a_newer_one_replaced_vouches_for_no_reader_key(world: World) -> None:
    """Whoever stole it would have everything sealed for a key of their own."""
    station = world[PROCURATORATE].station
    stolen = key_statement(
        owner=PROCURATORATE,
        kty="mlkem768-x25519",
        public=Identity.generate().public,
        purpose="hpke",
        valid_from=station.clock(),
        signer=station.keyring.identity,
    ).to_json()
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].extend([newer_key(world, "identity"), stolen]), "one")


@pytest.mark.parametrize("key_id", [None, [], {"a": 1}])
def test_a_newer_key_without_an_id_is_an_alarm(world: World, key_id: Any) -> None:
    made = newer_key(world, "identity", kty="ed25519", key_id=key_id, haste=1, must_understand=["haste"])
    with pytest.raises(Alarm):
        push_under(world, lambda body: body["keys"].append(made), "one")
