"""`casehub codebook dry-run | worklist | accept`: tables seen from real traffic; and `releases | maintainers`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from codebooks import build
from codebooks.crosswalks import RELATIONSHIPS
from hub.commands.adding import Adder
from hub.commands.codebook_shown import opened, show_edits
from hub.terminology import accepting, desk, drafts, traffic
from messages import text
from messages.commandline import DONE, Console
from standards import times

EVERY = 500
"""How many transfers lie between two words of progress."""


def add(group: Adder) -> None:
    """Add the subcommands to `casehub codebook`."""
    parser = group.command("dry-run", dry_run)
    parser.add_argument("draft", metavar="DRAFT", help=group.words("cli.hub.codebook.draft-name"))
    parser.add_argument("--days", type=int, default=30, metavar="N", help=group.words("cli.hub.codebook.days"))
    parser = group.command("worklist", worklist)
    parser.add_argument("--days", type=int, default=90, metavar="N", help=group.words("cli.hub.codebook.days"))
    parser.add_argument("--limit", type=int, default=50, metavar="N", help=group.words("cli.hub.codebook.limit"))
    group.command("releases", releases)
    parser = group.command("maintainers", maintainers)
    parser.add_argument("--add", metavar="TYPE:CODE", help=group.words("cli.hub.codebook.maintainers.add"))
    parser.add_argument("--remove", metavar="TYPE:CODE", help=group.words("cli.hub.codebook.maintainers.remove"))
    parser = group.command("accept", accept)
    parser.add_argument("item", metavar="ITEM", help=group.words("cli.hub.codebook.item"))
    parser.add_argument("--code", default="", metavar="CODE", help=group.words("cli.hub.codebook.code"))
    said = group.words("cli.hub.codebook.relationship")
    parser.add_argument("--relationship", choices=RELATIONSHIPS, default="equivalent", help=said)
    parser.add_argument("--draft", default="", metavar="DRAFT", help=group.words("cli.hub.codebook.into"))
    parser.add_argument("--why", default="", metavar="TEXT", help=group.words("cli.hub.codebook.why"))
    parser.add_argument("--as", dest="person", required=True, metavar="NAME", help=group.words("cli.hub.codebook.as"))


def _progress(console: Console) -> traffic.Progress:
    def told(done: int) -> None:
        if done % EVERY == 0 and not console.as_json and sys.stderr.isatty():
            console.err.write("\r" + text("cli.hub.codebook.progress", console.lang, count=done))
            console.err.flush()

    return told


def dry_run(options: argparse.Namespace, console: Console) -> int:
    """What a draft would change for the transfers of the last days. Nothing is written."""
    with opened(options) as hub:
        _, files = drafts.contents(hub, options.draft)
        with drafts.problems_told():
            after = build(files)
        found = traffic.dry_run(hub, hub.release, after, options.days, _progress(console))
    columns = ("count", "transfers", "system", "code", "display", "target", "before", "after", "example")
    rows = [_changed(item) for item in found["changes"]]
    if rows:
        console.table([f"cli.hub.codebook.column.{name}" for name in columns], rows, right=[0, 1])
    found["after"] = options.draft
    said = {name: value for name, value in found.items() if name != "changes"}
    console.say("cli.hub.codebook.dry-run.sum", codes=len(rows), **said)
    console.result({"draft": options.draft, **found})
    return DONE


def _changed(item: dict[str, Any]) -> list[str]:
    sides = [f"{item[side]['outcome']} {'、'.join(item[side]['codes'])}".strip() for side in ("before", "after")]
    example = item["examples"][0]
    return [
        str(item["count"]), str(item["transfers"]), item["system"], item["code"], item["display"], item["target"],
        *sides, f"{example['transfer_id']} {example['place']}",
    ]  # fmt: skip


def worklist(options: argparse.Namespace, console: Console) -> int:
    """Codes of real traffic that are unmapped or ambiguous, the most frequent first."""
    with opened(options) as hub:
        found = traffic.worklist(hub, options.days, limit=options.limit, progress=_progress(console))
    columns = ("count", "item", "display", "outcome", "senders", "last_seen", "suggestions")
    rows = [_work(item) for item in found["items"]]
    if rows:
        console.table([f"cli.hub.codebook.column.{name}" for name in columns], rows, right=[0])
    said = {name: value for name, value in found.items() if name != "items"}
    console.say("cli.hub.codebook.worklist.sum", count=len(rows), **said)
    console.result(found)
    return DONE


def _work(item: dict[str, Any]) -> list[str]:
    near = "；".join(f"{one['code']} {one['display']}（{one['score']:g}）" for one in item["suggestions"])
    senders = "、".join(f"{kind} {count}" for kind, count in item["senders"].items())
    outcome = f"{item['outcome']} {item['note']}".strip()
    return [str(item["count"]), item["item"], item["display"], outcome, senders, item["last_seen"], near]


def accept(options: argparse.Namespace, console: Console) -> int:
    """Put the suggestion for an item of the work list into a draft as a row."""
    with opened(options) as hub:
        made = accepting.accept(
            hub, options.item, options.person, code=options.code, relationship=options.relationship,
            draft=options.draft, why=options.why,
        )  # fmt: skip
    show_edits(console, made)
    return DONE


def releases(options: argparse.Namespace, console: Console) -> int:
    """All releases; `*` marks the one in effect today."""
    with opened(options) as hub:
        found = hub.codebook_releases()
    columns = ("number", "id", "effective_from", "released_at", "author", "reviewer")
    told = [
        {**item, "released_at": times.shown(item["released_at"]) if item.get("released_at") else ""} for item in found
    ]
    rows = [["*" if item["in_effect"] else "", *(_cell(item.get(name)) for name in columns)] for item in told]
    console.table([f"cli.hub.codebook.column.{name}" for name in ("in_effect", *columns)], rows, right=[1])
    console.result({"releases": found})
    return DONE


def maintainers(options: argparse.Namespace, console: Console) -> int:
    """Which agencies may work on drafts over the API."""
    with opened(options) as hub:
        for agency, allowed in ((options.add, True), (options.remove, False)):
            if agency:
                desk.set_maintainer(hub, agency, allowed)
        found = desk.maintainers(hub)
    console.say("cli.hub.codebook.maintainers.line", agencies="、".join(found) or "-")
    console.result({"maintainers": found})
    return DONE


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else str(value)
