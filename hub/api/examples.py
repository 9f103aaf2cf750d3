"""Request and answer examples of the OpenAPI document. The statements in them are shortened for reading."""

from __future__ import annotations

from typing import Any, Final

_TRANSFER_ID = "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10"
_CASE_UID = "01933e79-11d2-7e55-9a0b-5b6f2f0a7c01"


def _statement(kind: str) -> dict[str, Any]:
    return {
        "payload": "eyJzdWl0ZSI6ImludGwtMSIs…",
        "payloadType": f"application/vnd.casehub.{kind}.v1+json",
        "signatures": [{"alg": "ed25519", "keyid": "sha256:4f2c…", "sig": "q83v…=="}],
    }


def _json(example: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"type": "object"}, "example": example}}}


def _extra(request: Any, answer: Any, status: str = "200") -> dict[str, Any]:
    extra: dict[str, Any] = {"responses": {status: {"description": "…", **_json(answer)}}}
    if request is not None:
        extra["requestBody"] = {"required": True, **_json(request)}
    return extra


_FINDING = {"code": "code.broader", "level": "D", "place": "/charges/0/crime", "params": {"code": "050201"}}

SUBMIT: Final = _extra(
    {
        "envelope": _statement("envelope"),
        "record": {"schema": "casehub/record/v1", "case": {"case_uid": _CASE_UID, "name": "示例"}, "persons": []},
        "descriptors": [_statement("descriptor")],
        "marks": [_statement("mark"), _statement("mark")],
    },
    {"receipt": _statement("receipt"), "annex": _statement("annex"), "findings": [_FINDING]},
    "201",
)

TRANSFER: Final = _extra(
    None,
    {
        "transfer_id": _TRANSFER_ID,
        "node": "N-ARR-001",
        "status": "offered",
        "sender": "police:350102000000",
        "receiver": "procuratorate:350102",
        "case_uid": _CASE_UID,
        "envelope": _statement("envelope"),
        "record": {"schema": "casehub/record/v1"},
        "annex": _statement("annex"),
        "descriptors": [_statement("descriptor")],
        "receipt": _statement("receipt"),
        "findings": [_FINDING],
        "sender_keys": [_statement("key")],
    },
)

ACKNOWLEDGE: Final = _extra(
    {"mark": _statement("mark"), "private": {"reason": "V20-01: …"}, "salt": "c2FsdA=="},
    {"status": "acknowledged", "leaf_hash": "sha256:9b71…"},
)

MARKS: Final = _extra({"marks": [_statement("mark")]}, {"leaf_hashes": ["sha256:9b71…"]})

KEY: Final = _extra({"key": _statement("key")}, {"key_id": "sha256:77ab…"}, "201")
