"""The facts of a case that rules need: times by source, measures by person, and the history.

Facts are read from the record (from the sender), the history (transfers accepted earlier) and `now` (when this transfer
was received). Nothing is guessed: a fact that is not recorded is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from standards import rules
from standards.documents import document_types
from standards.nodes import Node
from standards.record import Charge, Coded, Decision, DocumentEntry, Measure, Person, Record
from standards.record.history import HistoryEntry
from standards.record.items import accused
from standards.times import day, earliest, moment

Json = Mapping[str, Any]
Moment = date | datetime
_T = TypeVar("_T")
DEAD = frozenset({"undeliverable", "superseded"})
"""States of transfers that never reached their receiver; they are no part of the procedure."""


@dataclass(frozen=True)
class Subject:
    """One suspect, defendant or convict, or the case as a whole when `person` is None."""

    person: Person | None = None
    place: str = ""

    @property
    def uid(self) -> str | None:
        """The person's uid; None for the case."""
        return None if self.person is None else self.person.person_uid


@dataclass(frozen=True)
class CaseFacts:
    """One transfer at `node`, with the history before it, its record, and when it was received.

    For the sweep: the last transfer of the case, with the whole history, and `now` is the present.
    """

    node: Node
    history: Sequence[HistoryEntry]
    record: Record
    now: datetime
    whole: Subject = field(default_factory=Subject)
    declared: frozenset[str] | None = None
    """Document types that the volumes declare; None where that is not known."""
    previous: Record | None = None
    """The record of the case's transfer before this one, where there is one."""

    def persons(self) -> tuple[Subject, ...]:
        """The persons against whom the case is directed."""
        return self._persons

    @cached_property
    def _persons(self) -> tuple[Subject, ...]:
        return tuple(Subject(person, f"/persons/{index}") for index, person in accused(self.record))

    @cached_property
    def _read(self) -> dict[tuple[str, str | None], list[Any]]:
        """What was read of the record already, by list and person: a case of 200 accused is asked 10⁵ times."""
        return {}

    def subjects(self, per: rules.Per) -> tuple[Subject, ...]:
        """The persons, or the case as a whole; the case too when it names nobody."""
        return (self.persons() or (self.whole,)) if per == "person" else (self.whole,)

    def earlier(self, nodes: Sequence[str]) -> Iterator[HistoryEntry]:
        """Accepted transfers at one of `nodes`, oldest first."""
        return (each for each in self.history if each.node in nodes and each.status not in DEAD)

    def _concerning(
        self, name: str, members: Sequence[_T], subject: Subject, named: Callable[[_T], Sequence[str]]
    ) -> list[_T]:
        """The members of the list `name` that name the subject or nobody, in order; all of them for the case.

        The list is gone through once for all persons.
        """
        if subject.person is None:
            return list(members)
        if (name, None) not in self._read:
            nobody: list[tuple[int, _T]] = []
            by_person: dict[str, list[tuple[int, _T]]] = {}
            for index, member in enumerate(members):
                for owner in dict.fromkeys(named(member)):
                    by_person.setdefault(owner, []).append((index, member))
                if not named(member):
                    nobody.append((index, member))
            self._read[name, None] = [member for _, member in nobody]
            for owner, own in by_person.items():
                both = sorted([*own, *nobody], key=lambda each: each[0])
                self._read[name, owner] = [member for _, member in both]
        return self._read.get((name, subject.uid)) or self._read[name, None]

    def charges(self, subject: Subject) -> list[Charge]:
        """The charges that concern the subject: its own, and those that name no person."""
        return self._concerning("charges", self.record.charges, subject, _named_by)

    def measures(self, subject: Subject, kind: str | None = None) -> list[Measure]:
        """The subject's measures, of class `kind` where given, the latest last."""
        key = "measures in order", subject.uid or ""
        if key not in self._read:
            told = self._concerning("measures", self.record.measures, subject, _named_by)
            found = sorted(told, key=lambda each: _order(began(each)))
            self._read[key] = [(measure_class(each), each) for each in found]
        return [each for known, each in self._read[key] if kind is None or known == kind]

    def documents(self, wanted: Sequence[str], subject: Subject) -> list[DocumentEntry]:
        """Documents of the record of one of the wanted types that concern the subject."""
        meets = document_types().meets
        concerned = self._concerning("documents", self.record.documents, subject, _names)
        return [document for document in concerned if any(meets(document.doc_type, each) for each in wanted)]

    def has_document(self, code: str, subject: Subject) -> bool:
        """Whether the record lists a document of this type for the subject, or a volume declares one."""
        meets = document_types().meets
        return bool(self.documents([code], subject)) or any(meets(each, code) for each in self.declared or ())

    def decided(self, subject: Subject) -> list[Decision]:
        """Every decision that concerns the subject."""
        return self._concerning("decisions", self.record.decisions, subject, _named_by)

    def decisions(self, kinds: Sequence[str], subject: Subject) -> list[Decision]:
        """Decisions of one of the kinds that concern the subject."""
        return [each for each in self.decided(subject) if each.kind in kinds]

    def terms(self, name: str, subject: Subject) -> list[Any]:
        """The values of this clause in the decisions that concern the subject; None where a decision has none."""
        return [(each.terms or {}).get(name) for each in self.decided(subject)]

    def moments(self, source: str, subject: Subject) -> list[Moment]:
        """Every moment that a source of the rule book gives for the subject. Raises `KeyError`."""
        name, _, argument = source.partition(":")
        found = (moment(text) for text in _SOURCES[name](self, argument, subject) if isinstance(text, str))
        return [each for each in found if each is not None]

    def latest(self, sources: Sequence[str], subject: Subject) -> Moment | None:
        """The latest moment of all the sources; None when they give none."""
        return max((each for source in sources for each in self.moments(source, subject)), key=earliest, default=None)

    def first(self, sources: Sequence[str], subject: Subject) -> tuple[Moment | None, str]:
        """The latest moment of the first source that gives one, and that source's name."""
        for source in sources:
            found = self.latest([source], subject)
            if found is not None:
                return found, source
        return None, ""


def _named_by(member: Charge | Measure | Decision) -> Sequence[str]:
    return () if member.person_uid is None else (member.person_uid,)


def _names(document: DocumentEntry) -> Sequence[str]:
    return document.person_uids


def displays(coded: Coded | None) -> list[str]:
    """The words of every coding of a coded value."""
    return [] if coded is None else [coding.display for coding in coded.codings if coding.display]


def special_identities(subject: Subject) -> list[str]:
    """The words of every special identity of the person."""
    identities = () if subject.person is None else subject.person.special_identity
    return [words for coded in identities for words in displays(coded)]


def measure_class(measure: Measure) -> str | None:
    """The class of `rules/classes.toml` to which a measure belongs; None if it has none."""
    for words in displays(measure.measure):
        for name, known in rules.classes("measure").items():
            if known.takes(words):
                return name
    return None


def began(measure: Measure) -> Moment | None:
    """When a measure was carried out, or else decided."""
    return moment(measure.executed_at or measure.decided_at or "")


def current_class(facts: CaseFacts, subject: Subject) -> str | None:
    """The class of the measure in force; "none" when all have ended; None when nothing is recorded or understood."""
    if subject.person is None:
        return None
    measures = facts.measures(subject)
    running = [each for each in measures if not each.ended_at]
    if running:
        return measure_class(running[-1])
    return "none" if measures else None


def _order(value: Moment | None) -> float:
    return float("-inf") if value is None else earliest(value).timestamp()


def _acceptances(facts: CaseFacts, kind: str, subject: Subject) -> list[Any]:
    known = rules.classes("acceptance")[kind]
    return [
        each.accepted_at
        for each in facts.record.case.acceptances
        if known.takes(each.business) and each.agency.startswith(f"{known.agency}:")
    ]


def _reacceptances(facts: CaseFacts, kind: str, subject: Subject) -> list[Any]:
    return sorted({each for each in _acceptances(facts, kind, subject) if each is not None})[1:]


def _own_documents(facts: CaseFacts, argument: str, subject: Subject) -> list[Any]:
    wanted = [code for requirement in facts.node.documents if not requirement.optional for code in requirement.any_of]
    return [each.issue_date for each in facts.documents(wanted, subject)]


def _next_documents(facts: CaseFacts, argument: str, subject: Subject) -> list[Any]:
    """The first document of a type on or after the day of another source: `E0501@measure:detention`."""
    code, _, source = argument.partition("@")
    begin = facts.latest([source], subject)
    dates = sorted(each.issue_date for each in facts.documents([code], subject) if each.issue_date)
    return [] if begin is None else [each for each in dates if each >= day(begin).isoformat()][:1]


_SOURCES: Mapping[str, Callable[[CaseFacts, str, Subject], list[Any]]] = {
    "measure": lambda facts, kind, who: [each.executed_at or each.decided_at for each in facts.measures(who, kind)],
    "measure-ended": lambda facts, kind, who: [each.ended_at for each in facts.measures(who, kind)],
    "acceptance": _acceptances,
    "reacceptance": _reacceptances,
    "received": lambda facts, nodes, who: [each.received_at for each in facts.earlier(nodes.split("/"))],
    "document": lambda facts, code, who: [each.issue_date for each in facts.documents([code], who)],
    "served": lambda facts, code, who: [
        service.served_at for each in facts.documents([code], who) for service in each.served
    ],
    "decision": lambda facts, kind, who: [each.decided_at for each in facts.decisions([kind], who)],
    "effective": lambda facts, kind, who: [
        *(each.effective_date for each in facts.decisions([kind], who)),
        *(each.effective_date for each in facts.documents(["F0601", "F0602"], who)),
    ],
    "next-document": _next_documents,
    "term": lambda facts, name, who: facts.terms(name, who),
    "activity": lambda facts, argument, who: [each.received_at for each in facts.history],
    "own-document": _own_documents,
    "own-decision": lambda facts, argument, who: [
        each.decided_at for each in facts.decided(who) if each.node == facts.node.id
    ],
    "case": lambda facts, member, who: [facts.record.case.member(member)],
    "now": lambda facts, argument, who: [facts.now.isoformat()],
}
