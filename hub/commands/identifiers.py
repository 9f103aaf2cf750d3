"""`casehub identifiers check`: the numbers of persons, cases and units."""

from __future__ import annotations

import argparse
import sys

from codebooks import identifiers
from codebooks.identifiers import IdentifierCheck
from hub.commands.adding import Adder
from messages import message, text
from messages.commandline import DONE, REFUSED, Console, WrongUse


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("identifiers")
    parser = group.command("check", check, home="none")
    parser.add_argument("kind", metavar="KIND", help=adder.words("cli.hub.identifiers.kind"))
    parser.add_argument("value", metavar="VALUE", help=adder.words("cli.hub.identifiers.value"))


def check(options: argparse.Namespace, console: Console) -> int:
    """Say whether a number is valid and which part is not. The number itself goes nowhere but to standard output."""
    if options.kind not in identifiers.KINDS:  # the two may have been swapped: never repeat what was given
        raise WrongUse("identifier.unknown-kind", "KIND", kinds="、".join(identifiers.KINDS))
    value = sys.stdin.readline().rstrip("\r\n") if options.value == "-" else options.value
    verdict = identifiers.check(options.kind, value)
    _say(verdict, console)
    console.result({**verdict.to_json(), "messages": _messages(verdict)})
    return DONE if verdict.valid else REFUSED


def _say(verdict: IdentifierCheck, console: Console) -> None:
    state = "valid" if verdict.valid else "invalid"
    named = message(f"identifier.rule.{verdict.rule}")
    rule = verdict.rule if named.zh == named.code else named.text(console.lang)
    console.say(f"cli.hub.identifiers.{state}", formatted=verdict.formatted, rule=rule)
    levels = {**dict.fromkeys(verdict.failed, "failed"), **verdict.grades}
    for part, level in levels.items():
        console.say(f"cli.hub.identifiers.{level}", part=part, said=text(f"identifier.{part}", console.lang))


def _messages(verdict: IdentifierCheck) -> list[dict[str, str]]:
    """What is wrong and what is odd, in both languages."""
    levels = {**dict.fromkeys(verdict.failed, "failed"), **verdict.grades}
    return [
        {"part": part, "level": level, "zh": entry.zh, "en": entry.en, "remedy_zh": entry.remedy_zh}
        for part, level in levels.items()
        for entry in (message(f"identifier.{part}"),)
    ]
