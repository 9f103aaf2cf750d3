"""`casehub-adapter monitor`: the agency verifies the whole log itself.

One round reads everything between the last position and the newest checkpoint:

 1. The contact of every piece of work: the checkpoint is held against what this home has witnessed (`station.contact`).
 2. The checkpoint continues the one that the monitor verified before, and the log's tiles give its root (`logreader`).
 3. Bundle by bundle the entries are verified and each mark is judged (`judging`); what concerns this agency is shown.
 4. Marks that the hub confirmed and that are still not there when they must be are named. When the hub noted something
    of agencies or keys, the directory is asked whether it has a key in our name that we did not make.

The position moves on in the same transaction as what was learnt (`logbook`). A mark is shown before that, so a process
that is killed may show it again, and never leaves one out. Faults are kept with their evidence under `log/evidence`:
the leaf, its proof of inclusion and the checkpoint; they are told once here, and at every `reconcile`.

A partial bundle is not fetched while the log grows by more than 200 marks between two looks of `--follow` (C2SP
tlog-tiles): its tile of hashes verifies the checkpoint, and it is fetched after a minute at the latest.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from adapters.auditing import complaints, logreader
from adapters.auditing.cosigning import HUB, OTHER
from adapters.auditing.judging import DIRECTORY, FAULTY, LAPSED, NEWER, UNKNOWN, VERIFIED, Judge, Judged
from adapters.auditing.logreader import Bundle, LogReader
from adapters.auditing.remembering import missing, remembered
from adapters.client.hub import HubAway
from adapters.keys.trust import Alarm
from adapters.state.logbook import FOLDER, Fault, LogBook
from adapters.station import Station
from adapters.transfers.inbox import offered
from digests import Digest
from evidence.encoding import to_base64
from evidence.identifiers import parse_timestamp, timestamp
from evidence.log import checkpoints
from messages.findings import Finding

RAPID = 200
"""Marks between two looks, above which the partial bundle is left for later."""
TAIL_WAIT = timedelta(minutes=1)
LOCK = "monitor"
MISSING = "monitor.missing"

OnMark = Callable[[Judged], None]
OnRead = Callable[[int, int], None]


@dataclass
class Monitored:
    """What one round has read. `shown` is filled only if no callback receives the marks one by one."""

    size: int = 0
    since: int = 0
    read: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((VERIFIED, UNKNOWN, LAPSED, NEWER, FAULTY), 0))
    shown: list[Judged] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    """What contradicts the log, and no person has settled."""

    @property
    def sound(self) -> bool:
        """Whether everything is as it must be."""
        return not (self.faults or self.missing or self.overdue or self.alarms)

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {
            "size": self.size,
            "since": self.since,
            "read": self.read,
            "signatures": self.counts,
            "marks": [each.to_json() for each in self.shown],
            "faults": [each.to_json() for each in self.faults],
            "missing": self.missing,
            "overdue": self.overdue,
            "alarms": [{"code": each.code, "place": each.place, "params": each.params} for each in self.alarms],
        }


def monitor(
    station: Station, *, on_mark: OnMark | None = None, on_read: OnRead | None = None, patient: bool = False
) -> Monitored:
    """One round. With `patient` a partial bundle of a log that grows fast is left for later.

    What does not verify is in `alarms`, with its evidence kept, and the position stays where the log ceased to verify.
    Raises `HubAway`.
    """
    with station.home.lock(LOCK):
        folder, done = station.home.path / "log" / FOLDER, Monitored()
        if on_mark is None:
            on_mark = done.shown.append
        for each in (folder, folder / OTHER, folder / OTHER):
            with closing(LogBook(each)) as book:
                if each.name != OTHER:
                    done.since = book.size
                one = _Round(station, book, done, on_mark, on_read)
                if not one.run(patient=patient, first=each.name != OTHER):
                    break
            if each.name == OTHER:
                shutil.rmtree(each)  # a third history is read from its beginning
        return done


class _Round:
    def __init__(
        self, station: Station, book: LogBook, done: Monitored, on_mark: OnMark, on_read: OnRead | None
    ) -> None:
        self._station = station
        self._book = book
        self._on_read = on_read or (lambda _done, _total: None)
        self._done = done
        self._on_mark = on_mark
        self._directory_changed = False

    def run(self, *, patient: bool, first: bool) -> bool:
        """The steps, each whatever the others meet; whether the hub shows a history that is not the book's."""
        station, done = self._station, self._done
        # Step 1
        if first:
            with self._meeting():
                station.contact()
            done.overdue = station.promises.late(station.clock())
        # Steps 2 and 3
        other = False
        with self._meeting():
            log = logreader.newest(station)
            other = log is not None and not self._continued(log, first=first)
            if log is None:
                self._require_empty()
            elif not other:
                self._go_on(log, patient=patient)
        # Step 4
        if not other:
            self._look_for_missing()
        if self._directory_changed:
            station.look_at_own_entry()
        return other

    @contextmanager
    def _meeting(self) -> Iterator[None]:
        """An alarm ends a step, and is told and counted unless a person has settled it."""
        try:
            yield
        except Alarm as alarm:
            self._meet(alarm)

    def _meet(self, alarm: Alarm) -> None:
        self._station.alarm(alarm)
        if alarm.code not in {each.code for each in self._done.alarms}:
            self._done.alarms += self._station.unsettled([alarm])

    def _require_empty(self) -> None:
        note = self._book.note
        if note is not None:
            shown = {"before": note.decode("utf-8")}
            raise logreader.raised(self._station, "trust.log-forked", f"{self._book.size}–0", **shown)

    def _continued(self, log: LogReader, *, first: bool) -> bool:
        """Hold the checkpoint against what this home remembers of the log: the one read last, the one witnessed, and
        what other agencies told. False, with the alarm met, when it does not continue the one read last."""
        self._done.size = log.checkpoint.size
        met: set[str] = set()
        for source, shown in remembered(self._station) if first else ():
            try:
                log.require_continues(shown, source)
            except Alarm as alarm:
                self._meet(alarm)
                met.add(source)
        before = self._book.note
        try:
            if before is not None:
                log.require_continues(before, HUB if HUB in met else "")
        except Alarm as alarm:
            self._meet(alarm)
            return False
        return True

    def _go_on(self, log: LogReader, *, patient: bool) -> None:
        note = self._book.note
        grown = log.checkpoint.size - (0 if note is None else checkpoints.parse_checkpoint(note)[0].size)
        if log.checkpoint.size > self._book.size:
            log.authenticate(self._book.bundles)
            with self._book.transaction():
                self._book.keep_note(log.note)
            self._read(log, edge=not (patient and grown > RAPID) or self._tail_is_old())

    def _tail_is_old(self) -> bool:
        since = self._book.tail_since
        return bool(since) and parse_timestamp(since) + TAIL_WAIT <= self._station.clock()

    def _read(self, log: LogReader, *, edge: bool) -> None:
        judge = Judge(self._station, self._book, self._offered())
        for bundle in log.bundles(self._book.bundles, edge=edge):
            faults = self._judged(judge, bundle)
            for judged, leaf in faults:
                self._keep(judged, leaf, log)
            self._on_read(self._book.size, log.checkpoint.size)
        waits = self._book.size < log.checkpoint.size
        with self._book.transaction():
            self._book.keep_tail((self._book.tail_since or timestamp(self._station.clock())) if waits else "")

    def _offered(self) -> frozenset[str]:
        """Transfers for us that are not pulled yet: asked after the checkpoint, so all that it covers are there."""
        return frozenset(item.transfer_id for item in offered(self._station))

    def _judged(self, judge: Judge, bundle: Bundle) -> list[tuple[Judged, bytes]]:
        """Judge what is new in a bundle, and move on; the entries that are not as they must be."""
        faulty = []
        with self._book.transaction():
            first = max(self._book.size - bundle.start, 0)
            for place in range(first, len(bundle.leaves)):
                judged = judge.judge(bundle.start + place, bundle.leaves[place], bundle.hashes[place])
                self._done.counts[judged.signature] += 1
                self._done.read += 1
                for fault in judged.faults:
                    self._book.keep_fault(fault)
                if judged.faults:
                    faulty.append((judged, bundle.leaves[place]))
                if judged.shown:
                    self._on_mark(judged)
                self._directory_changed |= judged.body.get("action") in DIRECTORY or bool(judged.newer)
            self._book.move(bundle.start + len(bundle.leaves), bundle.frontier)
        return faulty

    def _keep(self, judged: Judged, leaf: bytes, log: LogReader) -> None:
        """Evidence of one entry: anybody with the hub's keys can see that the log has it."""
        for fault in judged.faults:
            body = {
                **fault.to_json(),
                "leaf": to_base64(leaf),
                "proof": log.proof(judged.index),
                "checkpoint": log.note.decode("utf-8"),
            }
            params = {**fault.params, "leaf_index": judged.index}
            place = fault.named
            name = f"{fault.code}-{judged.index}"
            alarm = complaints.alarmed(self._station, fault.code, place, name, body, **params)
            if self._station.unsettled([alarm]):
                self._station.say(Finding(fault.code, "V", place, params=alarm.params))
                self._done.faults.append(fault)

    def _look_for_missing(self) -> None:
        """Marks of ours that the hub confirmed must be in what was read once the time for it has passed.

        Those of a submission have the deadline of its receipt. For the others time begins when they are first missed.
        """
        if self._book.size < self._done.size:
            return  # what is missed may stand in what is not read yet
        for row, late in missing(self._station, self._book):
            if not late:
                continue
            mark = self._station.marks.by_leaf(row["leaf_hash"])
            body = {**row, "mark": None if mark is None else mark.to_json()}
            body |= {"checkpoint": (self._book.note or b"").decode("utf-8")}
            code, place, name = MISSING, row["transfer_id"], f"{MISSING}-{Digest.parse(row['leaf_hash']).hex}"
            alarm = complaints.alarmed(self._station, code, place, name, body, **row)
            if self._station.unsettled([alarm]):
                self._station.say(Finding(code, "V", place, params=alarm.params))
                self._done.missing.append(dict(row))


def follow(station: Station, *, on_mark: OnMark, on_read: OnRead | None = None) -> Iterator[Monitored | None]:
    """Rounds without end, one result each, whatever they find; None while the hub is away."""
    while True:
        try:
            yield monitor(station, on_mark=on_mark, on_read=on_read, patient=True)
        except HubAway as away:
            station.noted("hub-away", code=away.code)
            yield None
