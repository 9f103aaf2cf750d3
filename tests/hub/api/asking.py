"""Asking a hub in an agency's name, and what is asked about the codebooks: each operation's answer and refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.hub.api.holding import Holding
from tests.scene.agencies import POLICE
from tests.scene.crosswalk import Crosswalk
from tests.scene.stage import Stage

CRIME = "urn:casehub:codesystem:unified.crime"
CLASSES = "police.case-class--unified.crime"
SEX = "urn:casehub:crosswalk:court.sex--gb.sex"


@dataclass
class Surface:
    """A stage whose every exchange with the hub is held against the document."""

    at: Stage
    holding: Holding
    walk: Crosswalk
    told: dict[str, Any] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, document: Any = None, *, status: int = 200, agency: str = POLICE, **options: Any
    ) -> Any:
        """One signed request, whose answer has this status."""
        answer = self.at.send(agency, method, quote(path, safe="/?&=%-_.~:,$|"), document, **options)
        assert answer.status_code == status, (path, answer.text)
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)


QUESTIONS = [
    ("/systems", "/systems?as_of=never"),
    ("/systems/unified.crime", "/systems/none"),
    ("/systems/unified.crime/concepts?limit=500", "/systems/none/concepts"),
    ("/systems/unified.crime/lookup?code=XF201-01", "/systems/unified.crime/lookup?code=none"),
    ("/systems/unified.crime/find?text=偷税罪&all_times=true", "/systems/none/find?text=a"),
    ("/systems/unified.crime/validate?code=XF201-01", "/systems/none/validate?code=a"),
    ("/systems/unified.crime/subsumes?a=XFC05&b=XF264-01", "/systems/unified.crime/subsumes?a=x&b=y"),
    ("/translate?system=police.case-class&code=050200&target=court.cause", "/translate?system=a"),
    ("/translate?system=police.case-class&code=none&target=court.cause", "/translate?code=a"),
    ("/crosswalks", "/crosswalks?release=99"),
    (f"/crosswalks/{CLASSES}", "/crosswalks/none"),
    ("/coverage", "/coverage?as_of=never"),
    ("/exports/gb.sex?format=csv", "/exports/none"),
    ("/exports/gb.sex?format=genericode", "/exports/gb.sex?format=sssom"),
    ("/exports/gb.sex?format=fhir", "/exports/gb.sex?format=pdf"),
    ("/exports/court.sex--gb.sex?format=sssom", "/exports/court.sex--gb.sex?format=genericode"),
    ("/release", None),
    ("/releases", None),
    ("/releases/0", "/releases/99"),
    ("/releases/0/files/tables/gb.sex.csv", "/releases/0/files/none"),
    ("/diff?before=0&after=0", "/diff?before=0&after=99"),
]  # fmt: skip


FHIR = [
    ("CodeSystem?_count=2", "CodeSystem?colour=red"),
    ("CodeSystem?_id=gb.sex&_summary=false", "CodeSystem?_count=a"),
    ("ConceptMap", "ConceptMap?colour=red"),
    ("CodeSystem/gb.sex", "CodeSystem/none"),
    ("ConceptMap/court.sex--gb.sex", "ConceptMap/none"),
    (f"CodeSystem/$lookup?system={CRIME}&code=XF264-01", "CodeSystem/$lookup"),
    ("CodeSystem/unified.crime/$lookup?code=XF264-01", "CodeSystem/none/$lookup"),
    (f"CodeSystem/$validate-code?url={CRIME}&code=XF201-01", "CodeSystem/$validate-code"),
    ("CodeSystem/unified.crime/$validate-code?code=XF264-01", "CodeSystem/none/$validate-code"),
    (f"CodeSystem/$subsumes?system={CRIME}&codeA=XFC05&codeB=XF264-01", "CodeSystem/$subsumes"),
    ("CodeSystem/unified.crime/$subsumes?codeA=XFC05&codeB=XF264-01", "CodeSystem/none/$subsumes"),
    (f"ConceptMap/$translate?url={SEX}&sourceCode=1", "ConceptMap/$translate"),
    ("ConceptMap/court.sex--gb.sex/$translate?sourceCode=1", "ConceptMap/none/$translate"),
]
