"""`casehub log`: status of the log of marks, and the full audit."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from evidence.log.notes import NoteVerifier
from hub import clock_desk
from hub.commands.adding import Adder
from hub.log import proofs, stored
from hub.log.audit import Judge, audit
from hub.log.audit_report import Fault
from hub.log.heads import Head
from hub.runtime import Hub, open_hub
from hub.store import agencies, marks
from messages import message, rendering, terminal
from messages.commandline import DONE, REFUSED, Console
from messages.problems import Problem
from standards import times

EVERY = 0.5
"""Seconds between two lines of progress."""


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("log")
    group.command("status", status)
    parser = group.command("check", check)
    wanted = parser.add_mutually_exclusive_group()
    words = group.words("cli.hub.log.progress")
    wanted.add_argument("--progress", action="store_true", default=None, help=words)
    wanted.add_argument("--no-progress", action="store_false", dest="progress", help=argparse.SUPPRESS)
    parser = group.command("confirm-clock", confirm_clock)
    parser.add_argument("--why", required=True, metavar="TEXT", help=group.words("cli.hub.log.confirm-clock.why"))


def confirm_clock(options: argparse.Namespace, console: Console) -> int:
    """Say that the hub's clock is right and was ahead before: a mark tells of it, and the hub signs again."""
    hub = open_hub(options.home)
    try:
        done = clock_desk.confirm(hub, options.why)
        if done.confirmed:
            hub.log.step()
    finally:
        hub.stop()
    console.say("cli.hub.log.clock-confirmed" if done.confirmed else "cli.hub.log.clock-fine", **done.to_json())
    console.result(done.to_json())
    return DONE


def judge(hub: Hub) -> Judge:
    """What the log of this hub is held against: its own keys and those of every agency ever enrolled."""
    with hub.database.transaction(write=False) as connection:
        keys = hub.keys.trusted.with_entries(agencies.trusted_keys(connection))
        newer = agencies.newer_signers(connection)
    verifier = NoteVerifier(hub.settings.log_origin, hub.keys.log.public, hub.keys.log.alg)
    return Judge(verifier, keys, hub.vault, Head(hub.home.path, verifier), newer)


def status(options: argparse.Namespace, console: Console) -> int:
    """Size, newest checkpoint, what waits, the head outside the database; exit 1 when these contradict each other."""
    hub = open_hub(options.home)
    try:
        body = _standing(hub)
    finally:
        hub.stop()
    signed = {name: "-" if body[name] is None else body[name] for name in ("signed_size", "head_size")}
    signed["signed_at"] = "-" if body["signed_at"] is None else times.shown(body["signed_at"])
    console.say("cli.hub.log.status.line", **{**body, **signed})
    if body["alarm"] is not None:
        console.write(rendering.problem_text(Problem(body["alarm"], body["alarm_place"]), console.lang))
    console.result(body)
    return DONE if body["alarm"] is None else REFUSED


def _standing(hub: Hub) -> dict[str, Any]:
    head, alarm, kept = judge(hub).head, None, None
    try:  # before the database: the running hub may sign in between
        kept = head.read()
    except Problem as problem:
        alarm = problem
    with hub.database.transaction(write=False) as connection:
        newest, size = proofs.latest(connection), stored.size(connection, hub.settings.log_origin)
        try:
            head.require_reached(connection, size, kept)
        except Problem as problem:
            alarm = alarm or problem
        return {
            "origin": hub.settings.log_origin,
            "size": size,
            "signed_size": None if newest is None else newest.size,
            "signed_at": None if newest is None else newest.signed_at,
            "waiting": marks.waiting(connection),
            "oldest_waiting": marks.oldest_waiting(connection),
            "head_size": None if kept is None else kept.size,
            "alarm": None if alarm is None else alarm.code,
            "alarm_place": "" if alarm is None else alarm.place,
        }


def check(options: argparse.Namespace, console: Console) -> int:
    """Recompute the whole log from its leaves; exit 1 if anything differs from what was signed."""
    hub = open_hub(options.home)
    try:
        found = audit(hub.database, judge(hub), _progress(console, options.progress))
    finally:
        hub.stop()
    for number, fault in enumerate(found.faults, 1):
        console.say("cli.hub.log.fault", number=number, place=fault.place, words=_words(fault, console))
    more = sum(found.counts.values()) - len(found.faults)
    if more:
        console.say("cli.hub.log.more", count=more)
    shown = {
        "size": found.size,
        "signed_size": found.newest,
        "waiting": found.waiting,
        "tiles": found.tiles,
        "checkpoints": found.checkpoints,
        "cosignatures": found.cosignatures,
    }
    for fault in found.explained:
        console.say("cli.hub.log.explained", place=fault.place, words=_words(fault, console))
    if found.newer_marks:
        console.say("cli.hub.log.newer", count=found.newer_marks)
    if found.newer_cosignatures:
        console.say("cli.hub.log.newer-cosignatures", count=found.newer_cosignatures)
    newest = "-" if found.newest is None else found.newest
    console.say(
        "cli.hub.log.sound" if found.sound else "cli.hub.log.faulty",
        **{**shown, "signed_size": newest, "faults": sum(found.counts.values())},
    )
    newer = {
        "newer": found.newer_marks,
        "newer_counts": dict(found.newer),
        "newer_cosignatures": found.newer_cosignatures,
    }
    explained = {"explained": _listed(found.explained), "explained_counts": dict(found.explained_counts)}
    faults = {"counts": dict(found.counts), "faults": _listed(found.faults)}
    console.result({"sound": found.sound, **shown, **newer, **explained, **faults})
    return DONE if found.sound else REFUSED


def _words(fault: Fault, console: Console) -> str:
    return message(fault.code).text(console.lang, fault.params)


def _listed(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [
        {
            "code": fault.code,
            "place": fault.place,
            "params": fault.params,
            "messages": {
                "zh": message(fault.code).text("zh", fault.params),
                "en": message(fault.code).text("en", fault.params),
            },
        }
        for fault in faults
    ]


def _progress(console: Console, wanted: bool | None) -> Callable[[int, int], None]:
    """Tells on standard error how many leaves are done, for logs that take a while."""
    shown = terminal.show_progress(console.err, wanted) and not console.as_json
    last = time.monotonic()

    def told(done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if shown and (now - last >= EVERY or done == of):
            last = now
            words = message("cli.hub.log.progress-line").text(console.lang, {"done": done, "of": of})
            console.err.write(f"\r{words}" + ("\n" if done == of else ""))
            console.err.flush()

    return told
