"""Condition tokens other than states: questions about a decision's clauses, a person, charges and property.

Each function returns true, false, or unknown (None) if the record does not say. The grammar is in
`standards.judging.conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from standards import rules
from standards.judging.facts import CaseFacts, Subject, current_class, displays, special_identities
from standards.record import Charge, PropertyItem

Token = Callable[[CaseFacts, Subject, str], bool | None]
_LONGEST = 18
"""Digits of a number that a term can sensibly tell; `int` refuses some thousands."""
_COMPARED = re.compile(r"(?P<name>[\w-]+)(?P<sign>[<>])(?P<number>\d+)")


def _terms(facts: CaseFacts, subject: Subject, name: str) -> Iterator[str]:
    return (str(value) for value in facts.terms(name, subject) if value is not None)


def _has_term(facts: CaseFacts, subject: Subject, argument: str) -> bool:
    compared = _COMPARED.fullmatch(argument)
    if compared is None:
        name, _, wanted = argument.partition("=")
        return any(value.lower() == wanted for value in _terms(facts, subject, name))
    bound = int(compared["number"])
    told = _terms(facts, subject, compared["name"])
    numbers = [int(value) for value in told if value.isdecimal() and len(value) <= _LONGEST]
    return any(value < bound if compared["sign"] == "<" else value > bound for value in numbers)


def _result(facts: CaseFacts, subject: Subject, words: str) -> bool:
    return any(words in (each.result or "") for each in facts.decided(subject))


def _current(facts: CaseFacts, subject: Subject, kind: str) -> bool | None:
    found = current_class(facts, subject)
    return None if found is None else found == kind


def _counsel(facts: CaseFacts, subject: Subject, argument: str) -> bool | None:
    person = subject.person
    if person is None or person.counsel or person.legal_aid:
        return None if person is None else False
    return None if person.legal_aid is None else True


def _at_large(facts: CaseFacts, subject: Subject, argument: str) -> bool:
    person = subject.person
    if person is None or person.kind != "natural" or person.arrival or person.custody:
        return False
    return not facts.measures(subject)


def _special(facts: CaseFacts, subject: Subject, words: str) -> bool:
    return any(words in each for each in special_identities(subject))


def _role(facts: CaseFacts, subject: Subject, role: str) -> bool:
    if role == "guardian" and subject.person is not None and subject.person.guardian:
        return True
    return any(each.role == role for person in facts.record.persons for each in person.roles)


def _crime(facts: CaseFacts, subject: Subject, kind: str) -> bool:
    known = rules.classes("crime")[kind]
    return any(known.takes(words) for each in facts.charges(subject) for words in displays(each.crime))


def chapters(charge: Charge) -> list[str]:
    """The chapters of 刑法分则 (`04`) that the codings of a charge tell by their codes."""
    found = []
    for coding in charge.crime.codings:
        place = rules.chapters().get(coding.system)
        if place is not None:
            found.append(coding.code[place : place + 2])
    return [each for each in found if each.isdecimal()]


def _chapter(facts: CaseFacts, subject: Subject, argument: str) -> bool | None:
    known = [set(found) for each in facts.charges(subject) if (found := chapters(each))]
    return None if not known else any(not each & {"04", "05", "06"} for each in known)


def held_property(facts: CaseFacts) -> list[tuple[int, PropertyItem]]:
    """Property under a measure (查封、扣押、冻结) of which no disposition is recorded."""
    return [(index, each) for index, each in enumerate(facts.record.property) if each.measure and not each.disposition]


TOKENS: Mapping[str, Token] = {
    "TERM": _has_term,
    "RESULT": _result,
    "CURRENT": _current,
    "CASE": lambda facts, subject, member: bool(facts.record.case.member(member)),
    "COUNSEL": _counsel,
    "PERSON": _at_large,
    "SPECIAL": _special,
    "ROLE": _role,
    "CRIME": _crime,
    "CHAPTER": _chapter,
    "PROPERTY": lambda facts, subject, argument: bool(held_property(facts)),
    "AT": lambda facts, subject, node: facts.node.id == node,
}
