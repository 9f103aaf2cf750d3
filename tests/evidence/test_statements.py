from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import dsse, statements
from evidence.canonical import digest
from evidence.dsse import KINDS
from evidence.keys import TrustedKeys, accept_key_chain
from evidence.statements import SignedStatement, sign, verify
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail
from tests.scene.keys import identity, key, log_key

TRAIL = Trail()
SIGNED = sign("envelope", {"sender": POLICE, "text": "移送审查起诉"}, TRAIL.police)
TRUSTED = TRAIL.trusted()


def test_a_statement_verifies_and_gives_its_body() -> None:
    body = verify(SIGNED, "envelope", TRUSTED, NOW, POLICE)
    assert body == {"suite": "intl-1", "v": 1, "sender": POLICE, "text": "移送审查起诉"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_back_from_json_and_from_its_bytes(kind: str) -> None:
    made = sign(kind, {"a": [1, None, "字"]}, TRAIL.hub)
    assert SignedStatement.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert SignedStatement.decode(made.encode()) == made
    assert made.digest == digest(made.encode())
    assert made.to_json()["payloadType"] == f"application/vnd.casehub.{kind}.v1+json"


def test_signing_is_deterministic_so_that_a_repeat_gives_the_same_bytes() -> None:
    assert (
        sign("receipt", {"b": 1, "a": 2}, TRAIL.hub).encode() == sign("receipt", {"a": 2, "b": 1}, TRAIL.hub).encode()
    )


def test_the_body_is_a_fresh_copy() -> None:
    SIGNED.unverified_body["sender"] = "changed"
    assert SIGNED.unverified_body["sender"] == POLICE


def test_bytes_that_are_not_the_canonical_ones_are_refused() -> None:
    with pytest.raises(Problem, match="not-canonical"):
        SignedStatement.decode(json.dumps(SIGNED.to_json()).encode())


def test_sizes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dsse, "MAX_STATEMENT", 50)
    attempts: list[Callable[[], object]] = [
        lambda: sign("annex", {"text": "字" * 40}, TRAIL.hub),
        lambda: SignedStatement.decode(b" " * 101),
        lambda: SignedStatement.from_json(SIGNED.to_json()),
    ]
    for attempt in attempts:
        with pytest.raises(Problem, match="statement-too-large"):
            attempt()


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        pytest.param("order", {}, "unknown-kind", id="kind"),
        pytest.param("mark", {"suite": "cn-1"}, "unknown-suite", id="suite"),
        pytest.param("mark", {"amount": 1.5}, "not-canonical", id="a float"),
        pytest.param("mark", {"at": NOW}, "not-json", id="no JSON"),
    ],
)
def test_what_cannot_be_signed(kind: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as caught:
        sign(kind, body, TRAIL.police)
    assert caught.value.code == f"evidence.{code}"


def altered(**changes: Any) -> SignedStatement:
    return SignedStatement(**{**SIGNED.__dict__, **changes})


OTHER = sign("envelope", {"sender": POLICE, "text": "another"}, TRAIL.police)
REVOKED = TrustedKeys([entry.revoked(NOW) for entry in TRUSTED.of(POLICE)])
EXPIRED = TrustedKeys(accept_key_chain([identity(POLICE, TRAIL.police, valid_to=NOW)]))
LATER = TrustedKeys(accept_key_chain([identity(POLICE, TRAIL.police, valid_from=after(1))]))


@pytest.mark.parametrize(
    ("statement", "kind", "keys", "owner", "code"),
    [
        pytest.param(SIGNED, "receipt", TRUSTED, POLICE, "wrong-kind", id="1 kind"),
        pytest.param(SIGNED, "envelope", TRAIL.trusted(HUB), None, "unknown-key", id="2 key unknown"),
        pytest.param(sign("envelope", {}, TRAIL.log), "envelope", TRUSTED, None, "wrong-algorithm", id="3 log key"),
        pytest.param(altered(alg="ecdsa"), "envelope", TRUSTED, None, "wrong-algorithm", id="3 algorithm"),
        pytest.param(SIGNED, "envelope", TRUSTED, PROCURATORATE, "wrong-owner", id="4 owner"),
        pytest.param(SIGNED, "envelope", EXPIRED, POLICE, "key-not-valid", id="5 expired"),
        pytest.param(SIGNED, "envelope", LATER, POLICE, "key-not-valid", id="5 not yet valid"),
        pytest.param(SIGNED, "envelope", REVOKED, POLICE, "key-revoked", id="5 revoked"),
        pytest.param(altered(signature=bytes(64)), "envelope", TRUSTED, POLICE, "bad-signature", id="6 no signature"),
        pytest.param(altered(signature=OTHER.signature), "envelope", TRUSTED, POLICE, "bad-signature", id="6 swapped"),
        pytest.param(altered(payload=OTHER.payload), "envelope", TRUSTED, POLICE, "bad-signature", id="6 other bytes"),
        pytest.param(altered(kind="receipt"), "receipt", TRUSTED, POLICE, "bad-signature", id="6 other kind"),
        pytest.param(altered(keyid=TRAIL.hub.key_id), "envelope", TRUSTED, HUB, "bad-signature", id="6 other key"),
    ],
)
def test_each_step_of_verification_refuses(
    statement: SignedStatement, kind: str, keys: TrustedKeys, owner: str | None, code: str
) -> None:
    with pytest.raises(Problem) as caught:
        verify(statement, kind, keys, NOW, owner)
    assert caught.value.code == f"evidence.{code}"


@pytest.mark.parametrize(("keys", "seconds"), [(EXPIRED, -0.001), (LATER, 1), (REVOKED, -0.001)])
def test_validity_holds_up_to_its_last_millisecond(keys: TrustedKeys, seconds: float) -> None:
    assert verify(SIGNED, "envelope", keys, after(seconds))["sender"] == POLICE


@given(st.integers(0, 8 * len(SIGNED.payload) - 1))
def test_any_flipped_bit_of_the_payload_breaks_the_signature(bit: int) -> None:
    number = int.from_bytes(SIGNED.payload, "big") ^ 1 << bit
    flipped = altered(payload=number.to_bytes(len(SIGNED.payload), "big"))
    with pytest.raises(Problem, match="bad-signature"):
        verify(flipped, "envelope", TRUSTED, NOW)


def test_a_public_key_that_is_no_point_is_a_bad_signature() -> None:
    entry = accept_key_chain([identity(HUB, key("hub")), log_key(key("hub"), key("log"))])[1]
    object.__setattr__(entry, "public", b"\xff" * 31)
    with pytest.raises(Problem, match="bad-signature"):
        statements.check_signature(SIGNED, entry)
