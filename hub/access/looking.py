"""Who may look at what, and which look leaves a mark.

A look at one case, transfer or identity leaves a mark: `fetched` for the receiver's first look at a transfer, `viewed`
for every other. A refused look leaves `access-refused`. Lists of the caller's own work, proofs and ciphertext leave
none; the table in docs/security.md ("Looks and their marks") names every operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from evidence.identifiers import is_uuid
from hub import marking
from hub.access.rights import CaseAccess, may_see
from hub.callers import INTAKE, Caller
from hub.runtime import Hub
from hub.store import cases, grants, transfers
from hub.store.database import Connection
from hub.store.transfers import Transfer


class Hidden(Exception):  # noqa: N818 - not an error of ours: the door stays shut
    """Raised inside `door` when the caller may not see `target`."""

    def __init__(self, what: str, target: str) -> None:
        super().__init__(what)
        self.what = what
        self.target = target


@contextmanager
def door(hub: Hub, who: Caller, *, write: bool = True) -> Iterator[Connection]:
    """A transaction in which `Hidden` may be raised.

    Then it is rolled back, the refused look is marked, and the 404 raised, which is the same for what does not exist
    and for what may not be seen.
    """
    try:
        with hub.database.transaction(write=write) as connection:
            yield connection
    except Hidden as hidden:
        marking.access_refused(hub, who, hidden.what, hidden.target)
        raise marking.Marked(f"{hidden.what}.unknown") from None


def case_access(connection: Connection, agency: str, case_uid: str) -> CaseAccess | None:
    """Parties of the case and the agency's granted handlers; None for an unknown case."""
    parties = cases.parties(connection, case_uid)
    return CaseAccess(parties, grants.granted(connection, case_uid, agency)) if parties else None


def sees(connection: Connection, who: Caller, case_uid: str) -> bool:
    """Whether the case is there and open to `who`."""
    return may_see(who, case_access(connection, who.agency, case_uid))


def transfer_for(connection: Connection, who: Caller, transfer_id: str) -> Transfer:
    """The transfer when `who` is a party to it and its handler may see the case. Raises `Hidden`."""
    found = transfers.get(connection, transfer_id) if is_uuid(transfer_id) else None
    if found is None or not found.involves(who.agency):
        raise Hidden("transfer", transfer_id)
    if not sees(connection, who, found.case_uid):
        raise Hidden("transfer", transfer_id)
    return found


def require_case(connection: Connection, who: Caller, case_uid: str) -> None:
    """Raises `Hidden` unless `who` may see the case."""
    if not is_uuid(case_uid) or not sees(connection, who, case_uid):
        raise Hidden("case", case_uid)


def mark_look(connection: Connection, hub: Hub, who: Caller, case_uid: str, **named: str) -> None:
    """Leave the mark `viewed` of a look at the case, on no transfer's chain: reading a trail does not lengthen it.

    `named` goes into the private part as well, such as the transfer whose trail was read.
    """
    private = {"agency": who.agency, "handler": who.handler, "case_uid": case_uid, **named}
    marking.leave(connection, hub, "viewed", case_uid=case_uid, about=who.agency, private=private)


def require_known(hub: Hub, who: Caller, what: str, target: str) -> None:
    """Raises `handler.not-allowed`, after marking it, for a handler that the agency does not have, or no longer."""
    if who.role is None:
        marking.access_refused(hub, who, what, target)
        raise marking.Marked("handler.not-allowed")


def require_intake(hub: Hub, who: Caller, what: str, target: str) -> None:
    """Raises `handler.not-allowed`, after marking it, unless the caller holds the agency's intake role."""
    if who.role != INTAKE:
        marking.access_refused(hub, who, what, target)
        raise marking.Marked("handler.not-allowed")
