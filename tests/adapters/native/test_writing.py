"""What is written: codes only where they are known, everything else as it was, or refused by name."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters import native
from adapters.native.coding import UNMAPPED_MARK
from adapters.native.formats import load_format
from messages.problems import Problem, ProblemList
from tests.adapters.native.samples import FIRST, SAMPLES, sample, text_of
from tests.scene.agencies import OF_TYPE

THEFT = {"system": "police.case-class", "code": "050200", "display": "盗窃案"}
CAUSE = {"system": "court.cause", "version": "2017", "code": "201", "display": "盗窃罪"}


def record_with(crime: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": "casehub/record/v1",
        "case": {"case_uid": "c"},
        "persons": [{"person_uid": "p", "kind": "natural", "name": "张某示例"}],
        "charges": [{"charge_uid": "x", "person_uid": "p", "main": True, "crime": {"codings": [crime]}}],
    }


def annex(outcome: str, *matches: dict[str, str]) -> list[dict[str, Any]]:
    return [{"place": "/charges/0/crime", "receiver": {"outcome": outcome, "matches": list(matches)}}]


OUTCOMES = {
    "equivalent": (annex("equivalent", CAUSE), "201"),
    "narrower: the original says more, the match nothing that it did not": (annex("narrower", CAUSE), "201"),
    "broader: the match would say what nobody said": (annex("broader", CAUSE), None),
    "ambiguous": (annex("ambiguous", CAUSE, {**CAUSE, "code": "202"}), None),
    "ambiguous with one candidate": (annex("ambiguous", CAUSE), None),
    "retired": (annex("retired"), None),
    "no equivalent": (annex("no-equivalent"), None),
    "unmapped": (annex("unmapped"), None),
    "equivalent with an empty code": (annex("equivalent", {**CAUSE, "code": ""}), None),
    "equivalent in another system": (annex("equivalent", THEFT), None),
    "no annex": ([], None),
    "annex for another place": ([{**annex("equivalent", CAUSE)[0], "place": "/charges/1/crime"}], None),
}


@pytest.mark.parametrize(("entries", "code"), OUTCOMES.values(), ids=OUTCOMES)
def test_receivers_code(entries: list[dict[str, Any]], code: str | None) -> None:
    """The receiver's code, or the sender's words under 未对照: never an empty code, never an invented one."""
    data = native.write("court", record_with(THEFT), entries, OF_TYPE["court"])
    root = etree.fromstring(data)
    written, marked = root.find(".//ZM"), root.find(".//ZM_WDZ")
    back = native.read("court", data).record["charges"][0]["crime"]["codings"]
    if code is None:
        assert written is None
        assert marked is not None
        assert {str(key): str(value) for key, value in marked.attrib.items()} == {
            "BZ": UNMAPPED_MARK,
            "XT": "police.case-class",
            "DM": "050200",
        }
        assert marked.text == "盗窃案"
        assert back == [THEFT]
    else:
        assert marked is None
        assert written is not None
        assert (written.get("DM"), written.text) == (code, "盗窃罪")
        assert back == [{"system": "court.cause", "code": code, "display": "盗窃罪"}]


def test_own_code_wins_over_the_annex() -> None:
    """What the agency itself once said comes back as it said it, whichever place the coding has."""
    record = record_with(THEFT)
    record["charges"][0]["crime"]["codings"].append({**CAUSE, "code": "202", "display": "诈骗罪"})
    root = etree.fromstring(native.write("court", record, annex("equivalent", CAUSE), OF_TYPE["court"]))
    written = root.find(".//ZM")
    assert written is not None
    assert written.get("DM") == "202"


@pytest.mark.parametrize("agency_type", native.AGENCY_TYPES)
def test_unknown_native_elements_survive(agency_type: str) -> None:
    """Additions stay with what they belong to, through the record and back, and in nobody else's document."""
    document = native.write(
        agency_type, sample(FIRST[agency_type]).settle({}, iter(map(str, range(99))).__next__), (), "x:1"
    )
    fmt = load_format(agency_type)
    namespace = f' xmlns="{fmt.namespace}"' if fmt.namespace else ""
    row = next(row for row in fmt.scopes["case"] if row.record == ("persons",))
    holder = f"</{row.tag}>\n  </{row.wrappers[-1]}>"
    addition = f'<KZXX{namespace}><v:x xmlns:v="urn:vendor" n="1">甲<y/></v:x></KZXX>'
    text = document.decode().replace("<KZXX>", "<!--").replace("</KZXX>", "-->")
    before, after = text.rsplit(holder, 1)
    case = native.read(agency_type, f"{before}{addition}{holder}{after}".encode())
    elements = case.record["extensions"][agency_type]["elements"]
    mine = [entry for entry in elements if "urn:vendor" in entry["xml"]]
    assert [entry["of"] for entry in mine] == [case.record["persons"][-1]["person_uid"]]
    again = native.write(agency_type, case.record, (), case.agency).decode()
    assert again.rsplit(holder, 1)[0].rstrip().endswith("</KZXX>")
    assert '<v:x xmlns:v="urn:vendor" n="1">甲<y/></v:x>' in again
    other = "court" if agency_type != "court" else "police"
    assert b"urn:vendor" not in native.write(other, case.record, (), OF_TYPE[other])


def test_hostile_extension_is_not_parsed() -> None:
    """An extension that came through other hands is held to the same parser as an export."""
    record = record_with(THEFT)
    bomb = '<!DOCTYPE KZXX [<!ENTITY a "aa">]><KZXX>&a;</KZXX>'
    record["extensions"] = {"police": {"elements": [{"of": "case", "path": "KZXX", "xml": bomb}]}}
    with pytest.raises(Exception, match=r"native\.doctype"):
        native.write("police", record, (), OF_TYPE["police"])
    record["extensions"]["police"]["elements"][0]["xml"] = "<LARQ>20240101</LARQ>"
    with pytest.raises(ProblemList) as caught:
        native.write("police", record, (), OF_TYPE["police"])
    assert caught.value.problems[0].code == "native.value-unwritable"


@pytest.mark.parametrize(
    "extensions", [{}, {"police": 1}, {"police": {"elements": 7}}, {"police": {"elements": ["x"]}}]
)
def test_foreign_extensions_are_left_alone(extensions: dict[str, Any]) -> None:
    """Extensions are free: what we did not write ourselves is not ours to write out, and no reason to fail."""
    record = record_with(THEFT)
    plain = native.write("police", record, (), OF_TYPE["police"])
    assert native.write("police", {**record, "extensions": extensions}, (), OF_TYPE["police"]) == plain


def _nul(record: dict[str, Any]) -> None:
    record["persons"][0]["name"] = "张\x00"


def _nobody(record: dict[str, Any]) -> None:
    record["charges"][0]["person_uid"] = "q"


def _no_kind(record: dict[str, Any]) -> None:
    record["persons"][0]["kind"] = "robot"


def _attribute(record: dict[str, Any]) -> None:
    record["charges"][0]["crime"]["codings"][0]["system"] = "a\x01"


def _float(record: dict[str, Any]) -> None:
    record["decisions"] = [{"decision_uid": "d", "kind": "judgment", "terms": {"rate": [1]}}]


def _strange_refs(record: dict[str, Any]) -> None:
    record["persons"][0]["refs"] = [{"agency": "police:1", "kind": "RYBH"}, "R1", {"agency": 1}]


def _one_ref(record: dict[str, Any]) -> None:
    record["persons"][0]["refs"] = "R1"


def _date(record: dict[str, Any]) -> None:
    record["case"]["filing_date"] = "2024-02-30"


REFUSED = {
    "control character": (_nul, "native.text-unwritable", "XYRXM"),
    "control character in a mark": (_attribute, "native.text-unwritable", "AJLBDM_WDZ/@XT"),
    "charge of nobody in the case": (_nobody, "native.reference-dangling", "/charges/0/person_uid"),
    "person of no kind": (_no_kind, "native.reference-dangling", "/persons/0"),
    "terms that are no text": (_float, "native.value-unwritable", "/decisions/0/terms/rate"),
    "numbers of no known shape": (_strange_refs, "native.value-unwritable", "/persons/0/refs"),
    "a number that is no list": (_one_ref, "native.value-unwritable", "/persons/0/refs"),
    "a day that does not exist": (_date, "native.value-unwritable", "/case/filing_date"),
}


@pytest.mark.parametrize(("change", "code", "place"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(change: Any, code: str, place: str) -> None:
    """Nothing is lost unseen."""
    record = deepcopy(record_with(THEFT))
    change(record)
    with pytest.raises(ProblemList) as caught:
        native.write("police", record, (), OF_TYPE["police"])
    assert caught.value.code == "native.unwritable"
    assert (code, place) in [(problem.code, problem.place) for problem in caught.value.problems]


def test_nested_format_refuses_what_has_no_owner() -> None:
    record = record_with(THEFT)
    record["measures"] = [{"measure_uid": "m", "measure": {"codings": [THEFT]}}]
    with pytest.raises(ProblemList) as caught:
        native.write("court", record, (), OF_TYPE["court"])
    assert [problem.place for problem in caught.value.problems] == ["/measures/0"]


def test_own_agency_in_both_forms() -> None:
    record = sample("court/one-defendant").record
    whole = {"type": "court", "code": "350102", "name": "鼓山县人民法院（示例）"}
    assert native.write("court", record, (), whole) == native.write("court", record, (), "court:350102")


def test_numbers_of_the_receiver_stand_in_its_own_column() -> None:
    """A court's document from the procuratorate's record: 案号 in its place, the others' numbers beside."""
    record = sample("court/one-defendant").record
    for agency, column in (("court:350102", "<AH>（2024）闽0102刑初123号</AH>"), ("court:350103", 'LX="AH"')):
        assert column in native.write("court", record, (), agency).decode()
    assert "<AH>" in text_of("court/one-defendant")


def test_what_the_xsd_would_refuse_is_not_written() -> None:
    """The record allows more than the agency's columns hold: refused by place, no half-valid document."""
    record = record_with(THEFT)
    record["charges"][0]["amount"] = {"value": "1.00", "currency": "元"}
    with pytest.raises(ProblemList) as caught:
        native.write("police", record, (), OF_TYPE["police"])
    assert [(p.code, p.place.rpartition("/")[2]) for p in caught.value.problems] == [("native.xsd-pattern", "SAJE_BZ")]


def test_too_large_to_be_read_again_is_not_written() -> None:
    record = record_with(THEFT)
    facts = "事" * 90_000
    record["charges"] = [{**record["charges"][0], "charge_uid": str(n), "facts": facts} for n in range(130)]
    with pytest.raises(Problem) as caught:
        native.write("police", record, (), OF_TYPE["police"])
    assert caught.value.code == "native.too-large"


def test_load_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "case.xml"
    path.write_bytes(SAMPLES["court/one-defendant"])
    assert native.load("court", path) == sample("court/one-defendant")


def test_unregistered_system_has_no_name() -> None:
    """Names come from the codebooks; what they do not know simply has none."""
    assert native._display("no.such-system", "1") is None
    assert native._display("gb.sex", "7") is None
    assert native._display("gb.sex", "1") == "男"
