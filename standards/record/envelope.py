"""The envelope (流转单): what a sender signs of one transfer; `schemas/envelope-v1.json` says the same as JSON Schema.

Read once, after the schema step, with `Envelope.read`; used by everybody from then on. `more` holds members that this
program does not know: they survive a read and a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from standards.domains import CRIMINAL
from standards.members import Members


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRef:
    """One agency's own number of the case."""

    agency: str
    kind: str
    value: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> CaseRef:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(agency=m.text("agency"), kind=m.text("kind"), value=m.text("value"), more=m.left())

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {"agency": self.agency, "kind": self.kind, "value": self.value, **self.more}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """A volume's key, wrapped for one key of one reader. `wrapped` is base64."""

    recipient: str
    recipient_key_id: str
    wrapped: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> WrappedKey:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            recipient=m.text("recipient"),
            recipient_key_id=m.text("recipient_key_id"),
            wrapped=m.text("wrapped"),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {
            "recipient": self.recipient,
            "recipient_key_id": self.recipient_key_id,
            "wrapped": self.wrapped,
            **self.more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeClaim:
    """One volume as the envelope names it: new when `reused_from` is None, else carried by reference."""

    volume_id: str
    descriptor_digest: str
    reused_from: str | None
    keys: tuple[WrappedKey, ...]
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> VolumeClaim:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            volume_id=m.text("volume_id"),
            descriptor_digest=m.text("descriptor_digest"),
            reused_from=m.text_or_null("reused_from"),
            keys=m.objects("keys", WrappedKey.read),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {
            "volume_id": self.volume_id,
            "descriptor_digest": self.descriptor_digest,
            "reused_from": self.reused_from,
            "keys": [key.to_json() for key in self.keys],
            **self.more,
        }

    def key_for(self, agency: str) -> WrappedKey | None:
        """The first key that is wrapped for the agency; None without one."""
        return next((key for key in self.keys if key.recipient == agency), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
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
    named_domain: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Envelope:
        """The envelope of a body that conforms to its schema. Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            suite=m.text("suite"),
            v=m.number("v"),
            transfer_id=m.text("transfer_id"),
            node=m.text("node"),
            case_uid=m.text("case_uid"),
            case_refs=m.objects("case_refs", CaseRef.read),
            sender=m.text("sender"),
            receiver=m.text("receiver"),
            handler=m.text("handler"),
            in_reply_to=m.text_or_null("in_reply_to"),
            supersedes=m.text_or_null("supersedes"),
            record_digest=m.text("record_digest"),
            created_at=m.text("created_at"),
            volumes=m.objects("volumes", VolumeClaim.read),
            named_domain=m.optional_text("domain"),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        return {
            "suite": self.suite,
            "v": self.v,
            "transfer_id": self.transfer_id,
            "node": self.node,
            "case_uid": self.case_uid,
            "case_refs": [ref.to_json() for ref in self.case_refs],
            "sender": self.sender,
            "receiver": self.receiver,
            "handler": self.handler,
            "in_reply_to": self.in_reply_to,
            "supersedes": self.supersedes,
            "record_digest": self.record_digest,
            "created_at": self.created_at,
            "volumes": [volume.to_json() for volume in self.volumes],
            **({} if self.named_domain is None else {"domain": self.named_domain}),
            **self.more,
        }

    @property
    def domain(self) -> str:
        """The domain of the transfer."""
        return CRIMINAL if self.named_domain is None else self.named_domain

    @property
    def witnessed(self) -> str | None:
        """The checkpoint of the log that the sender cosigned last, where it encloses one."""
        note = self.more.get("witnessed")
        return note if isinstance(note, str) else None
