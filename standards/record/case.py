"""The case itself and what was decided in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from standards.limits import LIMITS
from standards.record.base import (
    AgencyId,
    Code,
    Count,
    Day,
    DocType,
    FactTime,
    Flag,
    Name,
    NodeId,
    Part,
    Text,
    Uid,
    Uuid7,
)
from standards.record.values import Address, Coded, Organ, Reference


class Acceptance(Part):
    """When an agency accepted the case for one of its businesses (受理)."""

    agency: AgencyId
    business: Name
    accepted_at: FactTime | None = None


class CaseLink(Part):
    """How one case came from another (分案、并案、发回、再审、补充), by case uid or an agency's own number."""

    from_: Code = Field(alias="from")
    to: Code
    type: Literal["split", "merge", "remand", "retrial", "supplement"]


class Case(Part):
    """The case (案件信息)."""

    case_uid: Uuid7
    refs: Annotated[tuple[Reference, ...], Field(max_length=LIMITS.refs)] = ()
    name: Name | None = None
    case_type: Coded | None = None
    filing_date: Day | None = None
    investigation_closed_date: Day | None = None
    acceptances: Annotated[tuple[Acceptance, ...], Field(max_length=LIMITS.small)] = ()
    investigating_organ: Organ | None = None
    transfer_organ: Organ | None = None
    brief_facts: Text | None = None
    offence_from: FactTime | None = None
    offence_to: FactTime | None = None
    offence_place: Address | None = None
    joint_crime: Flag | None = None
    person_count: Count | None = None
    unit_crime: Flag | None = None
    procedure: Coded | None = None
    plea_lenient: Flag | None = None
    return_count: Count | None = None
    secrecy: Name | None = None
    juvenile: Flag | None = None
    foreign: Flag | None = None
    supervised: Flag | None = None
    links: Annotated[tuple[CaseLink, ...], Field(max_length=LIMITS.small)] = ()
    stage: Code | None = None
    status: Code | None = None


class Service(Part):
    """One service of a document (送达)."""

    to: Name | None = None
    method: Name | None = None
    served_at: FactTime | None = None
    receipt_ref: Code | None = None


class DocumentEntry(Part):
    """One document of the case, as listed in the record. The file itself is in a volume."""

    doc_uid: Uid
    doc_type: DocType
    title: Name | None = None
    doc_no: Code | None = None
    issuing_organ: Organ | None = None
    issue_date: Day | None = None
    signer: Name | None = None
    sealed: Flag | None = None
    person_uids: Annotated[tuple[Uuid7, ...], Field(max_length=LIMITS.persons)] = ()
    charge_uids: Annotated[tuple[Uid, ...], Field(max_length=LIMITS.charges)] = ()
    file_ref: Name | None = None
    served: Annotated[tuple[Service, ...], Field(max_length=LIMITS.small)] = ()
    effective_date: Day | None = None
    replaces: Uid | None = None
    native_code: Code | None = None


class Decision(Part):
    """One decision (批捕、退查、起诉、判决 …), of a node, for a person and a charge where it concerns one.

    `kind` is an open vocabulary; `terms` hold what this kind of decision says beyond, as strings and integers.
    """

    decision_uid: Uid
    node: NodeId | None = None
    kind: Code
    person_uid: Uuid7 | None = None
    charge_uid: Uid | None = None
    result: Text | None = None
    decided_at: FactTime | None = None
    effective_date: Day | None = None
    terms: dict[str, Any] | None = None
