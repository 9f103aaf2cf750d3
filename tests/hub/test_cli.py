"""`casehub` starts with what the command needs, and its help and its commands agree."""

from __future__ import annotations

import subprocess
import sys
from argparse import _SubParsersAction
from importlib import import_module

import pytest

from hub import cli
from hub.commands.adding import Adder
from messages import Lang
from messages.commandline import Commands, Parser


def _commands(parser: Parser) -> Commands:
    return next(action for action in parser._actions if isinstance(action, _SubParsersAction))


@pytest.mark.parametrize(("names", "module"), cli.MODULES)
def test_a_module_adds_the_commands_under_which_it_stands(names: tuple[str, ...], module: str) -> None:
    parser = Parser(lang="en", prog="casehub")
    commands = parser.commands()
    import_module(f"hub.commands.{module}").add(Adder(commands, "en"))
    assert tuple(commands.choices) == names


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_help_is_the_same_whichever_commands_are_loaded(lang: Lang) -> None:
    whole = cli.program(lang).format_help()
    assert cli.program(lang, ["--help"]).format_help() == whole
    assert cli.program(lang, ["--json", "trail", "status"]).format_help() == whole


def test_a_command_is_whole_when_it_is_the_one_that_was_asked() -> None:
    for name in _commands(cli.program("en")).choices:
        asked = _commands(cli.program("en", ["--json", name, "--help"])).choices[name]
        assert asked.format_help() == _commands(cli.program("en")).choices[name].format_help()


def test_the_help_loads_no_database() -> None:
    asked = "import sys, hub.cli; hub.cli.program('zh', ['--help']); sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
