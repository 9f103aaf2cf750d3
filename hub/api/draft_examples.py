"""Examples of the OpenAPI document about codebook drafts."""

from __future__ import annotations

from typing import Final

from hub.api.examples import DIGEST, INSTANT, TRANSFER_ID

_BASE: Final = "2026.1+0123456789ab"
_PERSON: Final = "police:350100000000/h-1024"
_ROW: Final = {
    "source_code": "050299",
    "relationship": "narrower",
    "target_code": "XF264-01",
    "valid_from": "",
    "valid_to": "",
    "condition": "",
    "justification": "属盗窃",
    "by": _PERSON,
}
_CROSSWALK: Final = "police.case-class--unified.crime"
_EDIT: Final = {
    "file": f"crosswalks/{_CROSSWALK}.csv",
    "key": "050299:XF264-01",
    "kind": "added",
    "before": None,
    "after": _ROW,
}
_SIDES: Final = {
    "before": {"outcome": "unmapped", "codes": []},
    "after": {"outcome": "narrower", "codes": ["XF264-01"]},
}
_CODE: Final = {"system": "police.case-class", "code": "050299", "target": "unified.crime"}

NEW: Final = {"title": "补充盗窃类对照"}
DRAFT: Final = {
    "draft": "d1",
    "title": "补充盗窃类对照",
    "base": _BASE,
    "state": "open",
    "start": 0,
    "version": 1,
    "author": _PERSON,
    "created_at": INSTANT,
    "changed_at": INSTANT,
    "reviewer": None,
    "reviewed_at": None,
    "review_note": None,
    "approved_digest": None,
    "released_as": None,
}
REBASED: Final = {**DRAFT, "kept": 1}
DRAFTS: Final = {"drafts": [DRAFT]}
SHOWN: Final = {**DRAFT, "edits": [{"version": 1, "editor": _PERSON, "edited_at": INSTANT, **_EDIT}]}
EDITS: Final = {
    "seen": 0,
    "changes": [
        {
            "action": "add",
            "table": _CROSSWALK,
            "cells": {
                "source_code": "050299",
                "relationship": "narrower",
                "target_code": "XF264-01",
                "justification": "属盗窃",
            },
        }
    ],
}
EDITED: Final = {"draft": "d1", "version": 1, "edits": [_EDIT], "notes": []}
IMPORT: Final = {"table": "gb.sex", "content": "code,display\r\n1,男\r\n2,女\r\n", "seen": 0}
TABLE: Final = {"version": 1, "content": "code,display,parent\r\n…"}
CHECK: Final = {"draft": "d1", "passed": True, "problems": []}
DIFF: Final = {
    "before": _BASE,
    "after": "d1",
    "as_of": "2026-11-22",
    "counts": {"added": 1, "changed": 0, "ended": 0, "removed": 0},
    "rows": [_EDIT],
    "outcomes": [{**_CODE, **_SIDES}],
    "outcomes_compared": True,
}
DRY_RUN: Final = {
    "draft": "d1",
    "days": 30,
    "before": _BASE,
    "after": "d1",
    "transfers": 1200,
    "values": 31000,
    "changed_values": 7,
    "changes": [
        {
            **_CODE,
            "display": "其他盗窃案",
            **_SIDES,
            "count": 7,
            "transfers": 5,
            "examples": [{"transfer_id": TRANSFER_ID, "place": "/charges/0/crime"}],
        }
    ],
}
REVIEW: Final = {"approve": True, "note": "已核对"}
RELEASE: Final = {"effective_from": "2027-01-01", "allow_orphans": False}
RELEASED: Final = {
    "id": "2027.1+0123456789ab",
    "number": 1,
    "digest": DIGEST,
    "effective_from": "2027-01-01",
    "released_at": INSTANT,
    "draft": "d1",
    "author": _PERSON,
    "reviewer": "police:350100000000/h-2048",
    "released_by": _PERSON,
    "mark": DIGEST,
    "orphans": [],
    "supersedes": [],
}
WORKLIST: Final = {
    "days": 90,
    "release": _BASE,
    "transfers": 3600,
    "items": [
        {
            "item": "police.case-class/050299/unified.crime",
            **_CODE,
            "display": "其他盗窃案",
            "outcome": "unmapped",
            "note": "no-row",
            "count": 7,
            "senders": {"police": 7},
            "last_seen": "2026-11-22",
            "candidates": [],
            "suggestions": [{"code": "XF264-01", "display": "盗窃罪", "score": 90.0}],
        }
    ],
}
ACCEPT: Final = {"item": "police.case-class/050299/unified.crime", "relationship": "narrower", "draft": "d1"}
RELEASES: Final = {
    "releases": [
        {
            "id": "2027.1+0123456789ab",
            "number": 1,
            "digest": DIGEST,
            "effective_from": "2027-01-01",
            "released_at": INSTANT,
            "in_effect": False,
        }
    ]
}
