"""What a table changes in another."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from standards.organs import Organ, OrganTree, sample
from standards.organs.comparing import compare
from tests.standards.organs.strategies import trees

ONE, TWO, THREE = (Organ(f"court:{number}", "甲", "county", areas=("350102",)) for number in (1, 2, 3))


def test_added_changed_removed() -> None:
    moved = replace(TWO, address="新址", areas=("350102", "350103"), more=(("传真", "1"),))
    found = compare(OrganTree([ONE, TWO]), OrganTree([moved, THREE]))
    assert (found.added, found.removed) == ((THREE,), (ONE,))
    assert found.changed[0].differing == (
        ("areas", "350102", "350102|350103"),
        ("address", "", "新址"),
        ("传真", "", "1"),
    )
    assert found.to_json() == {
        "added": ["court:3"],
        "changed": [
            {
                "id": "court:2",
                "cells": {
                    "areas": {"before": "350102", "after": "350102|350103"},
                    "address": {"before": "", "after": "新址"},
                    "传真": {"before": "", "after": "1"},
                },
            }
        ],
        "removed": ["court:1"],
    }


def test_the_order_of_rows_is_no_difference() -> None:
    assert not compare(OrganTree([ONE, TWO]), OrganTree([TWO, ONE]))


@given(trees(), trees())
def test_one_way_is_the_other_turned_round(one: OrganTree, other: OrganTree) -> None:
    there, back = compare(one, other), compare(other, one)
    assert (set(there.added), set(there.removed)) == (set(back.removed), set(back.added))
    assert {each.organ.id for each in there.changed} == {each.organ.id for each in back.changed}
    assert not compare(one, one)


def test_everything_is_new_to_an_empty_tree() -> None:
    assert len(compare(OrganTree(), sample()).added) == len(sample())
