"""Completeness: what refuses a package, by stable code and with the missing thing named in both languages."""

from __future__ import annotations

from typing import Any

import pytest

import messages
from standards.judging import completeness
from standards.nodes import catalogue

Json = dict[str, Any]


def volume(number: str, *documents: tuple[str, int, int], **more: Any) -> Json:
    listed = [{"doc_type": code, "files": files, "pages": pages} for code, files, pages in documents]
    return {
        "number": number,
        "kind": number[:3],
        "documents": listed,
        "files": sum(each["files"] for each in listed),
        "pages": sum(each["pages"] for each in listed),
        "reused": False,
        **more,
    }


PAPERS = volume("V00-01", ("F0301", 1, 2))
BASE = volume("V10-01", ("F0201", 1, 1), ("E0501", 2, 9))

CASES: dict[str, tuple[str, list[Json], list[str]]] = {
    "complete": ("N-ARR-001", [PAPERS, BASE], []),
    "evidence by reference": ("N-ARR-001", [PAPERS, {**BASE, "reused": True}], []),
    "document missing": ("N-ARR-001", [BASE], ["rule.D-04"]),
    "two documents missing": ("N-SPI-001", [], ["rule.D-04", "rule.D-04"]),
    "conditional document missing": ("N-ARR-011", [volume("V00-01", ("F0302", 1, 1))], []),
    "no case material": ("N-ARR-001", [PAPERS], ["rule.D-04-volume"]),
    "one of several conditional documents": ("N-CMS-032", [volume("V00-01", ("F0209", 1, 1))], []),
    "none of several conditional documents": ("N-CMS-032", [volume("V00-01", ("F0101", 1, 1))], ["rule.D-04-any"]),
    "the paper of an earlier transfer does not answer": (
        "N-ARR-001",
        [{**PAPERS, "reused": True}, BASE],
        ["rule.D-04"],
    ),
    "supplement brings a new volume": (
        "N-SPI-002",
        [volume("V00-01", ("F0404", 1, 3)), volume("V30-01", ("E02", 1, 4))],
        [],
    ),
    "pages differ": ("N-ARR-001", [PAPERS, {**BASE, "pages": 11}], ["rule.D-05-pages"]),
    "files differ": ("N-ARR-001", [PAPERS, {**BASE, "files": 2}], ["rule.D-05-files"]),
    "pages differ in a volume by reference": ("N-ARR-001", [PAPERS, {**BASE, "pages": 11, "reused": True}], []),
    "pages differ in a delta": ("N-ARR-004", [{**volume("V00-01", ("F0804", 1, 1)), "pages": 2}], []),
    "internal volume": ("N-ARR-001", [PAPERS, BASE, volume("V80-01", ("F0101", 1, 1))], ["rule.D-06"]),
    "internal paper": ("N-ARR-001", [PAPERS, BASE, volume("V20-02", ("F9902", 1, 1))], ["rule.D-06-paper"]),
    "unknown volume": ("N-ARR-001", [PAPERS, BASE, volume("V77-01")], ["volume.unknown-kind"]),
    "returned volume": ("N-ARR-011", [volume("V00-01", ("F0302", 1, 1)), {**BASE, "returned": True}], []),
    "volume against the stream": (
        "N-ARR-011",
        [volume("V00-01", ("F0302", 1, 1)), {**BASE, "returned": False}],
        ["rule.D-06-receiver"],
    ),
    "empty volume": ("N-ARR-001", [PAPERS, volume("V20-01")], []),
}


@pytest.mark.parametrize("name", CASES)
def test_what_refuses_a_package(name: str) -> None:
    node, declaration, expected = CASES[name]
    found = completeness.refusals(catalogue().get(node), declaration)
    assert [each.code for each in found] == expected
    for each in found:
        entry = messages.catalogue()[each.code]
        assert "{" not in entry.text("zh", each.params) + entry.text("en", each.params)
        assert entry.remedy("zh")


def test_the_missing_document_is_named_in_both_languages() -> None:
    (problem,) = completeness.refusals(catalogue().get("N-ARR-002"), [])
    assert problem.params["document_zh"] == "接收案件通知书"
    assert problem.params["document_en"] == "Notice of receipt of a case"
    (either,) = completeness.refusals(catalogue().get("N-CMS-032"), [])
    assert either.params["document_zh"] == "变更强制措施通知书或者释放通知书"


@pytest.mark.parametrize(
    ("sender", "receiver", "expected"),
    [
        ("police:350102000000", "procuratorate:350102", []),
        ("police", "procuratorate", []),
        (None, "procuratorate", []),
        ("court:1", "procuratorate:1", ["rule.D-02"]),
        ("police:1", "court:1", ["rule.D-02"]),
    ],
)
def test_sender_and_receiver_fit_the_node(sender: str | None, receiver: str | None, expected: list[str]) -> None:
    found = completeness.refusals(catalogue().get("N-ARR-001"), [PAPERS, BASE], sender=sender, receiver=receiver)
    assert [each.code for each in found] == expected


def test_what_is_only_noticed() -> None:
    delta = {**volume("V00-01", ("F0804", 1, 1)), "pages": 2}
    found = completeness.findings(catalogue().get("N-ARR-004"), [delta])
    assert [(each.code, each.place, each.level) for each in found] == [("rule.D-05-pages", "V00-01", "W")]
    thick = volume("V10-01", ("F0201", 1, 401), books=2)
    odd = volume("V20-01", ("X99", 1, 1), books=1)
    found = completeness.findings(catalogue().get("N-ARR-001"), [PAPERS, thick, odd])
    assert [each.code for each in found] == ["rule.D-07", "document.unknown-type"]
    assert completeness.findings(catalogue().get("N-ARR-001"), [PAPERS, BASE]) == []
