"""Records of one invented case (张某示例盗窃案): as the police export it, and as the hops of the demo tell it.

All persons are made up. What a record holds beyond the skeleton is what its tests ask about.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.scene.agencies import NAMES, POLICE, PROCURATORATE

Json = dict[str, Any]

CASE_UID = "01890a5d-ac96-774b-bcce-b302099a8057"
ZHANG = "01890a5d-ac96-774b-bcce-b302099a8058"
LI = "01890a5d-ac96-774b-bcce-b302099a8059"
ORGAN = {"type": "police", "code": "350102000000", "name": NAMES[POLICE]}


def coded(system: str, code: str, display: str = "", **more: str) -> Json:
    """A coded value with one coding."""
    shown = {"display": display} if display else {}
    return {"codings": [{"system": system, "code": code, **shown, **more}]}


def worded(display: str, system: str = "test.codes", code: str = "1") -> Json:
    """A coded value of which only the words count."""
    return coded(system, code, display, version="1")


def suspect(uid: str, name: str = "张某示例", **more: Any) -> Json:
    """A natural person under suspicion."""
    told = {"kind": "natural", "roles": [{"role": "suspect"}], "name": name, "birth_date": "1990-01-02"}
    return {"person_uid": uid, **told, **more}


def measure(uid: str, person_uid: str, taken: Json | str, executed_at: str, **more: Any) -> Json:
    """A measure against a person, coded or in words alone."""
    value = worded(taken) if isinstance(taken, str) else taken
    return {"measure_uid": uid, "person_uid": person_uid, "measure": value, "executed_at": executed_at, **more}


def paper(uid: str, doc_type: str, issue_date: str, **more: Any) -> Json:
    """A document of the case."""
    return {"doc_uid": uid, "doc_type": doc_type, "issue_date": issue_date, **more}


def theft(case: Json, person: Json, charge: Json, **sections: Any) -> Json:
    """A record of one suspect and one charge; `case` holds at least its uid, `charge` its uid and crime."""
    head = {"name": "张某示例盗窃案", "investigating_organ": ORGAN}
    accused = {"person_uid": person["person_uid"]}
    return {
        "schema": "casehub/record/v1",
        "case": {**head, **case},
        "persons": [person],
        "charges": [{**accused, **charge}],
        **sections,
    }


def police_record(number: str = "A3501020000002026030001") -> Json:
    """A record as the police would export it: one suspect, one charge, detained."""
    case, person, charge, measured = (f"019ab6f8-0000-7000-8000-00000000000{n}" for n in range(1, 5))
    ref = {"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026030001"}
    return theft(
        {
            "case_uid": case,
            "refs": [{"agency": POLICE, "kind": "AJBH", "value": number}],
            "filing_date": "2026-03-01",
            "brief_facts": "张某示例于2026年2月28日盗窃他人手机一部（示例）。",
        },
        suspect(person, refs=[ref], sex=coded("gb.sex", "1", "男")),
        {"charge_uid": charge, "crime": coded("police.case-class", "050200", "盗窃案")},
        measures=[
            measure(measured, person, coded("police.coercive-measure", "03", "刑事拘留"), "2026-03-02T09:00:00+08:00")
        ],
    )


def person(uid: str, name: str) -> Json:
    """A suspect of whom all is told that the demo's nodes ask for."""
    return suspect(
        uid,
        name,
        sex=worded("男"),
        certificates=[{"type": worded("居民身份证"), "number": "000000000000000000"}],
        ethnicity=worded("汉族"),
        domicile={"text": "示例省示例市"},
        arrival={"manner": "抓获", "at": "2024-03-04T08:00:00+08:00"},
    )


def base_record() -> Json:
    """The record at N-ARR-001, in order in every respect."""
    return theft(
        {
            "case_uid": CASE_UID,
            "filing_date": "2024-03-01",
            "brief_facts": "示例案情。",
            "offence_from": "2024-02-27T22:00:00+08:00",
            "offence_to": "2024-02-27",
        },
        person(ZHANG, "张某示例"),
        {"charge_uid": "c1", "crime": worded("盗窃案"), "main": True},
        measures=[measure("m1", ZHANG, "拘留", "2024-03-04T09:40:00+08:00")],
        documents=[paper("d1", "F0301", "2024-03-06")],
    )


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


def journey() -> list[tuple[str, Json]]:
    """The hops of the demo, each with the record that its sender tells; legal dates long before the hub's receipt."""
    told, hops = base_record(), []
    for node, (uid, doc_type, issued, served), learn in STEPS:
        if uid:
            more = {"served": [{"served_at": served}]} if served else {}
            told["documents"].append(paper(uid, doc_type, issued, **more))
        learn(told)
        hops.append((node, copy.deepcopy(told)))
    return hops
