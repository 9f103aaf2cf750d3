"""The police export: its traps, one by one (case_fields 8)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from adapters import native
from adapters.native.parser import parse
from tests.adapters.native.samples import SAMPLES, sample, text_of
from tests.scene.agencies import OF_TYPE

ONE, SEVERAL, MINOR = "police/one-suspect", "police/several-suspects", "police/self-reported-and-minor"


def changed(name: str, old: str, new: str) -> dict[str, Any]:
    text = text_of(name)
    assert old in text
    return native.read("police", text.replace(old, new, 1).encode()).record


@pytest.mark.parametrize(
    ("written", "meant"), [("19900102", "1990-01-02"), ("19900100", "1990-01"), ("19900000", "1990")]
)
def test_birth_dates(written: str, meant: str) -> None:
    assert changed(ONE, "<CSRQ>19900102<", f"<CSRQ>{written}<")["persons"][0]["birth_date"] == meant


def test_moments_are_china_time() -> None:
    assert sample(ONE).record["measures"][0]["executed_at"] == "2024-03-05T10:20:00+08:00"
    assert changed(ONE, "<ZXSJ>20240305102000<", "<ZXSJ>20240305<")["measures"][0]["executed_at"] == "2024-03-05"


def test_unknown_sex_does_not_become_a_man() -> None:
    """9 未说明 and 0 未知 stay what they are; a code that GB/T 2261.1 has not is no police export."""
    for code in "09":
        sex = changed(ONE, "<XB>1<", f"<XB>{code}<")["persons"][0]["sex"]["codings"][0]
        assert (sex["system"], sex["code"]) == ("gb.sex", code)
    absent = changed(ONE, "<XB>1</XB>", "")
    assert "sex" not in absent["persons"][0]


def test_unknown_and_retired_codes_are_carried() -> None:
    """A code that no codebook knows is the hub's finding, not the parser's refusal; it has no name and no meaning."""
    crime = changed(ONE, "<AJLBDM>050200<", "<AJLBDM>999999<")["charges"][0]["crime"]
    assert crime == {"codings": [{"system": "police.case-class", "code": "999999"}]}


def test_larq_is_the_filing_date() -> None:
    record = sample(ONE).record
    assert record["case"]["filing_date"] == "2024-03-04"
    assert "acceptances" not in record["case"]


def test_natural_persons_and_units_come_from_two_tables_in_one_order() -> None:
    people = sample(SEVERAL).record["persons"]
    assert [person["kind"] for person in people] == ["natural", "natural", "unit", "natural"]
    assert people[2]["unit"] == {"credit_code": "91350102MA0000008A", "representative": "周某示例"}


def test_classes_by_case_and_by_person() -> None:
    """One police case with two categories is charges on different persons; the case's own class accuses nobody."""
    record = sample(SEVERAL).record
    names = {person["person_uid"]: person["name"] for person in record["persons"]}
    seen = [
        (names.get(charge.get("person_uid", "")), charge["crime"]["codings"][0]["code"], charge.get("by_case", False))
        for charge in record["charges"]
    ]
    assert sorted(seen, key=str) == sorted(
        [
            (None, "050201", True),
            ("陈某甲示例", "050201", False),
            ("陈某甲示例", "060257", False),
            ("林某乙示例", "050200", False),
            ("示例寄售有限公司", "060257", False),
        ],
        key=str,
    )
    again = native.write("police", record, (), OF_TYPE["police"]).decode()
    assert re.findall(r"<JBXX>.*?</JBXX>", again, re.DOTALL)[0].count("<AJLBDM>050201</AJLBDM>") == 1


def test_measures_in_two_police_codings() -> None:
    codings = [measure["measure"]["codings"][0] for measure in sample(SEVERAL).record["measures"]]
    assert [(coding["system"], coding["code"], coding["display"]) for coding in codings] == [
        ("police.coercive-measure", "302", "拘留"),
        ("police.coercive-measure-2", "2", "拘留"),
    ]


def test_fifteen_digit_number_stays_as_it_is_written() -> None:
    assert sample(SEVERAL).record["persons"][0]["certificates"][0]["number"] == "350102791123101"


def test_amounts_are_yuan_and_currency_is_kept() -> None:
    amounts = [charge["amount"] for charge in sample(SEVERAL).record["charges"] if "amount" in charge]
    assert {"value": "12000.00", "currency": "CNY"} in amounts
    assert {"value": "800.50", "currency": "USD"} in amounts


def test_gb18030_self_reported_name_and_minor() -> None:
    """An export in the national encoding; a person without papers is normal, a minor has guardian and counsel."""
    assert b'encoding="GB18030"' in SAMPLES[MINOR]
    nobody, minor, guardian = sample(MINOR).record["persons"]
    assert (nobody["name"], nobody["name_self_reported"], nobody["birth_date"]) == ("阿明示例", True, "1990")
    assert "certificates" not in nobody
    assert minor["guardian"] == guardian["person_uid"]
    assert (minor["juvenile"], minor["legal_aid"]) == (True, True)
    assert [role["role"] for role in guardian["roles"]] == ["guardian", "appropriate-adult"]


def test_flags() -> None:
    record = sample(ONE).record
    assert (record["case"]["plea_lenient"], record["case"]["foreign"]) == (True, False)
    assert "<RZRF_PDBZ>1</RZRF_PDBZ>" in text_of(ONE)


def test_document_numbers_keep_their_brackets() -> None:
    numbers = [document["doc_no"] for document in sample(ONE).record["documents"]]
    assert numbers[0] == "鼓公（刑）立字〔2024〕00031号"


def test_additions_of_the_vendor_survive() -> None:
    case = sample(ONE)
    elements = case.record["extensions"]["police"]["elements"]
    assert [(entry["of"], entry["path"]) for entry in elements] == [
        ("case", "JBXX/CBR_LXDH"),
        ("local:person:1", "KZXX"),
    ]
    root = parse(native.write("police", case.record, (), case.agency))
    assert root.findtext("JBXX/CBR_LXDH") == "0591-00000000"
    assert root.findtext("RYLB/RY/KZXX/RYTMTZ") == "左手背有疤（示例）"


def test_platform_identifiers_travel_back() -> None:
    uid = "01900000-0000-7000-8000-000000000001"
    record = changed(ONE, "<JBXX>", f"<JBXX><PTAJBS>{uid}</PTAJBS>")
    assert record["case"]["case_uid"] == uid
    record = changed(ONE, "<RYBH>", f"<PTRYBS>{uid}</PTRYBS><RYBH>")
    assert record["persons"][0]["person_uid"] == uid
    assert record["charges"][0]["person_uid"] == uid
