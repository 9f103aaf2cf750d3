"""Who looks: every look at a case or transfer by a party is a mark, and so is every look that was refused."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.exchange import marking
from hub.exchange.access import Caller, may_see
from hub.exchange.facts import case_access
from hub.runtime import Hub
from hub.store import transfers
from hub.store.transfers import Transfer
from standards.problems import Problem


class Hidden(Exception):  # noqa: N818 - not an error of ours: the door stays shut
    """Raised inside a transaction when the caller may not see `target`; the outside marks it and answers 404."""

    def __init__(self, what: str, target: str) -> None:
        super().__init__(what)
        self.what = what
        self.target = target


def transfer_for(connection: Connection, who: Caller, transfer_id: str) -> Transfer:
    """The transfer when `who` is a party to it and its handler may see the case. Raises `Hidden`."""
    found = transfers.get(connection, transfer_id)
    if found is None or not found.involves(who.agency):
        raise Hidden("transfer", transfer_id)
    if not may_see(who, case_access(connection, who.agency, found.case_uid)):
        raise Hidden("transfer", transfer_id)
    return found


def require_case(connection: Connection, who: Caller, case_uid: str) -> None:
    """Raises `Hidden` unless `who` may see the case."""
    if not may_see(who, case_access(connection, who.agency, case_uid)):
        raise Hidden("case", case_uid)


def refuse(hub: Hub, who: Caller, hidden: Hidden) -> Problem:
    """Mark the refused look and return the 404 to raise: the same for what does not exist and what may not be seen."""
    marking.access_refused(hub, who, hidden.what, hidden.target)
    return Problem(f"{hidden.what}.unknown")
