"""Who may see a case. Pure: the facts come in, a yes or no goes out; the API answers every no with 404.

1. The agency must be a party to the case: it sent or received a transfer of it.
2. Within the agency the handler must be known, and either hold the intake role, which receives and assigns, or be
   granted on this case.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from evidence.identifiers import require_agency
from messages.problems import Problem

Role = Literal["intake", "handler"]
INTAKE: Final = "intake"


@dataclass(frozen=True)
class Caller:
    """The authenticated sender of a request: agency as `type:code`, the key that signed, and the handler it names."""

    agency: str
    key_id: str
    handler: str
    role: Role | None

    @property
    def agency_type(self) -> str:
        """The type of the agency, such as `police`."""
        return self.agency.partition(":")[0]


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


def may_fetch_part(agency: str, uploaders: Collection[str], parties: Collection[str]) -> bool:
    """A part is there only for whoever uploaded it or is party to a transfer that claims it."""
    return agency in uploaders or agency in parties
