"""`casehub-adapter`: the program beside an agency's case system. Arguments in `arguments`, work in `Adapter`.

Exit codes: 0 done, 1 refused or failed (or done, and the log raised an alarm), 2 wrong use, 3 ambiguous, 4 hub away
(queued).
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from adapters.adapter import Adapter
from adapters.client.hub import HubAway
from adapters.joining.handlers import AmbiguousCase
from adapters.keys.keyring import passphrase_from
from adapters.program import verbs
from adapters.program.arguments import parser
from adapters.program.console import Console, ProgressGauge
from messages import commandline
from messages.commandline import AMBIGUOUS, AWAY, DONE, REFUSED
from messages.problems import Problem

PRIVATE_UMASK = 0o027
"""What is delivered is a criminal case in the clear: its agency's group may read it, others may not."""


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """Run one command and return its exit code. `transport` replaces the network in tests."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console.opened(arguments, environ)
    options = commandline.parse(parser(console.lang, environ), arguments, console)
    if argv is None:
        commandline.stop_on_sigterm()
        os.umask(PRIVATE_UMASK)
    codes: dict[type[Problem], int] = {HubAway: AWAY, AmbiguousCase: AMBIGUOUS}
    return commandline.run(lambda: _run(options, console, environ, transport), console, codes)


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
        code = verbs.VERBS[options.verb](adapter, options, console)
        return REFUSED if code == DONE and adapter.station.alarms else code


if __name__ == "__main__":
    sys.exit(main())
