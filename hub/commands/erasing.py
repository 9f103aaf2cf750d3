"""`casehub erase`: what the law requires to be erased of a case. Shows first; erases only with `--yes`."""

from __future__ import annotations

import argparse

from hub import marking
from hub.commands import finding_case
from hub.commands.adding import Adder
from hub.runtime import Hub, open_hub
from hub.store import cases, erasing
from hub.store.database import Connection
from messages import terminal
from messages.commandline import DONE, REFUSED, Console
from messages.problems import Problem


def add(adder: Adder) -> None:
    """Add the subcommand."""
    parser = adder.command("erase", run)
    parser.add_argument("case", metavar="CASE", help=adder.words("cli.hub.case"))
    parser.add_argument("--reason", required=True, metavar="TEXT", help=adder.words("cli.hub.erase.reason"))
    parser.add_argument("--as", dest="person", required=True, metavar="NAME", help=adder.words("cli.hub.erase.as"))
    parser.add_argument("--yes", action="store_true", help=adder.words("cli.hub.erase.yes"))


def run(options: argparse.Namespace, console: Console) -> int:
    """Show what would be erased, or erase it. Exit 1 when nothing was erased."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction() as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            (case_uid,) = found
            cases.hold(connection, hub.vault, case_uid)
            if waiting := erasing.waiting(connection, case_uid):
                raise Problem("erase.on-its-way", case_uid, transfers="、".join(waiting))
            what = erasing.erasable(connection, case_uid)
            if not what:
                raise Problem("erase.nothing", case_uid)
            if options.yes:
                erasing.erase(connection, case_uid, hub.clock())
                _mark(connection, hub, case_uid, options)
    finally:
        hub.stop()
    told = {"case_uid": case_uid, **vars(what)}
    console.say(
        "cli.hub.erase.done" if options.yes else "cli.hub.erase.would", **told, size=terminal.human_bytes(what.bytes)
    )
    console.result({**told, "erased": options.yes})
    return DONE if options.yes else REFUSED


def _mark(connection: Connection, hub: Hub, case_uid: str, options: argparse.Namespace) -> None:
    private = {"reason": options.reason, "by": options.person}
    marking.leave(connection, hub, "erased", case_uid=case_uid, private=private)
