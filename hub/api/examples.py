"""Request and answer examples of the OpenAPI document. The statements in them are shortened for reading."""

from __future__ import annotations

from typing import Any, Final

TRANSFER_ID: Final = "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10"
CASE_UID: Final = "01933e79-11d2-7e55-9a0b-5b6f2f0a7c01"
POLICE: Final = "police:350102000000"
PROCURATORATE: Final = "procuratorate:350102"
INSTANT: Final = "2026-11-22T00:02:52.123Z"
DIGEST: Final = "sha256:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
PATH: Final = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="


def statement(kind: str) -> dict[str, Any]:
    """A signed statement as it looks."""
    return {
        "payload": "eyJzdWl0ZSI6ImludGwtMSIs…",
        "payloadType": f"application/vnd.casehub.{kind}.v1+json",
        "signatures": [{"alg": "ed25519", "keyid": "sha256:4f2c…", "sig": "q83v…=="}],
    }


_FINDING = {
    "code": "code.broader",
    "level": "D",
    "place": "/charges/0/crime",
    "params": {"code": "050201"},
    "zh": "代码只对应到上位类目。",
    "en": "The code leads to a broader one only.",
}
_MARK = {
    "leaf_index": 17,
    "leaf_hash": DIGEST,
    "mark_id": "01933e7b-0c44-7a4e-8f7d-3f4f3c0c9a11",
    "transfer_id": TRANSFER_ID,
    "node": "N-ARR-001",
    "action": "received",
    "actor": "hub:fuzhou",
    "seq": 1,
    "occurred_at": INSTANT,
    "statement": statement("mark"),
}
_PARTIES = {"node": "N-ARR-001", "sender": POLICE, "receiver": PROCURATORATE, "case_uid": CASE_UID}

CHECKPOINT: Final = (
    f"fuzhou/casehub-log\n18\n{PATH}\n\n— fuzhou/casehub-log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO…\n"
)
COSIGNED: Final = f"{CHECKPOINT}— {PROCURATORATE} CMp+6AAAAABpYQbXy7vPGWbVDhLfZ8hgcRrXk1lqmKtj…\n"
HUB: Final = {
    "name": "fuzhou",
    "fingerprint": DIGEST,
    "log_origin": "fuzhou/casehub-log",
    "codebooks": {"id": "2026.11", "digest": DIGEST},
}

MISSING: Final = {"digests": [DIGEST]}
MISSING_ANSWER: Final = {"missing": [DIGEST]}
PART_ANSWER: Final = {"digest": DIGEST, "size": 16777216}

SUBMISSION: Final = {
    "envelope": statement("envelope"),
    "record": {"schema": "casehub/record/v1", "case": {"case_uid": CASE_UID, "name": "示例"}, "persons": []},
    "descriptors": [statement("descriptor")],
    "marks": [statement("mark"), statement("mark")],
}
SUBMISSION_ANSWER: Final = {"receipt": statement("receipt"), "annex": statement("annex"), "findings": [_FINDING]}
TRANSFER: Final = {
    "transfer_id": TRANSFER_ID,
    "status": "offered",
    **_PARTIES,
    "received_at": INSTANT,
    "envelope": statement("envelope"),
    "record": {"schema": "casehub/record/v1"},
    "annex": statement("annex"),
    "descriptors": [statement("descriptor")],
    "receipt": statement("receipt"),
    "findings": [_FINDING],
    "sender_keys": [statement("key")],
}
ACKNOWLEDGEMENT: Final = {"mark": statement("mark"), "private": {"reason": "V20-01: …"}, "salt": "c2FsdA=="}
ACKNOWLEDGEMENT_ANSWER: Final = {"status": "acknowledged", "leaf_hash": DIGEST}
MARKS: Final = {"marks": [statement("mark")]}
MARKS_ANSWER: Final = {"leaf_hashes": [DIGEST]}
TRAIL: Final = {"transfer_id": TRANSFER_ID, "marks": [_MARK], "findings": [], "asked_at": INSTANT}
CASE_TRAIL: Final = {"case_uid": CASE_UID, "marks": [_MARK], "findings": [], "asked_at": INSTANT}
PROOFS: Final = {
    "checkpoint": CHECKPOINT,
    "proofs": [{"leaf_hash": DIGEST, "index": 17, "size": 18, "path": [PATH]}],
}
INBOX: Final = {
    "items": [
        {
            "position": 5,
            "transfer_id": TRANSFER_ID,
            "node": "N-ARR-001",
            "sender": POLICE,
            "case_uid": CASE_UID,
            "offered_at": INSTANT,
            "bytes": 16790000,
            "pages": 60,
            "status": "offered",
        }
    ],
    "next": 5,
    "last": 5,
    "checkpoint": CHECKPOINT,
}
REFS: Final = [{"agency": POLICE, "kind": "AJBH", "value": "A3501020000002026030001"}]
CASES: Final = {"cases": [{"case_uid": CASE_UID, "refs": REFS}]}
CASE: Final = {
    "case_uid": CASE_UID,
    "refs": REFS,
    "parties": [POLICE, PROCURATORATE],
    "links": [],
    "handlers": ["h-1024"],
    "transfers": [
        {
            "transfer_id": TRANSFER_ID,
            "node": "N-ARR-001",
            "sender": POLICE,
            "receiver": PROCURATORATE,
            "status": "offered",
            "received_at": INSTANT,
            "in_reply_to": None,
            "pages": 60,
            "bytes": 16790000,
        }
    ],
}
GRANTS: Final = {"case_uid": CASE_UID, "handlers": ["h-1024"]}
HANDLERS: Final = {"handlers": [{"handler": "h-1024", "role": "handler", "removed": False}]}
HANDLER: Final = {"role": "handler"}
HANDLER_ANSWER: Final = {"handler": "h-1024", "role": "handler"}
HANDLER_GONE: Final = {"handler": "h-1024", "removed": True}
AGENCY: Final = {"type": "police", "code": "350102000000", "name": "示例市公安局鼓楼分局"}
DIRECTORY: Final = {"agencies": [{**AGENCY, "agency": POLICE, "revoked": False}]}
KEYS: Final = {"agency": AGENCY, "keys": [statement("key")], "revoked": [{"key_id": DIGEST, "revoked_at": INSTANT}]}
KEY: Final = {"key": statement("key")}
KEY_ANSWER: Final = {"key_id": DIGEST}
_DIRECTION = {
    "submitted": 1,
    "accepted": 1,
    "offered": 1,
    "fetched": 0,
    "acknowledged": 0,
    "undeliverable": 0,
    "superseded": 0,
}
_OPEN = {
    "transfer_id": TRANSFER_ID,
    "node": "N-ARR-001",
    "sender": POLICE,
    "receiver": PROCURATORATE,
    "status": "offered",
    "stage": "offered",
}
RECONCILIATION: Final = {
    "agency": POLICE,
    "day": "2026-11-22",
    "sent": {**_DIRECTION, "transfers": [TRANSFER_ID], "open": [_OPEN]},
    "received": {**dict.fromkeys(_DIRECTION, 0), "transfers": [], "open": []},
    "refused": 0,
}
INCLUSION: Final = {"leaf_hash": DIGEST, "index": 17, "size": 18, "path": [PATH]}
CONSISTENCY: Final = {"old": 16, "new": 18, "path": [PATH]}
