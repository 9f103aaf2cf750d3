"""How much memory this process has needed at most, for tests that run code in a process of its own.

`ru_maxrss` will not do: Linux hands it down from the parent through fork and exec, so that a child of a large test
runner starts with the runner's peak. `VmHWM` begins anew with the new program.
"""

from __future__ import annotations

import re
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak() -> int:
    """The largest resident size so far, in KiB."""
    found = _PEAK.search(Path("/proc/self/status").read_text("ascii"))
    assert found is not None
    return int(found[1])
