"""Tokens of conditions beyond states: what one asks of a decision's terms, of a person, of charges and of property.

Each answers true, false, or unknown (None) where the record does not tell. The grammar stands in
`standards.judging.conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from standards import rules
from standards.judging.facts import CaseFacts, Subject, current_class, displays
from standards.record.items import ACCUSED_ROLES

Token = Callable[[CaseFacts, Subject, str], bool | None]
_LONGEST = 18
"""Digits of a number that a term can sensibly tell; `int` refuses some thousands."""
_COMPARED = re.compile(r"(?P<name>[\w-]+)(?P<sign>[<>])(?P<number>\d+)")


def _terms(facts: CaseFacts, subject: Subject, name: str) -> Iterator[str]:
    for _, each in facts.members("decisions", subject):
        value = (each.get("terms") or {}).get(name)
        if value is not None:
            yield str(value)


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
    return any(words in each.get("result", "") for _, each in facts.members("decisions", subject))


def _current(facts: CaseFacts, subject: Subject, kind: str) -> bool | None:
    found = current_class(facts, subject)
    return None if found is None else found == kind


def _counsel(facts: CaseFacts, subject: Subject, argument: str) -> bool | None:
    person = subject.person or {}
    if person.get("counsel") or person.get("legal_aid"):
        return False
    return None if person.get("legal_aid") is None else True


def _at_large(facts: CaseFacts, subject: Subject, argument: str) -> bool:
    person = subject.person or {}
    return (
        person.get("kind") == "natural"
        and not person.get("arrival")
        and not person.get("custody")
        and not facts.measures(subject)
    )


def _special(facts: CaseFacts, subject: Subject, words: str) -> bool:
    identities = (subject.person or {}).get("special_identity", ())
    return any(words in each for coded in identities for each in displays(coded))


def _role(facts: CaseFacts, subject: Subject, role: str) -> bool:
    if role == "guardian" and (subject.person or {}).get("guardian"):
        return True
    return any(
        role in {each.get("role") for each in person.get("roles", ())} for person in facts.record.get("persons", ())
    )


def charges_of(facts: CaseFacts, subject: Subject) -> list[Mapping[str, Any]]:
    """The charges that concern the subject."""
    return [each for _, each in facts.members("charges", subject)]


def _crime(facts: CaseFacts, subject: Subject, kind: str) -> bool:
    known = rules.classes("crime")[kind]
    return any(known.takes(words) for each in charges_of(facts, subject) for words in displays(each.get("crime")))


def chapters(charge: Mapping[str, Any]) -> list[str]:
    """The chapters of 刑法分则 (`04`) that the codings of a charge tell by their codes."""
    found = []
    for coding in (charge.get("crime") or {}).get("codings", ()):
        place = rules.chapters().get(coding.get("system", ""))
        if place is not None:
            found.append(str(coding.get("code", ""))[place : place + 2])
    return [each for each in found if each.isdecimal()]


def _chapter(facts: CaseFacts, subject: Subject, argument: str) -> bool | None:
    known = [set(found) for each in charges_of(facts, subject) if (found := chapters(each))]
    return None if not known else any(not each & {"04", "05", "06"} for each in known)


def held_property(facts: CaseFacts) -> list[tuple[int, Mapping[str, Any]]]:
    """Property under a measure (查封、扣押、冻结) of which no disposition is recorded."""
    return [
        (index, each)
        for index, each in enumerate(facts.record.get("property", ()))
        if each.get("measure") and not each.get("disposition")
    ]


def is_accused(person: Mapping[str, Any]) -> bool:
    """Whether a person of a record is suspect, defendant or convict."""
    return bool(ACCUSED_ROLES & {role.get("role") for role in person.get("roles", ())})


TOKENS: Mapping[str, Token] = {
    "TERM": _has_term,
    "RESULT": _result,
    "CURRENT": _current,
    "CASE": lambda facts, subject, member: bool(facts.record.get("case", {}).get(member)),
    "COUNSEL": _counsel,
    "PERSON": _at_large,
    "SPECIAL": _special,
    "ROLE": _role,
    "CRIME": _crime,
    "CHAPTER": _chapter,
    "PROPERTY": lambda facts, subject, argument: bool(held_property(facts)),
    "AT": lambda facts, subject, node: facts.node.id == node,
}
