"""The release stands in one place, and every program tells it."""

from __future__ import annotations

from importlib import metadata

import pytest

from messages.version import VERSION
from tests.docs.guide import PROGRAMS


def test_the_package_takes_it_from_there() -> None:
    assert metadata.version("casehub") == VERSION


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("arguments", [["--version"], ["--lang", "en", "--version"], ["--json", "--version"]])
def test_every_program_tells_it(program: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        PROGRAMS[program](arguments)
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{program} {VERSION}\n"
