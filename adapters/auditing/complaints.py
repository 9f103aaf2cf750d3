"""Complaints with evidence: what the hub promised or signed, what was requested, and what it answered.

    A/log/evidence/NAME.json     one file for each fault, written once and never changed, but for an overdue promise,
                                 whose later demands are added

A promise is in a receipt that the hub signed. Once its deadline has passed, the proof is demanded at every contact; the
answer that is no proof is kept beside the receipt and the newest checkpoint, so that anybody who has the hub's keys can
see that it broke its word. The hub cannot escape by not answering at all: after `Limits.promise_wait` that is a
complaint too. Nor by promising for next year: what lies beyond that limit is refused, and held to the limit.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.client.answers import Inclusion
from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Alarm
from adapters.state.promises import Promise
from adapters.station import Station
from dossier.durable import write_durably
from evidence.canonical import digest_bytes, require_digest
from evidence.encoding import read_base64
from evidence.identifiers import parse_timestamp, timestamp
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, log_verifiers, verify_checkpoint
from messages.findings import Finding
from messages.problems import Problem
from standards.record.receipt import Receipt

FOLDER = "evidence"
AGAIN = timedelta(hours=1)
"""A demand is noted again after this time."""
DEMANDS = 50
"""Demands noted in one complaint; the first is always there."""
SHOWN = 65_536
"""So many bytes of an answer are kept."""
PROOF, CHECKPOINT = "/log/proof/inclusion", "/log/checkpoint"


def keep(station: Station, name: str, body: dict[str, Any]) -> tuple[Path, bool]:
    """Write a file of evidence unless it is there. Returns it, and whether it is new."""
    path = _path(station, name)
    if path.exists():
        return path, False
    _write(path, {"agency": station.agency, "found_at": timestamp(station.clock()), **body})
    return path, True


def alarmed(station: Station, code: str, place: str, name: str, body: dict[str, Any], **params: Any) -> Alarm:
    """Keep an alarm's evidence, once, under `name`, note the alarm, and give it to be raised or told."""
    path, _ = keep(station, name, {"code": code, "place": place, **body})
    return station.trust.alarm(code, place, station.clock(), evidence=str(path), **params)


def refusal(refused: Refused) -> dict[str, Any]:
    """What the hub answered."""
    return {"status": refused.status, "code": refused.code, "place": refused.place}


def promise(station: Station, transfer_id: str, statement: Any, receipt: Receipt) -> None:
    """Store a verified receipt's promise: its leaf, and when it must be in the log at the latest.

    A deadline beyond `Limits.promise_wait` from now is not accepted, and a leaf that was promised for another transfer
    promises nothing: both are alarms with evidence, and the exchange goes on. Raises `Problem` for a leaf hash or
    deadline of another form.
    """
    leaf = require_digest(receipt.mark_leaf_hash, "/receipt/mark_leaf_hash")
    stated = parse_timestamp(receipt.inclusion_deadline, "/receipt/inclusion_deadline")
    latest = station.clock() + timedelta(seconds=station.client.limits.promise_wait)
    if stated > latest:
        _refuse(station, "trust.promise-too-far", transfer_id, statement, deadline=timestamp(stated))
    known = station.promises.of(leaf)
    if known is not None and known.transfer_id != transfer_id:
        _refuse(station, "trust.promise-twice", transfer_id, statement, other=known.transfer_id)
    station.promises.keep(transfer_id, leaf, timestamp(min(stated, latest)))


def _refuse(station: Station, code: str, transfer_id: str, statement: Any, **params: Any) -> None:
    body = {"transfer_id": transfer_id, "receipt": statement, **params}
    station.alarm(alarmed(station, code, transfer_id, f"{code}-{transfer_id}", body, **params))


def overdue(station: Station, now: datetime, *, answers: bool) -> list[Finding]:
    """Demand what is overdue and keep what comes instead; one finding for each complaint that is new.

    `answers`: whether the hub gave this contact what it asked. When it did not, and shows no checkpoint either, it is
    away, and only promises that are overdue by more than `Limits.promise_wait` are complained of.
    """
    rows = [each.stated for each in station.promises.unproved() if parse_timestamp(each.deadline) < now]
    if rows and not answers and not _is_there(station):
        grace = timedelta(seconds=station.client.limits.promise_wait)
        rows = [row for row in rows if parse_timestamp(row["deadline"]) + grace < now]
    _settle(station, now)
    return [finding for row in rows for finding in _complain(station, row, now)]


def _settle(station: Station, now: datetime) -> None:
    """Note in a complaint that the proof came after all, and when: it was late, and that stays."""
    for path in (station.home.path / "log" / FOLDER).glob("overdue-*.json"):
        body = json.loads(path.read_bytes())
        promise = station.promises.of(body["leaf_hash"])
        if promise is not None and promise.status == "proved" and "proved_at" not in body:
            found = {"proved_at": timestamp(now), "leaf_index": promise.leaf_index, "tree_size": promise.tree_size}
            _write(path, body | found)


def bad_proof(station: Station, promise: Promise, demand: dict[str, Any], now: datetime) -> Alarm:
    """Keep the receipt and the proof that does not hold, and give the alarm to be raised or told."""
    code = "trust.inclusion-proof"
    body = _begun(station, promise.stated, now) | {"code": code, "demands": [{"at": timestamp(now), **demand}]}
    named = {"transfer_id": promise.transfer_id}
    return alarmed(station, code, promise.leaf_hash, f"{code}-{promise.transfer_id}", body, **named)


def _is_there(station: Station) -> bool:
    try:
        station.client.request("GET", CHECKPOINT)
    except Refused:
        return True
    except HubAway:
        return False
    return True


def _complain(station: Station, row: dict[str, Any], now: datetime) -> list[Finding]:
    path = _path(station, f"overdue-{row['transfer_id']}")
    body = json.loads(path.read_bytes()) if path.exists() else _begun(station, row, now)
    demands = body["demands"]
    if demands and parse_timestamp(demands[-1]["at"]) + AGAIN > now:
        return []
    fresh = not demands
    demand = _demand(station, row["leaf_hash"], now)
    if fresh and demand["answered"].get("holds"):
        return []  # it came while it was demanded
    body["demands"] = [*demands[: DEMANDS - 1], demand]
    _write(path, body)
    if not fresh:
        return []
    station.noted("complaint", transfer_id=row["transfer_id"], file=str(path))
    return [Finding("monitor.complaint-kept", "V", row["transfer_id"], params={"evidence": str(path)})]


def _begun(station: Station, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "code": "adapter.inclusion-overdue",
        "agency": station.agency,
        "found_at": timestamp(now),
        **row,
        "receipt": station.promises.receipt(row["transfer_id"]),
        "demands": [],
    }


def _demand(station: Station, leaf_hash: str, now: datetime) -> dict[str, Any]:
    """Ask for the newest checkpoint and the proof in its tree, and write down what came: what was refused, or what was
    answered and whether it holds. A proof that holds keeps the promise."""
    body: dict[str, Any] = {"at": timestamp(now), "checkpoint": None, "asked": CHECKPOINT}
    try:
        note = station.client.request("GET", CHECKPOINT).content
        body["checkpoint"] = note.decode("utf-8", "replace")
        checkpoint = verify_checkpoint(note, log_verifiers(station.trust.hub.keys))
        body["asked"] = f"{PROOF}?leaf_hash={leaf_hash}&size={checkpoint.size}"
        answer = station.client.request("GET", PROOF, query={"leaf_hash": leaf_hash, "size": str(checkpoint.size)})
        body["answered"] = {"status": answer.status_code, "body": answer.content[:SHOWN].decode("utf-8", "replace")}
        body["answered"] |= _checked(station, leaf_hash, checkpoint, answer)
    except Refused as refused:
        body["answered"] = refusal(refused)
    except HubAway as away:
        body["answered"] = {"status": away.params.get("status"), "code": away.code}
    except Problem as problem:
        body["answered"] = {"status": 200, "code": problem.code}
    return body


def _checked(station: Station, leaf_hash: str, checkpoint: Checkpoint, answer: Any) -> dict[str, Any]:
    try:
        index = verified_index(station.client.read(Inclusion, answer), leaf_hash, checkpoint)
    except Problem as problem:
        return {"holds": False, "code": problem.code}
    station.promises.proved(leaf_hash, index, checkpoint.size)
    return {"holds": True}


def verified_index(answer: Inclusion, leaf_hash: str, checkpoint: Checkpoint) -> int:
    """Where a proof of inclusion that the hub gave shows the leaf. Raises `Problem` for anything that is none."""
    path = [read_base64(step) for step in answer.path]
    merkle.verify_inclusion(answer.index, checkpoint.size, digest_bytes(leaf_hash), path, checkpoint.root)
    return answer.index


def _path(station: Station, name: str) -> Path:
    return station.home.path / "log" / FOLDER / (re.sub(r"[^0-9A-Za-z.-]+", "_", name)[:120] + ".json")


def _write(path: Path, body: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    write_durably(path, (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
