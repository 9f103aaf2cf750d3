"""`casehub codebook dry-run | worklist | accept`: drafts and tables seen from real traffic."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from codebooks import build
from codebooks.crosswalks import RELATIONSHIPS
from hub.commands.codebook_shown import show_edits
from hub.exchange import codebook_accepting as accepting
from hub.exchange import codebook_drafts as drafts
from hub.exchange import codebook_traffic as traffic
from hub.runtime import open_hub
from standards.commandline import DONE, Console
from standards.messages import text
from standards.problems import ProblemList

if TYPE_CHECKING:
    from hub.cli import Adder

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
    hub = open_hub(options.home)
    try:
        _, files = drafts.contents(hub, options.draft)
        wrong = drafts.faults(files)
        if wrong:
            raise ProblemList("codebook.refused", wrong)
        found = traffic.dry_run(hub, hub.release, build(files), options.days, _progress(console))
    finally:
        hub.stop()
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
    hub = open_hub(options.home)
    try:
        found = traffic.worklist(hub, options.days, limit=options.limit, progress=_progress(console))
    finally:
        hub.stop()
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
    hub = open_hub(options.home)
    try:
        made = accepting.accept(
            hub, options.item, options.person, code=options.code, relationship=options.relationship,
            draft=options.draft, why=options.why,
        )  # fmt: skip
    finally:
        hub.stop()
    show_edits(console, made)
    return DONE
