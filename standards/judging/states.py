"""State tokens and conditions, judged from the facts: true, false, or unknown (None) if the record does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from standards import rules
from standards.judging import conditions
from standards.judging.facts import CaseFacts, Moment, Subject, current_class, displays
from standards.judging.standing import STANDING
from standards.judging.tokens import TOKENS
from standards.nodes import catalogue
from standards.record.base import Part
from standards.times import day, earliest, moment


def holds(expression: conditions.Expression, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether a condition holds for the subject. Unknown tokens make it unknown only where they could turn it."""
    return _all(_any(token_holds(token, facts, subject) for token in clause) for clause in expression)


def token_holds(token: str, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether one token of `standards.judging.conditions` holds."""
    if token.startswith("!"):
        told = token_holds(token[1:], facts, subject)
        return None if told is None else not told
    if conditions.is_node(token):
        return any(True for _ in facts.earlier([token]))
    prefix, _, argument = token.partition(":")
    return _TOKENS[prefix](facts, subject, argument)


def state_holds(token: str, facts: CaseFacts, subject: Subject) -> bool | None:
    """Whether a state (`DETAINED`) holds, by the record, or else by the effects of the transfers before."""
    state = rules.states()[token]
    told = _STATES[state.how](state.argument, facts, subject)
    return _by_history(token, facts) if told is None else told


def _all(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    if False in known:
        return False
    return None if None in known else True


def _any(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    if True in known:
        return True
    return None if None in known else False


def _by_history(token: str, facts: CaseFacts) -> bool | None:
    """What the last transfer that touches the state says; only where the case names one person, so that it is hers."""
    if len(facts.persons()) != 1:
        return None
    told = None
    touching = _touching().get(token, {})
    for entry in facts.earlier(tuple(touching)):
        told = touching[entry.node]
    return told


@cache
def _touching() -> Mapping[str, Mapping[str, bool]]:
    """For each state, the nodes whose effects give it (true) or take it (false)."""
    found: dict[str, dict[str, bool]] = {}
    for node in catalogue():
        for given, tokens in ((False, node.effects.person_loses), (True, node.effects.person_gains)):
            for token in tokens:
                found.setdefault(token, {})[node.id] = given
    return found


def _measure(wanted: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    current = current_class(facts, subject)
    return None if current is None else current in wanted


def _not_measure(wanted: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    current = current_class(facts, subject)
    return None if current is None else current not in wanted


def _member(owner: Part | None, name: str) -> bool | None:
    value = None if owner is None else owner.member(name)
    return None if value is None else bool(value)


def _under_age(argument: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    person = subject.person
    if person is None:
        return None
    if person.juvenile is not None:
        return person.juvenile
    if person.age_at_offence is not None:
        return person.age_at_offence < 18
    born = moment(person.birth_date or "")
    offence = facts.latest(["case:offence_from"], subject)
    if born is None or offence is None:
        return None
    then, birth = day(offence), day(born)
    # a person is 18 from the day after the birthday (法释〔2006〕1号第2条)
    return then.year - birth.year - ((then.month, then.day) <= (birth.month, birth.day)) < 18


def _effective(argument: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    dates = [
        *(each.effective_date for each in facts.decisions(argument["decisions"], subject)),
        *(each.effective_date for each in facts.documents(argument["documents"], subject)),
    ]
    known: list[Moment] = [found for text in dates if text and (found := moment(text)) is not None]
    if not known:
        return None
    return any(earliest(each) <= earliest(facts.now) for each in known)


def _decision(kinds: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    """A decision that stands is known; that none stands does not tell that there is none."""
    return True if facts.decisions(kinds, subject) else None


def _part(told: Mapping[str, Any], facts: CaseFacts, subject: Subject) -> bool | None:
    """One entry of a list: one way to tell a state, with its argument."""
    ((how, argument),) = told.items()
    return _STATES[how](argument, facts, subject)


def _first(parts: Any, facts: CaseFacts, subject: Subject) -> bool | None:
    told = (_part(each, facts, subject) for each in parts)
    return next((each for each in told if each is not None), None)


_STATES: Mapping[str, Callable[[Any, CaseFacts, Subject], bool | None]] = {
    "measure": _measure,
    "not_measure": _not_measure,
    "case": lambda name, facts, subject: _member(facts.record.case, name),
    "person": lambda name, facts, subject: _member(subject.person, name),
    "under_age": _under_age,
    "effective": _effective,
    "decision": _decision,
    "first": _first,
    "any": lambda parts, facts, subject: _any(_part(each, facts, subject) for each in parts),
    **STANDING,
}


_TOKENS: Mapping[str, Callable[[CaseFacts, Subject, str], bool | None]] = {
    "STATE": lambda facts, subject, token: state_holds(token, facts, subject),
    "MEASURE": lambda facts, subject, kind: bool(facts.measures(subject, kind)),
    "DECISION": lambda facts, subject, kind: bool(facts.decisions([kind], subject)),
    "DOC": lambda facts, subject, code: facts.has_document(code, subject),
    "BASIS": lambda facts, subject, words: any(words in (each.basis or "") for each in facts.measures(subject)),
    "PROCEDURE": lambda facts, subject, words: any(words in each for each in displays(facts.record.case.procedure)),
    "EXTENSIONS": lambda facts, subject, count: any(
        (each.extension_no or 0) >= int(count) for each in facts.measures(subject)
    ),
    **TOKENS,
}
