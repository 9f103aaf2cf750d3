"""The answers of the hub by type: the members that the adapter uses, each with its type and form.

Other members are kept in `more`: a newer hub may tell more than this program knows. `docs/protocol.md` section 16 has
the operations; statements inside are read by `evidence.statements`, which trusts nothing either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.client.forms import (
    is_count,
    is_instant,
    is_position,
    is_word,
    list_of_any,
    require,
    uuids,
    words,
)
from evidence.identifiers import is_agency, is_uuid
from standards.members import TypedObject, spelt

Apart = tuple[Any, ...]
"""Items of which each is read apart, so that one that is odd does not take the others with it."""
LIST = spelt(read=list_of_any, write=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything(TypedObject):
    """An object of which nothing is used but that the hub answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubIdentity(TypedObject):
    """`GET /v1/hub`."""

    name: str
    fingerprint: str
    log_origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem(TypedObject):
    """One transfer that is offered to this agency."""

    position: int
    transfer_id: str
    node: str
    sender: str
    case_uid: str
    offered_at: str
    bytes: int
    pages: int
    status: str

    def __post_init__(self) -> None:
        require(
            self,
            position=is_position,
            transfer_id=is_word,  # that it is a UUID, `receiving.incoming` requires, and names it otherwise
            node=is_word,
            sender=is_agency,
            case_uid=is_uuid,
            offered_at=is_instant,
            bytes=is_count,
            pages=is_count,
            status=is_word,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage(TypedObject):
    """`GET /v1/inbox`."""

    items: Apart = field(metadata=LIST)
    next: int

    def __post_init__(self) -> None:
        require(self, next=is_position)
        if "last" in self.more and not is_position(self.more["last"]):
            raise TypeError("last")

    @property
    def last(self) -> int | None:
        """The newest position of all; None from a hub that does not tell it."""
        return self.more.get("last")

    @property
    def known(self) -> str | None:
        """The transfer at the position that was asked about; None without one."""
        return self.more.get("known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(TypedObject):
    """`GET /v1/transfers/{transfer_id}`: statements and a record, which `receiving.incoming` checks."""

    status: str
    envelope: Mapping[str, Any]
    record: Mapping[str, Any]
    annex: Mapping[str, Any]
    descriptors: Apart = field(metadata=LIST)
    receipt: Mapping[str, Any]

    def __post_init__(self) -> None:
        require(self, status=is_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(TypedObject):
    """`POST /v1/transfers`."""

    receipt: Mapping[str, Any]
    annex: Mapping[str, Any]
    findings: Apart = field(metadata=LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(TypedObject):
    """`POST /v1/transfers/{transfer_id}/acknowledgement`."""

    status: str
    leaf_hash: str

    def __post_init__(self) -> None:
        require(self, status=is_word, leaf_hash=is_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafHashes(TypedObject):
    """`POST /v1/marks`."""

    leaf_hashes: tuple[str, ...] = field(metadata=spelt(read=words, write=list))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPart(TypedObject):
    """`PUT /v1/parts/{digest}`."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingParts(TypedObject):
    """`POST /v1/parts/missing`."""

    missing: tuple[str, ...] = field(metadata=spelt(read=words, write=list))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyKeys(TypedObject):
    """`GET /v1/directory/{type}/{code}`: statements, which `keys.trust` holds against its pins."""

    keys: Apart = field(metadata=LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdded(TypedObject):
    """`POST /v1/directory/keys`."""

    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransfer(TypedObject):
    """A transfer of a day that is not settled."""

    transfer_id: str
    status: str

    def __post_init__(self) -> None:
        require(self, transfer_id=is_uuid, status=is_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction(TypedObject):
    """What went one way on a day."""

    transfers: tuple[str, ...] = field(metadata=spelt(read=uuids, write=list))
    open: tuple[OpenTransfer, ...]

    def __post_init__(self) -> None:
        if not {item.transfer_id for item in self.open} <= set(self.transfers):
            raise TypeError("open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(TypedObject):
    """`GET /v1/reconcile`."""

    agency: str
    day: str
    sent: Direction
    received: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion(TypedObject):
    """`GET /log/proof/inclusion`."""

    index: int
    path: tuple[str, ...] = field(metadata=spelt(read=words, write=list))

    def __post_init__(self) -> None:
        require(self, index=is_position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency(TypedObject):
    """`GET /log/proof/consistency`."""

    path: tuple[str, ...] = field(metadata=spelt(read=words, write=list))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNamed(TypedObject):
    """One release of the codebooks in the hub's list."""

    number: int
    id: str

    def __post_init__(self) -> None:
        require(self, number=is_position, id=is_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases(TypedObject):
    """`GET /v1/codebooks/releases`."""

    releases: Apart = field(metadata=LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseGiven(TypedObject):
    """`GET /v1/codebooks/releases/{id}`."""

    statement: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledAgency(TypedObject):
    """One agency of the directory; `revoked` is whether it may no longer take part."""

    agency: str
    name: str

    def __post_init__(self) -> None:
        require(self, agency=is_agency, name=is_word)
        if not isinstance(self.more.get("revoked"), bool):
            raise TypeError("revoked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(TypedObject):
    """`GET /v1/directory`."""

    agencies: tuple[EnrolledAgency, ...]
