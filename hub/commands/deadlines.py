"""`casehub deadlines CASE`: the statutory terms of a case as they run today."""

from __future__ import annotations

import argparse
from datetime import datetime, time

from hub.commands import finding_case
from hub.commands.adding import Adder
from hub.runtime import open_hub
from hub.store import cases
from hub.supervision import clocks
from messages.commandline import DONE, Console
from standards.terms import clock_view
from standards.times import BEIJING, civil_day


def add(adder: Adder) -> None:
    """Add the subcommand."""
    parser = adder.command("deadlines", deadlines)
    parser.add_argument("case", metavar="CASE", help=adder.words("cli.hub.case"))
    mode, as_of = adder.words("deadline.help-mode"), adder.words("deadline.help-as-of")
    parser.add_argument("--mode", choices=("statutory", "conservative"), default="statutory", help=mode)
    parser.add_argument("--as-of", type=civil_day, metavar="YYYY-MM-DD", help=as_of)
    parser.add_argument("--all", action="store_true", help=adder.words("deadline.help-all"))


def deadlines(options: argparse.Namespace, console: Console) -> int:
    """The terms of a case, the most urgent first; with `--json` every one of them."""
    hub = open_hub(options.home)
    try:
        now = hub.clock() if options.as_of is None else datetime.combine(options.as_of, time(23, 59, 59), BEIJING)
        with hub.database.transaction(write=False) as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            body = clocks.of_case(connection, hub, found[0], now)
            refs = cases.refs(connection, hub.vault, found[0])
    finally:
        hub.stop()
    console.say("cli.hub.trail.case", case_uid=found[0], refs="、".join(sorted({ref["value"] for ref in refs})))
    told = clock_view.page(body, console.lang, mode=options.mode, everything=options.all, columns=console.columns)
    console.write(told)
    console.result({"refs": refs, "mode": options.mode, **body})
    return DONE
