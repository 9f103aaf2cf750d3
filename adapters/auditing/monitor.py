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

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from adapters.auditing import complaints, logreader
from adapters.auditing.judging import DIRECTORY, FAULTY, LAPSED, NEWER, UNKNOWN, VERIFIED, Judge, Judged
from adapters.auditing.logreader import Bundle, LogReader
from adapters.client.hub import HubAway
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

    @property
    def sound(self) -> bool:
        """Whether everything is as it must be."""
        return not (self.faults or self.missing or self.overdue)

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
        }


def monitor(
    station: Station, *, on_mark: OnMark | None = None, on_read: OnRead | None = None, patient: bool = False
) -> Monitored:
    """One round. With `patient` a partial bundle of a log that grows fast is left for later.

    Raises `Alarm` when the log does not verify, with its evidence kept, and `HubAway`; the position stays.
    """
    with station.home.lock(LOCK), closing(LogBook(station.home.path / "log" / FOLDER)) as book:
        return _Round(station, book, on_mark, on_read).run(patient=patient)


def kept_faults(station: Station) -> list[Fault]:
    """Every fault that the monitor ever found."""
    with closing(LogBook(station.home.path / "log" / FOLDER)) as book:
        return book.faults()


class _Round:
    def __init__(self, station: Station, book: LogBook, on_mark: OnMark | None, on_read: OnRead | None) -> None:
        self._station = station
        self._book = book
        self._on_read = on_read or (lambda _done, _total: None)
        self._done = Monitored(since=book.size)
        self._on_mark = on_mark or self._done.shown.append
        self._directory_changed = False

    def run(self, *, patient: bool) -> Monitored:
        # Step 1
        station, done = self._station, self._done
        station.contact()
        done.overdue = station.promises.late(station.clock())
        # Step 2
        log = logreader.newest(station)
        if log is None and self._book.note is None:
            return done
        if log is None:
            note = (self._book.note or b"").decode("utf-8")
            raise logreader.raised(station, "trust.log-forked", f"{self._book.size}–0", before=note)
        done.size = log.checkpoint.size
        grown = self._continued(log)
        if log.checkpoint.size > self._book.size:
            log.authenticate(self._book.bundles)
            with self._book.transaction():
                self._book.keep_note(log.note)
            # Step 3
            self._read(log, edge=not (patient and grown > RAPID) or self._tail_is_old())
        # Step 4
        self._look_for_missing()
        if self._directory_changed:
            station.look_at_own_entry()
        return done

    def _continued(self, log: LogReader) -> int:
        """Hold the checkpoint against the one before; by how many marks the log has grown."""
        note = self._book.note
        if note is None:
            return log.checkpoint.size
        before = checkpoints.parse_checkpoint(note)[0]
        if before != log.checkpoint:
            log.require_continues(before, note)
        return log.checkpoint.size - before.size

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
            path, fresh = complaints.keep(self._station, f"{fault.code}-{judged.index}", body)
            params = {**fault.params, "leaf_index": judged.index, "evidence": str(path)}
            place = fault.transfer_id or str(judged.index)
            if fresh:
                self._station.trust.alarm(fault.code, place, self._station.clock(), **params)
            self._station.say(Finding(fault.code, "V", place, params=params))
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
            body = {**row, "code": "monitor.missing", "mark": None if mark is None else mark.to_json()}
            body |= {"checkpoint": (self._book.note or b"").decode("utf-8")}
            path, fresh = complaints.keep(self._station, f"monitor.missing-{Digest.parse(row['leaf_hash']).hex}", body)
            params = {**row, "evidence": str(path)}
            if fresh:
                self._station.trust.alarm("monitor.missing", row["transfer_id"], self._station.clock(), **params)
            self._station.say(Finding("monitor.missing", "V", row["transfer_id"], params=params))
            self._done.missing.append(dict(row))


def missing(station: Station, book: LogBook) -> Iterator[tuple[dict[str, Any], bool]]:
    """Confirmed marks of ours that were not read in the log, and whether they are late."""
    now = station.clock()
    wait = timedelta(seconds=station.client.limits.promise_wait)
    for row in station.marks.handed_in():
        if book.place(row["leaf_hash"]) is not None:
            continue
        with book.transaction():
            since = parse_timestamp(book.missed(row["leaf_hash"], timestamp(now)))
        due = since + wait if row["deadline"] is None else parse_timestamp(row["deadline"])
        named = {name: row[name] for name in ("leaf_hash", "transfer_id", "seq", "action")}
        yield named, due < now


def follow(station: Station, *, on_mark: OnMark, on_read: OnRead | None = None) -> Iterator[Monitored | None]:
    """Rounds without end, one result each; None while the hub is away. Raises `Alarm`."""
    while True:
        try:
            yield monitor(station, on_mark=on_mark, on_read=on_read, patient=True)
        except HubAway as away:
            station.noted("hub-away", code=away.code)
            yield None
