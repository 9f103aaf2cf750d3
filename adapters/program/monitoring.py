"""`casehub-adapter monitor`: telling people and machines what the log holds about this agency.

People see a line for each mark as it is read. With `--json` one object at the end lists them; with `--follow --json`
each mark is a line, and so is each round that read something.
"""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Callable

from adapters.adapter import Adapter
from adapters.auditing.judging import FAULTY, LAPSED, NEWER, UNKNOWN, VERIFIED, Judged
from adapters.auditing.monitor import Monitored, follow
from adapters.auditing.monitor import monitor as look
from adapters.program.console import Console
from evidence.identifiers import parse_timestamp
from messages import columns, terminal, text
from messages.commandline import DONE, REFUSED
from standards import actions
from standards.times import BEIJING

pause = time.sleep
SIGNS = {VERIFIED: "✓", NEWER: "↑"}
EVERY = 0.2
"""Seconds between two lines of progress."""
LONG = 1_000
"""Marks from which on progress is shown."""


def monitor(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`monitor`"""
    station = adapter.station
    progress = _Progress(console, options.progress)

    def tell(judged: Judged) -> None:
        progress.clear()
        console.write(_line(judged, console))
        if options.follow:
            console.line({"mark": judged.to_json()})

    if not options.follow:
        as_lines = None if console.as_json else tell
        done = look(station, on_mark=as_lines, on_read=progress)
        progress.clear()
        _tell(done, console)
        console.result(done.to_json())
        return DONE if done.sound else REFUSED
    return _follow(adapter, tell, progress, console)


def _follow(adapter: Adapter, tell: Callable[[Judged], None], progress: _Progress, console: Console) -> int:
    """Rounds until somebody stops them: an alarm is told once, and reading goes on. 1 when there was any."""
    limits, code, told = adapter.station.client.limits, DONE, ""
    try:
        for done in follow(adapter.station, on_mark=tell, on_read=progress):
            progress.clear()
            if done is None:
                console.say("say-away")
            elif done.read or _wrong(done) not in ("", told):
                _tell(done, console)
                console.line(done.to_json())
            if done is not None:
                told, code = _wrong(done), code if done.sound else REFUSED
            pause(limits.away_pause)
    except KeyboardInterrupt:
        console.say("say-stopped")
    return code


def _wrong(done: Monitored) -> str:
    """What a round has found, to tell it from the round before; empty for one in which all was well."""
    if done.sound:
        return ""
    told = done.to_json()
    return json.dumps([told[name] for name in ("faults", "missing", "overdue", "alarms")])


def _tell(done: Monitored, console: Console) -> None:
    counts = done.counts
    console.say(
        "say-monitored",
        size=done.size,
        read=done.read,
        verified=counts[VERIFIED],
        unknown=counts[UNKNOWN],
        lapsed=counts[LAPSED],
    )
    if counts[NEWER]:
        console.say("say-newer", count=counts[NEWER])
    if not done.sound:
        count = len(done.faults) + len(done.missing) + len(done.overdue) + len(done.alarms)
        console.say("say-unsound", count=count)


def _line(judged: Judged, console: Console) -> str:
    """Place, time in China, action, actor, transfer; what could not be read is named as such."""
    body = judged.body
    if not body:
        return f"{judged.index:>10}  {judged.leaf_hash}"
    at = parse_timestamp(body["occurred_at"]).astimezone(BEIJING)
    word = actions.title(body.get("action"), console.lang)
    sign = "✗" if judged.signature == FAULTY or judged.faults else SIGNS.get(judged.signature, "?")
    where = body["transfer_id"] or ""
    actor = body["actor"]["agency"]
    return f"{judged.index:>10} {sign} {at:%Y-%m-%d %H:%M:%S}  {columns.pad(word, 20)}  {actor}  {where}".rstrip()


class _Progress:
    """One line on standard error for a log that takes a while."""

    def __init__(self, console: Console, wanted: bool | None) -> None:
        self._console = console
        self._wanted = terminal.show_progress(console.err, wanted) and not console.as_json
        self._last = float("-inf")
        self._columns = 0
        self._begun: int | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._begun is None:
            self._begun = done
        now = time.monotonic()
        if not self._wanted or total - self._begun < LONG or now - self._last < EVERY:
            return
        self._last = now
        words = text("adapter.say-reading", self._console.lang, done=done, total=total)
        self._columns = max(self._columns, columns.width(words))
        self._console.err.write("\r" + columns.pad(words, self._columns))
        self._console.err.flush()

    def clear(self) -> None:
        """Leave the line empty for what is said next."""
        if self._columns:
            self._console.err.write("\r" + " " * self._columns + "\r")
            self._console.err.flush()
            self._columns = 0
