"""The form of statements: what is taken for one, and what is refused before any key is looked at."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from evidence import dsse
from evidence.canonical import canonical
from evidence.statements import sign
from messages.problems import Problem
from tests.scene.agencies import POLICE
from tests.scene.evidence import Trail, b64

TRAIL = Trail()
SIGNED = sign("envelope", {"sender": POLICE, "text": "移送审查起诉"}, TRAIL.police)


def test_what_is_read_is_what_was_signed() -> None:
    read = dsse.read(SIGNED.to_json())
    assert read == (SIGNED.payload, "envelope", TRAIL.police.key_id, "ed25519", SIGNED.signature)
    suite = dsse.suite_of(read.payload, "")
    assert suite is not None
    assert suite.name == "intl-1"


def test_media_types() -> None:
    assert dsse.payload_type("mark") == dsse.media_type("mark") == "application/vnd.casehub.mark.v1+json"
    assert dsse.media_type("mark.v2") == "application/vnd.casehub.mark.v2+json"
    with pytest.raises(Problem, match="unknown-kind"):
        dsse.payload_type("mark.v2")


def test_lengths_are_those_of_bytes() -> None:
    assert dsse.pae("字", "案".encode() + b" ") == "DSSEv1 3 字 4 案 ".encode()


def payload(body: Any) -> str:
    return b64(body if isinstance(body, bytes) else canonical(body))


GOOD = {"suite": "intl-1", "v": 1}
SIGNATURE = SIGNED.to_json()["signatures"][0]
MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no object": (lambda s: [s], "malformed-statement"),
    "nothing": (lambda s: None, "malformed-statement"),
    "signatures missing": (lambda s: {k: v for k, v in s.items() if k != "signatures"}, "malformed-statement"),
    "member more": (lambda s: {**s, "extra": 1}, "malformed-statement"),
    "no signature": (lambda s: {**s, "signatures": []}, "malformed-statement"),
    "two signatures": (lambda s: {**s, "signatures": [SIGNATURE, SIGNATURE]}, "malformed-statement"),
    "signatures no list": (lambda s: {**s, "signatures": SIGNATURE}, "malformed-statement"),
    "signature without alg": (
        lambda s: {**s, "signatures": [{k: v for k, v in SIGNATURE.items() if k != "alg"}]},
        "malformed-statement",
    ),
    "signature too short": (
        lambda s: {**s, "signatures": [{**SIGNATURE, "sig": b64(bytes(63))}]},
        "malformed-statement",
    ),
    "unknown algorithm": (lambda s: {**s, "signatures": [{**SIGNATURE, "alg": "none"}]}, "unknown-algorithm"),
    "other algorithm": (lambda s: {**s, "signatures": [{**SIGNATURE, "alg": "ml-dsa-65"}]}, "unknown-algorithm"),
    "key id no digest": (lambda s: {**s, "signatures": [{**SIGNATURE, "keyid": "mine"}]}, "bad-digest"),
    "unknown kind": (lambda s: {**s, "payloadType": "application/vnd.casehub.order.v1+json"}, "unknown-kind"),
    "other version of the kind": (
        lambda s: {**s, "payloadType": "application/vnd.casehub.mark.v2+json"},
        "unknown-kind",
    ),
    "kind no text": (lambda s: {**s, "payloadType": 7}, "unknown-kind"),
    "unpadded base64": (lambda s: {**s, "payload": s["payload"].rstrip("=")}, "malformed-base64"),
    "base64 for URLs": (
        lambda s: {**s, "payload": base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode()},
        "malformed-base64",
    ),
    "base64 with a line feed": (
        lambda s: {**s, "payload": s["payload"][:4] + "\n" + s["payload"][4:]},
        "malformed-base64",
    ),
    "base64 with stray bits": (lambda s: {**s, "payload": "e31="}, "malformed-base64"),
    "base64 not ASCII": (lambda s: {**s, "payload": "字字字字"}, "malformed-base64"),
    "payload no text": (lambda s: {**s, "payload": None}, "malformed-base64"),
    "payload with spaces": (lambda s: {**s, "payload": payload(b'{"suite": "intl-1","v":1}')}, "not-canonical"),
    "payload with a key twice": (
        lambda s: {**s, "payload": payload(b'{"suite":"intl-1","v":1,"v":1}')},
        "not-canonical",
    ),
    "payload no JSON": (lambda s: {**s, "payload": payload(b"hello")}, "not-canonical"),
    "payload a list": (lambda s: {**s, "payload": payload([GOOD])}, "malformed-statement"),
    "unknown suite": (lambda s: {**s, "payload": payload({**GOOD, "suite": "cn-1"})}, "unknown-suite"),
    "no suite": (lambda s: {**s, "payload": payload({"v": 1})}, "unknown-suite"),
    "no version": (lambda s: {**s, "payload": payload({"suite": "intl-1"})}, "unknown-suite"),
    "version 2": (lambda s: {**s, "payload": payload({**GOOD, "v": 2})}, "unknown-suite"),
    "version true": (lambda s: {**s, "payload": payload({**GOOD, "v": True})}, "unknown-suite"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_statement_is_refused_with_its_own_code(name: str) -> None:
    change, code = MALFORMED[name]
    with pytest.raises(Problem) as caught:
        dsse.read(change(SIGNED.to_json()), "/envelope")
    assert caught.value.code == f"evidence.{code}"
    assert caught.value.place.startswith("/envelope")
