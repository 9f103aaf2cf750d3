"""What the hub knows when a package comes in: all that `receive` decides on. `hub.exchange.loading` loads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence.keys import TrustedKeys
from hub.access.rights import CaseAccess
from standards.judging import procedure
from standards.record import Record
from standards.record.history import HistoryEntry
from standards.terms.calendars import OFFICIAL, Calendar


@dataclass(frozen=True)
class SeenBefore:
    """What the hub holds under the transfer id already."""

    sender: str
    envelope_digest: str


@dataclass(frozen=True)
class EarlierTransfer:
    """A transfer that the package refers to (`in_reply_to`, `supersedes`, `reused_from`)."""

    transfer_id: str
    case_uid: str
    sender: str
    receiver: str
    node: str
    status: str

    def involves(self, agency: str) -> bool:
        """True when `agency` sent or received it."""
        return agency in (self.sender, self.receiver)


@dataclass(frozen=True)
class KnownVolume:
    """A volume that the hub has seen in an earlier transfer: its signed descriptor and who holds it."""

    descriptor_digest: str
    holders: frozenset[str]
    transfers: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """Everything that the decision rests on, loaded in the transaction that will write its outcome."""

    now: datetime
    sender_keys: TrustedKeys
    receiver_hpke_keys: frozenset[str] | None  # None: the receiver is not enrolled
    sender_hpke_keys: frozenset[str]
    case: CaseAccess | None
    case_of_own_ref: str | None
    history: Sequence[HistoryEntry]
    earlier: Mapping[str, EarlierTransfer]
    known_volumes: Mapping[str, KnownVolume]
    missing_parts: frozenset[str]
    previous: Record | None = None  # the case's record before this one
    enrolled: Collection[str] = procedure.CORE_AGENCIES  # the agency types that are connected
    calendar: Calendar = OFFICIAL
