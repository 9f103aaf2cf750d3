"""Evidence bundles: the marks of some transfers with everything that `casehub-verify` needs except the trusted keys.

The checkpoint is the newest one whose cosignatures fulfil the hub's policy, as long as it covers every mark that is
signed in the log; else the newest. Beside it stand the checkpoints over these marks that other witnesses cosigned: a
cosignature counts for every tree that its tree contains. Time stamps are those that show earliest that the marks were
there. With `private`, what the hub may know and the log does not say goes in as well: private parts with their salts,
envelopes, annexes, records. Such a bundle is for those who may see the case.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dossier.durable import replaced
from evidence.bundles.bundle import BundleContents, BundledCheckpoint, BundledMark, BundledStamp, write_bundle
from evidence.canonical import canonical
from evidence.log.checkpoints import parse_checkpoint
from evidence.statements import SignedStatement
from hub import marking
from hub.log import cosigned, proofs, stamps
from hub.log.proofs import StoredCheckpoint
from hub.runtime import Hub
from hub.store import agencies, erasing, marks, transfers, volumes
from hub.store.database import Connection
from hub.store.marks import StoredMark
from messages.problems import Problem
from messages.version import VERSION


def export(hub: Hub, case_uid: str, transfer_ids: Sequence[str], target: Path, *, private: bool = False) -> int:
    """Write the bundle to `target` whole or not at all and mark the export. Returns how many marks it holds.

    Raises `evidence.nothing-to-export` when no mark of these transfers is in the signed log yet.
    """
    with hub.database.transaction(write=False) as connection:
        contents = _Collection(connection, hub, private=private).contents(case_uid, transfer_ids)
    with replaced(target) as file:
        write_bundle(contents, file)
    with hub.database.transaction() as connection:
        told = {"case_uid": case_uid, "transfer_ids": list(transfer_ids), "private": private}
        marking.leave(connection, hub, "exported", private=told)
    hub.log.wake()
    return len(contents.marks)


class _Collection:
    """What goes into one bundle, read in one transaction."""

    def __init__(self, connection: Connection, hub: Hub, *, private: bool) -> None:
        self._connection, self._hub, self._private = connection, hub, private
        self._statements: dict[str, SignedStatement] = {}
        self._records: dict[str, bytes] = {}
        self._signers = {hub.settings.owner}

    def contents(self, case_uid: str, transfer_ids: Sequence[str]) -> BundleContents:
        """Everything. Raises `evidence.nothing-to-export`."""
        newest = proofs.latest(self._connection)
        reached = 0 if newest is None else newest.size
        rows = [mark for transfer_id in transfer_ids for mark in self._marks(transfer_id, reached)]
        if newest is None or not rows:
            raise Problem("evidence.nothing-to-export")
        needed = 1 + max(mark.leaf_index or 0 for mark in rows)
        note = self._checkpoint(newest, needed)
        size = parse_checkpoint(note)[0].size
        for transfer_id in transfer_ids:
            self._enclose(transfer_id)
        return BundleContents(
            subject={"case_uid": case_uid, "transfer_ids": list(transfer_ids)},
            created_at=self._hub.clock(),
            checkpoint=note,
            marks=[self._bundled(mark, size) for mark in rows],
            key_histories={owner: self._history(owner) for owner in sorted(self._signers)},
            statements=list(self._statements.values()),
            records=self._records,
            standard=_standard(self._hub),
            cosigned=self._cosigned(note, needed),
            stamps=self._stamps([mark.leaf_index for mark in rows if mark.leaf_index is not None], size),
        )

    def _marks(self, transfer_id: str, reached: int) -> list[StoredMark]:
        found = marks.of_transfer(self._connection, self._hub.vault, transfer_id)
        return [mark for mark in found if mark.leaf_index is not None and mark.leaf_index < reached]

    def _checkpoint(self, newest: StoredCheckpoint, needed: int) -> bytes:
        witnessed = cosigned.witnessed(self._connection, self._hub.witness_desk.policy())
        if witnessed is not None and parse_checkpoint(witnessed.encode())[0].size >= needed:
            return witnessed.encode()
        return cosigned.with_lines(self._connection, newest, self._hub.witness_desk.policy()).encode()

    def _cosigned(self, note: bytes, needed: int) -> list[BundledCheckpoint]:
        """Other checkpoints over these marks that witnesses cosigned, each joined to the bundle's."""
        size, found = parse_checkpoint(note)[0].size, []
        for other in cosigned.covering(self._connection, needed, self._hub.witness_desk.policy()):
            seen = parse_checkpoint(other.encode())[0].size
            if seen != size:
                path = proofs.consistency(self._connection, *sorted((seen, size)))
                found.append(BundledCheckpoint(other.encode(), tuple(path)))
        return found

    def _bundled(self, mark: StoredMark, size: int) -> BundledMark:
        self._signers.add(mark.signer)
        proof = proofs.inclusion(self._connection, mark.leaf_hash, size)
        if not self._private or mark.salt is None:
            return BundledMark(mark.leaf, proof.index, proof.path)
        return BundledMark(mark.leaf, proof.index, proof.path, mark.private, mark.salt)

    def _stamps(self, indexes: Sequence[int], size: int) -> list[BundledStamp]:
        found = []
        for stamp in stamps.first_covering(self._connection, indexes):
            path = proofs.consistency(self._connection, *sorted((stamp.size, size)))
            found.append(BundledStamp(stamp.note.encode(), stamp.answer, tuple(path)))
        return found

    def _enclose(self, transfer_id: str) -> None:
        """Receipt and descriptors. Envelope, annex and record only with `private`: they speak of the case."""
        transfer = transfers.get(self._connection, transfer_id)
        if transfer is None or erasing.erased(self._connection, [transfer_id]):
            return
        contents = transfers.contents(self._connection, self._hub.vault, transfer_id)
        found = [SignedStatement.from_json(json.loads(contents.receipt))]
        if self._private:
            found += [SignedStatement.from_json(json.loads(data)) for data in (contents.envelope, contents.annex)]
            self._records[transfer_id] = canonical(json.loads(contents.record))
        found += [volume.descriptor for volume in volumes.of_transfer(self._connection, transfer_id)]
        for party in (transfer.sender, transfer.receiver):
            admitted = agencies.admission(self._connection, party)
            found += [] if admitted is None else [admitted]
        for statement in found:
            self._statements[statement.digest] = statement
            self._signers |= {str(statement.unverified_body.get("sealed_by") or self._hub.settings.owner)}

    def _history(self, owner: str) -> list[SignedStatement]:
        if owner == self._hub.settings.owner:
            return list(self._hub.keys.statements)
        return agencies.key_histories(self._connection, owner)


def _standard(hub: Hub) -> dict[str, str]:
    """Which standard the marks and codes are of: record, codebooks with their digest, and the release of Casehub."""
    release = hub.release
    told = {"record": "casehub/record/v1", "codebooks": release.id, "codebooks_digest": release.digest}
    return {**told, "casehub": VERSION}
