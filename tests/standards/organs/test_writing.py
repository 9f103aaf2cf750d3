"""A tree survives a write and a read, whatever its cells hold."""

from __future__ import annotations

from hypothesis import given

from standards.organs import OrganTree, read, sample, write
from standards.organs.columns import COLUMNS
from standards.organs.writing import UTF8_BOM
from tests.standards.organs.strategies import trees


@given(trees())
def test_a_tree_survives_a_write_and_a_read(tree: OrganTree) -> None:
    assert read(write(tree), "t.csv") == tree
    assert read(UTF8_BOM + write(tree), "t.csv") == tree
    assert write(read(write(tree), "t.csv")) == write(tree)


def test_what_is_written_is_rfc_4180() -> None:
    head, *rows, last = write(sample()).decode().split("\r\n")
    assert head == ",".join(COLUMNS)
    assert (len(rows), last) == (len(sample()), "")
