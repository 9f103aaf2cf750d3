"""The sample province: invented beyond doubt, and whole."""

from __future__ import annotations

from collections import Counter

import codebooks
from standards import agencies
from standards.organs import sample, sample_csv

TREE = sample()
KINDS = sorted({each.type for each in TREE})
"""Types of the sample; one that joins later needs no organ in it."""


def test_every_type_is_there_at_three_levels() -> None:
    assert agencies.core() <= {each.type for each in TREE}
    counted = Counter((each.type, each.level) for each in TREE if each.general)
    for kind in ("police", "procuratorate", "court", "justice"):
        assert [counted[kind, level] for level in ("provincial", "municipal", "county")] == [1, 3, 8]
    assert any(each.special for each in TREE)
    assert any(each.level == "base" for each in TREE)


def test_it_says_that_it_is_invented() -> None:
    assert sample_csv().decode().startswith("# 虚构")
    assert "invented" in sample_csv().decode().splitlines()[1]
    for organ in TREE:
        assert organ.zh.endswith("（示例）")
        assert organ.notes == "虚构示例"
        assert organ.telephone.startswith("000-0000")  # no area code begins with 00
        assert organ.address
        assert organ.hours


def test_its_areas_are_no_places() -> None:
    """GB/T 2260 gives no region the first digit 9."""
    listed = codebooks.load().system("gb.division").by_code
    assert not any(area in listed for organ in TREE for area in organ.areas)
    assert not any(code.startswith("9") for code in listed)


def test_every_county_has_somebody_competent_of_every_type() -> None:
    counties = {area for organ in TREE if organ.level == "county" for area in organ.areas}
    assert len(counties) == 8
    for area in counties:
        for kind in KINDS:
            assert len(TREE.of(kind, area)) == 1, (area, kind)
