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
