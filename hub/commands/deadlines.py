"""`casehub deadlines CASE`: the statutory terms of a case as they run today."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from hub.commands.inspect import not_one
from hub.exchange import clocks as case_clocks
from hub.exchange.clocks import CaseClocks
from hub.runtime import open_hub
from hub.store import cases
from standards.clock_view import OPEN, by_urgency, reasons, shown, who
from standards.clocks import Clock
from standards.commandline import DONE, Console
from standards.deadlines import Mode
from standards.messages import text
from standards.times import BEIJING

if TYPE_CHECKING:
    from hub.cli import Adder

_COLUMNS = ("who", "term", "duty", "start", "due", "early", "left", "state", "why", "basis")


def add(adder: Adder) -> None:
    """Add the subcommand."""
    parser = adder.command("deadlines", deadlines)
    parser.add_argument("case", metavar="CASE", help=adder.words("cli.hub.case"))
    parser.add_argument(
        "--mode",
        choices=("statutory", "conservative"),
        default="statutory",
        help=adder.words("cli.hub.deadlines.mode"),
    )
    as_of = adder.words("cli.hub.deadlines.as-of")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help=as_of)
    parser.add_argument("--all", action="store_true", help=adder.words("cli.hub.deadlines.all"))


def deadlines(options: argparse.Namespace, console: Console) -> int:
    """The terms of a case, the most urgent first; with `--json` every one of them."""
    hub = open_hub(options.home)
    try:
        now = hub.clock() if options.as_of is None else datetime.combine(options.as_of, time(23, 59, 59), BEIJING)
        with hub.database.transaction(write=False) as connection:
            found = cases.find(connection, hub.vault, options.case)
            if len(found) != 1:
                return not_one(connection, hub, options.case, found, console)
            case = case_clocks.of_case(connection, hub, found[0], now)
            refs = cases.refs(connection, hub.vault, found[0])
    finally:
        hub.stop()
    console.say("cli.hub.trail.case", case_uid=found[0], refs="、".join(sorted({ref["value"] for ref in refs})))
    _show(case, console, options.mode, everything=options.all)
    console.result({"refs": refs, "mode": options.mode, **case.to_json()})
    return DONE


def _show(case: CaseClocks, console: Console, mode: Mode, *, everything: bool) -> None:
    counting = text(f"cli.hub.deadlines.counting.{mode}", console.lang)
    as_of = f"{case.now.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    console.say("cli.hub.deadlines.head", as_of=as_of, shown=counting, calendar=case.calendar)
    ordered = by_urgency(case.clocks, case.now)
    listed = [each for each in ordered if everything or each.state(case.now) in OPEN]
    if listed:
        headers = [f"cli.hub.deadlines.column.{name}" for name in _COLUMNS]
        console.table(headers, [_row(each, case, console, mode) for each in listed], right=[_COLUMNS.index("left")])
    else:
        console.say("cli.hub.deadlines.none")
    console.say("cli.hub.deadlines.summary", **_counts(case))
    provisional = sum(1 for each in case.clocks if each.provisional and each.done is None)
    if provisional:
        console.say("cli.hub.deadlines.provisional", count=provisional)


def _row(clock: Clock, case: CaseClocks, console: Console, mode: Mode) -> tuple[str, ...]:
    lang = console.lang
    return (
        who(clock, case.record, lang),
        f"{clock.id} {clock.zh if lang == 'zh' else clock.en}",
        text(f"deadline.duty.{clock.duty}", lang),
        shown(clock.start)[:16],
        shown(clock.due_statutory.at)[:16],
        shown(clock.due_conservative.at)[:16],
        str(clock.days_left(case.now, mode)) if clock.done is None else "-",
        text(f"deadline.state.{clock.state(case.now)}", lang) + (f" {shown(clock.done)[:10]}" if clock.done else ""),
        ("；" if lang == "zh" else "; ").join(reasons(clock, lang)),
        clock.basis,
    )


def _counts(case: CaseClocks) -> Mapping[str, Any]:
    states = [each.state(case.now) for each in case.clocks]
    named = ("overdue", "due-soon", "running", "met-late", "not-assessed")
    counts = {name.replace("-", "_"): sum(1 for each in states if each == name) for name in named}
    return {**counts, "met": sum(1 for each in states if each in ("met", "met-late"))}
