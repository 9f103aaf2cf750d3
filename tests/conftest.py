"""What all tests share."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.scene.fixtures"]

# No property is judged by the machine's speed. A test that suppresses another check says `too_slow` as well: its list
# stands for this one.
settings.register_profile("casehub", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("casehub")

# A shell that starts the suite in the background ignores SIGINT for it, and our programs would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = (
    *("tests/flows/test_every_node.py", "tests/faults/test_commands.py", "tests/docs/test_book.py"),
    *("tests/faults/test_push_killed.py", "tests/faults/test_hub_killed.py", "tests/faults/test_away.py"),
    *("tests/flows/test_codebook_life.py", "tests/docs/test_guides.py", "tests/docs/test_add_a_node.py"),
    *("tests/requirements/test_install.py", "tests/flows/test_witnesses.py", "tests/services/test_journey.py"),
)
"""The files that take longest: they come first, so that no worker is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by file, the long ones first; within a file nothing changes."""
    rank = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))
