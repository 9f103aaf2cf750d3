from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evidence import statements
from evidence.enrolment import admit, normal_fingerprint, read_admission, read_enrolment, request_enrolment
from evidence.keys import SigningKey
from evidence.statements import SignedStatement
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail
from tests.scene.keys import ORIGIN, hpke, identity, key, log_key

TRAIL = Trail()
AGENCY = {"type": "police", "code": "350102000000", "name": "某市公安局某分局（示例）"}
KEYS = TRAIL.histories[POLICE]
HUB_KEYS = TRAIL.histories[HUB]
REQUEST = request_enrolment(AGENCY, KEYS, NOW, TRAIL.police)


def admission(**more: Any) -> SignedStatement:
    given: dict[str, Any] = {
        "hub_name": "test",
        "hub_url": "https://hub.example",
        "hub_keys": HUB_KEYS,
        "admitted_at": after(60),
        "identity": TRAIL.hub,
    }
    return admit(read_enrolment(REQUEST), **{**given, **more})


def test_enrolment_is_mutual() -> None:
    request = read_enrolment(SignedStatement.decode(REQUEST.encode()))
    assert request.owner == POLICE
    assert request.fingerprint == TRAIL.police.key_id
    assert request.agency == AGENCY
    assert request.created_at == NOW
    answer = read_admission(admission(), TRAIL.hub.key_id, TRAIL.police.key_id)
    assert answer.owner == HUB
    assert answer.fingerprint == TRAIL.hub.key_id
    assert answer.log_origin == ORIGIN
    assert answer.log_vkey.startswith(f"{ORIGIN}+")
    assert (answer.hub_name, answer.hub_url) == ("test", "https://hub.example")
    assert answer.agency == AGENCY
    assert answer.admitted_at == after(60)
    assert [entry.purpose for entry in answer.entries] == ["identity", "log"]
    assert [item.kind for item in (*answer.statements, *request.statements)] == ["key"] * 4


def test_a_fingerprint_may_be_typed_as_people_do() -> None:
    bare = TRAIL.hub.key_id[7:].upper()
    typed = " ".join(bare[i : i + 8] for i in range(0, 64, 8))
    assert normal_fingerprint(typed) == normal_fingerprint(f"SHA256:{bare}") == TRAIL.hub.key_id
    assert read_admission(admission(), typed).fingerprint == TRAIL.hub.key_id
    with pytest.raises(Problem, match="bad-digest"):
        normal_fingerprint(bare[:-1])


def resigned(statement: SignedStatement, signing: SigningKey, **changes: Any) -> SignedStatement:
    body = {**statement.unverified_body, **changes}
    return statements.sign(statement.kind, {k: v for k, v in body.items() if v is not ...}, signing)


THIEF = key("thief")
BAD_REQUESTS: dict[str, tuple[Callable[[], SignedStatement], str]] = {
    "another kind": (admission, "wrong-kind"),
    "member missing": (lambda: resigned(REQUEST, TRAIL.police, keys=...), "bad-enrolment"),
    "no agency": (lambda: resigned(REQUEST, TRAIL.police, agency=None), "bad-enrolment"),
    "agency without a name": (lambda: resigned(REQUEST, TRAIL.police, agency={**AGENCY, "name": ""}), "bad-enrolment"),
    "keys of another agency": (
        lambda: resigned(REQUEST, TRAIL.police, agency={**AGENCY, "code": "350103000000"}),
        "bad-enrolment",
    ),
    "no HPKE key": (lambda: request_enrolment(AGENCY, KEYS[:1], NOW, TRAIL.police), "bad-enrolment"),
    "no keys": (lambda: request_enrolment(AGENCY, [], NOW, TRAIL.police), "broken-key-chain"),
    "65 keys": (lambda: request_enrolment(AGENCY, KEYS[:1] * 65, NOW, TRAIL.police), "broken-key-chain"),
    "signed by another": (lambda: request_enrolment(AGENCY, KEYS, NOW, THIEF), "unknown-key"),
    "HPKE key swapped": (
        lambda: request_enrolment(AGENCY, [KEYS[0], hpke(POLICE, THIEF)], NOW, TRAIL.police),
        "broken-key-chain",
    ),
    "made before its key": (lambda: request_enrolment(AGENCY, KEYS, after(-2000), TRAIL.police), "key-not-valid"),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_bad_requests(name: str) -> None:
    make, code = BAD_REQUESTS[name]
    with pytest.raises(Problem) as caught:
        read_enrolment(make())
    assert caught.value.code == f"evidence.{code}"


def thiefs_keys() -> list[SignedStatement]:
    return [identity(HUB, THIEF), log_key(THIEF, TRAIL.log)]


BAD_ANSWERS: dict[str, tuple[Callable[[], SignedStatement], str]] = {
    "another kind": (lambda: REQUEST, "wrong-kind"),
    "member missing": (lambda: resigned(admission(), TRAIL.hub, log=...), "bad-admission"),
    "another hub": (lambda: admission(hub_keys=thiefs_keys(), identity=THIEF), "wrong-fingerprint"),
    "another name": (lambda: admission(hub_name="jiangsu"), "bad-admission"),
    "hub no object": (lambda: resigned(admission(), TRAIL.hub, hub="test"), "bad-admission"),
    "signed by another": (lambda: admission(identity=THIEF), "unknown-key"),
    "for another agency key": (lambda: resigned(admission(), TRAIL.hub, agency_key_id=THIEF.key_id), "bad-admission"),
    "another log": (lambda: resigned(admission(), TRAIL.hub, log={"origin": "x", "vkey": "y"}), "bad-admission"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_bad_answers(name: str) -> None:
    make, code = BAD_ANSWERS[name]
    with pytest.raises(Problem) as caught:
        read_admission(make(), TRAIL.hub.key_id, TRAIL.police.key_id)
    assert caught.value.code == f"evidence.{code}"


@pytest.mark.parametrize("hub_keys", [HUB_KEYS[:1], KEYS], ids=["no log key", "keys of an agency"])
def test_a_hub_needs_a_log_key_of_its_own(hub_keys: list[SignedStatement]) -> None:
    with pytest.raises(Problem, match="bad-admission"):
        admission(hub_keys=hub_keys)


def test_an_agency_of_an_unknown_type_cannot_ask() -> None:
    with pytest.raises(Problem, match="unknown-type"):
        request_enrolment({**AGENCY, "type": "jail"}, KEYS, NOW, TRAIL.police)
