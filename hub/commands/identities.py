"""`casehub identity`: persons and cases that the hub ties together, for operators.

Numbers may come on standard input (`-`) or in a file, since arguments stay in the shell's history.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.identities import decisions, desk, views
from hub.identities.decisions import Wanted
from hub.identities.views import Viewer
from hub.runtime import Hub, open_hub
from hub.store import identities
from messages import text
from messages.commandline import DONE, REFUSED, Console
from messages.problems import Problem

if TYPE_CHECKING:
    from hub.commands.adding import Adder
    from messages.commandline import Parser

UNNAMED = "operator"
"""Under what name an operator looks who gives none; deciding needs a name."""


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("identity")
    parser = group.command("resolve", resolve)
    _value(group, parser)
    parser.add_argument("--kind", choices=("person", "case"), help=group.words("cli.hub.identity.kind"))
    _looking(group, parser)
    for name, run in (("show", show), ("history", history)):
        parser = group.command(name, run)
        parser.add_argument("identity", metavar="ID", help=group.words("cli.hub.identity.id"))
        _looking(group, parser, reveal=name == "show")
    _looking(group, group.command("candidates", candidates), reveal=False)
    parser = group.command("propose-merge", propose_merge)
    parser.add_argument("ids", nargs="+", metavar="ID", help=group.words("cli.hub.identity.two"))
    _deciding(group, parser)
    for name, run in (("link", link), ("unlink", unlink)):
        parser = group.command(name, run)
        parser.add_argument("identity", metavar="ID", help=group.words("cli.hub.identity.id"))
        _value(group, parser)
        parser.add_argument("--number-kind", required=True, metavar="KIND", help=group.words("cli.hub.identity.number"))
        parser.add_argument("--agency", default="", metavar="TYPE:CODE", help=group.words("cli.hub.identity.agency"))
        _deciding(group, parser)
    for name, run in (("confirm", confirm), ("reject", reject)):
        parser = group.command(name, run)
        parser.add_argument("proposal", metavar="PROPOSAL", help=group.words("cli.hub.identity.proposal"))
        _deciding(group, parser)
    parser = group.command("undo", undo)
    parser.add_argument("target", metavar="TIE|ID", help=group.words("cli.hub.identity.target"))
    _deciding(group, parser)


def _value(group: Adder, parser: Parser) -> None:
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("value", nargs="?", metavar="NUMBER|-", help=group.words("cli.hub.identity.value"))
    given.add_argument("--file", type=Path, metavar="FILE", help=group.words("cli.hub.identity.file"))


def _looking(group: Adder, parser: Parser, *, reveal: bool = True) -> None:
    parser.add_argument("--as", dest="name", default=UNNAMED, metavar="NAME", help=group.words("cli.hub.identity.as"))
    if reveal:
        parser.add_argument("--reveal", action="store_true", help=group.words("cli.hub.identity.reveal"))


def _deciding(group: Adder, parser: Parser) -> None:
    parser.add_argument("--as", dest="name", required=True, metavar="NAME", help=group.words("cli.hub.identity.as"))
    parser.add_argument("--why", default="", metavar="TEXT", help=group.words("cli.hub.identity.why"))


def resolve(options: argparse.Namespace, console: Console) -> int:
    """The identities that a number or id leads to; exit 1 when there is none."""
    value = _read(options)
    body = _at(
        options,
        lambda hub, viewer: desk.resolve(hub, viewer, value, kind=options.kind, reveal=options.reveal),
    )
    for identity in body["identities"]:
        _print_identity(identity, console)
    if not body["identities"]:
        console.say("cli.hub.identity.none")
    console.result(body)
    return DONE if body["identities"] else REFUSED


def show(options: argparse.Namespace, console: Console) -> int:
    """One identity: its members, their numbers, and what ties them."""
    body = _at(options, lambda hub, viewer: desk.show(hub, viewer, options.identity, reveal=options.reveal))
    _print_identity(body, console)
    console.result(body)
    return DONE


def candidates(options: argparse.Namespace, console: Console) -> int:
    """What waits for people."""
    body = _at(options, desk.candidates)
    if body["candidates"]:
        rows = [
            (
                item["proposal"],
                _word("status", item["status"], console),
                _word("action", item["action"], console),
                _word("kind", item["kind"], console),
                " = ".join(item["members"]),
                "、".join(_word("against", name, console) for name in item["contradictions"]),
                item.get("rule", {}).get(console.lang, item["why"] or ""),
            )
            for item in body["candidates"]
        ]
        headers = ("proposal", "status", "action", "kind", "members", "against", "why")
        console.table([f"cli.hub.identity.column.{name}" for name in headers], rows)
    else:
        console.say("cli.hub.identity.nothing-waits")
    if body["more"]:
        console.say("cli.hub.identity.more", count=body["more"])
    console.result(body)
    return DONE


def history(options: argparse.Namespace, console: Console) -> int:
    """Everything that happened to an identity, in order."""
    body = _at(options, lambda hub, viewer: desk.history(hub, viewer, options.identity))
    rows = [
        (
            item["at"],
            text(f"cli.hub.identity.event.{item['event']}", console.lang),
            " = ".join(item["members"]),
            item["by"] or "-",
            item["why"] or "、".join(_word("against", name, console) for name in item["contradictions"]),
        )
        for item in body["events"]
    ]
    console.table([f"cli.hub.identity.column.{name}" for name in ("at", "event", "members", "by", "why")], rows)
    console.result(body)
    return DONE


def propose_merge(options: argparse.Namespace, console: Console) -> int:
    """Propose that two are one: two ids, or the candidate that a rule found."""
    if len(options.ids) == 1:
        return _decide(options, console, lambda hub, by: decisions.take_up(hub, by, options.ids[0], options.why))
    wanted = Wanted("merge", tuple(options.ids), why=options.why)
    return _decide(options, console, lambda hub, by: decisions.propose(hub, by, wanted))


def link(options: argparse.Namespace, console: Console) -> int:
    """Propose that a person or case has a number."""
    return _number("link", options, console)


def unlink(options: argparse.Namespace, console: Console) -> int:
    """Propose that a number is taken away."""
    return _number("unlink", options, console)


def _number(action: str, options: argparse.Namespace, console: Console) -> int:
    number = {"agency": options.agency, "kind": options.number_kind, "value": _read(options)}
    wanted = Wanted(action, (options.identity,), number=number, why=options.why)
    return _decide(options, console, lambda hub, by: decisions.propose(hub, by, wanted))


def undo(options: argparse.Namespace, console: Console) -> int:
    """Propose to end a tie, or with a member's id all ties of that member."""

    def work(hub: Hub, viewer: Viewer) -> dict[str, Any]:
        with hub.database.transaction(write=False) as connection:
            tie = identities.get_tie(connection, options.target)
        wanted = (
            Wanted("separate", (options.target,), why=options.why)
            if tie is None
            else Wanted("undo", tie_id=options.target, why=options.why)
        )
        return decisions.propose(hub, viewer, wanted)

    return _decide(options, console, work)


def confirm(options: argparse.Namespace, console: Console) -> int:
    """Carry out another person's proposal."""
    return _decide(options, console, lambda hub, by: decisions.confirm(hub, by, options.proposal, options.why))


def reject(options: argparse.Namespace, console: Console) -> int:
    """Settle a proposal or candidate without doing it."""
    return _decide(options, console, lambda hub, by: decisions.reject(hub, by, options.proposal, options.why))


def _decide(options: argparse.Namespace, console: Console, work: Callable[[Hub, Viewer], dict[str, Any]]) -> int:
    body = _at(options, work)
    console.say(
        f"cli.hub.identity.{body['status']}",
        proposal=body["proposal"],
        action=_word("action", body["action"], console),
        ties="、".join([*body.get("tied", ()), *body.get("ended", ())]) or "-",
    )
    console.result(body)
    return DONE


def _at(options: argparse.Namespace, work: Callable[[Hub, Viewer], dict[str, Any]]) -> dict[str, Any]:
    viewer = views.operator(options.name)
    hub = open_hub(options.home)
    try:
        return work(hub, viewer)
    finally:
        hub.stop()


def _read(options: argparse.Namespace) -> str:
    """The number: from the argument, from standard input, or from a file; one line."""
    if options.file is not None:
        given = options.file.read_bytes()
    elif options.value == "-":
        given = sys.stdin.buffer.readline()
    else:
        return str(options.value)
    try:
        return str(given.decode("utf-8-sig").strip())
    except UnicodeDecodeError as error:
        raise Problem("identity.not-text", str(options.file or "-")) from error


def _print_identity(identity: Mapping[str, Any], console: Console) -> None:
    kind = _word("kind", identity["kind"], console)
    console.say("cli.hub.identity.head", identity=identity["identity"], kind=kind, count=len(identity["members"]))
    rows = []
    for member in identity["members"]:
        numbers = "、".join(
            f"{number['kind']} {number['value'] or '-'}{_ended(number, console)}" for number in member["numbers"]
        )
        rows.append((member["member"], member["case_uid"], "、".join(member.get("names", ())) or "-", numbers or "-"))
    console.table([f"cli.hub.identity.column.{name}" for name in ("member", "case", "names", "numbers")], rows)
    for tie in identity["ties"]:
        why = tie.get("rule", {}).get(console.lang) or text("cli.hub.identity.by-people", console.lang)
        console.say("cli.hub.identity.tie", tie=tie["tie"], one=tie["members"][0], other=tie["members"][1], why=why)
    if identity["more_ties"]:
        console.say("cli.hub.identity.more", count=identity["more_ties"])


def _ended(number: Mapping[str, Any], console: Console) -> str:
    return text("cli.hub.identity.taken-away", console.lang) if number["ended_at"] else ""


def _word(list_name: str, name: str, console: Console) -> str:
    return text(f"cli.hub.identity.{list_name}.{name}", console.lang)
