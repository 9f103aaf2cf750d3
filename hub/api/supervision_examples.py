"""Answer examples of findings and statutory terms for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from hub.api.examples import CASE_UID, INSTANT, TRANSFER_ID

_CLOCK: Final[dict[str, Any]] = {
    "id": "DL-20",
    "clock": "investigation-custody",
    "zh": "侦查羁押期限",
    "en": "Custody during investigation",
    "place": "/persons/0",
    "person_uid": "01933e79-11d2-7e55-9a0b-5b6f2f0a7c02",
    "role": "suspect",
    "duty": "police",
    "right": False,
    "state": "due-soon",
    "start": "2026-09-28T10:00+08:00",
    "start_from": "measure:arrest",
    "term": "P2M",
    "extended": 0,
    "due": "2026-11-28",
    "due_conservative": "2026-11-27",
    "days_left": 6,
    "days_left_conservative": 5,
    "custody": True,
    "counted": "2026-11-28",
    "rolled": False,
    "provisional": False,
    "pauses": [],
    "restarted_by": None,
    "late_extension": None,
    "done": None,
    "done_from": None,
    "ceased": False,
    "transfer_id": None,
    "basis": "刑诉法第156条；刑诉法第158条；刑诉法第159条",
    "confidence": "high",
    "calendar": "chinesecalendar 1.11.0",
}

DEADLINES: Final[dict[str, Any]] = {
    "case_uid": CASE_UID,
    "as_of": INSTANT,
    "record_of": TRANSFER_ID,
    "calendar": "chinesecalendar 1.11.0",
    "states": {"due-soon": 1},
    "next_due": "2026-11-28",
    "clocks": [_CLOCK],
}

_LATE: Final[dict[str, Any]] = {
    "code": "rule.IR-31-open",
    "level": "V",
    "place": "/persons/0",
    "basis": "刑诉法第172条；检察规则第351条",
    "params": {
        "deadline": "DL-30",
        "term": "P1M",
        "start": "2026-10-20T10:00+08:00",
        "start_from": "acceptance:prosecution-review",
        "due": "2026-11-20",
        "act": "2026-11-22T08:02+08:00",
        "act_from": "now",
        "days": 2,
        "mode": "statutory",
        "calendar": "chinesecalendar 1.11.0",
        "custody": True,
        "extended": 0,
    },
    "zh": "尚未作出处理：2026-10-20T10:00+08:00 受理，2026-11-20 届满，已逾期 2 日。",
    "en": "Not decided yet: accepted 2026-10-20T10:00+08:00, due 2026-11-20, 2 days late.",
    "remedy_zh": "检察机关应当立即作出起诉、不起诉或者退回补充侦查的决定；在押的，先行变更强制措施。",
    "remedy_en": "Decide at once to prosecute, not to prosecute or to return.",
}
CASE_FINDINGS: Final[dict[str, Any]] = {
    "case_uid": CASE_UID,
    "as_of": INSTANT,
    "transfers": [
        {
            "transfer_id": TRANSFER_ID,
            "node": "N-PRO-001",
            "sender": "police:350102000000",
            "receiver": "procuratorate:350102",
            "received_at": INSTANT,
            "findings": [],
        }
    ],
    "record_of": TRANSFER_ID,
    "calendar": "chinesecalendar 1.11.0",
    "late": [_LATE],
    "not_judged": [
        {
            "rule": "IR-05",
            "zh": "拘留后超过二十四小时送看守所",
            "en": "Brought to the detention centre late",
            "needs": ["detention"],
            "because_zh": "看守所未接入，未评估。",
            "because_en": "Not judged: detention centre not connected.",
        }
    ],
}
FINDINGS: Final[dict[str, Any]] = {
    "items": [
        {
            "change": 7,
            "case_uid": CASE_UID,
            "state": "open",
            "opened_at": INSTANT,
            "cleared_at": None,
            "finding": _LATE,
        }
    ],
    "next": 7,
}
