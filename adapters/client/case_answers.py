"""The hub's answers about cases, their trails and this agency's handlers, by type: as `client.answers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.client.answers import LIST, Apart
from adapters.client.forms import is_count, is_instant, is_word, position_or_none, require, words
from evidence.identifiers import is_agency, is_uuid
from standards.members import TypedObject, spelt


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(TypedObject):
    """One handler of this agency, as the hub knows it: also `PUT` and `DELETE /v1/handlers/{handler}`."""

    handler: str
    role: str | None = None

    def __post_init__(self) -> None:
        require(self, handler=is_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers(TypedObject):
    """`GET /v1/handlers`."""

    handlers: tuple[Handler, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNamed(TypedObject):
    """A case that a number names."""

    case_uid: str

    def __post_init__(self) -> None:
        require(self, case_uid=is_uuid)


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesFound(TypedObject):
    """`GET /v1/cases`."""

    cases: tuple[CaseNamed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants(TypedObject):
    """`PUT` and `DELETE /v1/cases/{case_uid}/grants/{handler}`."""

    case_uid: str
    handlers: tuple[str, ...] = field(metadata=spelt(read=words, write=list))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTransfer(TypedObject):
    """A transfer of a case that this agency sent or received."""

    transfer_id: str
    node: str
    sender: str
    receiver: str
    status: str
    received_at: str
    in_reply_to: str | None
    pages: int
    bytes: int

    def __post_init__(self) -> None:
        require(self, transfer_id=is_uuid, node=is_word, sender=is_agency, receiver=is_agency, status=is_word)
        require(self, received_at=is_instant, pages=is_count, bytes=is_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseShown(TypedObject):
    """`GET /v1/cases/{case_uid}`."""

    case_uid: str
    refs: tuple[Mapping[str, Any], ...]
    parties: tuple[str, ...] = field(metadata=spelt(read=words, write=list))
    transfers: tuple[CaseTransfer, ...]

    def __post_init__(self) -> None:
        require(self, case_uid=is_uuid)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry(TypedObject):
    """One mark with its place in the log; `leaf_index` is None until it has one."""

    leaf_index: int | None = field(metadata=spelt(read=position_or_none))
    leaf_hash: str
    transfer_id: str | None
    node: str | None
    action: str
    actor: str
    occurred_at: str

    def __post_init__(self) -> None:
        require(self, leaf_hash=is_word, action=is_word, actor=is_word, occurred_at=is_instant)
        if not all(each is None or is_word(each) for each in (self.transfer_id, self.node)):
            raise TypeError("node")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailShown(TypedObject):
    """`GET /v1/transfers/{transfer_id}/trail` and `GET /v1/cases/{case_uid}/trail`."""

    marks: Apart = field(metadata=LIST)
    findings: Apart = field(metadata=LIST)
