"""Cases (案件), handlers (承办人) and one agency's day."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.models.shape import Agency, Instant, Node, Reference, Shape, Uuid, UuidOrNull
from hub.exchange.decisions.states import State

Role = Literal["intake", "handler"]


class CaseFound(Shape):
    """A case with its numbers."""

    case_uid: Uuid
    refs: list[Reference]


class CasesFound(Shape):
    """The caller's cases that a number names."""

    cases: list[CaseFound]


class CaseLink(Shape):
    """How two cases hang together (并案、分案)."""

    from_: Uuid = Field(alias="from")
    to: Uuid
    type: str


class CaseTransfer(Shape):
    """A transfer of the case that the caller's agency sent or received."""

    transfer_id: Uuid
    node: Node
    sender: Agency
    receiver: Agency
    status: State
    received_at: Instant
    in_reply_to: UuidOrNull
    pages: int
    bytes: int


class Case(Shape):
    """A case as its parties see it."""

    case_uid: Uuid
    refs: list[Reference]
    parties: list[Agency]
    links: list[CaseLink]
    handlers: list[str] = Field(description="The caller's own handlers that are granted on it.")
    transfers: list[CaseTransfer]


class Grants(Shape):
    """The caller's handlers that are granted on a case now."""

    case_uid: Uuid
    handlers: list[str]


class Handler(Shape):
    """One handler of the caller's agency."""

    handler: str
    role: Role
    removed: bool


class Handlers(Shape):
    """The caller's handlers."""

    handlers: list[Handler]


class RoleGiven(Shape):
    """The role that a handler gets."""

    role: Role = "handler"


class HandlerAdded(Shape):
    """A handler as it is now."""

    handler: str
    role: Role


class HandlerRemoved(Shape):
    """A handler that is gone."""

    handler: str
    removed: Literal[True]


class OpenTransfer(Shape):
    """A transfer of the day that is not settled."""

    transfer_id: Uuid
    node: Node
    sender: Agency
    receiver: Agency
    status: State
    stage: Literal["accepted", "offered", "fetched", "undeliverable"]


class Direction(Shape):
    """What went one way on a day."""

    submitted: int
    accepted: int
    offered: int
    fetched: int
    acknowledged: int
    undeliverable: int
    superseded: int
    transfers: list[Uuid]
    open: list[OpenTransfer]


class Reconciliation(Shape):
    """One agency's day as the hub has it."""

    agency: Agency
    day: str
    sent: Direction
    received: Direction
    refused: int
