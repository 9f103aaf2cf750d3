"""The node catalogue: the demo's nodes as the law has them; a catalogue that contradicts itself is refused."""

from __future__ import annotations

import pytest

from messages.problems import Problem, ProblemList
from standards import rules
from standards.nodes import catalogue, read
from standards.nodes.checking import item_faults, mentioned
from standards.record import Record, items

DEMO = """
N-ARR-001 police        procuratorate transfer full
N-ARR-002 procuratorate police        feedback none  N-ARR-001/N-ARR-017
N-ARR-011 procuratorate police        feedback full  N-ARR-001/N-ARR-017
N-ARR-014 police        procuratorate feedback none  N-ARR-011/N-ARR-022/N-ARR-025/N-ARR-028
N-PRO-001 police        procuratorate transfer full
N-PRO-002 procuratorate police        feedback none  N-PRO-001/N-PRO-007
N-SPI-001 procuratorate police        transfer full  N-PRO-001
N-SPI-002 police        procuratorate transfer full  N-SPI-001
N-SPI-011 procuratorate police        feedback none  N-SPI-002/N-SPI-004
N-IND-001 procuratorate court         transfer full
N-IND-004 court         procuratorate feedback none  N-IND-001/N-IND-002/N-IND-003
N-TRI-032 court         procuratorate feedback none  N-IND-001/N-IND-002/N-IND-003/N-ABS-002
N-TRI-034 court         police        notice   none
"""


@pytest.mark.parametrize("row", DEMO.strip().splitlines())
def test_the_demos_nodes(row: str) -> None:
    node_id, sender, receiver, kind, dossier, *replies = row.split()
    node = catalogue().get(node_id)
    assert (node.sender, node.receiver, node.kind, node.dossier) == (sender, receiver, kind, dossier)
    assert "/".join(node.replies_to) == "".join(replies)
    assert node.core
    assert node.legal_basis
    assert node.name("zh") != node.name("en")


def test_a_request_stays_open_for_every_node_that_answers_it() -> None:
    assert [node.id for node in catalogue().answers("N-ARR-001")] == [
        "N-ARR-002",
        "N-ARR-003",
        "N-ARR-011",
        "N-ARR-012",
    ]
    assert [node.id for node in catalogue().answers("N-TRI-034")] == []


def test_nodes_from_one_agency_to_another() -> None:
    found = [node.id for node in catalogue() if (node.sender, node.receiver) == ("court", "prison")]
    assert found == [
        "N-EXE-007",
        "N-JUV-022",
        "N-PAR-004",
        "N-PAR-008",
        "N-PAR-013",
        "N-PRP-014",
        "N-RET-011",
        "N-RET-013",
    ]


def test_an_unknown_node_is_refused_by_name() -> None:
    with pytest.raises(Problem, match=r"node\.unknown") as raised:
        catalogue().get("N-XXX-001")
    assert raised.value.params == {"node": "N-XXX-001"}
    assert "N-XXX-001" not in catalogue()
    assert len(list(catalogue())) == len(catalogue())


def test_case_material_means_volumes_not_documents() -> None:
    assert catalogue().get("N-ARR-001").volumes == (("V10", "V20"),)
    assert catalogue().get("N-ARR-001").needs_volumes
    assert not catalogue().get("N-ARR-002").needs_volumes


def test_items_come_from_the_table_by_category_and_kind() -> None:
    assert "case.brief_facts" in catalogue().get("N-ARR-001").required_items
    assert "case.brief_facts" not in catalogue().get("N-ARR-011").required_items
    assert "case.name" in catalogue().get("N-TRI-034").required_items


def test_an_empty_list_is_told_once_not_for_each_member_that_it_lacks() -> None:
    asked = [items.items()[path] for path in catalogue().get("N-PRP-001").required_items if "property" in path]
    told = [place for item in asked for place in items.missing(item, Record.read({"case": {}, "property": []}))]
    assert told == ["/property"]
    record = Record.read({"case": {}, "property": [{"name": "x"}]})
    told = [place for item in asked for place in items.missing(item, record)]
    assert told == ["/property/0/quantity", "/property/0/custodian"]


def test_every_rule_names_known_nodes_and_terms() -> None:
    for rule in rules.rules().values():
        for node_id in (*rule.at, *rule.counts):
            assert node_id in catalogue(), rule.id
        for regime in rule.regimes:
            if regime.deadline:
                assert regime.extended <= len(rules.deadlines()[regime.deadline].extended), rule.id
        assert not rule.regimes or rule.regimes[-1].condition == (), "the last regime always applies"


def test_a_node_knows_its_rules() -> None:
    assert {"IR-01", "IR-02"} <= set(catalogue().get("N-ARR-001").deadline_rules)
    assert catalogue().get("N-AID-018").deadline_rules == ()


def test_the_items_have_names_in_both_languages() -> None:
    assert all(item.zh and item.en for item in items.items().values())


HEAD = """
category = "审查逮捕"
category_en = "Arrest review"
code = "ARR"
"""
GOOD = (
    HEAD
    + """
[N-ARR-001]
zh = "提请批准逮捕"
en = "Request for approval of arrest"
stage = "arrest_review"
from = "police"
to = "procuratorate"
kind = "transfer"
dossier = "full"
basis = "刑诉法第87条"
confidence = "high"
"""
)


def _entry(source: str) -> str:
    """An entry without the head of its file, to stand behind another."""
    return "\n" + source.removeprefix(HEAD)


ANSWER = (
    GOOD.replace("[N-ARR-001]", "[N-ARR-002]")
    .replace("police", "x")
    .replace("procuratorate", "police")
    .replace('"x"', '"procuratorate"')
    .replace("transfer", "feedback")
)

WAITING = GOOD.replace("[N-ARR-001]", "[N-ARR-003]").replace("提请", "再次提请").replace("Request", "New request")

FAULTS = {
    "unknown agency": (GOOD.replace("police", "customs"), "from is 'customs'"),
    "unknown kind": (GOOD.replace('"transfer"', '"gift"'), "kind is 'gift'"),
    "unknown dossier": (GOOD.replace('"full"', '"some"'), "dossier is 'some'"),
    "unknown confidence": (GOOD.replace('"high"', '"certain"'), "confidence is 'certain'"),
    "unknown level": (GOOD + 'level = "lower"', "level is 'lower'"),
    "unknown stage": (GOOD.replace('"arrest_review"', '"breakfast"'), "unknown stage breakfast"),
    "core is a word": (GOOD + 'core = "yes"', "core is 'yes'"),
    "no text": (GOOD + "notes = 7", "members that are no text: ['notes']"),
    "other category": (GOOD.replace('"ARR"', '"PRO"'), "is named N-PRO-001"),
    "member missing": (GOOD.replace('kind = "transfer"', ""), "members missing or unknown: ['kind']"),
    "member unknown": (GOOD + 'extra = "x"', "members missing or unknown: ['extra']"),
    "no table": (GOOD.replace("[N-ARR-001]", "N-ARR-009 = 1\n[N-ARR-001]"), "members missing or unknown"),
    "no basis and yet sure": (GOOD.replace('basis = "刑诉法第87条"', ""), "without legal basis has low confidence"),
    "unknown quantifier": (GOOD + 'persons = "some"', "persons is 'some'"),
    "unknown effect": (GOOD + 'effects = { weather = "rain" }', "unknown effect"),
    "effect of a wrong kind": (GOOD + 'effects = { person_gains = "DETAINED" }', "effect person_gains is 'DETAINED'"),
    "unknown state in effect": (GOOD + 'effects = { person_gains = ["HAPPY"] }', "unknown state HAPPY"),
    "unknown stage in effect": (GOOD + 'effects = { case_stage = "any" }', "unknown stage any"),
    "unknown status in effect": (GOOD + 'effects = { case_status = "lost" }', "unknown case status lost"),
    "unknown role in effect": (GOOD + 'effects = { person_role = "king" }', "unknown role king"),
    "gained and lost": (
        GOOD + 'effects = { person_gains = ["PSYCH_EVAL"], person_loses = ["PSYCH_EVAL"] }',
        "effects both give and take PSYCH_EVAL",
    ),
    "free and still arrested": (
        GOOD + 'effects = { person_gains = ["NOT_IN_CUSTODY"], person_loses = ["IN_CUSTODY", "DETAINED"] }',
        "effects give NOT_IN_CUSTODY and do not take ARRESTED",
    ),
    "unknown document": (GOOD + 'documents = "F7777"', "unknown document F7777"),
    "unknown volume": (GOOD + 'volumes = "V10/V77"', "unknown volume kind V77"),
    "volume that stays": (GOOD + 'volumes = "V80"', "volume V80 never leaves its agency"),
    "volume without dossier": (
        GOOD.replace('"full"', '"none"') + 'volumes = "V10"',
        "asks for case volumes, though its dossier is none",
    ),
    "unknown precondition": (GOOD + 'preconditions = "N-ARR-777"', "unknown node N-ARR-777"),
    "unknown state": (GOOD + 'preconditions = "STATE:HAPPY"', "unknown STATE:HAPPY"),
    "malformed condition": (GOOD + 'preconditions = "HAPPY"', "malformed condition 'HAPPY'"),
    "malformed deadline": (GOOD + 'deadline = "soon"\ndeadline_starts = "x"', "malformed term 'soon'"),
    "deadline from nothing": (GOOD + 'deadline = "P3D"', "a deadline starts with something"),
    "feedback to nobody": (ANSWER, "a feedback answers a node"),
    "reply to an unknown node": (ANSWER + 'replies_to = "N-ARR-777"', "replies to the unknown node N-ARR-777"),
    "reply to the wrong side": (ANSWER + 'replies_to = "N-ARR-002"', "which does not go from"),
    "transfer that replies to its own side": (GOOD + 'replies_to = "N-ARR-001"', "which does not go from"),
    "waits for itself": (
        GOOD + 'preconditions = "N-ARR-001"',
        "can never be reached: N-ARR-001 → N-ARR-001 is a cycle without an exit",
    ),
    "a circle of two": (
        GOOD + 'preconditions = "N-ARR-003"' + _entry(WAITING) + 'preconditions = "N-ARR-001"',
        "N-ARR-001 → N-ARR-003 → N-ARR-001 is a cycle without an exit",
    ),
    "behind a circle": (
        GOOD + 'preconditions = "N-ARR-001"' + _entry(WAITING) + 'preconditions = "N-ARR-001"',
        "can never be reached: N-ARR-003 → N-ARR-001 → N-ARR-001",
    ),
    "question and answer wait for each other": (
        GOOD + 'preconditions = "N-ARR-002"' + _entry(ANSWER) + 'replies_to = "N-ARR-001"',
        "N-ARR-001 → N-ARR-002 → N-ARR-001 is a cycle without an exit",
    ),
    "two that are the same": (
        GOOD + _entry(GOOD.replace("[N-ARR-001]", "[N-ARR-003]")),
        "is the same as N-ARR-001: name, sender, receiver and kind",
    ),
    "core that leans on others": (
        GOOD + _entry(WAITING) + 'core = true\npreconditions = "N-ARR-001"',
        "a core node that needs one outside of the core: N-ARR-001",
    ),
    "core answer to others": (
        GOOD + _entry(ANSWER) + 'core = true\nreplies_to = "N-ARR-001"',
        "a core node that needs one outside of the core: N-ARR-001",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_catalogue_that_contradicts_itself_is_refused_by_name(name: str) -> None:
    source, reason = FAULTS[name]
    with pytest.raises(ProblemList, match=r"node\.catalogue-inconsistent") as raised:
        read({"a.toml": source})
    assert any(reason in str(each.params["reason"]) for each in raised.value.problems)
    assert all(each.place.startswith("a.toml/N-ARR-") for each in raised.value.problems)


FILES = {
    "no TOML": ("[N-ARR-001", "no TOML"),
    "no head": (GOOD.replace('code = "ARR"', ""), "a file begins with category, category_en, code"),
    "head of a wrong kind": (GOOD.replace('"ARR"', "7"), "a file begins with category, category_en, code"),
    "another name for a category": (GOOD.replace("审查逮捕", "逮捕"), "has other names in another file"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_file_is_refused_by_name(name: str) -> None:
    source, reason = FILES[name]
    with pytest.raises(ProblemList) as raised:
        read({"a.toml": HEAD, "b.toml": source})
    assert [(each.place, reason in str(each.params["reason"])) for each in raised.value.problems] == [("b.toml", True)]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ProblemList) as raised:
        read({"a.toml": GOOD.replace('"full"', '"some"').replace('"high"', '"certain"'), "b.toml": "["})
    assert [each.place for each in raised.value.problems] == ["a.toml/N-ARR-001", "a.toml/N-ARR-001", "b.toml"]


def test_a_node_that_stands_twice_is_refused() -> None:
    with pytest.raises(ProblemList) as raised:
        read({"a.toml": GOOD, "b.toml": GOOD})
    assert [each.place for each in raised.value.problems] == ["b.toml/N-ARR-001"]


def test_a_sound_catalogue_of_ones_own_is_read() -> None:
    own = read({"a.toml": GOOD, "b.toml": ANSWER + 'replies_to = "N-ARR-001"\npreconditions = "N-ARR-001"'})
    assert [node.id for node in own] == ["N-ARR-001", "N-ARR-002"]
    assert own.get("N-ARR-002").code == "ARR"
    assert own.get("N-ARR-001").agencies == {"police", "procuratorate"}


def test_a_cycle_with_an_exit_is_no_fault() -> None:
    again = WAITING + 'preconditions = "N-ARR-001/N-ARR-003"'
    own = read({"a.toml": GOOD + _entry(again)})
    assert own.get("N-ARR-003").preconditions == (("N-ARR-001", "N-ARR-003"),)


def test_a_rule_that_names_an_unknown_node_is_a_fault() -> None:
    texts = {"a.toml": 'at = ["N-ARR-001", "N-ARR-777"]', "b.toml": 'of = ["received:N-ARR-888/N-ARR-001"]'}
    assert list(mentioned(catalogue(), texts)) == [
        ("a.toml", "names the unknown node N-ARR-777"),
        ("b.toml", "names the unknown node N-ARR-888"),
    ]


def test_an_item_of_an_unknown_node_is_a_fault() -> None:
    assert list(item_faults(catalogue())) == []
    without = [node for node in catalogue() if node.code != "SPI" and node.id != "N-TRI-032"]
    assert list(item_faults(without)) == [
        ("persons[accused]", "asked for at unknown nodes: SPI"),
        ("decisions", "asked for at unknown nodes: N-TRI-032"),
    ]


def test_an_item_may_be_asked_for_at_single_nodes() -> None:
    assert "decisions" in catalogue().get("N-TRI-032").required_items
    assert "decisions" not in catalogue().get("N-TRI-033").required_items
