"""States and conditions: true, false, or unknown where the record does not tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from standards import rules
from standards.judging import conditions
from standards.judging.facts import CaseFacts, Subject
from standards.judging.states import holds, state_holds
from standards.nodes import catalogue
from standards.record import Record
from standards.record.history import HistoryEntry

Json = dict[str, Any]
NOW = datetime.fromisoformat("2024-12-02T08:00:00+08:00")
UID = "01890a5d-ac96-774b-bcce-b302099a8058"


def facts(record: Json, history: list[HistoryEntry] | None = None) -> tuple[CaseFacts, Subject]:
    found = CaseFacts(catalogue().get("N-ARR-001"), history or [], Record.read(record), NOW)
    return found, found.persons()[0]


def case(**members: Any) -> Json:
    return {
        "case": members.pop("case", {}),
        "persons": [{"person_uid": UID, "roles": [{"role": "suspect"}], **members}],
    }


def measured(*displays: tuple[str, str, bool]) -> Json:
    measures = [
        {
            "person_uid": UID,
            "measure": {"codings": [{"display": words}]},
            "executed_at": when,
            **({"ended_at": when} if ended else {}),
        }
        for words, when, ended in displays
    ]
    return {**case(), "measures": measures}


def decided(*kinds: str, penalty: str = "") -> Json:
    """One decision a month; the first one names the penalty."""
    decisions: list[Json] = [
        {"kind": kind, "person_uid": UID, "decided_at": f"2024-{month:02}-01"} for month, kind in enumerate(kinds, 1)
    ]
    if penalty:
        decisions[0]["terms"] = {"penalty": penalty}
    return {**case(), "decisions": decisions}


def held_to(last_day: str) -> Json:
    record = measured(("逮捕", "2024-03-04", False))
    record["measures"][0]["custody_to"] = last_day
    return record


STATES: dict[str, tuple[Json, str, bool | None]] = {
    "detained": (measured(("刑事拘留", "2024-03-04", False)), "DETAINED", True),
    "detained is in custody": (measured(("拘留", "2024-03-04", False)), "IN_CUSTODY", True),
    "detained is not free": (measured(("拘留", "2024-03-04", False)), "NOT_IN_CUSTODY", False),
    "arrest follows detention": (
        measured(("逮捕", "2024-03-13", False), ("拘留", "2024-03-04", False)),
        "DETAINED",
        False,
    ),
    "bail is not custody": (measured(("取保候审", "2024-03-04", False)), "IN_CUSTODY", False),
    "released": (measured(("拘留", "2024-03-04", True)), "NOT_IN_CUSTODY", True),
    "administrative detention is none of it": (measured(("行政拘留", "2024-03-04", False)), "DETAINED", None),
    "no measure was taken": (measured(("未采取强制措施", "2024-03-04", False)), "NOT_IN_CUSTODY", True),
    "a measure of no known class": (measured(("留置", "2024-03-04", False)), "IN_CUSTODY", None),
    "nothing recorded": (case(), "IN_CUSTODY", None),
    "nothing recorded, free": (case(), "NOT_IN_CUSTODY", None),
    "investigation closed": (case(case={"investigation_closed_date": "2024-05-01"}), "INVESTIGATION_CLOSED", True),
    "investigation not told": (case(), "INVESTIGATION_CLOSED", None),
    "arrested": (measured(("逮捕", "2024-03-13", False)), "ARRESTED", True),
    "plea made": (case(case={"plea_lenient": True}), "PLEA_LENIENT", True),
    "plea": (case(case={"plea_lenient": False}), "PLEA_LENIENT", False),
    "self-reported": (case(name_self_reported=True), "IDENTITY_UNKNOWN", True),
    "minor by member": (case(juvenile=True), "JUVENILE", True),
    "minor by age": (case(age_at_offence=17), "JUVENILE", True),
    "of age by age": (case(age_at_offence=18), "JUVENILE", False),
    "minor on the 18th birthday": (
        case(case={"offence_from": "2024-01-02"}, birth_date="2006-01-02"),
        "JUVENILE",
        True,
    ),
    "of age the day after": (case(case={"offence_from": "2024-01-03"}, birth_date="2006-01-02"), "JUVENILE", False),
    "birth year only": (case(case={"offence_from": "2024-01-03"}, birth_date="2006"), "JUVENILE", None),
    "death sentence not told": (case(), "DEATH_SENTENCE", None),
    "absconded": ({**case(), "decisions": [{"kind": "absconded", "person_uid": UID}]}, "SUSPECT_ABSENT", True),
    "another's decision": ({**case(), "decisions": [{"kind": "absconded", "person_uid": "x"}]}, "SUSPECT_ABSENT", None),
    "in effect": (
        {**case(), "decisions": [{"kind": "judgment", "effective_date": "2024-12-01"}]},
        "JUDGMENT_EFFECTIVE",
        True,
    ),
    "in effect later": (
        {**case(), "documents": [{"doc_type": "F0601", "effective_date": "2024-12-09"}]},
        "JUDGMENT_EFFECTIVE",
        False,
    ),
    "effect not told": ({**case(), "documents": [{"doc_type": "F0601"}]}, "JUDGMENT_EFFECTIVE", None),
    "second instance in effect": (
        {**case(), "documents": [{"doc_type": "F0606", "effective_date": "2024-12-01"}]},
        "JUDGMENT_EFFECTIVE",
        True,
    ),
    "surveillance": (measured(("监视居住", "2024-03-04", False)), "RESIDENTIAL_SURVEILLANCE", True),
    "breach": (decided("bail-violated"), "BAIL_VIOLATED", True),
    "breach settled": (decided("bail-violated", "bail-violation-settled"), "BAIL_VIOLATED", False),
    "breach again": (decided("bail-violation-settled", "bail-violated"), "BAIL_VIOLATED", True),
    "overdue by decision": (decided("custody-overdue"), "CUSTODY_OVERDUE", True),
    "overdue by its own period": (held_to("2024-12-01"), "CUSTODY_OVERDUE", True),
    "the last day is no overdue day": (held_to("2024-12-02"), "CUSTODY_OVERDUE", False),
    "period of custody not told": (measured(("逮捕", "2024-03-04", False)), "CUSTODY_OVERDUE", None),
    "under evaluation": (decided("psychiatric-evaluation"), "PSYCH_EVAL", True),
    "evaluation over": (decided("psychiatric-evaluation", "psychiatric-evaluation-ended"), "PSYCH_EVAL", False),
    "not responsible": (decided("psychiatric-unaccountable"), "PSYCH_UNACCOUNTABLE", True),
    "responsible": (decided("psychiatric-accountable"), "PSYCH_UNACCOUNTABLE", False),
    "aid by decision": (decided("legal-aid-mandatory"), "AID_MANDATORY", True),
    "aid to a minor": (case(juvenile=True), "AID_MANDATORY", True),
    "aid to the deaf": (case(special_identity=[{"codings": [{"display": "聋哑人"}]}]), "AID_MANDATORY", True),
    "aid to others is not told": (
        case(juvenile=False, special_identity=[{"codings": [{"display": "现役军人"}]}]),
        "AID_MANDATORY",
        None,
    ),
    "sentenced to death": (decided("judgment", penalty="death-suspended"), "DEATH_SENTENCE", True),
    "sentenced to less": (decided("judgment", penalty="fixed-term"), "DEATH_SENTENCE", False),
    "a death sentence later": (decided("judgment", "death-sentence", penalty="life"), "DEATH_SENTENCE", True),
    "serving": (decided("sentence-started"), "SERVING_SENTENCE", True),
    "no longer serving": (decided("sentence-started", "sentence-served"), "SERVING_SENTENCE", False),
    "served": (decided("sentence-started", "sentence-served"), "SENTENCE_SERVED", True),
    "not yet served": (decided("sentence-started"), "SENTENCE_SERVED", False),
    "in the community": (decided("community-correction"), "COMMUNITY_CORRECTION", True),
    "no longer in the community": (
        decided("community-correction", "committed-to-prison"),
        "COMMUNITY_CORRECTION",
        False,
    ),
    "outside prison": (decided("temporary-outside"), "TEMP_OUTSIDE", True),
    "dead": (decided("dead"), "SUSPECT_ABSENT", True),
    "found again": (decided("absconded", "appeared"), "SUSPECT_ABSENT", False),
    "abroad": (decided("abroad"), "SUSPECT_ABROAD", True),
    "an undated decision comes first": (
        {**case(), "decisions": [{"kind": "appeared", "decided_at": "2024-03-01"}, {"kind": "abroad"}]},
        "SUSPECT_ABROAD",
        False,
    ),
}


def test_every_state_can_be_told_true_by_a_record() -> None:
    told = {token for _, token, answer in STATES.values() if answer}
    assert told == set(rules.states())


def test_every_state_is_unknown_for_a_record_that_says_nothing() -> None:
    assert {token: state_holds(token, *facts(case())) for token in rules.states()} == dict.fromkeys(rules.states())


@pytest.mark.parametrize("name", STATES)
def test_states_follow_from_the_record(name: str) -> None:
    record, token, expected = STATES[name]
    assert state_holds(token, *facts(record)) is expected


def test_what_the_record_leaves_open_the_history_may_tell(history: Callable[..., list[HistoryEntry]]) -> None:
    passed = history("N-ARR-001", "N-ARR-011", "N-ARR-014")
    assert state_holds("ARRESTED", *facts(case(), passed)) is True
    assert state_holds("DETAINED", *facts(case(), passed)) is False
    assert state_holds("JUVENILE", *facts(case(), passed)) is None
    two = case()
    two["persons"].append({"person_uid": "x", "roles": [{"role": "suspect"}]})
    assert state_holds("ARRESTED", *facts(two, passed)) is None, "nobody knows whose arrest it was"


TOKENS: dict[str, tuple[str, bool | None]] = {
    "N-ARR-001": ("N-ARR-001", True),
    "N-ARR-002": ("N-ARR-002", False),
    "or": ("N-ARR-002/N-ARR-001", True),
    "and": ("N-ARR-001;N-ARR-002", False),
    "unknown or true": ("STATE:PLEA_LENIENT/N-ARR-001", True),
    "unknown or false": ("STATE:PLEA_LENIENT/N-ARR-002", None),
    "unknown and false": ("STATE:PLEA_LENIENT;N-ARR-002", False),
    "unknown and true": ("STATE:PLEA_LENIENT;N-ARR-001", None),
    "measure": ("MEASURE:detention", True),
    "no such measure": ("MEASURE:arrest", False),
    "decision": ("DECISION:judgment", True),
    "document": ("DOC:F0203", False),
    "ground": ("BASIS:结伙", True),
    "procedure": ("PROCEDURE:速裁", True),
    "extensions": ("EXTENSIONS:2", True),
    "more extensions": ("EXTENSIONS:3", False),
    "term": ("TERM:announced=in-court", True),
    "another term": ("TERM:announced=scheduled", False),
    "nothing": ("", True),
}


@pytest.mark.parametrize("name", TOKENS)
def test_conditions(name: str, history: Callable[..., list[HistoryEntry]]) -> None:
    record = measured(("拘留", "2024-03-04", False))
    record["measures"][0].update(basis="结伙作案", extension_no=2)
    record["case"] = {"procedure": {"codings": [{"display": "速裁程序"}]}}
    record["decisions"] = [{"kind": "judgment", "terms": {"announced": "in-court"}}, {"kind": "other"}]
    expression, expected = TOKENS[name]
    assert holds(conditions.parse(expression), *facts(record, history("N-ARR-001"))) is expected


@pytest.mark.parametrize("text", ["X", "STATE:", "COLOUR:red", "N-ARR-1", "N-ARR-001/"])
def test_malformed_conditions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="malformed condition"):
        conditions.parse(text)


def test_a_measure_that_is_only_decided_counts_from_the_decision() -> None:
    record = measured(("拘留", "2024-03-04", False))
    record["measures"][0]["decided_at"] = record["measures"][0].pop("executed_at")
    found, subject = facts(record)
    shown = found.latest(["measure:detention"], subject)
    assert shown is not None
    assert shown.isoformat() == "2024-03-04"
    record["measures"][0].pop("decided_at")
    found, subject = facts(record)
    assert found.latest(["measure:detention"], subject) is None
    assert state_holds("DETAINED", found, subject) is True


def test_the_case_as_a_whole_has_no_measure_in_force() -> None:
    found, _ = facts(measured(("拘留", "2024-03-04", False)))
    assert state_holds("DETAINED", found, found.whole) is None
    assert found.whole.uid is None
