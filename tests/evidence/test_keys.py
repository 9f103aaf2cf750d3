from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from evidence import keys, statements
from evidence.canonical import digest_of
from evidence.keys import KeyEntry, SigningKey, TrustedKeys, accept_key_chain, key_statement
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail, b64
from tests.scene.keys import HPKE_BYTES, ORIGIN, hpke, identity, key, log_key

TRAIL = Trail()
PEM = TRAIL.police.to_pem()
SECRET_PEM = TRAIL.police.to_pem(b"passphrase")
X25519_PEM = X25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize("kty", [None, [], 7, {"kty": "ed25519"}])
def test_a_key_whose_type_is_no_name_is_not_newer_but_malformed(kty: object) -> None:
    with pytest.raises(Problem):
        TrustedKeys.from_json({"format": "casehub/keys/v1", "keys": [{"kty": kty, "revoked_at": "x"}]})


def test_a_key_survives_its_file_with_and_without_passphrase() -> None:
    for restored in (SigningKey.from_pem(PEM), SigningKey.from_pem(SECRET_PEM, b"passphrase")):
        assert restored.key_id == TRAIL.police.key_id
        assert restored.sign(b"x") == TRAIL.police.sign(b"x")
    assert b"ENCRYPTED" in SECRET_PEM


@pytest.mark.parametrize(
    ("data", "passphrase", "code"),
    [
        pytest.param(SECRET_PEM, None, "bad-passphrase", id="passphrase missing"),
        pytest.param(SECRET_PEM, b"other", "bad-passphrase", id="passphrase wrong"),
        pytest.param(PEM, b"needless", "bad-passphrase", id="passphrase for a plain file"),
        pytest.param(b"not a key", None, "bad-key-file", id="no PEM"),
        pytest.param(PEM[: len(PEM) // 2], None, "bad-key-file", id="cut off"),
        pytest.param(X25519_PEM, None, "bad-key-file", id="a key of another type"),
    ],
)
def test_key_files_that_cannot_be_read(data: bytes, passphrase: bytes | None, code: str) -> None:
    with pytest.raises(Problem) as caught:
        SigningKey.from_pem(data, passphrase)
    assert caught.value.code == f"evidence.{code}"


def test_a_private_key_does_not_show_itself() -> None:
    made = SigningKey.generate()
    secret = made.private.private_bytes_raw().hex()
    assert secret not in repr(made)
    assert made.key_id[:19] in repr(made)
    assert secret not in str(vars(made))


def test_key_ids_are_digests_of_type_and_public_bytes() -> None:
    assert TRAIL.police.key_id == digest_of({"kty": "ed25519", "public": b64(TRAIL.police.public)})
    assert SigningKey.generate().key_id != SigningKey.generate().key_id


def test_a_keys_file_reads_back() -> None:
    trusted = TRAIL.trusted()
    trusted = trusted.with_entries([trusted.of(POLICE)[0].revoked(after(9))])
    back = TrustedKeys.from_json(json.dumps(trusted.to_json()))
    assert list(back) == list(trusted)
    assert len(back) == 5
    assert back.find(TRAIL.police.key_id) == trusted.find(TRAIL.police.key_id)
    assert [entry.origin for entry in back.of(HUB)] == [None, ORIGIN]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        "[" * 100_000,
        [],
        {},
        {"format": "casehub/keys/v2", "keys": []},
        {"format": "casehub/keys/v1", "keys": {}},
        {"format": "casehub/keys/v1", "keys": [None] * (keys.MAX_KEYS + 1)},
    ],
    ids=["empty", "no UTF-8", "deep", "list", "no format", "other format", "no list", "too many"],
)
def test_keys_files_that_cannot_be_read(data: Any) -> None:
    with pytest.raises(Problem, match="bad-keys-file"):
        TrustedKeys.from_json(data)


ENTRY = TRAIL.trusted().of(POLICE)[0]
BAD_ENTRIES: dict[str, tuple[dict[str, Any], str]] = {
    "key id of another key": ({"key_id": TRAIL.hub.key_id}, "bad-key"),
    "other type": ({"kty": "rsa"}, "unknown-key-type"),
    "type of another purpose": ({"kty": "mlkem768-x25519"}, "bad-key"),
    "unknown purpose": ({"purpose": "tls"}, "bad-key"),
    "purpose no text": ({"purpose": []}, "bad-key"),
    "too short": ({"public": b64(bytes(31))}, "bad-key"),
    "log without origin": ({"purpose": "log"}, "bad-key"),
    "identity with origin": ({"origin": ORIGIN}, "bad-key"),
    "no base64": ({"public": "%"}, "malformed-base64"),
    "owner of another form": ({"owner": "somebody"}, "bad-party"),
    "instant of another form": ({"valid_from": "2026"}, "bad-instant"),
    "revocation of another form": ({"revoked_at": "2026"}, "bad-instant"),
    "key id no digest": ({"key_id": "x"}, "bad-digest"),
}


def test_a_keys_file_with_a_key_of_a_newer_type_is_read_without_it() -> None:
    written = TrustedKeys(accept_key_chain([identity(POLICE, TRAIL.police)])).to_json()
    newer = {**written["keys"][0], "kty": "sm2", "key_id": "sm3:" + "0" * 64}
    assert [entry.owner for entry in TrustedKeys.from_json({**written, "keys": [newer, *written["keys"]]})] == [POLICE]
    with pytest.raises(Problem, match="unknown-digest"):
        TrustedKeys.from_json({**written, "keys": [{**newer, "kty": "ed25519"}]})


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_bad_entries(name: str) -> None:
    changes, code = BAD_ENTRIES[name]
    with pytest.raises(Problem) as caught:
        KeyEntry.from_json({**ENTRY.to_json(), **changes})
    assert caught.value.code == f"evidence.{code}"


@pytest.mark.parametrize("body", [{}, None, []])
def test_entries_without_members(body: Any) -> None:
    with pytest.raises(Problem, match="bad-key"):
        KeyEntry.from_json(body)


def test_one_key_cannot_stand_twice_with_two_stories() -> None:
    assert len(TrustedKeys([ENTRY, ENTRY])) == 1
    with pytest.raises(Problem, match="key-twice"):
        TrustedKeys([ENTRY, ENTRY.revoked(NOW)])


def test_the_earlier_revocation_counts() -> None:
    assert ENTRY.revoked(after(5)).revoked(after(9)).revoked_at == after(5)
    assert ENTRY.revoked(after(5)).revoked(after(1)).revoked_at == after(1)


def rotated(**more: Any) -> list[statements.SignedStatement]:
    """Old identity key, its HPKE key, a new identity key, an HPKE key under the new one."""
    new = key("police 2")
    given = {"signer": TRAIL.police, "replaces": TRAIL.police.key_id, "valid_from": after(10), **more}
    return [
        identity(POLICE, TRAIL.police),
        hpke(POLICE, TRAIL.police),
        identity(POLICE, new, **given),
        hpke(POLICE, new, public=bytes([1]) * 1216, valid_from=after(11)),
    ]


def test_a_chain_through_a_rotation() -> None:
    entries = accept_key_chain(rotated())
    assert [entry.purpose for entry in entries] == ["identity", "hpke", "identity", "hpke"]
    assert entries[0].key_id == TRAIL.police.key_id
    trusted = TrustedKeys(entries)
    assert trusted.current(POLICE, "identity", NOW) == entries[0]
    assert trusted.current(POLICE, "identity", after(10)) == entries[2]
    assert trusted.current(POLICE, "hpke", after(11)) == entries[3]
    assert trusted.current(POLICE, "log", NOW) is None


def test_the_hubs_chain_names_its_log() -> None:
    entries = accept_key_chain([identity(HUB, TRAIL.hub), log_key(TRAIL.hub, TRAIL.log)])
    assert entries[1].origin == ORIGIN


def test_a_revocation_ends_what_the_key_may_vouch_for() -> None:
    chain = rotated()
    revoked = {TRAIL.police.key_id: after(10.001)}
    assert accept_key_chain(chain, revoked)[0].revoked_at == after(10.001)
    with pytest.raises(Problem, match="key-revoked"):
        accept_key_chain(chain, {TRAIL.police.key_id: after(10)})


THIEF = key("thief")
FORGED: dict[str, tuple[Callable[[], list[statements.SignedStatement]], str]] = {
    "empty": (list, "broken-key-chain"),
    "begins with an HPKE key": (lambda: rotated()[1:], "broken-key-chain"),
    "begins with a rotation": (lambda: rotated()[2:], "broken-key-chain"),
    "first key signed by another": (lambda: [identity(POLICE, TRAIL.police, signer=THIEF)], "broken-key-chain"),
    "first key replaces something": (
        lambda: [identity(POLICE, TRAIL.police, replaces=THIEF.key_id)],
        "broken-key-chain",
    ),
    "new identity signed by itself": (lambda: rotated(signer=key("police 2")), "broken-key-chain"),
    "new identity signed by a thief": (lambda: rotated(signer=THIEF), "broken-key-chain"),
    "new identity replaces nothing": (lambda: rotated(replaces=None), "broken-key-chain"),
    "new identity replaces another": (lambda: rotated(replaces=THIEF.key_id), "broken-key-chain"),
    "new identity before the old one": (lambda: rotated(valid_from=after(-2000)), "key-not-valid"),
    "HPKE key swapped": (lambda: [rotated()[0], hpke(POLICE, THIEF)], "broken-key-chain"),
    "HPKE key still under the old identity": (
        lambda: [*rotated()[:3], hpke(POLICE, TRAIL.police, public=bytes([2]) * 1216)],
        "broken-key-chain",
    ),
    "another owner's key": (lambda: [rotated()[0], hpke("police:1", TRAIL.police)], "broken-key-chain"),
    "one key twice": (lambda: [*rotated()[:2], rotated()[1]], "broken-key-chain"),
    "another kind of statement": (lambda: [statements.sign("mark", {}, TRAIL.police)], "broken-key-chain"),
    "no replaces": (
        lambda: [statements.sign("key", ENTRY.to_json(), TRAIL.police)],
        "broken-key-chain",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_broken_chains(name: str) -> None:
    chain, code = FORGED[name]
    with pytest.raises(Problem) as caught:
        accept_key_chain(chain())
    assert caught.value.code == f"evidence.{code}"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_chain_with_a_signature_that_does_not_hold(place: int) -> None:
    chain = rotated()
    chain[place] = statements.SignedStatement(**{**chain[place].__dict__, "signature": bytes(64)})
    with pytest.raises(Problem, match="bad-signature"):
        accept_key_chain(chain)


def test_a_key_statement_is_checked_when_it_is_made() -> None:
    with pytest.raises(Problem, match="bad-key"):
        key_statement(
            owner=POLICE, kty="ed25519", public=HPKE_BYTES, purpose="hpke", valid_from=NOW, signer=TRAIL.police
        )
