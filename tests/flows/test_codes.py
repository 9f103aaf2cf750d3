"""Codes that nobody knows, that are retired, that have no counterpart: the case goes through and says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evidence.identifiers import uuid7
from evidence.statements import SignedStatement
from tests.flows.test_incomplete_and_late import WHOLE
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.drafts import Json
from tests.scene.stage import Stage
from tests.scene.world import World

OUTCOMES = {"equivalent", "broader", "narrower", "ambiguous", "retired", "no-equivalent", "unmapped"}

NATIVE = {
    "a crime that no table has": ("<AJLBDM>050200<", "<AJLBDM>059876<", "code.unknown", "unmapped"),
    "a crime without a counterpart": ("<AJLBDM>050200<", "<AJLBDM>019900<", "code.no-equivalent", "no-equivalent"),
    "a crime of several": ("<AJLBDM>050200<", "<AJLBDM>030372<", "code.ambiguous", "ambiguous"),
    "a group of crimes": ("<AJLBDM>050200<", "<AJLBDM>010100<", "code.narrower", "narrower"),
    "half of a crime": ("<AJLBDM>050200<", "<AJLBDM>020100<", "code.broader", "broader"),
    "a district that was merged away": ("<HJD_XZQHDM>350102<", "<HJD_XZQHDM>110103<", "code.retired", "retired"),
    "a measure that no table has": ("<QZCSDM>302<", "<QZCSDM>399<", "code.unknown", "unmapped"),
    "a certificate that no table has": ("<ZJZL>111<", "<ZJZL>000<", "code.unknown", "unmapped"),
    "a people that no table has": ("<MZ>01<", "<MZ>77<", "code.unknown", "unmapped"),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("codes"), POLICE, PROCURATORATE) as made:
        yield made


@pytest.fixture(scope="module")
def folder(here: World) -> Path:
    return here.case_dir()


def of_another_case(text: str) -> str:
    """The export as that of a case that the hub has not met."""
    number = uuid7().replace("-", "")[-6:]
    lines = [line for line in text.splitlines() if not line.strip().startswith("<PT")]
    return "\n".join(lines).replace("A3501020000002026030012", f"A35010200000020260{int(number, 16) % 100_000:05}")


@pytest.mark.parametrize("name", NATIVE)
def test_an_export_with_odd_codes_arrives_with_its_findings(here: World, folder: Path, name: str) -> None:
    before, after, code, outcome = NATIVE[name]
    export = folder / "case.xml"
    whole = export.read_text("utf-8")
    assert before in whole
    export.write_text(of_another_case(whole).replace(before, after, 1), "utf-8")
    try:
        pushed = here[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    finally:
        export.write_text(whole, "utf-8")
    found = {item["code"]: item for item in pushed.findings}
    assert code in found
    place = found[code]["place"]
    assert found[code]["params"]["code"] == after.rpartition(">")[2].strip("<")
    into = here.root / "in"
    haul = here[PROCURATORATE].pull(into, transfer=pushed.transfer_id)
    assert [item.transfer_id for item in haul.delivered] == [pushed.transfer_id]
    delivered = into / pushed.transfer_id
    entries = json.loads((delivered / "annex.json").read_bytes())["body"]["entries"]
    told = {entry["place"]: entry for entry in entries}[place]
    assert outcome in (told["receiver"]["outcome"], told["unified"]["outcome"])
    assert code in {item["code"] for item in json.loads((delivered / "findings.json").read_bytes())["findings"]}
    assert (delivered / "case.xml").is_file()
    whole_annex(entries)


def whole_annex(entries: list[Any]) -> None:
    """Every value has an outcome on both legs, the original is kept, and no match is an empty text."""
    assert entries
    for entry in entries:
        assert entry["original"]
        for leg in (entry["unified"], entry["receiver"]):
            assert leg["outcome"] in OUTCOMES
            assert (leg["outcome"] in ("equivalent", "broader", "narrower", "ambiguous")) == bool(leg["matches"])
            for match in leg["matches"]:
                assert match["code"]
                assert match["display"]
                assert match["system"] == leg["system"]


@pytest.fixture(scope="module")
def record(at: Stage) -> Json:
    return at.catch(at.here.case_dir()).record


def coding(system: str, code: str, **more: str) -> Json:
    return {"codings": [{"system": system, "code": code, "display": "示例", **more}]}


CODED: dict[str, tuple[Json, str, str]] = {
    "a retired crime": (coding("unified.crime", "XF114-04"), "code.retired", "retired"),
    "a system that nobody has": (coding("martian.crime", "1"), "code.unknown-system", "unmapped"),
    "a code of blanks": (coding("unified.crime", "   "), "code.unknown", "unmapped"),
    "a code in full width": (coding("police.case-class", "０５０２００"), "code.unknown", "unmapped"),
    "a formula": (coding("police.case-class", "=1+1"), "code.unknown", "unmapped"),
    "a code of another table": (coding("gb.sex", "050200"), "code.unknown", "unmapped"),
    "a display in braces": (
        coding("police.case-class", "{0}", display="{code}"),
        "code.unknown",
        "unmapped",
    ),
}


@pytest.mark.parametrize("name", CODED)
def test_a_record_with_odd_codings_is_received_with_its_findings(at: Stage, record: Json, name: str) -> None:
    crime, code, outcome = CODED[name]
    changed: Json = json.loads(json.dumps(record))
    changed["case"].update(case_uid=uuid7(), refs=[])
    changed["charges"][0]["crime"] = crime
    answer = at.submit(at.package(changed, "N-ARR-001", WHOLE).wire())
    assert answer.status_code == 201, answer.text
    found = [item for item in answer.json()["findings"] if item["place"] == "/charges/0/crime"]
    annex = SignedStatement.from_json(answer.json()["annex"]).unverified_body
    told = next(entry for entry in annex["entries"] if entry["place"] == "/charges/0/crime")
    assert told["original"] == crime["codings"][0]
    assert [item["code"] for item in found] == [code]
    assert outcome in (told["unified"]["outcome"], told["receiver"]["outcome"])
    whole_annex(annex["entries"])
