"""Document types and kinds of volume: the tables, and who may send which to whom."""

from __future__ import annotations

import pytest

from messages.problems import Problem, ProblemList
from standards import documents
from standards.documents import document_types, volumes
from standards.nodes import catalogue


def test_the_eight_kinds_of_evidence_of_article_50_are_there() -> None:
    kinds = [code for code in document_types() if code.startswith("E") and len(code) == 3]
    assert kinds == [f"E0{number}" for number in range(1, 9)]
    assert document_types()["E05"].zh == "犯罪嫌疑人、被告人供述和辩解"


def test_a_paper_answers_for_its_kind_but_not_the_other_way_round() -> None:
    types = document_types()
    assert types.meets("E0501", "E05")
    assert types.meets("E0501", "E0501")
    assert not types.meets("E05", "E0501")
    assert not types.meets("E0501", "E0502")


def test_types_are_found_by_name() -> None:
    types = document_types()
    assert types.named(" 提请批准 逮捕书")
    assert types.named("没有这种文书") is None
    assert types.name("F0301", "en") == "Request for approval of arrest"
    assert types.name("F0301") == "提请批准逮捕书"
    assert types.name("F7777") == "F7777"
    assert len(types) == len(list(types))


TABLE_FAULTS = {
    "malformed code": ('[G0101]\nzh = "甲"\nen = "a"', "malformed code"),
    "no English": ('[F0101]\nzh = "甲"', "an entry has zh and en"),
    "unknown member": ('[F0101]\nzh = "甲"\nen = "a"\ncolour = "red"', "an entry has zh and en"),
    "no table": ("F0101 = 1", "an entry has zh and en"),
    "kind missing": ('[E0101]\nzh = "甲"\nen = "a"', "kind E01 is missing"),
    "name twice": ('[F0101]\nzh = "甲"\nen = "a"\n[F0102]\nzh = "甲"\nen = "b"', "name stands twice, first at F0101"),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_a_malformed_table_of_types_is_refused_by_name(name: str) -> None:
    source, reason = TABLE_FAULTS[name]
    with pytest.raises(ProblemList, match=r"document\.catalogue-inconsistent") as raised:
        documents.read({"x.toml": source})
    assert reason in str(raised.value.problems[0].params["reason"])


def test_a_code_that_stands_in_two_files_is_refused() -> None:
    with pytest.raises(ProblemList) as raised:
        documents.read({"a.toml": '[F0101]\nzh = "甲"\nen = "a"', "b.toml": '[F0101]\nzh = "乙"\nen = "b"'})
    assert raised.value.problems[0].place == "b.toml/F0101"


# kind: police>procuratorate, procuratorate>court, court>court, procuratorate>police, court>procuratorate
MATRIX = """
V00 yes yes yes yes yes
V10 yes yes yes no  yes
V20 yes yes yes no  yes
V21 yes yes yes no  yes
V22 yes yes yes no  yes
V30 yes yes yes no  yes
V40 no  yes yes no  yes
V50 yes yes yes no  yes
V60 no  no  yes no  yes
V65 no  no  no  no  no
V70 yes yes yes no  no
V80 no  no  no  no  no
V81 no  no  no  no  no
V90 no  no  no  no  no
V91 no  no  no  no  no
V95 yes yes yes no  yes
"""
DIRECTIONS = [
    ("police", "procuratorate"),
    ("procuratorate", "court"),
    ("court", "court"),
    ("procuratorate", "police"),
    ("court", "procuratorate"),
]


@pytest.mark.parametrize("row", MATRIX.strip().splitlines())
def test_the_matrix_of_volumes(row: str) -> None:
    kind, *answers = row.split()
    for (sender, receiver), answer in zip(DIRECTIONS, answers, strict=True):
        assert volumes.may_send(kind, sender, receiver) is (answer == "yes"), (kind, sender, receiver)


# kind: the directions of CUSTODIANS, in their order
CUSTODY = """
V00 yes yes yes yes yes yes yes
V10 no  no  no  yes no  no  no
V20 no  no  no  yes yes yes no
V21 no  no  no  yes no  no  no
V22 no  no  no  yes no  no  no
V30 no  no  no  yes no  no  no
V40 no  no  no  no  no  no  no
V50 no  yes yes yes no  no  no
V60 yes yes yes no  no  no  no
V65 yes yes yes yes yes yes yes
V70 no  no  no  yes no  no  no
V80 no  no  no  no  no  no  no
V81 no  no  no  no  no  no  no
V90 no  no  no  no  no  no  no
V91 no  no  no  no  no  no  no
V95 no  yes yes no  no  yes no
"""
CUSTODIANS = [
    ("court", "detention"),
    ("court", "prison"),
    ("court", "justice"),
    ("prison", "procuratorate"),
    ("prison", "court"),
    ("justice", "court"),
    ("police", "detention"),
]


@pytest.mark.parametrize("row", CUSTODY.strip().splitlines())
def test_the_matrix_where_people_are_held_and_sentences_served(row: str) -> None:
    kind, *answers = row.split()
    for (sender, receiver), answer in zip(CUSTODIANS, answers, strict=True):
        assert volumes.may_send(kind, sender, receiver) is (answer == "yes"), (kind, sender, receiver)


INVESTIGATION = ("V10", "V20", "V21", "V22", "V30", "V40", "V70")


@pytest.mark.parametrize("receiver", ["detention", "prison", "justice"])
def test_no_volume_of_the_investigation_goes_to_them_from_anybody(receiver: str) -> None:
    senders = sorted(volumes.AGENCY_TYPES)
    assert not [
        (kind, sender) for kind in INVESTIGATION for sender in senders if volumes.may_send(kind, sender, receiver)
    ]


def test_every_node_can_get_the_volumes_that_it_asks_for() -> None:
    """Either the matrix lets one of them go, or it goes back to where it could have come from."""
    for node in catalogue():
        for clause in node.volumes:
            ways = [(node.sender, node.receiver), (node.receiver, node.sender)]
            assert any(volumes.may_send(kind, *way) for kind in clause for way in ways), (node.id, clause)


@pytest.mark.parametrize("kind", list(volumes.kinds()))
def test_what_the_receiver_had_may_go_back_to_it_except_what_never_leaves(kind: str) -> None:
    for sender, receiver in DIRECTIONS:
        assert volumes.may_send(kind, sender, receiver, returned=True) is not volumes.never_leaves(kind)


def test_what_never_leaves() -> None:
    assert [kind for kind in volumes.kinds() if volumes.never_leaves(kind)] == ["V80", "V81", "V90", "V91"]


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(Problem, match=r"volume\.unknown-kind") as raised:
        volumes.kind("V77")
    assert raised.value.params == {"kind": "V77"}


@pytest.mark.parametrize(
    "source",
    [
        '[V1]\nzh = "甲"\nen = "a"\nflows = ["*"]',
        '[V10]\nzh = "甲"\nflows = ["*"]',
        '[V10]\nzh = "甲"\nen = "a"',
        '[V10]\nzh = "甲"\nen = "a"\nnever = true\nflows = ["*"]',
        '[V10]\nzh = "甲"\nen = "a"\nflows = ["police"]',
        '[V10]\nzh = "甲"\nen = "a"\nflows = ["police>customs"]',
        '[V10]\nzh = "甲"\nen = "a"\nflows = ["*"]\ncolour = "red"',
    ],
    ids=["code", "no English", "goes nowhere", "never and yet", "half a flow", "unknown agency", "unknown member"],
)
def test_a_malformed_matrix_is_refused(source: str) -> None:
    with pytest.raises(Problem, match=r"volume\.matrix-inconsistent"):
        volumes.read(source)
