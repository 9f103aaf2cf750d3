"""`casehub-adapter`: the program beside an agency's case system. Arguments in `arguments`, work in `Adapter`.

Exit codes: 0 done, 1 refused or failed, 2 wrong use, 3 ambiguous, 4 hub away (queued).
"""

from __future__ import annotations

import os
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from adapters import verbs
from adapters.access import AmbiguousCase
from adapters.adapter import Adapter
from adapters.arguments import parser
from adapters.client import HubAway
from adapters.console import AMBIGUOUS, AWAY, DONE, REFUSED, Console, ProgressGauge
from adapters.keyring import passphrase_from
from standards import terminal
from standards.problems import Problem


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """Run one command and return its exit code. `transport` replaces the network in tests."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    terminal.force_utf8(sys.stdout, sys.stderr)
    lang = terminal.choose_language(_early(arguments, "--lang"), environ)
    options = parser(lang, environ).parse_args(arguments)
    console = Console(sys.stdout, sys.stderr, lang, options.json)
    try:
        return _run(options, console, environ, transport)
    except HubAway as away:
        console.problem(away)
        return AWAY
    except AmbiguousCase as several:
        console.problem(several)
        return AMBIGUOUS
    except Problem as problem:
        console.problem(problem)
        return REFUSED
    except (OSError, sqlite3.Error) as error:
        console.problem(Problem("adapter.disk", getattr(error, "filename", None) or "", reason=_reason(error)))
        return REFUSED
    except KeyboardInterrupt:
        console.say("say-stopped")
        return DONE


def _reason(error: Exception) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else type(error).__name__


def _run(
    options: Namespace, console: Console, environ: Mapping[str, str], transport: httpx.BaseTransport | None
) -> int:
    passphrase = passphrase_from(environ)
    if options.verb == "init":
        return verbs.init(options, console, passphrase)
    adapter = Adapter(
        Path(options.home),
        passphrase=passphrase,
        transport=transport,
        say=console.notice,
        gauge=ProgressGauge(console, options.progress),
    )
    with adapter:
        return verbs.VERBS[options.verb](adapter, options, console)


def _early(arguments: Sequence[str], name: str) -> str | None:
    """An option's value before the parser, which speaks that language itself, exists."""
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


if __name__ == "__main__":
    sys.exit(main())
