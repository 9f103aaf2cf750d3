"""Analyses the hub's transfers for maintainers of codebooks: what a draft would change, and what is unmapped.

Nothing is counted while transfers are received, and no list of codes is stored beside the encrypted records: on
request, the stored records and annexes of the last days are decrypted batch by batch and examined.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from codebooks.dryrun import DryRun
from codebooks.release import Release
from codebooks.worklist import Worklist
from evidence.encoding import read_base64
from evidence.identifiers import parse_timestamp, timestamp
from hub.runtime import Hub
from hub.store import transfers
from hub.store.transfers import Transfer
from standards import times
from standards.record.annex import Annex

BATCH = 200
OPEN_CASE_DAYS = 400
Progress = Callable[[int], None]


def _silent(_done: int) -> None:
    """Nobody looks."""


def _since(
    hub: Hub, since: datetime, *columns: str, only: Callable[[Transfer], bool] = lambda _row: True
) -> Iterator[tuple[Transfer, dict[str, bytes]]]:
    """The accepted transfers received since, oldest first, with some of their contents opened; in short transactions,
    so that no long look holds up a writer."""
    last = (timestamp(since), "")
    while True:
        with hub.database.transaction(write=False) as connection:
            batch = transfers.received_after(connection, last, columns, limit=BATCH)
        for row, sealed in batch:
            if only(row):
                yield row, transfers.opened(hub.vault, row.transfer_id, sealed)
        if len(batch) < BATCH:
            return
        newest, _ = batch[-1]
        last = (newest.received_at, newest.transfer_id)


def dry_run(hub: Hub, before: Release, after: Release, days: int, progress: Progress = _silent) -> dict[str, Any]:
    """What `after` would have answered otherwise than `before` for the transfers of the last `days` days."""
    found = DryRun(before, after)
    for row, contents in _since(hub, hub.clock() - timedelta(days=days), "record"):
        if "record" in contents:
            _add(found, row, contents["record"])
            progress(found.transfers)
    return {"days": days, **found.to_json()}


def _add(found: DryRun, row: Transfer, record: bytes) -> None:
    day = times.day(parse_timestamp(row.received_at))
    found.add(row.transfer_id, json.loads(record), row.receiver.partition(":")[0], day)


def orphans(hub: Hub, before: Release, after: Release, progress: Progress = _silent) -> list[dict[str, Any]]:
    """Codes used by open transfers that have a mapping under `before` and would have none under `after`.

    Open are unsettled transfers, and the newest transfer of every case with a transfer in the last 400 days, because
    the case will be sent again with the same codes.
    """
    since = hub.clock() - timedelta(days=OPEN_CASE_DAYS)
    with hub.database.transaction(write=False) as connection:
        newest = transfers.newest_of_cases(connection, since)

    def is_open(row: Transfer) -> bool:
        return row.status == transfers.OFFERED or newest.get(row.case_uid) == row.transfer_id

    found = DryRun(before, after)
    for row, contents in _since(hub, since, "record", only=is_open):
        if "record" in contents:
            _add(found, row, contents["record"])
            progress(found.transfers)
    return found.changes(lost_only=True)


def worklist(
    hub: Hub, days: int, *, limit: int | None = None, release: Release | None = None, progress: Progress = _silent
) -> dict[str, Any]:
    """The codes of the last `days` days that are unmapped or ambiguous by `release` (the one in effect)."""
    chosen = release or hub.release
    found = Worklist(chosen)
    count = 0
    for row, contents in _since(hub, hub.clock() - timedelta(days=days), "annex"):
        count += 1
        if "annex" in contents:
            body = json.loads(
                read_base64(json.loads(contents["annex"])["payload"])
            )  # ours, and sealed: not judged again
            seen_on = times.day(parse_timestamp(row.received_at)).isoformat()
            found.add(Annex.read(body).entries, row.sender.partition(":")[0], seen_on)
        progress(count)
    return {"days": days, "release": chosen.id, "transfers": count, "items": found.items(limit)}
