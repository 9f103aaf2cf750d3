"""Persons, what they are charged with, the measures against them, and the property of the case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from standards.limits import LIMITS
from standards.record.base import Code, Count, Day, FactTime, Flag, Money, Name, Part, PartialDay, Text, Uid, Uuid7
from standards.record.values import Address, Coded, Organ, Reference

RoleName = Literal[
    "suspect",
    "defendant",
    "convict",
    "victim",
    "witness",
    "expert",
    "guardian",
    "appropriate-adult",
    "counsel",
    "agent",
    "plaintiff",
    "unit-representative",
]
ChargeStage = Literal["filing", "arrest-request", "arrest-approved", "transfer", "indictment", "judgment"]
Names = Annotated[tuple[Name, ...], Field(max_length=LIMITS.small)]
Texts = Annotated[tuple[Text, ...], Field(max_length=LIMITS.small)]


class Role(Part):
    """A role that a person has in the case, and since when; earlier roles stay."""

    role: RoleName
    since: FactTime | None = None


class Certificate(Part):
    """An identity certificate. `number` may be wrong or old: what it is worth is said by a finding."""

    type: Coded
    number: Code


class Unit(Part):
    """What only a unit (单位) has."""

    credit_code: Code | None = None
    representative: Name | None = None


class Custody(Part):
    """Where a person is held."""

    place: Organ | None = None
    inmate_no: Code | None = None


class Arrival(Part):
    """How and when a person came to the case (到案)."""

    manner: Name | None = None
    at: FactTime | None = None


class Person(Part):
    """One person or unit. Someone without papers under a self-reported name (自报姓名) is normal."""

    person_uid: Uuid7
    refs: Annotated[tuple[Reference, ...], Field(max_length=LIMITS.refs)] = ()
    kind: Literal["natural", "unit"]
    roles: Annotated[tuple[Role, ...], Field(max_length=LIMITS.small)] = ()
    name: Name | None = None
    former_names: Names = ()
    aliases: Names = ()
    name_self_reported: Flag | None = None
    sex: Coded | None = None
    birth_date: PartialDay | None = None
    age_at_offence: Count | None = None
    certificates: Annotated[tuple[Certificate, ...], Field(max_length=LIMITS.small)] = ()
    nationality: Coded | None = None
    ethnicity: Coded | None = None
    education: Coded | None = None
    occupation: Name | None = None
    employer: Name | None = None
    political: Coded | None = None
    congress_member: Flag | None = None
    domicile: Address | None = None
    residence: Address | None = None
    unit: Unit | None = None
    prior_convictions: Texts = ()
    recidivist: Flag | None = None
    juvenile: Flag | None = None
    guardian: Uuid7 | None = None
    special_identity: Annotated[tuple[Coded, ...], Field(max_length=LIMITS.small)] = ()
    counsel: Names = ()
    legal_aid: Flag | None = None
    custody: Custody | None = None
    arrival: Arrival | None = None
    protected: Flag | None = None


class Amount(Part):
    """A sum of money; `value` is decimal text."""

    value: Money
    currency: Code | None = None


class Charge(Part):
    """One crime of which one person is accused, at one stage; charges of earlier stages stay."""

    charge_uid: Uid
    person_uid: Uuid7 | None = None
    stage: ChargeStage | None = None
    crime: Coded
    main: Flag | None = None
    amount: Amount | None = None
    count: Count | None = None
    form: Name | None = None
    joint_role: Name | None = None
    circumstances: Texts = ()
    articles: Texts = ()
    facts: Text | None = None


class Measure(Part):
    """One coercive measure against one person."""

    measure_uid: Uid
    person_uid: Uuid7 | None = None
    measure: Coded
    decided_by: Organ | None = None
    approved_by: Organ | None = None
    executed_by: Organ | None = None
    decided_at: FactTime | None = None
    executed_at: FactTime | None = None
    ended_at: FactTime | None = None
    end_reason: Coded | None = None
    designated_residence: Flag | None = None
    custody_from: Day | None = None
    custody_to: Day | None = None
    basis: Text | None = None
    extension_no: Count | None = None
    document_no: Code | None = None


class PropertyItem(Part):
    """One thing, sum or account of the case (涉案财物)."""

    property_uid: Uid
    kind: Name | None = None
    name: Name | None = None
    feature: Text | None = None
    quantity: Name | None = None
    unit: Code | None = None
    value: Money | None = None
    currency: Code | None = None
    owner: Uuid7 | None = None
    holder: Name | None = None
    measure: Name | None = None
    document_no: Code | None = None
    date: Day | None = None
    expiry_date: Day | None = None
    custodian: Organ | None = None
    place: Text | None = None
    is_evidence: Flag | None = None
    moves_with_case: Flag | None = None
    claims: Texts = ()
    proposal: Text | None = None
    disposition: Text | None = None
