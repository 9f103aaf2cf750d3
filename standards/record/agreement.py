"""Whether a record and the envelope that names it belong together: hub and receiver ask the same."""

from __future__ import annotations

from messages.problems import Problem
from standards.record import Record
from standards.record.envelope import Envelope


def require_agreement(record: Record, envelope: Envelope, place: str = "/record") -> None:
    """The record is of the envelope's case and domain, and asks for nothing that this program does not know.

    Raises `Problem` `record.other-case`, `record.other-domain` or `record.must-understand`.
    """
    if record.case.case_uid != envelope.case_uid:
        raise Problem("record.other-case", f"{place}/case/case_uid")
    if "domain" in envelope.more:  # there, and no text
        raise Problem("record.other-domain", f"{place}/domain", found=record.domain, expected="?")
    require_domain(record, envelope.domain, place)
    record.require_understood(place)


def require_domain(record: Record, domain: str, place: str = "/record") -> None:
    """The record is of this domain. Raises `Problem("record.other-domain")`."""
    if record.domain != domain:
        raise Problem("record.other-domain", f"{place}/domain", found=record.domain, expected=domain)
