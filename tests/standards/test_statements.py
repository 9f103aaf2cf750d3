"""The schemas of the signed statements: what conforms, what each member is needed for, what a mark may not hold."""

from __future__ import annotations

from typing import Any

import pytest

from standards import schemas

Json = dict[str, Any]
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
D = "sha256:" + "0" * 64
AT = "2026-11-22T00:02:52.123Z"
HEAD: Json = {"suite": "intl-1", "v": 1}
COLON = "police:350102000000"
STATEMENT = {
    "payload": "e30=",
    "payloadType": "application/vnd.casehub.key.v1+json",
    "signatures": [{"alg": "ed25519", "keyid": D, "sig": "AAAA"}],
}
STREAM = {"size": 56, "parts": [{"digest": D, "size": 56}]}
BODIES: dict[str, Json] = {
    "envelope-v1.1": {
        **HEAD, "transfer_id": UUID, "node": "N-ARR-001", "case_uid": UUID, "case_refs": [], "sender": COLON,
        "receiver": "procuratorate:350102", "handler": "intake", "in_reply_to": None, "supersedes": None,
        "record_digest": D, "created_at": AT,
        "volumes": [{"volume_id": UUID, "descriptor_digest": D, "reused_from": None,
                     "keys": [{"recipient": COLON, "recipient_key_id": D, "wrapped": "AAAA"}]}],
    },
    "receipt-v1.1": {
        **HEAD, "transfer_id": UUID, "envelope_digest": D, "node": "N-ARR-001", "case_uid": UUID, "sender": COLON,
        "receiver": "procuratorate:350102", "received_at": AT, "annex_digest": D, "mark_leaf_hash": D,
        "inclusion_deadline": AT, "log_origin": "casehub.example/log", "standard": "v1",
        "findings": [{"code": "rule.IR-32", "level": "V", "place": "/case", "params": {"count": 3}}],
    },
    "annex-v1.1": {
        **HEAD, "transfer_id": UUID, "record_digest": D, "release": {"id": "2026.11", "digest": D},
        "target": "procuratorate",
        "entries": [{"place": "/charges/0/crime", "original": {"system": "s", "code": "1"},
                     "unified": {"outcome": "unmapped", "matches": []},
                     "receiver": {"outcome": "equivalent", "matches": [{"system": "s", "code": "2"}]}}],
    },
    "descriptor-v1.1": {
        **HEAD, "volume_id": UUID, "kind": "V20", "number": "V20-01", "sealed_by": COLON, "sealed_at": AT,
        "documents": [{"doc_type": "E0501", "files": 1, "pages": 8}], "books": 1, "items": 1, "files": 1, "pages": 8,
        "av_files": 0, "pack": STREAM, "catalogue": STREAM, "key_commitment": "0" * 64, "supersedes": None,
    },
    "mark-v1.1": {
        **HEAD, "mark_id": UUID, "transfer_id": UUID, "seq": 1, "prev": None, "node": "N-ARR-001", "action": "sealed",
        "occurred_at": AT, "actor": {"agency": COLON}, "digests": {UUID: D}, "commitment": D,
    },
    "key-v1.1": {
        **HEAD, "owner": "hub:fuzhou", "key_id": D, "kty": "ed25519", "public": "AAAA", "purpose": "log",
        "valid_from": AT, "valid_to": None, "replaces": None,
    },
    "enrolment-v1.1": {
        **HEAD, "agency": {"type": "police", "code": "350102000000", "name": "示例公安局"}, "keys": [STATEMENT],
        "created_at": AT,
    },
    "admission-v1.1": {
        **HEAD, "agency": {"type": "police", "code": "350102000000", "name": "示例公安局"}, "agency_key_id": D,
        "admitted_at": AT, "hub": {"name": "fuzhou", "url": "http://127.0.0.1:8000"}, "keys": [STATEMENT],
        "log": {"origin": "casehub.example/log", "vkey": "casehub.example/log+00000000+AAAA"},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_sound_statement_conforms_and_every_member_is_needed(name: str) -> None:
    body = BODIES[name]
    assert schemas.violations(name, body) == []
    for member in body:
        short = {key: value for key, value in body.items() if key != member}
        assert [each.place for each in schemas.violations(name, short)] == [f"/{member}"]
    for member, wrong in (("suite", "SM"), ("v", 2), ("v", True), ("vocabulary", 0), ("must_understand", "x")):
        assert schemas.violations(name, {**body, member: wrong})[0].place == f"/{member}"


@pytest.mark.parametrize("name", BODIES)
def test_a_statement_is_open_and_takes_forms_not_lists(name: str) -> None:
    body = {**BODIES[name], "suite": "cn-1", "vocabulary": 7, "must_understand": ["a_member"], "a_member": 1}
    assert schemas.violations(name, body) == []


@pytest.mark.parametrize("name", BODIES)
def test_what_version_1_accepts_its_revision_accepts(name: str) -> None:
    assert schemas.violations(name.removesuffix(".1"), BODIES[name]) == []


def test_a_mark_takes_the_form_of_an_action_and_of_a_party() -> None:
    body = {**BODIES["mark-v1.1"], "action": "handed-on", "actor": {"agency": "forensic:1"}}
    assert schemas.violations("mark-v1.1", body) == []
    for odd in ({**body, "action": "Handed on"}, {**body, "actor": {"agency": "Forensic:1"}}):
        assert len(schemas.violations("mark-v1.1", odd)) == 1
    (found,) = schemas.violations("mark-v1", {**BODIES["mark-v1.1"], "name": "张某示例", "note": "x"})
    assert found.code == "schema.unknown-member"
    assert "2" in found.message_en


def test_digests_stand_under_volume_ids() -> None:
    assert schemas.violations("mark-v1.1", {**BODIES["mark-v1.1"], "digests": {"张某": D}})[0].place == "/digests"
    assert schemas.violations("mark-v1.1", {**BODIES["mark-v1.1"], "digests": {"all": D}}) == []
