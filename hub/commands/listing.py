"""`casehub cases | transfers | access CASE`, and `casehub findings` without a case: lists, for people and programs."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from hub.commands import finding_case
from hub.commands.adding import Adder
from hub.runtime import Hub, open_hub
from hub.store import agencies, cases, lists
from hub.store.database import Connection
from hub.store.lists import Filter
from messages import message
from messages.commandline import DONE, Console, Parser
from messages.grouping import at_least
from standards import times
from standards.times import BEIJING

LIMIT = 200
SHORT = 12
"""Signs at the end of an id that tables show; every command takes them."""

Row = Mapping[str, Any]


def add(adder: Adder) -> None:
    """Add the subcommands."""
    filters(adder.command("cases", cases_), adder)
    parser = adder.command("transfers", transfers_)
    parser.add_argument("case", metavar="CASE", nargs="?", help=adder.words("cli.hub.case"))
    filters(parser, adder)
    parser = adder.command("access", access)
    parser.add_argument("case", metavar="CASE", help=adder.words("cli.hub.case"))
    parser.add_argument("--csv", action="store_true", help=adder.words("cli.hub.list.csv"))


def filters(parser: Parser, adder: Adder) -> None:
    """Add the options that narrow a list."""
    words = adder.words
    parser.add_argument("--open", action="store_true", help=words("cli.hub.list.open"))
    parser.add_argument("--late", action="store_true", help=words("cli.hub.list.late"))
    parser.add_argument("--agency", metavar="TYPE:CODE", help=words("cli.hub.list.agency"))
    parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help=words("cli.hub.list.since"))
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help=words("cli.hub.list.limit"))
    parser.add_argument("--csv", action="store_true", help=words("cli.hub.list.csv"))


def wanted(options: argparse.Namespace) -> Filter:
    """What the options narrow a list to. `--since` is the beginning of a day in China."""
    since = None if options.since is None else datetime.combine(options.since, time(), BEIJING)
    return Filter(options.agency, since, options.open, options.late, max(1, options.limit) + 1)


def cases_(options: argparse.Namespace, console: Console) -> int:
    """Cases, the one that moved last first."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            found = lists.case_rows(connection, hub.vault, wanted(options))
            rows = [
                {**vars(each), "refs": [ref["value"] for ref in cases.refs(connection, hub.vault, each.case_uid)]}
                for each in found
            ]
    finally:
        hub.stop()
    shown = ("case_uid", "refs", "name", "moved_at", "transfers", "open", "late")
    return tell("cases", rows, shown, options, console)


def transfers_(options: argparse.Namespace, console: Console) -> int:
    """Transfers, the newest first; of one case when it is named."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            case_uid = None
            if options.case is not None:
                found = finding_case.find(connection, hub, options.case)
                if len(found) != 1:
                    return finding_case.not_one(connection, hub, options.case, found, console)
                case_uid = found[0]
            rows = [
                {name: value for name, value in vars(each).items() if not name.endswith("_digest")}
                for each in lists.transfer_rows(connection, wanted(options), case_uid)
            ]
    finally:
        hub.stop()
    shown = ("transfer_id", "received_at", "node", "sender", "receiver", "status", "settled_at", "case_uid")
    return tell("transfers", rows, shown, options, console)


def access(options: argparse.Namespace, console: Console) -> int:
    """Who can see a case: its parties, and the handlers who were granted it, those who no longer are included."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            rows = _seeing(connection, hub, found[0])
    finally:
        hub.stop()
    shown = ("agency", "name", "handler", "since", "granted_by", "until")
    return tell("access", rows, shown, options, console, case_uid=found[0])


def _seeing(connection: Connection, hub: Hub, case_uid: str) -> list[Row]:
    names = {item.agency: item.name for item in agencies.every(connection)}
    party = [
        {"agency": agency, "name": names.get(agency, ""), "handler": "", "since": since, "granted_by": "", "until": ""}
        for agency, since in lists.parties(connection, case_uid)
    ]
    granted = [
        {
            "agency": each["agency"],
            "name": names.get(each["agency"], ""),
            "handler": each["handler"],
            "since": each["granted_at"],
            "granted_by": each["granted_by"],
            "until": each["revoked_at"] or "",
        }
        for each in lists.handlers(connection, case_uid)
    ]
    return [*party, *granted]


def finding_list(options: argparse.Namespace, console: Console) -> int:
    """What the sweep found in all cases, the newest first."""
    narrowed = wanted(options)
    if options.level is not None:  # levels are sealed: the rows are read and then chosen
        narrowed = replace(narrowed, limit=None)
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            rows = [
                {
                    "case_uid": each.case_uid,
                    "level": each.finding.level,
                    "rule": each.finding.code.removeprefix("rule."),
                    "state": "open" if each.cleared_at is None else "cleared",
                    "opened_at": each.opened_at,
                    "cleared_at": each.cleared_at or "",
                    "place": each.finding.place,
                    "says": message(each.finding.code).text(console.lang, each.finding.params),
                }
                for each in lists.finding_rows(connection, hub.vault, narrowed)
                if at_least({"level": each.finding.level}, options.level)
            ]
    finally:
        hub.stop()
    shown = ("case_uid", "level", "rule", "state", "opened_at", "says")
    return tell("findings", rows, shown, options, console)


def tell(
    name: str, rows: Sequence[Row], shown: Sequence[str], options: argparse.Namespace, console: Console, **beside: Any
) -> int:
    """Show `rows`: as CSV with every column, as a table with the columns `shown`, or as one object of JSON."""
    limit = getattr(options, "limit", None)
    more = limit is not None and len(rows) > max(1, limit)
    rows = rows[: max(1, limit)] if limit is not None else rows
    if options.csv and not console.as_json:
        console.out.write(written(rows, shown))
        return DONE
    if rows:
        heads = [f"cli.hub.list.column.{column}" for column in shown]
        console.table(heads, [[_short(column, row[column]) for column in shown] for row in rows])
    console.say("cli.hub.list.more" if more else "cli.hub.list.count", count=len(rows))
    console.result({**beside, name: list(rows), "more": more})
    return DONE


def written(rows: Sequence[Row], shown: Sequence[str]) -> str:
    """The rows as CSV (RFC 4180), with a byte order mark, so that a spreadsheet reads the Chinese in it."""
    made = io.StringIO()
    columns = list(rows[0]) if rows else list(shown)
    writer = csv.writer(made)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return "\ufeff" + made.getvalue()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "、".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text[:1] in set("=+-@\t\r") else text


def _short(column: str, value: Any) -> str:
    if column in ("case_uid", "transfer_id"):
        return str(value)[-SHORT:]
    if column.endswith("_at") or column in ("since", "until"):
        return times.shown(value) if value else ""
    return "、".join(value) if isinstance(value, list) else "" if value is None else str(value)
