"""`casehub trail | status | reconcile | keys`: what operators look at."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from evidence.keys import TrustedKeys
from hub import readiness
from hub.commands import finding_case, witnesses
from hub.commands.adding import Adder
from hub.exchange import trails
from hub.home import HubHome, rotate_at_rest
from hub.log import proofs, stamps
from hub.runtime import Hub, open_hub
from hub.store import agencies, cases, marks, parts, supervision, transfers
from hub.store import reconcile as reconciliation
from hub.store.database import Connection
from hub.supervision import findings_desk
from messages import Lang, message, rendering
from messages.commandline import DONE, REFUSED, Console
from messages.rendering import problem_json
from standards import actions, times
from standards.times import civil_day

NOTEWORTHY = 0.5
"""Of a quota: what is told."""


def add(adder: Adder) -> None:
    """Add the subcommands."""
    parser = adder.command("trail", trail)
    parser.add_argument("case", metavar="CASE", help=adder.words("cli.hub.case"))
    adder.command("status", status)
    parser = adder.command("reconcile", reconcile)
    day = adder.words("cli.hub.reconcile.day")
    parser.add_argument("--day", type=civil_day, metavar="YYYY-MM-DD", help=day)
    group = adder.group("keys")
    group.command("export", keys)
    parser = group.command("rotate", rotate)
    parser.add_argument("purpose", choices=("at-rest",), help=group.words("cli.hub.keys.rotate.purpose"))


def trail(options: argparse.Namespace, console: Console) -> int:
    """The marks of a case, or of one transfer, in the order of the log."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            rows = marks_of(connection, hub, options.case, found[0])
            refs = cases.refs(connection, hub.vault, found[0])
            checkpoint = proofs.latest(connection)
            names = _names(connection)
            late = supervision.of_case(connection, hub.vault, found[0])
    finally:
        hub.stop()
    covered = 0 if checkpoint is None else checkpoint.size
    entries = [trails.entry(mark) for mark in rows]
    console.say("cli.hub.trail.case", case_uid=found[0], refs="、".join(sorted({ref["value"] for ref in refs})))
    columns = ("index", "time", "transfer", "node", "action", "actor", "sealed")
    shown = [_row(hub, entry, covered, names, console.lang) for entry in entries]
    console.table([f"cli.hub.trail.column.{name}" for name in columns], shown, right=[0])
    console.say(
        "cli.hub.trail.covered", count=len(entries), covered=sum(1 for row in shown if row[-1] == "✓"), size=covered
    )
    for each in late:
        words = message(each.finding.code).text(console.lang, each.finding.params)
        console.say(
            "cli.hub.trail.late",
            rule=each.finding.code.removeprefix("rule."),
            since=times.shown_day(each.opened_at),
            words=words,
        )
    told = [findings_desk.kept(each) for each in late]
    body = {"case_uid": found[0], "refs": refs, "marks": entries, "findings": told, "checkpoint_size": covered}
    console.result(body)
    return DONE


def _names(connection: Connection) -> dict[str, str]:
    """What people call the agencies, by short name."""
    return {item.agency: item.name for item in agencies.every(connection)}


def _row(hub: Hub, entry: dict[str, Any], covered: int, names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    node = entry["node"] or ""
    known = hub.nodes.get(node) if node in hub.nodes else None
    index = entry["leaf_index"]
    return (
        "-" if index is None else str(index),
        times.shown(entry["occurred_at"]),
        (entry["transfer_id"] or "")[-12:],
        f"{node} {known.zh if lang == 'zh' else known.en}" if known else node,
        actions.title(entry["action"], lang),
        names.get(entry["actor"], entry["actor"]),
        "✓" if index is not None and index < covered else "…",
    )


def marks_of(connection: Connection, hub: Hub, wanted: str, case_uid: str) -> list[marks.StoredMark]:
    """Of one transfer when `wanted` is a transfer's id, whole or short, else of the whole case."""
    transfer_id = finding_case.transfer_of(connection, wanted)
    if transfer_id is not None:
        return marks.of_transfer(connection, hub.vault, transfer_id)
    return marks.of_case(connection, hub.vault, case_uid)


def status(options: argparse.Namespace, console: Console) -> int:
    """The state of the hub: agencies, transfers by state, log, alarm."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            checkpoint = proofs.latest(connection)
            stamp = stamps.latest(connection)
            counted = transfers.counts(connection)
            waiting = parts.waiting(connection, hub.clock())
            body = {
                "name": hub.settings.name,
                "fingerprint": hub.keys.fingerprint,
                "agencies": sum(1 for item in agencies.every(connection) if item.revoked_at is None),
                "transfers": counted,
                "log_size": 0 if checkpoint is None else checkpoint.size,
                "log_signed_at": None if checkpoint is None else checkpoint.signed_at,
                "marks_waiting": marks.waiting(connection),
                "oldest_waiting": marks.oldest_waiting(connection),
                "waiting_parts": {
                    agency: {"parts": count, "bytes": size} for agency, (count, size) in sorted(waiting.items())
                },
                "codebooks": hub.release.id,
                "time_stamps": bool(hub.settings.tsa_url),
                "stamped_at": None if stamp is None else stamp.stamped_at,
                "stamped_size": None if stamp is None else stamp.size,
                "stamp_lag_seconds": None if stamp is None else round(stamp.age(hub.clock())),
            }
        witnessing = witnesses.look(hub)
        unready = readiness.look(hub)
        places = {"database": hub.database.place, "parts": hub.settings.blobs}
    finally:
        hub.stop()
    signed = "-" if checkpoint is None else times.shown(checkpoint.signed_at)
    console.say("cli.hub.status.line", **{**body, **counted, "log_signed_at": signed})
    _tell_waiting(hub, waiting, console)
    if stamp is not None:
        lag = timedelta(seconds=round(stamp.age(hub.clock())))
        console.say("cli.hub.status.stamped", size=stamp.size, at=times.shown(stamp.stamped_at), lag=lag)
    elif hub.settings.tsa_url:
        console.say("cli.hub.status.unstamped")
    witnessing.tell(console)
    if unready is not None:
        console.write(rendering.problem_text(unready, console.lang))
        console.say("cli.hub.status.where", **places)
    console.result(body | witnessing.to_json() | {"not_ready": None if unready is None else problem_json(unready)})
    return REFUSED if witnessing.alarming or unready is not None else DONE


def _tell_waiting(hub: Hub, waiting: Mapping[str, tuple[int, int]], console: Console) -> None:
    """Which agencies have used half of their quota or more."""
    allowance = hub.settings.allowance
    for agency, (count, size) in sorted(waiting.items()):
        share = max(count / allowance.parts, size / allowance.part_bytes)
        if share >= NOTEWORTHY:
            console.say("cli.hub.status.quota", agency=agency, parts=count, bytes=size, percent=round(share * 100))


def reconcile(options: argparse.Namespace, console: Console) -> int:
    """Every agency's day; exit 1 when something is still on its way."""
    hub = open_hub(options.home)
    day = options.day or times.day(hub.clock())
    try:
        with hub.database.transaction(write=False) as connection:
            names = reconciliation.agencies_of_day(connection, day)
            days = [reconciliation.day_of(connection, name, day).to_json() for name in names]
            called = _names(connection)
    finally:
        hub.stop()
    columns = ("submitted", "accepted", "offered", "fetched", "acknowledged")
    rows = [
        (
            called.get(item["agency"], item["agency"]),
            *(str(item["sent"][name]) for name in columns),
            str(item["refused"]),
        )
        for item in days
    ]
    if rows:
        headers = ["agency", *columns, "refused"]
        console.table([f"cli.hub.reconcile.column.{name}" for name in headers], rows, right=range(1, 7))
    else:
        console.say("cli.hub.reconcile.none", day=day.isoformat())
    open_ones = [hop for item in days for hop in item["sent"]["open"]]
    for hop in open_ones:
        console.say("cli.hub.reconcile.open", **hop)
    if rows and not open_ones:
        console.say("cli.hub.reconcile.even", day=day.isoformat())
    console.result({"day": day.isoformat(), "agencies": days, "even": not open_ones})
    return REFUSED if open_ones else DONE


def evidence_keys(hub: Hub) -> TrustedKeys:
    """What the KEYS file holds: every agency's identity keys, the hub's and its log's."""
    with hub.database.transaction(write=False) as connection:
        return hub.keys.trusted.with_entries(
            entry for entry in agencies.trusted_keys(connection) if entry.purpose == "identity"
        )


def keys(options: argparse.Namespace, console: Console) -> int:
    """The KEYS file for `casehub-verify` on standard output: every agency's identity keys, the hub's and its log's."""
    hub = open_hub(options.home)
    try:
        trusted = evidence_keys(hub)
    finally:
        hub.stop()
    console.out.write(json.dumps(trusted.to_json(), indent=2) + "\n")
    return DONE


def rotate(options: argparse.Namespace, console: Console) -> int:
    """A new key for the encryption at rest."""
    number = rotate_at_rest(HubHome(options.home))
    console.say("cli.hub.keys.rotate.done", number=number, path=options.home / "keys" / "master.json")
    console.result({"purpose": options.purpose, "number": number})
    return DONE
