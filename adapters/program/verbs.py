"""The commands of `casehub-adapter`: each calls the adapter and prints the result for people or programs."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from adapters.adapter import Adapter
from adapters.folders import Round
from adapters.program import alarming, deadlines, monitoring, signing, tracing, upkeep, witnessing
from adapters.program.console import Console
from adapters.program.telling import in_record, tell_failures, tell_item, tell_sent
from adapters.receiving.answering import Declined
from adapters.receiving.delivery import Delivered
from adapters.sending.push import Pushed
from evidence.identifiers import parse_timestamp
from messages.commandline import AWAY, DONE, REFUSED
from messages.rendering import problem_json
from standards.times import BEIJING

Verb = Callable[[Adapter, Namespace, Console], int]


def init(options: Namespace, console: Console, passphrase: bytes | None) -> int:
    """`init`"""
    home = Path(options.home)
    fingerprint = Adapter.init(
        home, agency=options.agency, code=options.code, name=options.name, hub=options.hub, passphrase=passphrase
    )
    console.say("say-fingerprint", fingerprint=fingerprint)
    console.say("say-enrolment", path=home / "enrolment.json")
    console.result({"home": str(home), "fingerprint": fingerprint, "enrolment": str(home / "enrolment.json")})
    return DONE


def start_again(options: Namespace, console: Console, passphrase: bytes | None) -> int:
    """`key rotate … --lost`: the home need not open, so there is no adapter yet."""
    home = Path(options.home)
    fingerprint = Adapter.start_again(home, passphrase=passphrase)
    console.say("say-again", fingerprint=fingerprint, path=home / "enrolment.json")
    console.result({"home": str(home), "fingerprint": fingerprint, "enrolment": str(home / "enrolment.json")})
    return DONE


def enrol(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`enrol`"""
    found = adapter.enrol(options.admission, options.hub_fingerprint)
    console.say("say-enrolled", **found)
    console.result(found)
    return DONE


def check(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`check`"""
    package = adapter.check(options.case_dir, node=options.node, to=options.to, reuse=options.reuse)
    bodies = [finding.to_json() for finding in package.findings]
    totals = {"volumes": len(package.volumes), "pages": package.pages, "files": package.files}
    console.findings(bodies, in_record(package.record.to_json(), console))
    console.say("say-checked", **totals, size=console.size(package.bytes))
    console.result({"status": "checked", **totals, "bytes": package.bytes, "findings": bodies})
    return DONE


def show_format(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`format`"""
    found = adapter.format(options.element)
    forms = [
        (each.path, each.label, each.occurs, each.form_zh if console.lang == "zh" else each.form_en) for each in found
    ]
    console.table(["path", "label", "occurs", "form"], forms)
    words = [(table, value, meaning) for each in found for table, value, meaning in each.words]
    if words:
        console.table(["code-table", "value", "meaning"], list(dict.fromkeys(words)))
    console.result({"elements": [each.to_json() for each in found]})
    return DONE


def push(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`push`"""
    pushed = adapter.push(
        options.case_dir,
        node=options.node,
        to=options.to,
        in_reply_to=options.in_reply_to,
        reuse=options.reuse,
        handler=options.handler,
        supersedes=options.supersedes,
        replaces=dict(_pair(text) for text in options.replaces),
        again=options.again,
    )
    return _sent(adapter, pushed, console)


def _pair(text: str) -> tuple[str, str]:
    number, _, volume_id = text.partition("=")
    return number, volume_id


def reply(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`reply`"""
    pushed = adapter.reply(
        options.transfer,
        node=options.node,
        case_dir=options.case_dir,
        case_no=options.case_no,
        reasons=options.reason,
        documents=options.document,
        reuse=options.reuse,
        handler=options.handler,
        again=options.again,
    )
    return _sent(adapter, pushed, console)


def readdress(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`readdress`"""
    return _sent(adapter, adapter.readdress(options.transfer, to=options.to), console)


def resume(adapter: Adapter, _options: Namespace, console: Console) -> int:
    """`resume`"""
    done = adapter.resume()
    for pushed in done.sent:
        tell_sent(pushed, console, adapter)
    for _, problem in done.failed:
        if not console.as_json:
            console.problem(problem)
    console.say("say-queued", count=len(done.failed))
    failed = [{"transfer_id": transfer_id, **problem_json(problem)} for transfer_id, problem in done.failed]
    console.result({"sent": [pushed.to_json() for pushed in done.sent], "failed": failed})
    return REFUSED if failed else DONE


def _sent(adapter: Adapter, pushed: Pushed, console: Console) -> int:
    tell_sent(pushed, console, adapter)
    console.result(pushed.to_json())
    return DONE


def inbox(adapter: Adapter, _options: Namespace, console: Console) -> int:
    """`inbox`"""
    items = adapter.inbox()
    rows = [_inbox_row(item, console) for item in items]
    if rows:
        console.table(["transfer", "node", "sender", "pages", "bytes", "offered"], rows, right=[3, 4])
    else:
        console.say("say-nothing")
    queued = [row.transfer_id for row in adapter.queue()]
    if queued:
        console.say("say-queued", count=len(queued))
    console.result({"items": items, "queued": queued})
    return DONE


def _inbox_row(item: Mapping[str, Any], console: Console) -> list[str]:
    names = ("transfer_id", "node", "sender")
    arrived = f"{parse_timestamp(item['offered_at']).astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return [*(item[name] for name in names), str(item["pages"]), console.size(item["bytes"]), arrived]


def pull(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`pull`"""

    def tell(item: Delivered | Declined) -> None:
        tell_item(item, console, adapter)

    if options.follow:
        return _until_stopped(partial(_follow, adapter, options, console, tell), console)
    haul = adapter.pull(options.into, transfer=options.transfer, on_item=tell)
    if not (haul.delivered or haul.declined or haul.failed):
        console.say("say-nothing")
    tell_failures(haul, console)
    console.result(haul.to_json())
    return REFUSED if haul.failed or haul.declined else DONE


def _follow(
    adapter: Adapter, options: Namespace, console: Console, tell: Callable[[Delivered | Declined], None]
) -> int:
    for haul in adapter.follow(options.into, on_item=tell):
        tell_failures(haul, console)
        if haul.delivered or haul.declined or haul.failed:
            console.line(haul.to_json())
        if haul.failed and not haul.delivered:
            time.sleep(adapter.station.client.limits.watch_pause)
    return DONE


def _until_stopped(work: Callable[[], int], console: Console) -> int:
    """What runs until it is stopped is done when it is stopped."""
    try:
        return work()
    except KeyboardInterrupt:
        console.say("say-stopped")
        return DONE


def page(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`page`"""
    found = adapter.page(options.transfer, options.volume, options.page, options.out, handler=options.handler)
    words = "say-slip" if found.page_in_file is None else "say-page"
    fetched = console.size(found.fetched_bytes)
    console.say(words, page=found.page, title=found.title, inside=found.page_in_file, out=found.out, fetched=fetched)
    console.result(found.to_json())
    return DONE


def watch(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`watch`"""
    if options.once:
        done = _look(adapter, options, console)
        console.result(done.to_json())
        return AWAY if done.hub_away else REFUSED if done.failed or done.haul.failed else DONE
    console.say("say-watching", outbox=options.outbox, inbox=options.inbox)
    return _until_stopped(partial(_watch, adapter, options, console), console)


def _watch(adapter: Adapter, options: Namespace, console: Console) -> int:
    limits, busy = adapter.station.client.limits, False
    while True:
        done = _look(adapter, options, console, busy=busy)
        busy = done.outbox_busy
        if not done.quiet:
            console.line(done.to_json())
        time.sleep(limits.away_pause if done.hub_away else limits.watch_pause)


def _look(adapter: Adapter, options: Namespace, console: Console, *, busy: bool = False) -> Round:
    """One round, told; `busy`: that the outbox is another program's was told before."""
    done = adapter.look(options.outbox, options.inbox)
    if done.outbox_busy and not busy:
        console.say("say-outbox-busy")
    for pushed in done.sent:
        tell_sent(pushed, console)
    items: list[Delivered | Declined] = [*done.haul.delivered, *done.haul.declined]
    for item in items:
        tell_item(item, console)
    if not console.as_json:
        for _, problem in (*done.failed, *done.haul.failed):
            console.problem(problem)
    if done.hub_away:
        console.say("say-away")
    return done


VERBS: Mapping[str, Verb] = {
    "enrol": enrol,
    "check": check,
    "format": show_format,
    "push": push,
    "reply": reply,
    "readdress": readdress,
    "resume": resume,
    "queue": upkeep.queue,
    "agencies": upkeep.agencies,
    "inbox": inbox,
    "pull": pull,
    "page": page,
    "watch": watch,
    "handler": upkeep.handler,
    "grant": upkeep.grant,
    "revoke": upkeep.revoke,
    "key": upkeep.key,
    "trust": upkeep.trust,
    "sign": signing.sign,
    "case": tracing.case,
    "trail": tracing.trail,
    "deadlines": deadlines.deadlines,
    "witness": witnessing.witness,
    "reconcile": upkeep.reconcile,
    "monitor": monitoring.monitor,
    "alarms": alarming.alarms,
}
"""Verb → its function, for every verb that needs an existing home."""
