"""Codes that somebody may have meant."""

from __future__ import annotations

import pytest

import codebooks
from codebooks.near import near

TYPED = [
    ("known", "police.case-class", "050200", ()),
    ("full width", "police.case-class", "０５０２００", ("050200",)),
    ("blanks", "police.case-class", " 050200 ", ("050200",)),
    ("leading zero lost", "police.case-class", "50200", ("050200",)),
    ("number of a spreadsheet", "police.case-class", "5.02E+04", ("050200",)),
    ("decimals of a spreadsheet", "police.case-class", "50200.0", ("050200",)),
    ("small letters", "unified.crime", "xf264-01", ("XF264-01",)),
    ("a part", "unified.crime", "264", ("XF264-01",)),
    ("a short part says nothing", "unified.crime", "26", ()),
    ("not a whole number", "police.case-class", "1.15E+00", ()),
    ("huge number", "police.case-class", "1E+99", ()),
    ("nothing like it", "unified.crime", "ZZZ", ()),
    ("nothing", "unified.crime", "", ()),
]


@pytest.mark.parametrize(("name", "system", "typed", "meant"), TYPED, ids=[row[0] for row in TYPED])
def test_what_may_have_been_meant(name: str, system: str, typed: str, meant: tuple[str, ...]) -> None:
    assert tuple(found.code for found in near(codebooks.load().system(system), typed)) == meant, name


def test_at_most_so_many() -> None:
    assert len(near(codebooks.load().system("police.case-class"), "0502", limit=3)) == 3
