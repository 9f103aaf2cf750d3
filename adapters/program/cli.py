"""`casehub-adapter`: the program beside an agency's case system. Arguments in `arguments`, work in `running`.

Exit codes: 0 done, 1 refused or failed, 2 wrong use, 3 ambiguous, 4 hub away (queued), 5 done, with an alarm.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from adapters.program.arguments import parser
from adapters.program.console import Console
from messages import commandline

if TYPE_CHECKING:
    import httpx

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
    running = import_module("adapters.program.running")  # a second of libraries, which help and typing errors need not
    return commandline.run(lambda: running.run(options, console, environ, transport), console, running.CODES)


if __name__ == "__main__":
    sys.exit(main())
