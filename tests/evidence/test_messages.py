"""Every code that this package and `digests` raise has its words, and every entry of its file is used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from evidence.bundles.report import CHECKS, Level, Outcome, Verdict
from messages import catalogue

ROOT = Path(__file__).parents[2]
OWN = tomllib.loads((ROOT / "messages/catalogue/evidence.toml").read_text("utf-8"))
SOURCE = "\n".join(path.read_text("utf-8") for name in ("digests", "evidence") for path in (ROOT / name).rglob("*.py"))
RAISED = set(re.findall(r'"(evidence\.[a-z0-9-]+)"', SOURCE)) | {"evidence.bad-enrolment", "evidence.bad-admission"}


def test_every_code_raised_has_words_and_a_remedy_in_both_languages() -> None:
    assert len(RAISED) > 40
    for code in RAISED:
        entry = catalogue()[code]
        assert all((entry.zh, entry.en, entry.remedy_zh, entry.remedy_en)), code
        assert 400 <= entry.status < 600


def test_no_entry_is_left_over() -> None:
    assert {code for code in OWN if code.startswith("evidence.")} == RAISED


def test_every_check_and_verdict_has_its_words() -> None:
    outcomes = get_args(Outcome)
    words = {f"verify.check-{name}" for name in CHECKS} | {f"verify.outcome-{name}" for name in outcomes}
    words |= {f"verify.{verdict.lower()}" for verdict in get_args(Verdict)}
    words |= {f"verify.level-{level}" for level in get_args(Level)}
    assert words <= set(catalogue())
