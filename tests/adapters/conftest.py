"""A hub with agencies for the adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub in process with three agencies."""
    made = World(tmp_path)
    try:
        yield made
    finally:
        made.close()
