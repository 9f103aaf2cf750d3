"""`casehub`: the program of the hub's operators. Arguments here, work in `hub.commands`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from hub.commands.adding import Adder, Run
from hub.logging import configure
from messages import Lang, commandline, text
from messages.commandline import Console, Parser

MODULES = (
    (("init", "serve"), "service"),
    (("agency",), "agencies"),
    (("organ",), "organs"),
    (("trail", "status", "reconcile", "keys"), "inspect"),
    (("evidence",), "evidence"),
    (("log",), "log"),
    (("standards",), "standards"),
    (("deadlines",), "deadlines"),
    (("cases", "transfers", "access"), "listing"),
    (("findings", "sweep", "rules"), "findings"),
    (("codebook",), "codebook"),
    (("identifiers",), "identifiers"),
    (("identity",), "identities"),
    (("move",), "moving"),
    (("erase",), "erasing"),
    (("openapi",), "openapi"),
)
"""The commands in the order of the help, and the module of `hub.commands` that adds them."""


PRIVATE_UMASK = 0o077
"""Whatever a command writes is for whoever runs the hub: its database, copies, reports of cases."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`messages.commandline`)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console.opened(arguments, os.environ)
    options = commandline.parse(program(console.lang, arguments), arguments, console)
    configure()
    if argv is None:
        commandline.stop_on_sigterm()
        os.umask(PRIVATE_UMASK)
    work: Run = options.run
    return commandline.run(lambda: work(options, console), console)


def program(lang: Lang, arguments: Sequence[str] | None = None) -> Parser:
    """The program with its options and help.

    With `arguments`, only the command named there is built completely; the others have only name and help, so that a
    command starts without loading the libraries of all commands.
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


if __name__ == "__main__":
    sys.exit(main())
