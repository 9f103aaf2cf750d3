"""What `casehub-adapter` does once its arguments are understood. It loads everything that the adapter needs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import httpx

from adapters.adapter import Adapter
from adapters.client.hub import HubAway
from adapters.joining.handlers import AmbiguousCase
from adapters.keys.keyring import passphrase_from
from adapters.program import verbs
from adapters.program.console import Console, ProgressGauge
from messages.commandline import ALARMED, AMBIGUOUS, AWAY, DONE
from messages.problems import Problem

CODES: Mapping[type[Problem], int] = {HubAway: AWAY, AmbiguousCase: AMBIGUOUS}
"""The exit codes of problems; every other one is 1."""


def run(options: Namespace, console: Console, environ: Mapping[str, str], transport: httpx.BaseTransport | None) -> int:
    """Do one command and return its exit code. `transport` replaces the network in tests."""
    passphrase = passphrase_from(environ)
    if options.verb == "init":
        return verbs.init(options, console, passphrase)
    if options.verb == "key" and options.lost:
        return verbs.start_again(options, console, passphrase)
    adapter = Adapter(
        Path(options.home),
        passphrase=passphrase,
        transport=transport,
        say=console.notice,
        gauge=ProgressGauge(console, options.progress),
    )
    with adapter:
        code = verbs.VERBS[options.verb](adapter, options, console)
        return ALARMED if code == DONE and adapter.station.alarms else code
