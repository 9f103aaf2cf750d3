"""Who may see a case. Pure: facts in, yes or no out; the API answers every no with 404.

1. The agency must be a party to the case: it sent or received a transfer of it.
2. Within the agency the handler must be known, and either hold the intake role, which receives and assigns, or be
   granted on this case.
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence.identifiers import require_agency
from hub.callers import INTAKE, Caller
from messages.problems import Problem


@dataclass(frozen=True)
class CaseAccess:
    """Parties of one case (`type:code`) and the handlers of the caller's agency who are granted on it."""

    parties: frozenset[str]
    granted: frozenset[str]


def agency_named(claimed: object) -> str:
    """`claimed` when it has the form of an agency's short name, else "", which names nobody."""
    try:
        return require_agency(claimed)
    except Problem:
        return ""


def may_see(caller: Caller, case: CaseAccess | None) -> bool:
    """True when `caller` is a party and its handler may see the case; a case that does not exist is never seen."""
    if case is None or caller.agency not in case.parties or caller.role is None:
        return False
    return caller.role == INTAKE or caller.handler in case.granted


def may_open_new_case(caller: Caller) -> bool:
    """A first transfer creates its case: any known handler of an enrolled agency may send one."""
    return caller.role is not None
