"""What must hold between organs, each fault with its place."""

from __future__ import annotations

import pytest

from messages import catalogue
from messages.problems import ProblemList
from messages.rendering import problem_text
from standards.organs import read

HEAD = "id,zh,level,areas,parent"
TOP = "court:35,甲,provincial,350000,"
CITY = "court:3501,乙,municipal,350100,court:35"

SOUND: dict[str, tuple[str, ...]] = {
    "one at the top": (TOP,),
    "a city alone": ("court:3501,乙,municipal,350100,",),
    "two provinces": (TOP, "court:36,丙,provincial,360000,"),
    "a supreme organ without area": ("court:0,最高,supreme,,", "court:35,甲,provincial,350000,court:0"),
    "another type at the same level": (
        "police:3501,甲,municipal,350100,",
        "detention:1,乙,municipal,350100,police:3501",
    ),
    "a level left out": (TOP, "court:350102,丙,county,350102,court:35"),
    "the parent after the child": (CITY, TOP),
}
BAD: dict[str, tuple[tuple[str, ...], list[tuple[str, str]]]] = {
    "twice": ((TOP, TOP.replace("甲", "乙")), [("organ.id-twice", "3 id")]),
    "an unknown parent": ((TOP, "court:1,乙,county,350102,court:9"), [("organ.parent-unknown", "3 parent")]),
    "a parent of another case": ((TOP, "court:1,乙,county,350102,Court:35"), [("organ.parent-unknown", "3 parent")]),
    "no parent": ((TOP, "court:1,乙,county,350102,"), [("organ.parent-missing", "3 parent")]),
    "no parent for what is detached": ((TOP, "court:1,乙,base,350102,"), [("organ.parent-missing", "3 parent")]),
    "a parent of a lower level": (
        ("police:1,甲,county,350102,", "detention:1,乙,municipal,350100,police:1"),
        [("organ.parent-lower", "3 parent")],
    ),
    "a parent of the same level": (
        (TOP, "court:36,乙,provincial,360000,court:35"),
        [("organ.parent-lower", "3 parent")],
    ),
    "a parent of another type": (
        (TOP, "procuratorate:1,乙,municipal,350100,court:35"),
        [("organ.parent-type", "3 parent")],
    ),
    "itself": (
        ("court:1,甲,county,350102,court:1",),
        [("organ.parent-lower", "2 parent"), ("organ.cycle", "2 parent")],
    ),
    "a short name of no type": ((TOP, "Court:1,乙,county,350102,court:35"), [("organ.id-form", "3 id")]),
    "a type that is not known": ((TOP, "customs:1,乙,county,350102,court:35"), [("agency.unknown-type", "3 id")]),
    "a circle": (
        ("court:0,最高,supreme,,", "court:1,甲,county,350102,court:2", "court:2,乙,municipal,350100,court:3",
         "court:3,丙,county,350103,court:1"),
        [("organ.parent-lower", "4 parent"), ("organ.parent-lower", "5 parent"), ("organ.cycle", "3 parent")],
    ),
    "no area": ((TOP, "court:1,乙,county,,court:35"), [("organ.area-missing", "3 areas")]),
    "several": (
        (TOP, "court:1,乙,county,,", "court:1,丙,county,350102,court:35"),
        [("organ.id-twice", "4 id"), ("organ.parent-missing", "3 parent"), ("organ.area-missing", "3 areas")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_what_holds_together_is_taken(name: str) -> None:
    assert len(read("\n".join((HEAD, *SOUND[name])).encode(), "t.csv")) == len(SOUND[name])


@pytest.mark.parametrize("name", BAD)
def test_what_contradicts_is_named(name: str) -> None:
    rows, wanted = BAD[name]
    with pytest.raises(ProblemList) as caught:
        read("\n".join((HEAD, *rows)).encode(), "t.csv")
    assert [(each.code, each.place) for each in caught.value.problems] == [(code, f"t.csv:{at}") for code, at in wanted]
    assert all(catalogue()[code].remedy_zh for code, _ in wanted)
    assert "{" not in problem_text(caught.value, "zh") + problem_text(caught.value, "en")


def test_a_circle_is_told_in_full_and_once() -> None:
    rows, _ = BAD["a circle"]
    with pytest.raises(ProblemList) as caught:
        read("\n".join((HEAD, *rows)).encode(), "t.csv")
    (ring,) = [each.params["ring"] for each in caught.value.problems if each.code == "organ.cycle"]
    assert ring == "court:1 → court:2 → court:3 → court:1"


def test_a_level_that_is_wrong_is_told_once() -> None:
    rows = (TOP, "court:1,乙,县,350102,court:35", "court:2,丙,base,350102,court:1")
    with pytest.raises(ProblemList) as caught:
        read("\n".join((HEAD, *rows)).encode(), "t.csv")
    assert [each.code for each in caught.value.problems] == ["organ.level-unknown"]


def test_a_large_circle_is_told_in_short() -> None:
    rows = [f"court:{number},甲,county,350102,court:{(number + 1) % 20}" for number in range(20)]
    with pytest.raises(ProblemList) as caught:
        read("\n".join((HEAD, *rows)).encode(), "t.csv")
    (circle,) = [each for each in caught.value.problems if each.code == "organ.cycle"]
    assert circle.params["count"] == 20
    assert circle.params["ring"].endswith("court:7 → … → court:0")
