"""The catalogue as it is released: its extent, and that every node works with the parts that use it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

import messages
from standards.documents import document_types
from standards.domains import texts
from standards.judging import completeness
from standards.judging.procedure import answers_open_request
from standards.nodes import Node, Requirement, catalogue
from standards.nodes.stages import ANY, stage_name, stages, status_name, statuses
from standards.record.history import HistoryEntry
from tests.counting import calls
from tests.scene.judging import evaluate, passed

Json = dict[str, Any]
NOW = datetime.fromisoformat("2024-12-02T08:00:00+08:00")
THREE = frozenset({"police", "procuratorate", "court"})
NODES = list(catalogue())


def test_a_file_holds_one_category_and_all_of_it() -> None:
    codes = {name: set(re.findall(r"^\[N-([A-Z]{3})-", text, re.MULTILINE)) for name, text in texts("nodes").items()}
    assert all(len(found) == 1 for found in codes.values()), codes
    found = [code for each in codes.values() for code in each]
    assert len(found) == len(set(found)), "a category stands in two files"
    assert set(found) == {node.code for node in NODES}


def test_the_core_is_a_part_of_every_stage_of_the_main_line() -> None:
    core = [node for node in NODES if node.core]
    assert 0 < len(core) < len(NODES)
    assert {"FIL", "ARR", "PRO", "SPI", "IND", "TRI", "APP"} <= {node.code for node in core if node.agencies <= THREE}


def test_the_catalogue_costs_little_more_than_its_files_and_only_once() -> None:
    files = texts("nodes").values()
    with calls() as floor:
        for text in files:
            tomllib.loads(text)
    catalogue.cache_clear()
    with calls() as first:
        assert len(catalogue()) == len(NODES)
    with calls() as again:
        assert len(catalogue()) == len(NODES)
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
            open_request = [passed(request, "t", parties=("a:1", "b:1"))]
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
