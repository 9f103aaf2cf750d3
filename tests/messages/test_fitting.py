"""Tables on narrow terminals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import fitting
from messages.columns import table, width

HEADS = ("期限", "届满", "依据")
ROWS = [
    ("DL-90 对判决上诉、抗诉", "2026-12-02", "刑诉法第230条；法院解释第380条；检察规则第586条"),
    ("DL-01 拘留后送看守所", "2026-06-01", "刑诉法第85条"),
]


def test_a_table_that_fits_stays_as_it_is() -> None:
    assert table(HEADS, ROWS, fit=200) == table(HEADS, ROWS)


def test_the_widest_column_gives_way() -> None:
    told = table(HEADS, ROWS, fit=60)
    assert max(width(line) for line in told.splitlines()) <= 60
    assert told.splitlines()[0].split() == list(HEADS)
    assert "2026-12-02" in told
    assert "".join(line[-1] for line in told.splitlines())


def test_where_nothing_helps_rows_become_blocks() -> None:
    told = table(HEADS, ROWS, fit=30)
    assert told.splitlines()[0] == "期限  DL-90 对判决上诉、抗诉"
    assert told.splitlines()[1] == "届满  2026-12-02"
    assert "\n\n期限  DL-01" in told


def test_empty_cells_are_left_out_of_blocks() -> None:
    assert fitting.blocks(("甲", "乙"), [("1", ""), ("", "2")], 20) == "甲  1\n\n乙  2"


@pytest.mark.parametrize("columns", range(40, 100, 7))
def test_no_line_is_longer_and_no_code_is_cut(columns: int) -> None:
    told = table(HEADS, ROWS, fit=columns)
    assert all(width(line) <= columns for line in told.splitlines())
    assert all(word in told for word in ("DL-90", "2026-12-02", "DL-01", "2026-06-01"))


@given(st.lists(st.tuples(*[st.text("案件ab，。 1-", max_size=40)] * 3), min_size=1, max_size=4), st.integers(20, 90))
def test_every_sign_is_shown(rows: list[tuple[str, str, str]], columns: int) -> None:
    told = table(("x", "y", "z"), rows, fit=columns)
    signs = sorted(sign for row in rows for cell in row for sign in cell if sign in "案件ab，。1")
    shown = sorted(sign for sign in told if sign in "案件ab，。1")
    assert shown == signs
