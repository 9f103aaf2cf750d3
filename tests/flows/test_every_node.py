"""Every node of the catalogue, walked: real adapters and a real hub in one process, cases made from the data alone.

At each node: its package is accepted where it may stand; a wrong sender and a missing document are refused, by the
sender's own adapter and by the hub; what it presupposes and is not there is a finding, and a refusal only for a
feedback without its request. One case a category, so that `-k` and a worker can take some of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from messages.problems import ProblemList
from standards.judging import conditions
from standards.nodes import Node, catalogue
from tests.flows import every_node
from tests.flows.every_node import Case, Walker, walker
from tests.flows.node_ways import before, between, papers, ranks, volume_kind, wrong_sender
from tests.scene.agencies import OF_TYPE

UNMET = {"rule.precondition-unmet", "rule.precondition-unknown"}


@cache
def categories() -> dict[str, list[Node]]:
    """The nodes of each category, none before one that it needs."""
    found: dict[str, list[Node]] = {}
    for node in sorted(catalogue(), key=lambda node: (ranks()[node.id], node.id)):
        found.setdefault(node.code, []).append(node)
    return dict(sorted(found.items()))


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walker]:
    """One hub and its agencies for all categories."""
    with walker(tmp_path_factory.mktemp("every-node")) as made:
        yield made


@pytest.mark.parametrize("code", categories())
def test_is_accepted_where_it_may_stand(code: str, around: Walker) -> None:
    case = Case()
    for node in categories()[code]:
        case = around.case_for(case, node)
        pushed = around.accept(case, node)
        assert pushed.receipt, node.id
        assert not [found for found in pushed.findings if found["code"] in UNMET], node.id
    around.pull(case, categories()[code][-1])


@pytest.mark.parametrize("code", categories())
def test_a_wrong_sender_is_refused(code: str, around: Walker) -> None:
    for node in categories()[code]:
        wrong, receiver = wrong_sender(node), between(node)[1]
        assert around.judged(node, (wrong, receiver)) == (["rule.D-02"], []), node.id
        folder = around.case_dir(node, None, wrong)
        assert "rule.D-02" in refused(around, folder, node, wrong), node.id


@pytest.mark.parametrize("code", categories())
def test_a_missing_document_is_refused(code: str, around: Walker) -> None:
    for node in categories()[code]:
        sender, receiver = between(node)
        for lacking, problem in lackings(node):
            assert around.judged(node, (sender, receiver), leave_out=lacking) == ([problem], []), (node.id, lacking)
            folder = around.case_dir(node, None, sender, leave_out=lacking)
            assert problem in refused(around, folder, node, sender), (node.id, lacking)


@pytest.mark.parametrize("code", categories())
def test_what_it_presupposes_is_a_finding(code: str, around: Walker) -> None:
    """A refusal only for a feedback without its request; with it, whatever else is lacking is a finding again."""
    for node in categories()[code]:
        parties = between(node)
        if node.kind == "feedback":
            assert around.judged(node, parties) == (["rule.D-03"], []), node.id
        passed = node.replies_to[:1] if node.kind == "feedback" else ()
        unmet = [clause for clause in node.preconditions if not set(clause) & set(passed)]
        refusals, findings = around.judged(node, parties, passed)
        told = [finding.params["wanted"] for finding in findings if finding.code in UNMET]
        assert refusals == [], node.id
        assert told == ["/".join(clause) for clause in unmet], node.id


def test_every_node_is_walked_and_none_by_name() -> None:
    assert {node.id for nodes in categories().values() for node in nodes} == {node.id for node in catalogue()}
    assert set(OF_TYPE) == {node.sender for node in catalogue()} | {node.receiver for node in catalogue()}
    assert all(papers(node) or node.volumes for node in catalogue())
    assert any(conditions.is_node(way) for node in catalogue() for ways in before(node) for way in ways)


def test_a_type_that_nobody_leads_to_starts_cases_of_its_own(around: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_node, "only_starts", lambda kind: kind == "justice")
    node = next(node for node in catalogue() if node.sender == "justice" and not before(node))
    begun = Case(inside={OF_TYPE["police"]})
    assert around.case_for(begun, node) is not begun
    begun.inside.add(OF_TYPE["justice"])
    assert around.case_for(begun, node) is begun
    monkeypatch.setattr(every_node, "ways_in", lambda _kind: [])
    with pytest.raises(AssertionError, match="no node without preconditions and volumes leads from justice, police"):
        around.introduce(begun, OF_TYPE["prison"])


def refused(around: Walker, folder: Path, node: Node, sender: str) -> set[str]:
    """The codes for which the sender's own adapter lets nothing leave."""
    with pytest.raises(ProblemList) as caught:
        around.here[sender].check(folder, node=node.id)
    return {problem.code for problem in caught.value.problems}


def lackings(node: Node) -> Iterator[tuple[str, str]]:
    """What to leave out, and the code that it earns: the first paper that is needed, and the first volume."""
    if node.documents:
        needed = any(not requirement.optional for requirement in node.documents)
        if needed or not node.volumes:
            yield papers(node)[0], "rule.D-04" if needed else "rule.D-04-any"
    for kinds in node.volumes[:1]:
        yield f"{volume_kind(node, kinds)}-01", "rule.D-04-volume"
