"""`casehub`: the program of the hub's operators. Arguments here, work in `hub.commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hub.commands import agencies, inspect, service
from hub.commands.console import REFUSED, WRONG_USE, Console
from standards import terminal
from standards.messages import Lang, text
from standards.problems import Problem

HOME_VARIABLE = "CASEHUB_HOME"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 done, 1 refused or failed, 2 wrong use, 3 ambiguous."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    terminal.force_utf8(sys.stdout, sys.stderr)
    lang = terminal.choose_language(_early(arguments, "--lang"), os.environ)
    options = _parser(lang).parse_args(arguments)
    console = Console(sys.stdout, sys.stderr, lang, options.json)
    try:
        code: int = options.run(options, console)
    except Problem as problem:
        console.problem(problem)
        return REFUSED
    except KeyboardInterrupt:
        return REFUSED
    return code


def _early(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option before the parser, which speaks that language itself, exists."""
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith(name + "="):
            return argument.partition("=")[2]
    return None


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are wrong use (2) and show the help's first lines."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def _parser(lang: Lang) -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help=text("cli.json", lang))
    common.add_argument("--lang", choices=["zh", "en"], default=None, help=text("cli.lang", lang))
    home = _Parser(add_help=False)
    home.add_argument(
        "--home",
        type=Path,
        default=os.environ.get(HOME_VARIABLE),
        required=HOME_VARIABLE not in os.environ,
        metavar="H",
        help=text("cli.hub.home", lang),
    )
    parser = _Parser(
        prog="casehub",
        description=text("cli.hub.about", lang),
        epilog=text("cli.hub.examples", lang),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    adder = Adder(commands, [common, home], lang)
    service.add(adder)
    agencies.add(adder)
    inspect.add(adder)
    return parser


class Adder:
    """Adds subcommands with their help from the catalogue: `cli.hub.<name>` and, if any, `cli.hub.<name>.examples`."""

    def __init__(
        self,
        commands: argparse._SubParsersAction[_Parser],
        parents: list[_Parser],
        lang: Lang,
        prefix: str = "cli.hub",
    ) -> None:
        self._commands, self._parents, self._lang, self._prefix = commands, parents, lang, prefix

    def command(self, name: str) -> _Parser:
        """A subcommand that runs; set its `run` default."""
        return self._add(name, self._parents)

    def group(self, name: str) -> Adder:
        """A subcommand with subcommands of its own."""
        group = self._add(name, [])
        commands = group.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
        return Adder(commands, self._parents, self._lang, f"{self._prefix}.{name}")

    def words(self, code: str) -> str:
        """A sentence of the catalogue in the parser's language."""
        return text(code, self._lang)

    def _add(self, name: str, parents: list[_Parser]) -> _Parser:
        about = text(f"{self._prefix}.{name}", self._lang)
        examples = text(f"{self._prefix}.{name}.examples", self._lang)
        return self._commands.add_parser(
            name,
            help=about,
            description=about,
            parents=parents,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="" if examples.startswith("cli.") else examples,
        )


if __name__ == "__main__":
    sys.exit(main())
