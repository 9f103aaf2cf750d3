"""The levels of organs, and what belongs to what."""

from __future__ import annotations

import pytest

from messages.problems import Problem
from standards import agencies
from standards.nodes import catalogue
from standards.organs import levels
from standards.organs.model import HIGHER


def test_levels_go_from_the_highest_down() -> None:
    assert list(levels.levels()) == ["supreme", "provincial", "municipal", "county", "base"]
    assert [each.rank for each in levels.levels().values()] == [1, 2, 3, 4, 5]
    assert [each.name for each in levels.levels().values() if not each.decides] == ["base"]


@pytest.mark.parametrize(("word", "name"), [("county", "county"), ("县级", "county"), ("派出", "base"), ("乡级", "")])
def test_a_cell_may_name_a_level_in_two_ways(word: str, name: str) -> None:
    found = levels.named(word)
    assert name == ("" if found is None else found.name)


def test_a_level_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert levels.require("县级", "--level").name == "county"
    with pytest.raises(Problem) as caught:
        levels.require("乡级", "--level")
    assert (caught.value.code, caught.value.place) == ("organ.level-unknown", "--level")
    assert caught.value.params["known_en"] == "supreme, provincial, municipal, county, base"


def test_every_type_belongs_to_types_that_exist() -> None:
    for name in agencies.names():
        assert levels.parent_types(name)[0] == name
        assert set(levels.parent_types(name)) <= set(agencies.names())
    assert levels.parent_types("detention") == ("detention", "police")


def test_the_tree_has_the_levels_that_nodes_ask_for() -> None:
    assert {node.level for node in catalogue()} <= {"", HIGHER, *levels.levels()}
