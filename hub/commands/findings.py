"""`casehub findings | sweep | rules`: irregularities of a case, overdue cases, and the rules."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from hub.commands import finding_case, listing
from hub.commands.adding import Adder
from hub.runtime import Hub, open_hub
from hub.store import cases, supervision, transfers
from hub.store.database import Connection
from hub.supervision import findings_desk
from hub.supervision.sweep import sweep as one_round
from messages import Lang, grouping, text
from messages.commandline import DONE, Console
from messages.grouping import Group
from messages.problems import Problem
from messages.rendering import PLACES, declared_text
from standards import agencies, times
from standards import rules as book
from standards.record.places import in_words
from standards.times import BEIJING, moment

_EXPLAINED = ("start", "start_from", "act", "act_from", "term", "deadline", "due", "mode", "calendar", "custody")

_COUNTINGS = ("statutory", "conservative")


def add(adder: Adder) -> None:
    """Add the subcommands."""
    parser = adder.command("findings", findings)
    parser.add_argument("case", metavar="CASE", nargs="?", help=adder.words("cli.hub.findings.case"))
    listing.filters(parser, adder)
    parser.add_argument("--explain", action="store_true", help=adder.words("cli.hub.findings.explain"))
    parser.add_argument("--as-of", metavar="INSTANT", help=adder.words("cli.hub.findings.as-of"))
    parser.add_argument("--level", choices=grouping.LEVELS[:3], help=adder.words("cli.hub.findings.level"))
    adder.command("sweep", sweep)
    parser = adder.command("rules", rules, home="none")
    parser.add_argument("rule", metavar="RULE", nargs="?", help=adder.words("cli.hub.rules.rule"))


def findings(options: argparse.Namespace, console: Console) -> int:
    """Findings of the transfers of a case, and what is late in it as of now or of an earlier instant; without a case,
    what the sweep found in all of them."""
    if options.case is None:
        return listing.finding_list(options, console)
    hub = open_hub(options.home)
    try:
        now = hub.clock() if options.as_of is None else _instant(options.as_of)
        with hub.database.transaction(write=False) as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            body = findings_desk.listing(connection, hub, found[0], now, explain=options.explain)
            body["refs"] = cases.refs(connection, hub.vault, found[0])
            records = _records(connection, hub, body)
    finally:
        hub.stop()
    refs = "、".join(sorted({ref["value"] for ref in body["refs"]}))
    console.say("cli.hub.trail.case", case_uid=found[0], refs=refs)
    for told in (*body["transfers"], body):
        name = "late" if told is body else "findings"
        told[name] = [each for each in told[name] if grouping.at_least(each, options.level)]
    groups = grouping.grouped(_occasions(body, records, console.lang))
    _show(body, groups, console, explain=options.explain)
    console.result({**body, "groups": [_told_group(group) for group in groups]})
    return DONE


def _instant(told: str) -> datetime:
    """The end of a Beijing day, or an instant. Raises `cli.bad-instant`."""
    found = moment(f"{told}T23:59:59+08:00" if len(told) == len("2026-05-10") else told)
    if not isinstance(found, datetime):
        raise Problem("cli.hub.findings.bad-instant", told, value=told)
    return found


def _records(connection: Connection, hub: Hub, body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The records that the places of the findings point into, by transfer; none of what was erased."""
    wanted = [transfer["transfer_id"] for transfer in body["transfers"] if transfer["findings"]]
    found = {}
    for transfer_id in {*wanted, *([body["record_of"]] if body["late"] else [])}:
        with suppress(Problem):
            found[transfer_id] = transfers.record(connection, hub.vault, transfer_id)
    return found


Occasion = tuple[str, str]
"""Day and node of a transfer; what is late now has no node."""


def _occasions(
    body: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]], lang: Lang
) -> Iterator[tuple[Occasion, str, Mapping[str, Any]]]:
    """Each finding with its occasion and its place in words, oldest first."""
    for transfer in body["transfers"]:
        record = records.get(transfer["transfer_id"], {})
        for each in transfer["findings"]:
            occasion = (times.shown_day(transfer["received_at"]), transfer["node"])
            yield occasion, in_words(each.get("place", ""), record, lang), each
    record = records.get(body["record_of"], {})
    for each in body["late"]:
        yield (text("cli.hub.findings.now", lang), "-"), in_words(each.get("place", ""), record, lang), each


def _told_group(group: Group) -> dict[str, Any]:
    days, nodes = zip(*group.occasions, strict=True)
    return {
        "code": group.finding["code"],
        "level": group.finding["level"],
        "count": group.count,
        "since": days[0],
        "nodes": list(dict.fromkeys(nodes)),
        "places": group.places,
        "zh": group.finding["zh"],
        "en": group.finding["en"],
    }


def _show(body: Mapping[str, Any], groups: Sequence[Group], console: Console, *, explain: bool) -> None:
    columns = ("level", "rule", "count", "since", "again", "place", "says", "do", "basis")
    if groups:
        table = [_row(group, console.lang) for group in groups]
        console.table([f"cli.hub.findings.column.{name}" for name in columns], table)
    if explain:
        for each in [*(each for transfer in body["transfers"] for each in transfer["findings"]), *body["late"]]:
            _explain(each, console)
        kept = [each for transfer in body["transfers"] for each in transfer.get("suppressed", ())]
        for each in [*kept, *body.get("suppressed", ())]:
            console.say("cli.hub.findings.suppressed", rule=_rule(each), excuse=each["params"]["suppressed"])
        same = all(transfer.get("same_again", True) for transfer in body["transfers"])
        console.say(f"cli.hub.findings.{'same' if same else 'other'}", count=len(body["transfers"]))
        for each in body["not_judged"]:
            console.say("cli.hub.findings.not-judged", rule=each["rule"], because=each[f"because_{console.lang}"])
    told = sum(len(transfer["findings"]) for transfer in body["transfers"])
    unjudged = len(body["not_judged"])
    console.say("cli.hub.findings.summary", told=told, late=len(body["late"]), unjudged=unjudged)


def _rule(finding: Mapping[str, Any]) -> str:
    return str(finding["code"]).removeprefix("rule.")


def _row(group: Group, lang: Lang) -> tuple[str, ...]:
    """The first day and node, the other nodes where it came again, and as many places as a person reads."""
    finding, comma = group.finding, "、" if lang == "zh" else ", "
    (day, node), *later = group.occasions
    again = dict.fromkeys(other for _, other in later if other != node)
    more = [text("terminal.places-more", lang)] if len(group.places) > PLACES else []
    return (
        finding["level"],
        _rule(finding),
        str(group.count),
        day if node == "-" else f"{day} {node}",
        comma.join(again) or "-",
        comma.join([*group.places[:PLACES], *more]),
        " ".join([finding[lang], *declared_text(finding.get("by", ""), "", lang)]),
        finding.get(f"remedy_{lang}", ""),
        finding.get("basis", ""),
    )


def _explain(finding: Mapping[str, Any], console: Console) -> None:
    params = finding.get("params", {})
    used = [
        text(f"cli.hub.findings.fact.{name}", console.lang, value=_fact(params[name], console))
        for name in _EXPLAINED
        if name in params
    ]
    used += [f"{each['source']}={each['value']}" for each in params.get("facts", ())]
    if used:
        joined = ("；" if console.lang == "zh" else "; ").join(used)
        console.say("cli.hub.findings.facts", rule=_rule(finding), place=finding.get("place", ""), facts=joined)


def _fact(value: Any, console: Console) -> str:
    if isinstance(value, bool):
        return text(f"cli.hub.findings.{'yes' if value else 'no'}", console.lang)
    return text(f"cli.hub.findings.{value}", console.lang) if value in _COUNTINGS else str(value)


def sweep(options: argparse.Namespace, console: Console) -> int:
    """One round of the sweep."""
    hub = open_hub(options.home)
    try:
        done = one_round(hub)
        hub.log.step()
        with hub.database.transaction(write=False) as connection:
            standing = supervision.counts(connection)
    finally:
        hub.stop()
    told = {**vars(done), "open": standing["open"], "in_cases": standing["cases"]}
    console.say("cli.hub.sweep.busy" if done.busy else "cli.hub.sweep.done", **told)
    console.result({**told, "at": datetime.now(BEIJING).isoformat(timespec="seconds")})
    return DONE


def rules(options: argparse.Namespace, console: Console) -> int:
    """The rule book: every rule with its level, article and how it is judged; or one rule with its parts."""
    wanted = [each for each in book.rules().values() if options.rule in (None, each.id, each.number)]
    if not wanted:
        raise Problem("rule.unknown", str(options.rule), rule=str(options.rule))
    columns = ("rule", "level", "name", "how", "at", "basis")
    console.table([f"cli.hub.rules.column.{name}" for name in columns], [_entry(each, console) for each in wanted])
    numbers = {each.number for each in wanted}
    judged = {each.number for each in wanted if each.evaluated}
    console.say("cli.hub.rules.summary", count=len(numbers), judged=len(judged), parts=len(wanted))
    console.result({"rules": [_told(each) for each in wanted], "count": len(numbers), "judged": len(judged)})
    return DONE


def _entry(rule: book.Rule, console: Console) -> tuple[str, ...]:
    how = text(f"cli.hub.rules.kind.{rule.kind}", console.lang)
    if rule.refuses:
        how += text("cli.hub.rules.refuses", console.lang)
    if rule.needs:
        names = "、".join(agencies.title(each, console.lang) for each in rule.needs)
        how += text("cli.hub.rules.needs", console.lang, names=names)
    at = _at(rule.at) if rule.at else text("cli.hub.rules.daily", console.lang) if rule.daily or rule.custody else "-"
    return rule.id, rule.level, rule.name(console.lang), how, at, rule.basis


def _at(nodes: Sequence[str]) -> str:
    return nodes[0] if len(nodes) == 1 else f"{nodes[0]} +{len(nodes) - 1}"


def _told(rule: book.Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "number": rule.number,
        "section": rule.section,
        "level": rule.level,
        "kind": rule.kind,
        "zh": rule.zh,
        "en": rule.en,
        "basis": rule.basis,
        "at": list(rule.at),
        "daily": bool(rule.daily or rule.clocks),
        "needs": list(rule.needs),
        "refuses": rule.refuses,
        "codes": list(rule.codes),
        "evaluated": rule.evaluated,
        "because_zh": rule.because_zh,
        "because_en": rule.because_en,
        "note": rule.note,
    }
