"""Volumes that this adapter sent or received: their descriptors and wrapped keys.

A held volume can be opened again at any time and can be forwarded: its key is unwrapped with this agency's HPKE key and
wrapped again for the next agency. Keys are stored only as in an envelope, wrapped for this agency.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.keys.keyring import Keyring
from adapters.state.database import State
from dossier.descriptor import Descriptor
from evidence.statements import SignedStatement
from messages.problems import Problem


@dataclass(frozen=True)
class HeldVolume:
    """One volume as a transfer carried it."""

    transfer_id: str
    node: str
    statement: SignedStatement
    descriptor: Descriptor
    key_id: str
    wrapped: bytes

    @property
    def volume_id(self) -> str:
        """The volume's id."""
        return self.descriptor.volume_id


class HeldVolumes:
    """The tables `held_volume` and `carried`."""

    def __init__(self, state: State, keyring: Keyring) -> None:
        self._state = state
        self._keyring = keyring

    def keep(self, place: int, volume: HeldVolume) -> None:
        """Remember that `volume.transfer_id` carried this volume at `place`, its key wrapped to us."""
        descriptor = volume.descriptor
        with self._state.transaction():
            self._state.run(
                "INSERT OR IGNORE INTO held_volume (volume_id, number, kind, sealed_by, supersedes, descriptor)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                descriptor.volume_id,
                descriptor.number,
                descriptor.kind,
                descriptor.sealed_by,
                descriptor.supersedes,
                json.dumps(volume.statement.to_json()),
            )
            self._state.run(
                "INSERT OR REPLACE INTO carried VALUES (?, ?, ?, ?, ?, ?)",
                volume.transfer_id,
                descriptor.volume_id,
                volume.node,
                place,
                volume.key_id,
                volume.wrapped,
            )

    def of_transfer(self, transfer_id: str) -> list[HeldVolume]:
        """The volumes of a transfer in its order; empty when it carried none or is unknown."""
        rows = self._state.all(
            "SELECT * FROM carried JOIN held_volume USING (volume_id) WHERE transfer_id = ? ORDER BY place", transfer_id
        )
        return [_held(row) for row in rows]

    def find(self, transfer_id: str, number: str) -> HeldVolume:
        """One volume of a transfer by number or id. Raises `adapter.unknown-volume`."""
        for volume in self.of_transfer(transfer_id):
            if number in (volume.descriptor.number, volume.volume_id):
                return volume
        raise Problem("adapter.unknown-volume", number, transfer=transfer_id)

    def opened_whole(self, volume: HeldVolume, own: str) -> bool:
        """Whether every file of this very volume was in the hands of this agency `own`: it sealed the volume, or a
        transfer that carried it was delivered here, out of its own pack.

        Only then may content that lies here stand for the pack's. Else a catalogue could name the digest of a file of
        which only its receiver knows, and the answer, acknowledged or declined, would tell the sender.
        """
        row = self._state.one(
            "SELECT sealed_by, descriptor, EXISTS (SELECT 1 FROM carried JOIN received USING (transfer_id)"
            " WHERE volume_id = ?1 AND status IN ('delivered', 'acknowledged')) AS delivered"
            " FROM held_volume WHERE volume_id = ?1",
            volume.volume_id,
        )
        if row is None or json.loads(row["descriptor"]) != volume.statement.to_json():
            return False
        return row["sealed_by"] == own or bool(row["delivered"])

    def parties(self, volume_id: str) -> frozenset[str]:
        """The agencies of which this adapter knows that they hold the volume: who sealed it, sent it, or got it."""
        rows = self._state.all(
            "SELECT sealed_by AS agency FROM held_volume WHERE volume_id = ?1"
            " UNION SELECT sender FROM received JOIN carried USING (transfer_id) WHERE volume_id = ?1"
            " UNION SELECT json_extract(request, '$.receiver') FROM outgoing JOIN carried USING (transfer_id)"
            " WHERE volume_id = ?1 AND outgoing.status = 'sent'",
            volume_id,
        )
        return frozenset(row["agency"] for row in rows)

    def superseded(self, volume_ids: Iterable[str]) -> frozenset[str]:
        """Those of `volume_ids` that a volume known here supersedes."""
        sql = "SELECT 1 FROM held_volume WHERE supersedes = ?"
        return frozenset(each for each in volume_ids if self._state.one(sql, each) is not None)

    def volume_key(self, volume: HeldVolume) -> bytes:
        """The volume's key. Raises what `Keyring.unwrap` raises."""
        return self._keyring.unwrap(
            volume.wrapped, volume.transfer_id, volume.volume_id, volume.key_id, volume.descriptor.number
        )


def _held(row: sqlite3.Row) -> HeldVolume:
    body = json.loads(row["descriptor"])
    statement = SignedStatement.from_json(body)
    return HeldVolume(
        transfer_id=row["transfer_id"],
        node=row["node"],
        statement=statement,
        descriptor=Descriptor.parse(statement.unverified_body),
        key_id=row["key_id"],
        wrapped=row["wrapped"],
    )
