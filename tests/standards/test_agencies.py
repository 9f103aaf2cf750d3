"""The types of agency stand in one table, and everything else asks it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from codebooks.release import load
from messages.problems import Problem
from standards import agencies
from tests.standards import closed_lists

ROOT = Path(__file__).parents[2]
ROW = """
[forensic]
zh = "司法鉴定机构"
en = "forensic institute"
short_zh = "鉴定"
short_en = "forensic"
colour = "#334155"
numbers = [['.*', "JDH"]]
native = "generic"
"""


def table() -> str:
    return (ROOT / "standards" / "agencies.toml").read_text("utf-8")


def test_a_row_more_is_a_type_more() -> None:
    types = agencies.read(table() + ROW)
    assert tuple(types) == (*agencies.names(), "forensic")
    assert types["forensic"].number_kind("2026-1") == "JDH"
    assert not types["forensic"].core


@pytest.mark.parametrize(
    "change",
    [("[forensic]", "[hub]"), ("[forensic]", "[Forensic]"), ("#334155", "grey"), ("zh = ", "name = "), (".*", "x")],
)
def test_a_malformed_row_is_named(change: tuple[str, str]) -> None:
    with pytest.raises(Problem, match="types-inconsistent"):
        agencies.read(table() + ROW.replace(*change, 1))


def test_an_unknown_type_has_a_code_of_its_own() -> None:
    assert agencies.require_known("court").title("en") == "court"
    with pytest.raises(Problem) as caught:
        agencies.require_known("forensic", "/agency/type")
    assert (caught.value.code, caught.value.place) == ("agency.unknown-type", "/agency/type")
    assert agencies.title("forensic", "zh") == "forensic"


def test_no_other_file_lists_the_types() -> None:
    allowed = {
        "pyproject.toml",  # import-linter reads no table; held against it below
        "standards/schemas/common-v1.json",  # released, so it never changes
        "evidence/log/policy.py",  # the witnesses of an example
        "bench/journey.py",  # who takes part in the story that is told
        "codebooks/targets.csv",  # what each type reads: data of a release, by column
    }
    assert closed_lists.files_listing(agencies.names(), ROOT) - allowed == set()


def test_the_wall_between_agencies_is_of_all_of_them() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    folders = [*dict.fromkeys(each.native for each in agencies.types().values()), "generic"]
    (wall,) = [each for each in contracts if each["type"] == "independence"]
    assert wall["modules"] == [f"adapters.{folder}" for folder in folders], (
        f"pyproject.toml: the contract “{wall['name']}” must name every folder of standards/agencies.toml, in its order"
    )
    (storeys,) = [each for each in contracts if each.get("containers") == ["adapters"]]
    assert storeys["layers"][-1].split(" | ") == folders, (
        f"pyproject.toml: the last layer of “{storeys['name']}” must name every folder of standards/agencies.toml"
    )
    for folder in folders[:-1]:
        needed = [ROOT / "adapters" / folder / name for name in ("__init__.py", "format.toml")]
        assert all(path.is_file() for path in needed), f"adapters/{folder} needs {[path.name for path in needed]}"


def test_colours_can_be_read_on_white() -> None:
    def luminance(colour: str) -> float:
        parts = [int(each, 16) / 255 for each in re.findall("..", colour[1:])]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for each in agencies.types().values():
        assert 1.05 / (luminance(each.colour) + 0.05) >= 4.5, each.name


def test_every_core_type_has_its_code_systems() -> None:
    for targets in load().targets.values():
        assert agencies.core() <= set(targets)
