"""The tests mirror the source: every module has a test file, at its place or named in `mirror.toml`."""

from __future__ import annotations

import pytest

from tests.mirror import ROOMS, ROOT, elsewhere, lacking, mirrored, modules

MODULES = {str(each): each for each in modules()}


def test_every_module_has_a_test_file() -> None:
    assert lacking() == [], "write the test file, or name in tests/mirror.toml the one that looks at it"


@pytest.mark.parametrize("module", elsewhere())
def test_what_the_table_names_is_there_and_needed(module: str) -> None:
    assert module in MODULES, "the module is gone: its row goes too"
    assert not (ROOT / mirrored(MODULES[module])).exists(), "it has a file of its own: the row goes"
    assert (ROOT / elsewhere()[module]).is_file()


def test_every_room_has_its_tests() -> None:
    assert all((ROOT / "tests" / room).is_dir() for room in ROOMS)


def test_a_folder_of_tests_mirrors_a_package() -> None:
    folders = {
        each.parent.relative_to(ROOT / "tests") for room in ROOMS for each in (ROOT / "tests" / room).rglob("test_*.py")
    }
    assert [str(each) for each in folders if not (ROOT / each).is_dir()] == []
