"""The trail (流转轨迹): marks of a transfer or case with their places in the log, and the log's proofs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evidence.encoding import to_base64
from evidence.identifiers import timestamp
from hub.access import looking
from hub.callers import Caller
from hub.log import proofs as log_proofs
from hub.log import serving
from hub.runtime import Hub
from hub.store import erasing, marks, supervision, transfers
from hub.store.database import Connection
from hub.store.marks import StoredMark
from hub.supervision import findings_desk


def of_transfer(hub: Hub, who: Caller, transfer_id: str) -> dict[str, Any]:
    """All marks of a transfer for one of its parties, and its findings.

    Raises 404 for strangers, and marks the look on the case, so that the trail is the same when it is read again.
    """
    with looking.door(hub, who) as connection:
        asked = looking.transfer_for(connection, who, transfer_id)
        found = marks.of_transfer(connection, hub.vault, transfer_id)
        gone = erasing.erased(connection, [transfer_id])
        noticed = [] if gone else transfers.findings(connection, hub.vault, transfer_id)
        looking.mark_look(connection, hub, who, asked.case_uid, transfer_id=transfer_id)
    hub.log.wake()
    told = [entry(mark) for mark in found]
    return {"transfer_id": transfer_id, "marks": told, "findings": noticed, "asked_at": timestamp(hub.clock())}


def of_case(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The marks of all transfers of a case for one of its parties, and what the sweep holds open.

    Raises 404 for strangers; the look is marked, and stands in the trail from the next look on.
    """
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        found = marks.of_case(connection, hub.vault, case_uid)
        late = [findings_desk.kept(each) for each in supervision.of_case(connection, hub.vault, case_uid)]
        looking.mark_look(connection, hub, who, case_uid)
    hub.log.wake()
    told = [entry(mark) for mark in found]
    return {"case_uid": case_uid, "marks": told, "findings": late, "asked_at": timestamp(hub.clock())}


def entry(mark: StoredMark) -> dict[str, Any]:
    """One mark as the API and `casehub trail` show it. The private part stays with the hub."""
    body = mark.statement.unverified_body
    return {
        "leaf_index": mark.leaf_index,
        "leaf_hash": mark.leaf_hash,
        "mark_id": mark.mark_id,
        "transfer_id": mark.transfer_id,
        "node": body.get("node"),
        "action": mark.action,
        "actor": mark.signer,
        "seq": mark.seq,
        "occurred_at": body["occurred_at"],
        "statement": mark.statement.to_json(),
    }


def proofs(hub: Hub, who: Caller, transfer_id: str) -> dict[str, Any]:
    """The newest checkpoint, and a proof for every mark of the transfer that it covers.

    Leaves no mark: it shows hashes and places, and a mark of this look would need a proof in its turn.
    """
    with looking.door(hub, who, write=False) as connection:
        looking.transfer_for(connection, who, transfer_id)
        note = log_proofs.latest(connection)
        found = marks.of_transfer(connection, hub.vault, transfer_id)
        if note is None:
            return {"checkpoint": None, "proofs": []}
        covered = [mark for mark in found if mark.leaf_index is not None and mark.leaf_index < note.size]
        shown = [_proof(connection, mark.leaf_hash, note.size) for mark in covered]
    return {"checkpoint": note.note, "proofs": shown}


def _proof(connection: Connection, leaf_hash: str, size: int) -> dict[str, Any]:
    found = log_proofs.inclusion(connection, leaf_hash, size)
    return {"leaf_hash": leaf_hash, "index": found.index, "size": size, "path": _base64(found.path)}


def tile(hub: Hub, path: str) -> bytes:
    """A tile or an entry bundle of the log by its path. Raises `evidence.bad-tile`, `log.no-tile`."""
    with hub.database.transaction(write=False) as connection:
        return serving.resource(connection, path)


def inclusion(hub: Hub, leaf_hash: str, size: int) -> dict[str, Any]:
    """The inclusion proof of one mark in the tree of `size`. Raises `log.unknown-leaf` and `log.size`."""
    with hub.database.transaction(write=False) as connection:
        return _proof(connection, leaf_hash, size)


def consistency(hub: Hub, old: int, new: int) -> dict[str, Any]:
    """The proof that the tree of `new` contains that of `old`. Raises `log.size`."""
    with hub.database.transaction(write=False) as connection:
        path = log_proofs.consistency(connection, old, new)
    return {"old": old, "new": new, "path": _base64(path)}


def _base64(path: Sequence[bytes]) -> list[str]:
    return [to_base64(node) for node in path]
