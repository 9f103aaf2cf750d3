"""`casehub`: the program of the hub's operators. Arguments here, work in `hub.commands`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal

from hub.logging import configure
from messages import Lang, commandline, text
from messages.commandline import Commands, Console, Parser

HOME_VARIABLE = "CASEHUB_HOME"
Run = Callable[[Namespace, Console], int]
MODULES = (
    (("init", "serve"), "service"),
    (("agency",), "agencies"),
    (("trail", "status", "reconcile", "keys"), "inspect"),
    (("evidence",), "evidence"),
    (("log",), "log"),
    (("standards",), "standards"),
    (("deadlines",), "deadlines"),
    (("findings", "sweep", "rules"), "findings"),
    (("codebook",), "codebook"),
    (("identifiers",), "identifiers"),
    (("identity",), "identities"),
    (("openapi",), "openapi"),
)
"""The commands in the order of the help, and the module of `hub.commands` that adds them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`messages.commandline`)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console.opened(arguments, os.environ)
    options = commandline.parse(program(console.lang, arguments), arguments, console)
    configure()
    if argv is None:
        commandline.stop_on_sigterm()
    work: Run = options.run
    return commandline.run(lambda: work(options, console), console)


def program(lang: Lang, arguments: Sequence[str] | None = None) -> Parser:
    """The program with its options and help.

    With `arguments` only the command named there is whole; the others stand with name and help, so that a command
    starts without loading the libraries of all.
    """
    about, examples = text("cli.hub.about", lang), text("cli.hub.examples", lang)
    parser = Parser(lang=lang, prog="casehub", description=about, epilog=examples.strip("\n"))
    commandline.add_common(parser)
    adder = Adder(parser.commands(), lang)
    wanted = None if arguments is None else _named(arguments)
    for names, module in MODULES:
        if arguments is None or wanted in names:
            import_module(f"hub.commands.{module}").add(adder)
        else:
            for name in names:
                adder.mention(name)
    return parser


def _named(arguments: Sequence[str]) -> str | None:
    known = {name for names, _ in MODULES for name in names}
    return next((argument for argument in arguments if argument in known), None)


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


if __name__ == "__main__":
    sys.exit(main())
