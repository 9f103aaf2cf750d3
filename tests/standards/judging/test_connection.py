"""Agency types that join later, and what fell due before they did."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from standards.judging.connection import takes_part
from standards.judging.facts import CaseFacts
from standards.nodes import catalogue
from standards.record import Record
from standards.terms.clocks import clocks
from tests.standards import rulebook
from tests.standards.judging.test_rules_swept import ROWS

JOINED = datetime(2024, 3, 4, 18, 0, tzinfo=UTC)  # the fifth in Beijing

TABLE = [
    ("nothing needed", (), {"court"}, date(2020, 1, 1), True),
    ("all are", ("detention",), None, date(2020, 1, 1), True),
    ("not connected", ("detention",), {"court"}, None, False),
    ("connected", ("detention",), {"detention"}, date(2020, 1, 1), True),
    ("due before it joined", ("detention",), {"detention": JOINED}, date(2024, 3, 4), False),
    ("due on that day", ("detention",), {"detention": JOINED}, date(2024, 3, 5), True),
    ("no due day", ("detention",), {"detention": JOINED}, None, True),
    ("one of two", ("detention", "prison"), {"detention": JOINED}, None, False),
]


@pytest.mark.parametrize(("name", "needs", "connected", "due", "whether"), TABLE, ids=[row[0] for row in TABLE])
def test_who_takes_part(name: str, needs: tuple[str, ...], connected: object, due: date | None, whether: bool) -> None:
    assert takes_part(needs, connected, due) is whether, name  # type: ignore[arg-type]


@pytest.mark.parametrize("rule_id", ["IR-05", "IR-05-arrest", "IR-22-transfer"])
def test_what_fell_due_before_the_detention_centre_joined_is_not_late(rule_id: str) -> None:
    row = ROWS[rule_id]
    record = rulebook.changed(row.change)
    found = []
    for joined in ("2024-01-01", "2025-01-01"):
        since = dict.fromkeys(("police", "procuratorate", "court", "detention"), rulebook.instant(joined))
        told = rulebook.swept(row.past, record, "2025-06-01", enrolled=since).findings
        found.append(f"rule.{rule_id}-open" in {each.code for each in told})
    assert found == [True, False]


def test_such_a_term_is_shown_as_not_assessed() -> None:
    row = ROWS["IR-05"]
    last, now = catalogue().get(row.past[-1][0]), rulebook.instant("2025-06-01")
    facts = CaseFacts(last, rulebook.history(row.past), Record.read(rulebook.changed(row.change)), now)
    since = {"detention": rulebook.instant("2025-01-01")}
    told = [each for each in clocks(facts, enrolled=since) if each.id == "DL-01"]
    assert [each.state(facts.now) for each in told] == ["not-assessed"] * len(told)
    assert told
