"""An invented case, as the records of its hops tell it. All persons are made up (张某示例)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from standards.nodes import Node, catalogue
from standards.record.history import HistoryEntry

Json = dict[str, Any]
NOW = datetime.fromisoformat("2024-12-02T08:00:00+08:00")

CASE_UID = "01890a5d-ac96-774b-bcce-b302099a8057"
ZHANG = "01890a5d-ac96-774b-bcce-b302099a8058"
LI = "01890a5d-ac96-774b-bcce-b302099a8059"


def coded(display: str, system: str = "test.codes", code: str = "1") -> Json:
    return {"codings": [{"system": system, "version": "1", "code": code, "display": display}]}


def person(uid: str, name: str) -> Json:
    return {
        "person_uid": uid,
        "kind": "natural",
        "roles": [{"role": "suspect"}],
        "name": name,
        "sex": coded("男"),
        "birth_date": "1990-01-02",
        "certificates": [{"type": coded("居民身份证"), "number": "000000000000000000"}],
        "ethnicity": coded("汉族"),
        "domicile": {"text": "示例省示例市"},
        "arrival": {"manner": "抓获", "at": "2024-03-04T08:00:00+08:00"},
    }


def measure(uid: str, person_uid: str, display: str, executed_at: str, **more: Any) -> Json:
    return {
        "measure_uid": uid,
        "person_uid": person_uid,
        "measure": coded(display),
        "executed_at": executed_at,
        **more,
    }


def paper(uid: str, doc_type: str, issue_date: str, **more: Any) -> Json:
    return {"doc_uid": uid, "doc_type": doc_type, "issue_date": issue_date, **more}


def base_record() -> Json:
    return {
        "schema": "casehub/record/v1",
        "case": {
            "case_uid": CASE_UID,
            "name": "张某示例盗窃案",
            "filing_date": "2024-03-01",
            "investigating_organ": {"type": "police", "code": "350102000000", "name": "示例公安局"},
            "brief_facts": "示例案情。",
            "offence_from": "2024-02-27T22:00:00+08:00",
            "offence_to": "2024-02-27",
        },
        "persons": [person(ZHANG, "张某示例")],
        "charges": [{"charge_uid": "c1", "person_uid": ZHANG, "crime": coded("盗窃案"), "main": True}],
        "measures": [measure("m1", ZHANG, "拘留", "2024-03-04T09:40:00+08:00")],
        "documents": [paper("d1", "F0301", "2024-03-06")],
    }


@pytest.fixture
def record() -> Json:
    """The record at N-ARR-001, in order in every respect."""
    return base_record()


PROCURATORATE = "procuratorate:350102"
JUDGMENT = {
    "decision_uid": "x1",
    "node": "N-TRI-032",
    "kind": "judgment",
    "person_uid": ZHANG,
    "decided_at": "2024-09-20",
    "effective_date": "2024-10-09",
    "terms": {"announced": "in-court"},
}


def _accept(case: Json, business: str, day: str) -> None:
    case.setdefault("acceptances", []).append({"agency": PROCURATORATE, "business": business, "accepted_at": day})


def _arrest(record: Json) -> None:
    record["measures"][0]["ended_at"] = "2024-03-13"
    record["measures"].append(measure("m2", ZHANG, "逮捕", "2024-03-13T10:00:00+08:00"))


# node, the paper that it brings (uid, type, date, service), what else its sender knows by then
STEPS: list[tuple[str, tuple[str, str, str, str], Callable[[Json], Any]]] = [
    ("N-ARR-001", ("", "", "", ""), lambda r: None),
    ("N-ARR-002", ("d2", "F0801", "2024-03-06", ""), lambda r: _accept(r["case"], "审查逮捕", "2024-03-06")),
    ("N-ARR-011", ("d3", "F0302", "2024-03-12", ""), lambda r: None),
    ("N-ARR-014", ("d4", "F0306", "2024-03-14", ""), _arrest),
    (
        "N-PRO-001",
        ("d5", "F0401", "2024-05-06", ""),
        lambda r: r["case"].update(investigation_closed_date="2024-05-06"),
    ),
    ("N-PRO-002", ("d6", "F0801", "2024-05-07", ""), lambda r: _accept(r["case"], "一审公诉", "2024-05-07")),
    ("N-SPI-001", ("d7", "F0402", "2024-06-06", "2024-06-06"), lambda r: r["case"].update(return_count=1)),
    ("N-SPI-002", ("d8", "F0404", "2024-07-04", ""), lambda r: None),
    ("N-SPI-011", ("", "", "", ""), lambda r: None),
    ("N-IND-001", ("d9", "F0501", "2024-08-02", "2024-08-05"), lambda r: None),
    ("N-IND-004", ("d10", "F0802", "2024-08-09", ""), lambda r: None),
    ("N-TRI-032", ("d11", "F0601", "2024-09-20", "2024-09-24"), lambda r: r.update(decisions=[JUDGMENT])),
    ("N-TRI-034", ("", "", "", ""), lambda r: None),
]


def _journey() -> list[tuple[str, Json]]:
    """The hops of the demo, each with the record that its sender tells; legal dates long before the hub's receipt."""
    told, hops = base_record(), []
    for node, (uid, doc_type, issued, served), learn in STEPS:
        if uid:
            more = {"served": [{"served_at": served}]} if served else {}
            told["documents"].append(paper(uid, doc_type, issued, **more))
        learn(told)
        hops.append((node, copy.deepcopy(told)))
    return hops


@pytest.fixture
def journey() -> list[tuple[str, Json]]:
    """Node and record of every hop of the demo, in order."""
    return _journey()


@pytest.fixture
def history() -> Callable[..., list[HistoryEntry]]:
    """Makes a history of accepted transfers at the nodes given, oldest first, all received at one moment."""

    def make(
        *nodes: str, received_at: str = "2024-12-01T00:00:00.000Z", status: str = "acknowledged"
    ) -> list[HistoryEntry]:
        return [_entry(catalogue().get(node), number, received_at, status) for number, node in enumerate(nodes)]

    return make


def _entry(node: Node, number: int, received_at: str, status: str) -> HistoryEntry:
    return HistoryEntry(
        transfer_id=f"t{number}",
        node=node.id,
        sender=f"{node.sender}:1",
        receiver=f"{node.receiver}:1",
        received_at=received_at,
        in_reply_to=None,
        status=status,
    )
