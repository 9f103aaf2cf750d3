"""Request and answer examples of the questions under `/v1/codebooks/…` for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from hub.api.examples import DIGEST, INSTANT

Json = dict[str, Any]
RELEASE: Final[Json] = {"release": {"id": "2026.1+14fab23565d9", "digest": DIGEST}}
CONCEPT: Final[Json] = {
    "system": "unified.crime",
    "code": "XF264-01",
    "display": "盗窃罪",
    "parent": "XFC05",
    "selectable": True,
    "valid_from": "1997-10-01",
    "article": "第264条",
}
SYSTEM: Final[Json] = {
    "id": "unified.crime",
    "title_zh": "统一罪名代码",
    "title_en": "Unified crimes",
    "publisher": "Casehub",
    "version": "2024-03-01",
    "stand_in": False,
    "unified": "unified.crime",
    "rows": 569,
    "codes": 569,
    "in_force": 501,
}
SYSTEMS: Final[Json] = {**RELEASE, "systems": [SYSTEM]}
ONE_SYSTEM: Final[Json] = {**RELEASE, **SYSTEM, "crosswalks_to": ["court.cause", "police.case-class"]}
CONCEPTS: Final[Json] = {**RELEASE, "total": 501, "next": 200, "concepts": [CONCEPT]}
LOOKUP: Final[Json] = {
    **RELEASE,
    "as_of": "2024-03-04",
    "valid": True,
    "system": "unified.crime",
    "code": "XF264-01",
    "reasons": [],
    "concept": CONCEPT,
    "meanings": [CONCEPT],
    "parents": [{"system": "unified.crime", "code": "XFC05", "display": "侵犯财产罪", "selectable": False}],
    "children": [],
}
FOUND: Final[Json] = {**RELEASE, "total": 1, "concepts": [CONCEPT]}
VALIDATION: Final[Json] = {
    **RELEASE,
    "as_of": "2024-03-04",
    "valid": False,
    "system": "unified.crime",
    "code": "XF201-01",
    "reasons": ["ended"],
    "concept": {"system": "unified.crime", "code": "XF201-01", "display": "偷税罪", "selectable": True},
    "successors": [{"system": "unified.crime", "code": "XF201-02", "display": "逃税罪", "selectable": True}],
}
SUBSUMPTION: Final[Json] = {**RELEASE, "as_of": "2024-03-04", "outcome": "subsumes"}
ANSWER: Final[Json] = {
    "outcome": "equivalent",
    "matches": [
        {
            "system": "unified.crime",
            "version": "2024-03-01",
            "code": "XF264-01",
            "display": "盗窃罪",
            "relationship": "equivalent",
            "crosswalk": "police.case-class--unified.crime",
            "row": 451,
            "justification": "名称相同",
            "by": "casehub",
            "sources": 9,
        }
    ],
    "path": ["police.case-class", "unified.crime"],
    "cardinality": "n:1",
    "source": {"system": "police.case-class", "code": "050200", "display": "盗窃案", "selectable": True},
}
TRANSLATION: Final[Json] = {"as_of": "2024-03-04", **ANSWER, "release": "2026.1+14fab23565d9"}
BATCH: Final[Json] = {
    "target": "unified.crime",
    "items": [
        {"system": "police.case-class", "code": "050200", "as_of": "2024-03-04"},
        {"system": "police.case-class", "code": "060101", "context": {"article": "第277条第5款"}, "version": "2000"},
    ],
}
BATCH_ANSWER: Final[Json] = {
    **RELEASE,
    "as_of": "2026-11-22",
    "answers": [
        ANSWER,
        {"error": {"code": "codebook.batch-item", "place": "/1/code", "params": {"member": "code"}}},
    ],
}
CROSSWALKS: Final[Json] = {
    **RELEASE,
    "crosswalks": [
        {
            "name": "police.case-class--unified.crime",
            "source": "police.case-class",
            "target": "unified.crime",
            "rows": 822,
        }
    ],
}
ROWS: Final[Json] = {
    **RELEASE,
    "total": 822,
    "next": 200,
    "rows": [
        {
            "line": 2,
            "source_code": "010000",
            "relationship": "equivalent",
            "target_code": "XFC01",
            "valid_from": "",
            "valid_to": "",
            "condition": "",
            "justification": "类名对应分则章节",
            "by": "casehub",
        }
    ],
}
COVERAGE: Final[Json] = {
    **RELEASE,
    "crosswalks": [
        {
            "crosswalk": "police.case-class--unified.crime",
            "source": "police.case-class",
            "target": "unified.crime",
            "as_of": "2024-03-04",
            "rows": 822,
            "codes": 610,
            "equivalent": 402,
            "broader": 60,
            "narrower": 90,
            "ambiguous": 20,
            "retired": 3,
            "no-equivalent": 25,
            "unmapped": 10,
            "headings": 40,
        }
    ],
}
MANIFEST: Final[Json] = {
    "number": 1,
    "id": "2026.2+0b5f6a7c8d9e",
    "digest": DIGEST,
    "effective_from": "2026-12-01",
    "released_at": INSTANT,
    "in_effect": True,
    "files": [{"name": "tables/gb.sex.csv", "size": 214, "digest": DIGEST}],
}
DIFF: Final[Json] = {
    "before": "0",
    "after": "1",
    "as_of": "2026-11-22",
    "counts": {"added": 1, "changed": 0, "ended": 0, "removed": 0},
    "rows": [
        {
            "file": "tables/unified.crime.csv",
            "key": "XF999-01",
            "kind": "added",
            "before": None,
            "after": {"code": "XF999-01", "display": "示例罪"},
        }
    ],
    "outcomes": [],
    "outcomes_compared": True,
}
CSV: Final = "code,display,parent,selectable,valid_from,valid_to,successors,aliases,article,note\r\n1,男,,yes,,,,,,\r\n"
