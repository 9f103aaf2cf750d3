"""The catalogue as it is released: its extent, and that every node works with the parts that use it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from typing import Any

import pytest

import messages
from standards.documents import document_types
from standards.judging import completeness
from standards.judging.procedure import answers_open_request
from standards.nodes import Node, Requirement, catalogue
from standards.nodes.stages import ANY, stage_name, stages, status_name, statuses
from standards.record.history import HistoryEntry
from tests.counting import calls
from tests.standards.judged import evaluate

Json = dict[str, Any]
NOW = datetime.fromisoformat("2024-12-02T08:00:00+08:00")
THREE = frozenset({"police", "procuratorate", "court"})
NODES = list(catalogue())

# category: nodes, of the core, of the core between police, procuratorate and court
EXTENT = """
ABS 8  0  0     EXE 20 4  1     NPR 19 10 10
AID 18 4  0     FIL 13 4  4     PAR 39 0  0
APP 22 7  7     HAN 33 12 0     PLE 13 5  3
ARR 38 20 20    IND 16 10 10    PRO 19 8  8
BRG 16 3  0     JUV 25 3  3     PRP 18 6  6
CIV 9  1  1     LSV 16 6  6     RET 13 2  2
CMS 40 10 10    MED 21 2  2     SPI 13 5  5
CON 18 1  1     NEC 8  4  4     SUV 27 4  4
COR 43 4  1     CUS 18 9  7     TRI 42 15 15
DEA 12 0  0     DET 22 7  0
"""


def test_the_extent_of_the_catalogue() -> None:
    told = {code: tuple(map(int, found.split())) for code, found in re.findall(r"([A-Z]{3})((?: +\d+){3})", EXTENT)}
    found = Counter((node.code, node.core, node.agencies <= THREE) for node in NODES)
    for code, extent in told.items():
        core = found[code, True, True]
        among = core + found[code, True, False]
        assert (sum(n for (c, *_), n in found.items() if c == code), among, core) == extent, code
    assert tuple(map(sum, zip(*told.values(), strict=True))) == (619, 166, 130)
    assert len(told) == 29
    assert set(told) == {node.code for node in NODES}


def test_the_catalogue_costs_little_more_than_its_files_and_only_once() -> None:
    found = [each for each in resources.files("standards.nodes").iterdir() if each.name.endswith(".toml")]
    files = [each.read_text("utf-8") for each in found]
    with calls() as floor:
        for text in files:
            tomllib.loads(text)
    catalogue.cache_clear()
    with calls() as first:
        assert len(catalogue()) == len(NODES)
    with calls() as again:
        assert len(catalogue()) == len(NODES)
    print("CALLS", floor, first, again)
    assert first.count < 2 * floor.count, "every command may read it"
    assert again.count < 10


def test_names_are_chinese_and_english() -> None:
    named = [
        *((node.zh, node.en) for node in NODES),
        *((each.zh, each.en) for each in document_types().values()),
        *((each.zh, each.en) for each in (*stages().values(), *statuses().values())),
    ]
    for zh, en in named:
        assert re.search(r"[\u4e00-\u9fff]", zh), zh
        assert en.isascii(), en
        assert not re.search(r"[(),:;?]", zh), f"half-width punctuation: {zh}"
    assert len({node.zh for node in NODES}) == len({node.en for node in NODES}) == len(NODES)


def test_every_stage_and_status_is_reached_and_none_is_left_over() -> None:
    assert {node.stage for node in NODES} == set(stages())
    assert {node.effects.case_stage for node in NODES} - {""} == set(stages()) - {ANY}
    assert {node.effects.case_status for node in NODES} - {""} == set(statuses())
    assert stage_name("retrial") == "审判监督"
    assert status_name("judged", "en") == "judged at first instance"
    assert (stage_name("lunch"), status_name("lunch")) == ("lunch", "lunch")


def test_notes_speak_to_people() -> None:
    for node in NODES:
        assert not re.search(r"\b[RMCJ]\d+|\bP\d+[DMY]\b", node.notes), node.notes


def declared(documents: list[str], volumes: list[str]) -> list[Json]:
    found = [{"number": f"{kind}-01", "kind": kind, "files": 0, "pages": 0, "documents": []} for kind in volumes]
    listed = [{"doc_type": code, "files": 1, "pages": 1} for code in documents]
    papers = {"number": "V00-01", "kind": "V00", "files": len(listed), "pages": len(listed), "documents": listed}
    return [papers, *found]


def refused(node: Node, documents: list[str], volumes: list[str], **parties: str) -> list[str]:
    return [each.code for each in completeness.refusals(node, declared(documents, volumes), **parties)]


def first(requirements: list[Requirement]) -> list[str]:
    return [each.any_of[0] for each in requirements]


@pytest.mark.parametrize("code", sorted({node.code for node in NODES}))
def test_what_a_node_asks_for_is_enough_and_each_of_it_is_needed(code: str) -> None:
    for node in (each for each in NODES if each.code == code):
        needed = [each for each in node.documents if not each.optional] or list(node.documents[:1])
        volumes = [clause[0] for clause in node.volumes]
        assert refused(node, first(needed), volumes) == [], node.id
        for index in range(len(needed)):
            fewer = first(needed[:index] + needed[index + 1 :])
            assert refused(node, fewer, volumes) in (["rule.D-04"], ["rule.D-04-any"]), node.id
        for alternative in (code for each in needed for code in each.any_of):
            assert alternative in document_types()
        assert not volumes or "rule.D-04-volume" in refused(node, first(needed), []), node.id
        wrong = next(each for each in sorted(THREE) if each != node.sender)
        assert refused(node, first(needed), volumes, sender=wrong) == ["rule.D-02"], node.id


def test_a_feedback_has_its_request_and_nothing_else() -> None:
    for node in NODES:
        for request in node.replies_to:
            open_request = [
                HistoryEntry(
                    transfer_id="t",
                    node=request,
                    sender="a:1",
                    receiver="b:1",
                    received_at="2024-12-01T00:00:00.000Z",
                    in_reply_to=None,
                    status="acknowledged",
                )
            ]
            assert answers_open_request(node, open_request, sender="b:1", receiver="a:1", in_reply_to="t")
        assert answers_open_request(node, []) is (node.kind != "feedback"), node.id


def test_every_node_is_evaluated_and_leads_the_case_somewhere_known(
    record: Json, history: Callable[..., list[HistoryEntry]]
) -> None:
    for node in NODES:
        passed = history(*{token for clause in node.preconditions for token in clause if token.startswith("N-")})
        found = evaluate(node, passed, record, NOW)
        assert all(each.code in messages.catalogue() for each in found), node.id
        assert node.effects.case_stage in {None, "", *stages()}, node.id
        assert node.effects.case_status in {None, "", *statuses()}, node.id
