"""What a modified adapter skips: the hub refuses an incomplete package itself, and lets through what is only late."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from evidence.identifiers import uuid7
from evidence.statements import SignedStatement
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.drafts import Draft, Json
from tests.scene.stage import Refusal, Stage, stage

Volumes = Mapping[str, Mapping[str, int]]
WHOLE: Volumes = {"V00-01": {"F0301": 2}, "V10-01": {"E0201": 3}, "V20-01": {"E0501": 8}}
ARREST = "N-ARR-001"


@dataclass(frozen=True)
class Scene:
    """A stage, and the record of the sample case as the police have it."""

    at: Stage
    record: Json

    def fresh(self) -> Json:
        """The record as that of a case that nobody has met."""
        record: Json = json.loads(json.dumps(self.record))
        record["case"]["case_uid"] = uuid7()
        record["case"]["refs"] = []
        return record


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with stage(tmp_path_factory.mktemp("incomplete")) as at:
        record = at.catch(at.here.case_dir()).record
        at.new_marks()
        yield Scene(at, record)


def without(number: str) -> Volumes:
    return {name: documents for name, documents in WHOLE.items() if name != number}


@dataclass(frozen=True)
class Case:
    """A package that is not complete, and what it gets."""

    volumes: Volumes
    expected: Refusal
    codes: tuple[str, ...] = ()
    node: str = ARREST


INCOMPLETE = {
    "request for arrest missing (D-04)": Case(
        {**WHOLE, "V00-01": {"F0302": 2}}, Refusal(422, "rule.D-04", "sender", ARREST)
    ),
    "no papers at all (D-04)": Case(without("V00-01"), Refusal(422, "rule.D-04", "sender", ARREST)),
    "no case volumes (D-04)": Case({"V00-01": {"F0301": 2}}, Refusal(422, "rule.D-04-volume", "sender", ARREST)),
    "the investigators' inner volume (D-06)": Case(
        {**WHOLE, "V80-01": {"E0501": 1}}, Refusal(422, "rule.D-06", "sender", "V80-01")
    ),
    "secret investigation (D-06)": Case(
        {**WHOLE, "V81-01": {"E0501": 1}}, Refusal(422, "rule.D-06", "sender", "V81-01")
    ),
    "a volume that is not the police's to send (D-06)": Case(
        {**WHOLE, "V40-01": {"E0501": 1}}, Refusal(422, "rule.D-06-receiver", "sender", "V40-01")
    ),
    "an internal paper among the others (D-06)": Case(
        {**WHOLE, "V20-01": {"E0501": 8, "F9902": 1}}, Refusal(422, "rule.D-06-paper", "sender", "V20-01")
    ),
    "a kind of volume that nobody knows": Case(
        {**WHOLE, "V99-01": {"E0501": 1}}, Refusal(422, "volume.unknown-kind", "sender", "V99-01")
    ),
    "several at once": Case(
        {"V00-01": {"F0302": 2}, "V80-01": {"F9902": 1}},
        Refusal(422, "package.incomplete", "sender", inside=(ARREST, ARREST, "V80-01", "V80-01")),
        ("rule.D-04", "rule.D-04-volume", "rule.D-06", "rule.D-06-paper"),
    ),
    "an answer to nothing (D-03)": Case(
        {"V00-01": {"F0306": 1}}, Refusal(409, "rule.D-03", "sender", "/envelope/in_reply_to"), node="N-ARR-014"
    ),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_an_incomplete_package_is_refused_at_the_hub(scene: Scene, name: str) -> None:
    case = INCOMPLETE[name]
    draft = scene.at.package(scene.fresh(), case.node, case.volumes)
    scene.at.new_marks()
    with scene.at.nothing_moves():
        answer = scene.at.submit(draft.wire())
    scene.at.refused(answer, case.expected, trail=draft.transfer_id)
    if case.codes:
        assert tuple(problem["code"] for problem in answer.json()["problems"]) == case.codes


def test_the_same_package_made_whole_is_received(scene: Scene) -> None:
    assert scene.at.submit(scene.at.package(scene.fresh(), ARREST, WHOLE).wire()).status_code == 201


def told(scene: Scene, draft: Draft) -> list[str]:
    """Submit; the codes of the findings, which stand alike in the answer, the receipt and the receiver's package."""
    answer = scene.at.submit(draft.wire(), agency=draft.envelope["sender"])
    assert answer.status_code == 201, answer.text
    body = answer.json()
    receipt = SignedStatement.from_json(body["receipt"]).unverified_body
    receiver = draft.envelope["receiver"]
    package = scene.at.send(receiver, "GET", f"/v1/transfers/{draft.transfer_id}").json()
    assert package["findings"] == body["findings"]
    assert package["receipt"] == body["receipt"]
    bare = [
        {name: value for name, value in item.items() if name not in ("zh", "en", "remedy_zh", "remedy_en")}
        for item in body["findings"]
    ]
    assert receipt["findings"] == bare
    for item in body["findings"]:
        assert item["zh"]
        assert item["en"]
        assert "{" not in item["zh"] + item["en"]
    scene.at.new_marks()
    return [item["code"] for item in body["findings"]]


def detained(record: Json, days_ago: int, scene: Scene) -> Json:
    """Everybody was detained so many days ago, and the request is of today."""
    since = scene.at.here.clock() - timedelta(days=days_ago)
    for measure in record["measures"]:
        measure["decided_at"] = measure["executed_at"] = since.strftime("%Y-%m-%dT09:00:00+08:00")
        measure.pop("ended_at", None)
    for document in record.get("documents", []):
        document["issue_date"] = scene.at.here.clock().strftime("%Y-%m-%d")
    return record


def test_a_late_filing_goes_through_with_its_finding(scene: Scene) -> None:
    in_time, late = (
        told(scene, scene.at.package(detained(scene.fresh(), days, scene), ARREST, WHOLE)) for days in (1, 60)
    )
    assert not {"rule.IR-01", "rule.IR-02"} & set(in_time)
    assert {"rule.IR-01", "rule.IR-02"} & set(late)


def test_an_unmet_precondition_goes_through_with_its_finding(scene: Scene) -> None:
    record = scene.fresh()
    record["case"].pop("investigation_closed_date", None)
    codes = told(scene, scene.at.package(record, "N-PRO-001", {**WHOLE, "V00-01": {"F0401": 4}}))
    assert {"rule.precondition-unmet", "rule.precondition-unknown"} & set(codes)


def test_a_third_return_goes_through_with_its_finding(scene: Scene) -> None:
    record = scene.fresh()
    first = scene.at.package(record, "N-PRO-001", {**WHOLE, "V00-01": {"F0401": 4}})
    told(scene, first)
    sent, found = first.transfer_id, []
    for count in (1, 2, 3):
        papers = {"V00-01": {"F0402": 1, "F0403": 1}}
        record["case"]["return_count"] = count
        back = scene.at.package(record, "N-SPI-001", papers, sender=PROCURATORATE, receiver=POLICE, in_reply_to=sent)
        found.append(told(scene, back))
        again = scene.at.package(
            record, "N-SPI-002", {"V00-01": {"F0404": 1}, "V30-01": {"E0501": 2}}, in_reply_to=back.transfer_id
        )
        told(scene, again)
        sent = again.transfer_id
    assert ["rule.IR-32" in codes for codes in found] == [False, False, True]


def test_an_answer_to_a_request_that_is_open_is_received_and_to_a_dead_one_is_not(scene: Scene) -> None:
    record = scene.fresh()
    request = scene.at.package(record, ARREST, WHOLE)
    told(scene, request)
    answers: Any = {"sender": PROCURATORATE, "receiver": POLICE, "in_reply_to": request.transfer_id}
    told(scene, scene.at.package(record, "N-ARR-002", {"V00-01": {"F0801": 1}}, **answers))
    decided = scene.at.package(record, "N-ARR-011", {"V00-01": {"F0302": 1}}, **answers)
    told(scene, decided)
    wrong = scene.at.package(record, "N-ARR-014", {"V00-01": {"F0306": 1}}, in_reply_to=request.transfer_id)
    answer = scene.at.submit(wrong.wire())
    scene.at.refused(answer, Refusal(409, "rule.D-03", "sender", "/envelope/in_reply_to"), trail=wrong.transfer_id)
    assert "N-ARR-011" in answer.json()["params"]["requests"].split("、")
    right = scene.at.package(record, "N-ARR-014", {"V00-01": {"F0306": 1}}, in_reply_to=decided.transfer_id)
    told(scene, right)
