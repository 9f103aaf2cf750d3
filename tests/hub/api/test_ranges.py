"""One byte range, held against an oracle that enumerates the bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.ranges import single_range
from messages.problems import Problem


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 3)),
        ("bytes=8-99", (8, 2)),
        ("bytes=7-", (7, 3)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
    ],
)
def test_ranges_inside(header: str | None, expected: tuple[int, int]) -> None:
    assert single_range(header, 10) == expected


@pytest.mark.parametrize(
    "header",
    ["bytes=10-", "bytes=5-4", "bytes=-0", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "x", f"bytes={'9' * 5000}-"],
)
def test_ranges_outside_are_refused(header: str) -> None:
    with pytest.raises(Problem, match=r"part\.range"):
        single_range(header, 10)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_gives_the_bytes_that_it_names(size: int, first: int, last: int) -> None:
    wanted = [position for position in range(size) if first <= position <= last]
    if wanted:
        assert single_range(f"bytes={first}-{last}", size) == (wanted[0], len(wanted))
    else:
        with pytest.raises(Problem, match=r"part\.range"):
            single_range(f"bytes={first}-{last}", size)
