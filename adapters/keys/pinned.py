"""What is pinned: an agency as this adapter knows it, and the hub."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from evidence.keys import KeyEntry, TrustedKeys
from messages.problems import Problem


@dataclass(frozen=True)
class Peer:
    """An agency as pinned: its fingerprint, every key that its chain vouches for, and in `earlier` the revoked keys of
    chains before it. `newer_readers` are the instants from which HPKE keys count that this program cannot use;
    `newer_signer`: it has an identity key of that kind."""

    agency: str
    fingerprint: str
    keys: TrustedKeys
    first_use: bool
    newer_readers: tuple[datetime, ...] = ()
    newer_signer: bool = False
    earlier: TrustedKeys = field(default_factory=TrustedKeys)

    @property
    def signers(self) -> TrustedKeys:
        """What the agency's signatures are checked against, those of before it was enrolled again included."""
        return self.earlier.with_entries(self.keys)

    def recipient(self, now: datetime) -> KeyEntry:
        """The HPKE key to wrap for: the newest one. Raises `adapter.no-recipient-key` when it does not count, and
        `adapter.recipient-key-newer` when it is of a type that this program does not have.

        One that was replaced never comes back, or a hub could revoke the new key to have an old, lost one used.
        """
        begun = [entry for entry in self.keys.of(self.agency, "hpke") if entry.valid_from <= now]
        newest = max(begun, key=lambda entry: entry.valid_from, default=None)
        newer = max((at for at in self.newer_readers if at <= now), default=None)
        if newer is not None and (newest is None or newest.valid_from < newer):
            raise Problem("adapter.recipient-key-newer", self.agency)
        if newest is None or not newest.counts_at(now):
            raise Problem("adapter.no-recipient-key", self.agency)
        return newest


@dataclass(frozen=True)
class PinnedHub:
    """The hub as pinned at enrolment."""

    name: str
    url: str
    fingerprint: str
    origin: str
    vkey: str
    keys: TrustedKeys

    @property
    def party(self) -> str:
        """The hub as owner of keys and actor of marks: `hub:<name>`."""
        return f"hub:{self.name}"
