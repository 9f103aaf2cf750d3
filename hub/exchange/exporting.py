"""Evidence bundles: the marks of some transfers with everything that `casehub-verify` needs except the trusted keys."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from evidence.bundle import BundleContents, BundledMark, write_bundle
from evidence.identifiers import uuid7
from evidence.statements import SignedStatement
from hub.exchange import marking
from hub.log import proofs
from hub.runtime import Hub
from hub.store import agencies, marks, transfers, volumes
from standards.problems import Problem


def export(hub: Hub, case_uid: str, transfer_ids: Sequence[str], target: Path) -> int:
    """Write the bundle to `target` whole or not at all and mark the export. Returns how many marks it holds.

    Raises `evidence.nothing-to-export` when no mark of these transfers is in the signed log yet.
    """
    with hub.database.transaction(write=False) as connection:
        contents = _contents(connection, hub, case_uid, transfer_ids)
    temporary = target.with_name(f".{target.name}.{uuid7()}")
    try:
        with temporary.open("wb") as file:
            write_bundle(contents, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    with hub.database.transaction() as connection:
        private = {"case_uid": case_uid, "transfer_ids": list(transfer_ids)}
        marking.leave(connection, hub, "exported", private=private)
    hub.log.wake()
    return len(contents.marks)


def _contents(connection: Connection, hub: Hub, case_uid: str, transfer_ids: Sequence[str]) -> BundleContents:
    checkpoint = proofs.latest(connection)
    if checkpoint is None:
        raise Problem("evidence.nothing-to-export")
    bundled: list[BundledMark] = []
    statements: dict[str, SignedStatement] = {}
    signers = {hub.settings.owner}
    for transfer_id in transfer_ids:
        for mark in marks.of_transfer(connection, hub.vault, transfer_id):
            if mark.leaf_index is None or mark.leaf_index >= checkpoint.size:
                continue
            proof = proofs.inclusion(connection, mark.leaf_hash, checkpoint.size)
            bundled.append(BundledMark(mark.leaf, proof.index, proof.path))
            signers.add(mark.signer)
        for statement in _statements(connection, hub, transfer_id):
            statements[statement.digest] = statement
            signers.add(_signer_of(statement))
    if not bundled:
        raise Problem("evidence.nothing-to-export")
    signers.discard("")
    return BundleContents(
        subject={"case_uid": case_uid, "transfer_ids": list(transfer_ids)},
        created_at=hub.clock(),
        checkpoint=checkpoint.note.encode(),
        marks=bundled,
        key_histories={owner: _history(connection, hub, owner) for owner in sorted(signers)},
        statements=list(statements.values()),
        standard={"record": "casehub/record/v1", "codebooks": hub.release.id},
    )


def _statements(connection: Connection, hub: Hub, transfer_id: str) -> list[SignedStatement]:
    """Receipt and descriptors. Envelope and annex stay out: they speak of the record, which a bundle must not show."""
    if transfers.get(connection, transfer_id) is None:
        return []
    contents = transfers.contents(connection, hub.vault, transfer_id)
    found = [SignedStatement.from_json(json.loads(contents.receipt))]
    found += [volume.descriptor for volume in volumes.of_transfer(connection, transfer_id)]
    return found


def _signer_of(statement: SignedStatement) -> str:
    return str(statement.unverified_body.get("sealed_by", ""))


def _history(connection: Connection, hub: Hub, owner: str) -> list[SignedStatement]:
    if owner == hub.settings.owner:
        return list(hub.keys.statements)
    return agencies.key_statements(connection, owner)
