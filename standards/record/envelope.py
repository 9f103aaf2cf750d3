"""The envelope (流转单): what a sender signs of one transfer; `schemas/envelope-v1.1.json` says the same.

Read once, after the schema step, with `Envelope.read`; used by everybody from then on. `more` holds members that this
program does not know: they survive a read and a write.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from messages.findings import Finding
from standards.domains import CRIMINAL
from standards.members import TypedObject, spelt
from standards.record.declared import declared


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRef(TypedObject):
    """One agency's own number of the case."""

    agency: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey(TypedObject):
    """A volume's key, wrapped for one key of one reader. `wrapped` is base64."""

    recipient: str
    recipient_key_id: str
    wrapped: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeClaim(TypedObject):
    """One volume as the envelope names it: new when `reused_from` is None, else carried by reference."""

    volume_id: str
    descriptor_digest: str
    reused_from: str | None
    keys: tuple[WrappedKey, ...]

    def key_for(self, agency: str) -> WrappedKey | None:
        """The first key that is wrapped for the agency; None without one."""
        return next((key for key in self.keys if key.recipient == agency), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(TypedObject):
    """One transfer as its sender signed it. `named_domain` is None where it names none, and is criminal then."""

    suite: str
    v: int
    transfer_id: str
    node: str
    case_uid: str
    case_refs: tuple[CaseRef, ...]
    sender: str
    receiver: str
    handler: str
    in_reply_to: str | None
    supersedes: str | None
    record_digest: str
    created_at: str
    volumes: tuple[VolumeClaim, ...]
    named_domain: str | None = field(default=None, metadata=spelt("domain"))

    @property
    def domain(self) -> str:
        """The domain of the transfer."""
        return CRIMINAL if self.named_domain is None else self.named_domain

    @property
    def witnessed(self) -> str | None:
        """The checkpoint of the log that the sender cosigned last, where it encloses one."""
        note = self.more.get("witnessed")
        return note if isinstance(note, str) else None

    @property
    def declared(self) -> tuple[Finding, ...]:
        """What the sender noticed before it sealed, as it declares it."""
        return declared(self.more, self.sender)
