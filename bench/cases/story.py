"""One sample case told hop by hop: who sends what at which node, on which day, and what the sender's record then says.

Legal dates are counted back from yesterday and respect every term, so that the standard's rules find nothing. All
persons and facts are invented (示例).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stdnum.cn import ric

import codebooks
from bench.cases.folder import Sheet
from evidence.identifiers import uuid7
from standards.terms.deadlines import due
from standards.times import day

Json = dict[str, Any]
Tell = Callable[[Json, "Calendar"], None]

POLICE, PROCURATORATE, COURT = "police:350102000000", "procuratorate:350102", "court:350102"
NAMES = {
    POLICE: "榕城市鼓山县公安局（示例）",
    PROCURATORATE: "鼓山县人民检察院（示例）",
    COURT: "鼓山县人民法院（示例）",
}

# Days from detention on; the last is yesterday.
OFFENCE, FILED, DETAINED, REQUESTED, ACCEPTED_ARREST, APPROVED, ARRESTED, EXECUTED = -6, -3, 0, 3, 3, 8, 9, 10
TRANSFERRED, ACCEPTED_PROSECUTION, RETURNED, RESENT, ACCEPTED_AGAIN = 55, 56, 76, 96, 97
INDICTED, ACCEPTED_COURT, JUDGED, SERVED, TOLD = 118, 121, 147, 149, 174


@dataclass(frozen=True)
class Calendar:
    """The story's days, given the last one."""

    last: date

    def day(self, offset: int) -> date:
        """The day so many days after the detention."""
        return self.last - timedelta(days=TOLD - offset)

    def text(self, offset: int) -> str:
        """The same as ISO text."""
        return self.day(offset).isoformat()

    def effective(self) -> str:
        """The day on which the judgment takes effect: the one after the ten days of appeal, holidays counted
        (刑诉法第230条、第105条). The longest holiday leaves it before the last day of the story."""
        return (day(due(self.day(SERVED), "P10D", custody=False).at) + timedelta(days=1)).isoformat()

    def at(self, offset: int, clock: str) -> str:
        """An instant on that day in China."""
        return f"{self.text(offset)}T{clock}:00+08:00"


@dataclass(frozen=True)
class Paper:
    """One of the node's own documents (文书)."""

    doc_type: str
    title: str
    doc_no: str


@dataclass(frozen=True)
class Hop:
    """One transfer. `answers` is the node of the hop that it replies to, `reuses` those whose volumes it carries."""

    node: str
    sender: str
    receiver: str
    day: int
    papers: tuple[Paper, ...]
    tell: Tell
    answers: str | None = None
    reuses: tuple[str, ...] = ()


def coding(system: str, code: str) -> Json:
    """A coded value in its own system's words."""
    release = codebooks.load()
    concept = release.lookup(system, code)
    assert concept is not None, f"{system} {code}"
    version = release.system(system).header.version
    return {"codings": [{"system": system, "version": version, "code": code, "display": concept.display}]}


def organ(agency: str) -> Json:
    """An agency as it stands in the record."""
    kind, _, code = agency.partition(":")
    return {"type": kind, "code": code, "name": NAMES[agency]}


def identity_number(birth: str, sequence: int) -> str:
    """An invented GB 11643 number of the sample county with a right check digit."""
    body = f"350102{birth.replace('-', '')}{sequence:03}"
    return body + ric.calc_check_digit(body + "0")


def numbers(year: int) -> dict[str, tuple[str, str]]:
    """The case's number at each agency: kind and value."""
    return {
        POLICE: ("AJBH", f"A350102000000{year}030012"),
        PROCURATORATE: ("TYSAH", f"350102{year}0001200"),
        COURT: ("AH", f"（{year}）闽0102刑初123号"),
    }


def opening(days: Calendar) -> Json:
    """The police bureau's record when it asks for arrest: two suspects, theft and dealing in its proceeds."""
    first, second = (
        _person(days, 1, "陈某甲（示例）", "1990-01-02", "1"),
        _person(days, 2, "林某乙（示例）", "1986-07-21", "2"),
    )
    year = days.day(FILED).year
    kind, value = numbers(year)[POLICE]
    thief, fence = first["person_uid"], second["person_uid"]
    return {
        "schema": "casehub/record/v1",
        "case": {
            "case_uid": uuid7(),
            "refs": [{"agency": POLICE, "kind": kind, "value": value}],
            "name": "陈某甲（示例）等人盗窃案",
            "filing_date": days.text(FILED),
            "investigating_organ": organ(POLICE),
            "brief_facts": "示例：陈某甲三次入户窃取财物，林某乙明知系赃物而代为销售。",
            "offence_from": days.at(OFFENCE, "01:30"),
            "offence_to": days.at(OFFENCE, "03:10"),
            "offence_place": {"division": coding("gb.division", "350102"), "text": "示例路 8 号"},
            "joint_crime": False,
            "person_count": 2,
            "unit_crime": False,
            "plea_lenient": True,
            "secrecy": "none",
            "juvenile": False,
            "foreign": False,
            "supervised": False,
            "stage": "arrest_review",
        },
        "persons": [first, second],
        "charges": [
            _charge(thief, "arrest-request", coding("police.case-class", "050200"), "12600.00"),
            _charge(fence, "arrest-request", coding("police.case-class", "060257"), "8400.00"),
        ],
        "measures": [
            _measure(person, days, "302", DETAINED, "08:30", POLICE, "榕公（鼓）拘字〔{year}〕{number:05}号", number)
            for number, person in ((11, thief), (12, fence))
        ],
        "property": [
            {
                "property_uid": uuid7(),
                "kind": "物品",
                "name": "手机（示例）",
                "quantity": "2",
                "unit": "部",
                "value": "8400.00",
                "currency": "CNY",
                "measure": "扣押",
                "date": days.text(DETAINED),
                "is_evidence": True,
            }
        ],
        "documents": [],
        "decisions": [],
    }


def _person(days: Calendar, number: int, name: str, birth: str, sex: str) -> Json:
    year = days.day(FILED).year
    return {
        "person_uid": uuid7(),
        "refs": [{"agency": POLICE, "kind": "RYBH", "value": f"R350102000000{year}03{number:04}"}],
        "kind": "natural",
        "roles": [{"role": "suspect", "since": days.text(FILED)}],
        "name": name,
        "name_self_reported": False,
        "sex": coding("gb.sex", sex),
        "birth_date": birth,
        "certificates": [
            {
                "type": coding("police.certificate-type", "111"),
                "number": identity_number(birth, 10 * number + (1 if sex == "1" else 2)),
            }
        ],
        "ethnicity": coding("police.ethnic-group", "01"),
        "education": coding("gb.education", "70"),
        "domicile": {"division": coding("gb.division", "350102"), "text": "示例街 1 号"},
        "residence": {"division": coding("gb.division", "350102"), "text": "示例街 1 号"},
        "juvenile": False,
        "arrival": {"manner": "抓获", "at": days.at(DETAINED, "07:40")},
    }


def _charge(person: str, stage: str, crime: Json, amount: str) -> Json:
    return {
        "charge_uid": uuid7(),
        "person_uid": person,
        "stage": stage,
        "crime": crime,
        "main": True,
        "amount": {"value": amount, "currency": "CNY"},
    }


def _measure(
    person: str, days: Calendar, code: str, offset: int, clock: str, agency: str, pattern: str, number: int
) -> Json:
    return {
        "measure_uid": uuid7(),
        "person_uid": person,
        "measure": coding("police.coercive-measure", code),
        "decided_by": organ(agency),
        "executed_by": organ(POLICE),
        "decided_at": days.at(offset, clock),
        "executed_at": days.at(offset, clock),
        "document_no": pattern.format(year=days.day(offset).year, number=number),
    }


def rng_seed(seed: str, *parts: object) -> int:
    """A seed for one file of the story, the same on every machine."""
    return int.from_bytes(hashlib.sha256("/".join([seed, *map(str, parts)]).encode()).digest()[:8], "big")


def next_record(hop: Hop, base: Json, days: Calendar) -> Json:
    """What the sender's record says at `hop`: the record it had, its own number, its papers, and what is new."""
    record = copy.deepcopy(base)
    kind, value = numbers(days.day(FILED).year)[hop.sender]
    if (hop.sender, value) not in {(ref["agency"], ref["value"]) for ref in record["case"]["refs"]}:
        record["case"]["refs"].append({"agency": hop.sender, "kind": kind, "value": value})
    for paper in hop.papers:
        record.setdefault("documents", []).append(
            {
                "doc_uid": uuid7(),
                "doc_type": paper.doc_type,
                "title": paper.title,
                **({"doc_no": paper.doc_no.format(year=days.day(hop.day).year)} if paper.doc_no else {}),
                "issuing_organ": organ(hop.sender),
                "issue_date": days.text(hop.day),
                "sealed": True,
            }
        )
    hop.tell(record, days)
    return record


def paper_sheet(paper: Paper, day: date, responsible: str) -> Sheet:
    """The paper as a one-page document."""
    lines = ("示例文书，人物和事实均为虚构。",)
    doc_no = paper.doc_no.format(year=day.year)
    return Sheet(paper.doc_type, paper.title, 1, day=day, doc_no=doc_no, responsible=responsible, lines=lines)
