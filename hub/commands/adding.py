"""How a command is added to the program: its name, its help from the catalogue, and the options that all have."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from messages import Lang, commandline, text
from messages.commandline import Commands, Console, Parser

HOME_VARIABLE: Final = "CASEHUB_HOME"
Run = Callable[[Namespace, Console], int]


class Adder:
    """Adds subcommands with their help from the catalogue: `cli.hub.<name>` and, if any, `cli.hub.<name>.examples`."""

    def __init__(self, commands: Commands, lang: Lang, prefix: str = "cli.hub") -> None:
        self._commands, self._lang, self._prefix = commands, lang, prefix

    def command(self, name: str, run: Run, *, home: Literal["required", "optional", "none"] = "required") -> Parser:
        """A subcommand that does `run`; `home`: whether it works on a hub's home, may, or needs none."""
        parser = self._add(name)
        commandline.add_common(parser, inherited=True)
        if home != "none":
            parser.add_argument(
                "--home",
                type=Path,
                default=os.environ.get(HOME_VARIABLE),
                required=home == "required" and HOME_VARIABLE not in os.environ,
                metavar="H",
                help=self.words("cli.hub.home"),
            )
        parser.set_defaults(run=run)
        return parser

    def group(self, name: str) -> Adder:
        """A subcommand with subcommands of its own."""
        parser = self._add(name)
        commandline.add_common(parser, inherited=True)
        return Adder(parser.commands(f"{name}_command"), self._lang, f"{self._prefix}.{name}")

    def mention(self, name: str) -> None:
        """A subcommand's name and help alone."""
        self._add(name)

    def words(self, code: str) -> str:
        """A sentence of the catalogue in the parser's language."""
        return text(code, self._lang)

    def _add(self, name: str) -> Parser:
        about = text(f"{self._prefix}.{name}", self._lang)
        examples = text(f"{self._prefix}.{name}.examples", self._lang)
        shown = "" if examples.startswith("cli.") else examples
        return commandline.command(self._commands, name, self._lang, about, shown)
