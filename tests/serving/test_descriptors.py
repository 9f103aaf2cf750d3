"""How many connections a process affords, and that it takes what descriptors it may have."""

from __future__ import annotations

import subprocess
import sys

import pytest

from serving.descriptors import FEWEST, KEPT, affordable

AFFORDABLE = {
    "plenty": (100_000, 4096, 4096),
    "as many as are needed": (2 * 4096 + KEPT, 4096, 4096),
    "one too few": (2 * 4096 + KEPT - 1, 4096, 4095),
    "a service's default": (1024, 4096, 384),
    "hardly any": (64, 4096, FEWEST),
}


@pytest.mark.parametrize("name", AFFORDABLE)
def test_connections_leave_descriptors_for_the_log(name: str) -> None:
    descriptors, wanted, expected = AFFORDABLE[name]
    assert affordable(descriptors, wanted) == expected


@pytest.mark.parametrize(
    ("soft", "hard", "expected"), [(256, 512, 512), (256, 4096, 2 * 512 + KEPT), (2048, 4096, 2048)]
)
def test_the_soft_limit_is_raised_as_far_as_is_needed(soft: int, hard: int, expected: int) -> None:
    code = (
        "import resource, sys; from serving.descriptors import raise_limit; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); raise_limit(512); "
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) == expected
