"""How tests wait: for a state and never for a time, with one bound for all of them.

The bound is no expectation of speed. It only ends a wait for what never comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 240.0
"""Seconds after which what a test waits for has failed: far beyond what a slow, busy machine needs."""

Found = TypeVar("Found")


def until(found: Callable[[], Found], what: str, pause: float = 0.01) -> Found:
    """The first answer of `found` that is true; fails when `what` never comes."""
    end = time.monotonic() + PATIENCE
    while not (answer := found()):
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s in vain for {what}"
        time.sleep(pause)
    return answer
