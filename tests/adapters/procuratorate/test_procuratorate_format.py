"""The procuratorate's export: its traps, one by one (case_fields 8)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters import native
from tests.adapters.native.samples import sample, text_of
from tests.scene.agencies import OF_TYPE

ONE, SEVERAL, MINOR = (
    "procuratorate/one-suspect",
    "procuratorate/several-suspects",
    "procuratorate/self-reported-and-minor",
)
NAMESPACE = {"p": "urn:casehub:native:procuratorate:1"}


def test_one_column_for_a_persons_or_a_units_name() -> None:
    root = etree.fromstring(text_of(SEVERAL).encode())
    columns = [
        (xyr.findtext("p:XMDWMC", namespaces=NAMESPACE), xyr.findtext("p:SFDW", namespaces=NAMESPACE))
        for xyr in root.iterfind(".//p:XYR", NAMESPACE)
    ]
    assert columns[2] == ("示例寄售有限公司", "1")
    people = sample(SEVERAL).record["persons"]
    assert [(person["name"], {"natural": "0", "unit": "1"}[person["kind"]]) for person in people] == columns


def test_several_department_numbers_of_one_case() -> None:
    """A new 部门受案号 for each business, the 统一受案号 ties them; each says of what business it is."""
    refs = sample(ONE).record["case"]["refs"]
    own = [(ref["kind"], ref.get("business"), ref["value"]) for ref in refs if ref["agency"] == "procuratorate:350102"]
    assert own == [
        ("TYSAH", None, "35010220240001200"),
        ("BMSAH", "审查逮捕", "鼓检刑捕受[2024]350102000045号"),
        ("BMSAH", "审查起诉", "鼓检刑诉受[2024]350102000123号"),
    ]
    other = [ref for ref in refs if ref["agency"] != "procuratorate:350102"]
    assert other == [{"agency": "police:350102000000", "kind": "AJBH", "value": "A3501020000002024030012"}]


def test_main_and_other_charges_are_two_elements() -> None:
    root = etree.fromstring(text_of(SEVERAL).encode())
    record = sample(SEVERAL).record
    main = [charge for charge in record["charges"] if charge["main"]]
    assert len(main) == len(root.findall(".//p:YSAY", NAMESPACE))
    assert len(record["charges"]) - len(main) == len(root.findall(".//p:YSQTAY", NAMESPACE))


def test_amounts_are_in_ten_thousands() -> None:
    assert "<SAJE_WY>0.46</SAJE_WY>" in text_of(ONE)
    amounts = {charge["amount"]["value"] for charge in sample(ONE).record["charges"] if "amount" in charge}
    assert amounts == {"4600.00"}
    foreign = [c["amount"] for c in sample(SEVERAL).record["charges"] if c.get("amount", {}).get("currency") == "USD"]
    assert {amount["value"] for amount in foreign} == {"800.50"}


def test_names_stand_beside_codes() -> None:
    text = text_of(ONE)
    assert "<MZ_DM>01</MZ_DM>" in text
    assert "<MZ_MC>汉族</MZ_MC>" in text
    ethnicity = sample(ONE).record["persons"][0]["ethnicity"]["codings"]
    assert ethnicity == [{"system": "gb.ethnic-group", "code": "01", "display": "汉族"}]
    renamed = native.read("procuratorate", text.replace(">汉族<", ">汉<").encode())
    assert renamed.record["persons"][0]["ethnicity"]["codings"][0]["display"] == "汉"


def test_charges_of_all_stages_are_kept() -> None:
    stages = [charge["stage"] for charge in sample(ONE).record["charges"]]
    assert stages == ["filing", "arrest-request", "transfer", "indictment"]


def test_measures_have_numbers_of_their_own() -> None:
    measures = sample(ONE).record["measures"]
    assert [measure["refs"][0]["value"] for measure in measures] == ["35010220240001200001", "35010220240001200002"]
    assert [measure["measure"]["codings"][0]["display"] for measure in measures] == ["刑事拘留", "逮捕"]


def test_polices_filing_date_keeps_its_meaning() -> None:
    case = sample(ONE).record["case"]
    assert case["filing_date"] == "2024-03-04"
    assert [entry["business"] for entry in case["acceptances"]] == ["审查逮捕", "审查起诉"]


def test_sentence_proposal_keeps_what_it_says() -> None:
    terms = next(d["terms"] for d in sample(ONE).record["decisions"] if d["kind"] == "sentence-proposal")
    assert terms == {"penalty": "fixed-term", "months": 10, "fine": "2000.00", "range": "10-12", "probation": False}


def test_charge_that_the_police_class_by_case() -> None:
    record = sample(SEVERAL).record
    assert [c["crime"]["codings"][0]["display"] for c in record["charges"] if "person_uid" not in c] == ["盗窃罪"]
    assert "<AJAYLB>" in text_of(SEVERAL)


def test_numbers_of_another_office_are_not_ours() -> None:
    record: dict[str, Any] = sample(ONE).record
    text = native.write("procuratorate", record, (), "procuratorate:350103").decode()
    assert "<TYSAH>" not in text
    assert text.count('LX="BMSAH"') == 2
    assert native.read("procuratorate", text.encode()).record["case"]["refs"] == record["case"]["refs"]
    assert OF_TYPE["procuratorate"] in text


def test_a_minor_and_someone_without_papers() -> None:
    nobody, minor, guardian = sample(MINOR).record["persons"]
    assert (nobody["birth_date"], nobody["name_self_reported"]) == ("1990", True)
    assert minor["age_at_offence"] == 16
    assert minor["guardian"] == guardian["person_uid"]
