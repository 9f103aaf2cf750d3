"""What this home remembers of the log and has a right to find in it: checkpoints, its own marks, earlier faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any

from adapters.auditing.cosigning import HUB, Cosigner
from adapters.keys.trust import Alarm
from adapters.state.logbook import FOLDER, Fault, LogBook
from adapters.station import Station
from evidence.identifiers import parse_timestamp, timestamp
from messages.problems import Problem


def remembered(station: Station) -> Iterator[tuple[str, bytes]]:
    """What this home remembers of the log and has been told of it: who says so, and the signed note."""
    cosigner = Cosigner(station)
    with suppress(Alarm):  # a damaged memory is the contact's alarm
        note = cosigner.note()
        if note is not None:
            yield HUB, note
    for sender, shown in station.promises.uncompared():
        with suppress(Problem):  # nothing that the log has signed: the sender's affair
            cosigner.verified(shown.encode("utf-8"))
            yield sender, shown.encode("utf-8")


def missing(station: Station, book: LogBook) -> Iterator[tuple[dict[str, Any], bool]]:
    """Confirmed marks of ours that were not read in the log, and whether they are late."""
    now = station.clock()
    wait = timedelta(seconds=station.client.limits.promise_wait)
    for row in station.marks.awaited(book.identity):
        if book.place(row["leaf_hash"]) is not None:
            station.marks.found(row["leaf_hash"])
            continue
        with book.transaction():
            since = parse_timestamp(book.missed(row["leaf_hash"], timestamp(now)))
        due = since + wait if row["deadline"] is None else parse_timestamp(row["deadline"])
        named = {name: row[name] for name in ("leaf_hash", "transfer_id", "seq", "action")}
        yield named, due < now


def kept_faults(station: Station) -> list[Fault]:
    """Every fault that the monitor ever found and no person has settled."""
    with closing(LogBook(station.home.path / "log" / FOLDER)) as book:
        found = book.faults()
    settled = station.alarm_book.is_settled
    return [
        each for each in found if not settled(each.code, each.named, {**each.params, "leaf_index": each.leaf_index})
    ]
