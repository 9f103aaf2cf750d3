"""How many connections the file descriptors of this process allow, so that there is always one for the log.

Each connection may have a file open beside its socket. What remains is for the database, the log and the requests that
the process makes itself.
"""

from __future__ import annotations

import resource
from typing import Final

KEPT: Final = 256
"""File descriptors that no connection ever takes."""
FEWEST: Final = 16
"""Connections that are served even where `KEPT` cannot be kept."""


def raise_limit(connections: int) -> int:
    """Have the process as many file descriptors as `connections` need, as far as it may; returns how many it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + KEPT
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def affordable(descriptors: int, connections: int) -> int:
    """How many of `connections` this many file descriptors allow."""
    return max(FEWEST, min(connections, (descriptors - KEPT) // 2))
