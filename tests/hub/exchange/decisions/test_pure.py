"""What decides is told what time it is: no module of the decisions asks a clock. The imports are held by contracts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hub.access.rights
import hub.exchange.decisions
import hub.identities.rules

CLOCKS = {"now", "today", "utcnow", "monotonic", "time_ns", "perf_counter"}
DECIDING = [
    *sorted(Path(hub.exchange.decisions.__path__[0]).glob("*.py")),
    Path(hub.access.rights.__file__),
    Path(hub.identities.rules.__file__),
]


def asked(source: str) -> set[str]:
    """The clocks that the source calls."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {each.attr for each in calls if isinstance(each, ast.Attribute)} & CLOCKS


def test_a_clock_is_seen() -> None:
    assert asked("day = datetime.now(UTC)") == {"now"}
    assert asked("day = times.day(facts.now)") == set()


@pytest.mark.parametrize("module", DECIDING, ids=lambda path: path.stem)
def test_no_decision_asks_a_clock(module: Path) -> None:
    assert asked(module.read_text("utf-8")) == set()
