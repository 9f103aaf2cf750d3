"""The tree: above, below, competent for a place, beside, by words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from messages.problems import Problem
from standards.organs import Organ, OrganTree, sample
from standards.organs.hours import parse
from standards.organs.model import above, is_area

TREE = sample()


def ids(*found: Organ) -> list[str]:
    return [each.id for each in found]


def test_the_line_above_and_those_below() -> None:
    assert ids(*TREE.ancestors("court:990121-1")) == ["court:990121", "court:990100", "court:990000"]
    assert ids(*TREE.ancestors("detention:990121")) == [
        "police:990121000000",
        "police:990100000000",
        "police:990000000000",
    ]
    assert ids(*TREE.children("court:990121")) == ["court:990121-1"]
    for call in (TREE.get, TREE.children, TREE.ancestors, TREE.superior):
        with pytest.raises(Problem) as caught:
            call("court:1")
        assert caught.value.code == "organ.unknown"


@pytest.mark.parametrize(
    ("organ", "level", "wanted"),
    [
        ("procuratorate:990102", "higher", "procuratorate:990100"),
        ("procuratorate:990102", "provincial", "procuratorate:990000"),
        ("procuratorate:990102", "supreme", None),
        ("procuratorate:990000", "higher", None),
        ("procuratorate:990000", "provincial", None),
        ("court:990121-1", "higher", "court:990100"),
        ("court:990121-1", "provincial", "court:990000"),
        ("detention:990121", "higher", "police:990100000000"),
        ("court:990171", "higher", "court:990100"),
        ("prison:990100", "higher", "prison:990000"),
        ("prison:990000", "higher", None),
    ],
)
def test_the_organ_that_decides_above(organ: str, level: str, wanted: str | None) -> None:
    """The levels are those of `Node.level`; what is detached decides in the name of its organ."""
    found = TREE.superior(organ, level)
    assert wanted == (None if found is None else found.id)


def test_a_detached_organ_without_an_organ_has_no_superior() -> None:
    assert OrganTree([Organ("court:1", "甲", "base", areas=("990102",))]).superior("court:1") is None


@pytest.mark.parametrize(
    ("of_type", "area", "level", "wanted"),
    [
        ("court", "990102", "", ["court:990102"]),
        ("court", "990102", "municipal", ["court:990100"]),
        ("court", "990102", "provincial", ["court:990000"]),
        ("court", "990102", "supreme", []),
        ("detention", "990121", "", ["detention:990121"]),
        ("detention", "990102", "", ["detention:990100"]),
        ("prison", "990102", "", ["prison:990100"]),
        ("prison", "990302", "", ["prison:990000"]),
        ("court", "990199", "", ["court:990100"]),
        ("court", "999999", "", ["court:990000"]),
        ("court", "980000", "", []),
        ("court", "350102", "", []),
        ("customs", "990102", "", []),
    ],
)
def test_who_is_competent_for_a_place(of_type: str, area: str, level: str, wanted: list[str]) -> None:
    """The place itself, or the city or province around it; neither the railway's organs nor detached ones."""
    assert ids(*TREE.of(of_type, area, level)) == wanted


def test_a_place_may_be_shared_and_an_organ_may_serve_several() -> None:
    shared = [Organ(f"court:441901-{number}", "甲", "county", areas=("441900",)) for number in (1, 2)]
    several = Organ("court:110001", "乙", "municipal", areas=("110105", "110106"))
    tree = OrganTree([*shared, several])
    assert ids(*tree.of("court", "441900")) == ["court:441901-1", "court:441901-2"]
    assert ids(*tree.of("court", "110106")) == ["court:110001"]
    assert tree.of("court", "110000") == ()


@pytest.mark.parametrize(("text", "is_one"), [("350102", True), ("035010", False), ("3501", False), ("福州", False)])
def test_the_form_of_an_area(text: str, *, is_one: bool) -> None:
    assert is_area(text) is is_one


def test_areas_around_an_area() -> None:
    assert above("350102") == ("350102", "350100", "350000")
    assert above("350100") == ("350100", "350000")
    assert above("000001") == ("000001",)


@pytest.mark.parametrize(
    ("organ", "other", "wanted"),
    [
        ("police:990102000000", "procuratorate", ["procuratorate:990102"]),
        ("police:990102000000", "detention", []),
        ("prison:990100", "court", ["court:990100"]),
        ("court:990171", "procuratorate", ["procuratorate:990102"]),
        ("court:990000", "police", ["police:990000000000"]),
        ("court:990121-1", "police", []),
        ("court:990121", "court", []),
    ],
)
def test_counterparts_stand_at_the_same_level_and_seat(organ: str, other: str, wanted: list[str]) -> None:
    assert ids(*TREE.counterparts(organ, other)) == wanted


def test_counterparts_of_every_type() -> None:
    others = ["police:990121000000", "procuratorate:990121", "detention:990121", "justice:990121"]
    assert ids(*TREE.counterparts("court:990121")) == others


def test_supreme_organs_are_counterparts_without_an_area() -> None:
    tree = OrganTree([*TREE, Organ("court:1", "甲", "supreme"), Organ("procuratorate:1", "乙", "supreme")])
    assert ids(*tree.counterparts("court:1", "procuratorate")) == ["procuratorate:1"]
    assert tree.counterparts("court:1", "police") == ()


def test_search_is_by_every_word_and_names_come_first() -> None:
    assert ids(*TREE.search("东湖区  法院")) == ["court:990102", "court:990000", "court:990171"]
    assert ids(*TREE.search("intermediate", "court")) == ["court:990100", "court:990200", "court:990300"]
    assert TREE.search("东湖区")[0].id == "procuratorate:990102"
    assert "court:990000" in ids(*TREE.search("东湖区"))
    assert ids(*TREE.search("990321000000")) == ["police:990321000000"]
    assert len(TREE.search("")) == len(TREE)
    assert TREE.search("没有") == ()


def test_a_circle_that_nobody_refused_ends() -> None:
    tree = OrganTree(Organ(f"court:{me}", "甲", "county", parent=f"court:{up}") for me, up in ((1, 2), (2, 1)))
    assert ids(*tree.ancestors("court:1")) == ["court:2", "court:1"]


def test_an_organ_for_machines_and_by_name() -> None:
    organ = TREE.get("court:990121")
    told = replace(organ, hours=parse("24/7"), more=(("法警队", "有"),)).to_json()
    assert (told["type"], told["areas"], told["hours"]) == ("court", ["990121"], "24/7")
    assert told["more"] == {"法警队": "有"}
    assert (organ.name(), organ.name("en")) == (organ.zh, "People's Court of Nanxi")
    assert replace(organ, en="").name("en") == organ.zh
    assert replace(organ, hours=None).to_json()["hours"] == ""


def test_trees_are_equal_when_their_organs_are() -> None:
    assert OrganTree(TREE) == TREE != OrganTree(reversed(list(TREE)))
    assert list(TREE) != TREE
    assert "court:990121" in TREE
