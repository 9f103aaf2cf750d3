"""Who is who between an own export and the case that is known already."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.native import NativeCase
from adapters.native.matching import certificate_key, identify
from standards.record import Record
from tests.adapters.native.samples import sample

RYBH = {"agency": "police:350102000000", "kind": "RYBH", "value": "R1"}
OLD, NEW = "350102900102001", "350102199001020011"


def person(uid: str, **members: Any) -> dict[str, Any]:
    certificates = [{"type": {}, "number": number} for number in members.pop("numbers", [])]
    return {"person_uid": uid, "kind": "natural", "certificates": certificates, **members}


def run(own: list[dict[str, Any]], known: list[dict[str, Any]]) -> tuple[dict[str, str], list[str]]:
    case = NativeCase("police", "police:1", {"case": {"case_uid": "local:case:1"}, "persons": own})
    found = identify(case, Record.read({"case": {"case_uid": "c"}, "persons": known}))
    return dict(found.persons), [finding.code for finding in found.findings]


A, B = "local:person:1", "local:person:2"
CASES: dict[str, tuple[list[Any], list[Any], dict[str, str], list[str]]] = {
    "by number": ([person(A, refs=[RYBH])], [person("p", refs=[RYBH])], {A: "p"}, []),
    "by number in another width": (
        [person(A, refs=[{**RYBH, "value": "（2024）１"}])],
        [person("p", refs=[{**RYBH, "value": "(2024)1"}])],
        {A: "p"},
        [],
    ),
    "a number of another kind is another number": (
        [person(A, refs=[RYBH])],
        [person("p", refs=[{**RYBH, "kind": "DWBH"}])],
        {},
        [],
    ),
    "by certificate, 15 digits and 18": ([person(A, numbers=[OLD])], [person("p", numbers=[NEW])], {A: "p"}, []),
    "by name and birth, to be checked": (
        [person(A, name="张某示例", birth_date="1990-01-02")],
        [person("p", name="张某示例", birth_date="1990-01-02")],
        {A: "p"},
        ["native.match-by-name"],
    ),
    "a name alone is nobody": ([person(A, name="张某示例")], [person("p", name="张某示例")], {}, []),
    "a year of birth is not enough": (
        [person(A, name="阿明示例", birth_date="1990")],
        [person("p", name="阿明示例", birth_date="1990")],
        {},
        [],
    ),
    "two fit: none": (
        [person(A, name="张某示例", birth_date="1990-01-02")],
        [person(uid, name="张某示例", birth_date="1990-01-02") for uid in "pq"],
        {},
        ["native.match-ambiguous"],
    ),
    "two claim one: the first": (
        [person(A, numbers=[NEW]), person(B, numbers=[OLD])],
        [person("p", numbers=[NEW])],
        {A: "p"},
        ["native.match-taken"],
    ),
    "the better reason comes first, whatever the order": (
        [person(A, name="张某示例", birth_date="1990-01-02"), person(B, refs=[RYBH])],
        [person("p", refs=[RYBH], name="张某示例", birth_date="1990-01-02")],
        {B: "p"},
        ["native.match-taken"],
    ),
    "order does not matter": (
        [person(A, numbers=["E1"]), person(B, numbers=["E2"])],
        [person("q", numbers=["E2"]), person("p", numbers=["E1"])],
        {A: "p", B: "q"},
        [],
    ),
    "identity cleared up: same number, other name": (
        [person(A, refs=[RYBH], name="李某示例", birth_date="1991-02-03", numbers=[NEW])],
        [person("p", refs=[RYBH], name="阿明示例", birth_date="1990")],
        {A: "p"},
        ["native.match-name-differs", "native.match-birth-differs"],
    ),
    "the old name kept as former name is no contradiction": (
        [person(A, refs=[RYBH], name="李某示例", former_names=["阿明示例"], birth_date="1990-05-06")],
        [person("p", refs=[RYBH], name="阿明示例", birth_date="1990")],
        {A: "p"},
        [],
    ),
    "other certificate": (
        [person(A, refs=[RYBH], numbers=["E1"])],
        [person("p", refs=[RYBH], numbers=["E2"])],
        {A: "p"},
        ["native.match-certificate-differs"],
    ),
    "platform identifier": ([person("p", name="甲")], [person("p", name="甲")], {}, []),
}


@pytest.mark.parametrize(("own", "known", "persons", "codes"), CASES.values(), ids=CASES)
def test_identify(own: list[Any], known: list[Any], persons: dict[str, str], codes: list[str]) -> None:
    assert run(own, known) == (persons, codes)


def test_courts_rank_against_polices_order() -> None:
    """The court lists the unit first, the police last; numbers tie them."""
    court, police = sample("court/several-defendants"), sample("police/several-suspects")
    found = identify(court, police.told)
    names = {p["person_uid"]: p["name"] for case in (court, police) for p in case.record["persons"]}
    assert [p["name"] for p in court.record["persons"]] != [p["name"] for p in police.record["persons"]]
    by_name = {p["name"]: p["person_uid"] for p in police.record["persons"]}
    expected = {p["person_uid"]: by_name[p["name"]] for p in court.record["persons"]}
    assert found.same_case
    assert dict(found.persons) == expected
    assert set(names.values()) == set(by_name)


def test_other_case() -> None:
    assert not identify(sample("court/one-defendant"), sample("police/several-suspects").told).same_case


@pytest.mark.parametrize(
    ("number", "key"),
    [(OLD, NEW), (NEW, NEW), ("e00000000", "E00000000"), ("35010219900102001X", "35010219900102001X")],
)
def test_certificate_key(number: str, key: str) -> None:
    assert certificate_key(number) == key
