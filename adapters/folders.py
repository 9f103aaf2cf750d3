"""The watched folders: what is put into the outbox is sent, and incoming transfers appear in the inbox.

    outbox/NAME/             a CASE_DIR with transfer.json; taken once a file READY is there
    sent/NAME/               beside the outbox: the same folder with receipt.json
    failed/NAME/             the same folder with error.json: code, place, sentence and remedy in both languages

A folder is moved only when the journal has its answer; one that was sent and not yet moved when the adapter was killed
is recognised and not sent twice. While the hub cannot be reached, folders stay where they are.

One program at a time works on an outbox; another one only pulls meanwhile. A folder that is gone was dealt with by
somebody else, and one that cannot be read or moved is told and tried again later: neither ends a round.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.auditing.reconcile import refresh_deliveries
from adapters.client.hub import HubAway
from adapters.receiving.pull import Haul, pull
from adapters.sending.push import Pushed, push
from adapters.sending.queued import send_queued
from adapters.sending.sources import reader
from adapters.state.files import StateFailed
from adapters.state.journal import Request
from adapters.station import Station
from dossier.durable import sync_folder, write_durably
from dossier.scanning import read_small
from messages.problems import Problem
from messages.rendering import problem_json

READY, ORDER = "READY", "transfer.json"
MAX_ORDER = 1 << 20


@dataclass
class Round:
    """What one look at both folders did."""

    sent: list[Pushed] = field(default_factory=list)
    failed: list[tuple[str, Problem]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    haul: Haul = field(default_factory=Haul)
    hub_away: bool = False
    outbox_busy: bool = False

    @property
    def quiet(self) -> bool:
        """Whether nothing happened."""
        return not (self.sent or self.failed or self.haul.delivered or self.haul.declined or self.haul.failed)

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {
            "sent": [item.to_json() for item in self.sent],
            "failed": [{"name": name, **problem_json(problem)} for name, problem in self.failed],
            "waiting": self.waiting,
            "inbox": self.haul.to_json(),
            "hub_away": self.hub_away,
            "outbox_busy": self.outbox_busy,
        }


def look(station: Station, outbox: Path, inbox: Path) -> Round:
    """One round. Raises `Alarm` about keys only; a hub that is away is told in the result."""
    done = Round()
    try:
        _send_all(station, outbox, done)
        queue = send_queued(station, outbox=False, patience=station.patience)
        done.sent += queue.sent
        done.failed += queue.failed
        done.haul = pull(station, inbox, patience=station.patience)
        refresh_deliveries(station, station.patience)
        station.after_work()
    except HubAway as away:
        done.hub_away = True
        station.noted("hub-away", code=away.code)
    done.waiting = [folder.name for folder in _ready(outbox)] if outbox.is_dir() else []
    return done


def _send_all(station: Station, outbox: Path, done: Round) -> None:
    outbox.mkdir(parents=True, exist_ok=True)
    with _alone(outbox) as alone:
        done.outbox_busy = not alone
        for folder in _ready(outbox) if alone else ():
            if not station.patience.due(_named(folder)):
                continue
            try:
                _send(station, folder, done)
                station.patience.settled(_named(folder))
            except OSError as error:
                _unworkable(station, folder, error, done)


@contextmanager
def _alone(outbox: Path) -> Iterator[bool]:
    """Whether no other program works on this outbox. The lock is on the folder itself and ends with the process; where
    the file system has none, the rule that a folder which is gone is somebody else's has to do."""
    import fcntl  # noqa: PLC0415 - POSIX only, and only here

    handle = os.open(outbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except OSError as error:
            alone = error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
        yield alone
    finally:
        os.close(handle)


def _named(folder: Path) -> str:
    return f"outbox/{folder.name}"


def _unworkable(station: Station, folder: Path, error: OSError, done: Round) -> None:
    """A folder that is gone is done by somebody else; any other failure of the disk is this folder's own."""
    if not folder.exists():
        station.noted("outbox-gone")
        return
    station.patience.failed(_named(folder))
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    problem = Problem("adapter.outbox-folder", folder.name, reason=reason)
    station.noted("outbox-failed", code=problem.code)
    done.failed.append((folder.name, problem))


def _ready(outbox: Path) -> Iterator[Path]:
    for folder in sorted(outbox.iterdir()):
        hidden = folder.name.startswith(".") or folder.is_symlink()
        if not hidden and (folder / READY).is_file():
            yield folder


def _send(station: Station, folder: Path, done: Round) -> None:
    try:
        request = read_order(folder)
        pushed = push(station, request, reader(station, request), once=True)
    except (HubAway, StateFailed):
        raise
    except Problem as problem:
        if not folder.exists():  # what was missing was the folder
            raise FileNotFoundError(errno.ENOENT, "gone") from problem
        write_durably(folder / "error.json", _json(problem_json(problem)))
        _move(folder, "failed")
        station.noted("outbox-failed", code=problem.code)
        done.failed.append((folder.name, problem))
        return
    done.sent.append(pushed)
    write_durably(folder / "receipt.json", _json(pushed.to_json()))
    _move(folder, "sent")


def read_order(folder: Path) -> Request:
    """The request in `transfer.json`. Raises `adapter.bad-order` naming the member that is missing or wrong."""
    path = folder / ORDER
    try:
        body = json.loads(read_small(path, MAX_ORDER) or b"")
        reuse = body.get("reuse") or []
        stamp = (folder / READY).stat()
        request = Request(
            node=str(body["node"]),
            receiver=str(body["to"]),
            source={
                "case_dir": str(folder.resolve()),
                "replaces": [list(item) for item in (body.get("replaces") or {}).items()],
                "stamp": f"{stamp.st_ino}-{stamp.st_mtime_ns}",
                **({"again": True} if body.get("again") is True else {}),
            },
            in_reply_to=body.get("in_reply_to"),
            reuse=tuple([reuse] if isinstance(reuse, str) else map(str, reuse)),
            handler=body.get("handler"),
            supersedes=body.get("supersedes"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem("adapter.bad-order", ORDER, reason=type(error).__name__) from error
    return request


def _move(folder: Path, where: str) -> None:
    target = folder.parent.parent / where / folder.name
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{folder.name}.{number}")
    folder.rename(target)
    sync_folder(target.parent)
    sync_folder(folder.parent)


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
