"""The journal's part about volumes under way: secrets before the first byte, each part's digest before the part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.state.database import State


@dataclass(frozen=True)
class VolumeJournal:
    """A volume under way: its secrets as kept, its parts' digests so far, its descriptor once signed."""

    volume_id: str
    number: str
    secrets: dict[str, str]
    self_key_id: str
    wrapped_self: bytes
    descriptor: str | None
    parts: dict[tuple[str, int], str]


class SealingJournal:
    """The tables `sealing` and `sealed_part`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def begin_volume(
        self,
        *,
        transfer_id: str,
        volume_id: str,
        number: str,
        secrets: Mapping[str, str],
        self_key_id: str,
        wrapped_self: bytes,
    ) -> VolumeJournal:
        """Keep a volume's secrets before its first byte is encrypted. `secrets` holds what is not secret in the clear
        (salts, prefixes); the volume key is in `wrapped_self` only."""
        self._state.run(
            "INSERT INTO sealing (volume_id, transfer_id, number, secrets, self_key_id, wrapped_self)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            volume_id,
            transfer_id,
            number,
            json.dumps(dict(secrets), sort_keys=True),
            self_key_id,
            wrapped_self,
        )
        found = self.volume(transfer_id, number)
        assert found is not None
        return found

    def volume(self, transfer_id: str, number: str) -> VolumeJournal | None:
        """The current (not abandoned) volume `number` of a transfer."""
        row = self._state.one(
            "SELECT * FROM sealing WHERE transfer_id = ? AND number = ? AND abandoned = 0", transfer_id, number
        )
        if row is None:
            return None
        parts = self._state.all("SELECT * FROM sealed_part WHERE volume_id = ?", row["volume_id"])
        return VolumeJournal(
            volume_id=row["volume_id"],
            number=row["number"],
            secrets=json.loads(row["secrets"]),
            self_key_id=row["self_key_id"],
            wrapped_self=row["wrapped_self"],
            descriptor=row["descriptor"],
            parts={(part["purpose"], part["part"]): part["digest"] for part in parts},
        )

    def keep_part(self, volume_id: str, purpose: str, part: int, digest: str) -> None:
        """A part's digest, durable before the part leaves."""
        self._state.run("INSERT INTO sealed_part VALUES (?, ?, ?, ?)", volume_id, purpose, part, digest)

    def keep_descriptor(self, volume_id: str, descriptor: str) -> None:
        """The signed descriptor of a volume that is sealed whole."""
        self._state.run("UPDATE sealing SET descriptor = ? WHERE volume_id = ?", descriptor, volume_id)

    def abandon(self, volume_id: str) -> None:
        """Nothing leaves under this volume's key any more; its secrets are forgotten."""
        self._state.run("UPDATE sealing SET abandoned = 1, wrapped_self = x'' WHERE volume_id = ?", volume_id)
