"""The court's export: its traps, one by one (case_fields 8)."""

from __future__ import annotations

from typing import Any

import pytest

from adapters import native
from messages.problems import ProblemList
from tests.adapters.native.samples import sample, text_of
from tests.scene.agencies import OF_TYPE

ONE, SEVERAL, MINOR = "court/one-defendant", "court/several-defendants", "court/self-reported-and-minor"


def changed(name: str, old: str, new: str) -> dict[str, Any]:
    text = text_of(name)
    assert old in text
    return native.read("court", text.replace(old, new, 1).encode()).record


def test_larq_is_the_docket_date() -> None:
    """The same column name as the police's, another fact: an acceptance by this court, never the filing date."""
    record = changed(ONE, "<LARQ>2024年6月7日<", "<LARQ>2024.06.06<")
    own = [entry for entry in record["case"]["acceptances"] if entry["agency"] == "court:350102"]
    assert own == [{"agency": "court:350102", "business": "一审", "accepted_at": "2024-06-06"}]
    assert record["case"]["filing_date"] == "2024-03-04"
    back = native.write("court", record, (), OF_TYPE["court"]).decode()
    assert "<LARQ>2024年6月6日</LARQ>" in back
    assert "<ZCLARQ>2024年3月4日</ZCLARQ>" in back


def test_docket_date_of_another_court_is_not_ours() -> None:
    back = native.write("court", sample(ONE).record, (), "court:350103").decode()
    assert "<LARQ>" not in back
    assert "<SLDW>court:350102</SLDW>" in back


@pytest.mark.parametrize("written", ["1990.01.02", "1990.1.2", "1990-01-02", "1990年1月2日"])
def test_birth_dates_as_clerks_write_them(written: str) -> None:
    assert changed(ONE, "<CSRQ>1990.01.02<", f"<CSRQ>{written}<")["persons"][0]["birth_date"] == "1990-01-02"


@pytest.mark.parametrize(("code", "display"), [("09_00003-1", "男"), ("09_00003-2", "女"), ("09_00003-255", "其他")])
def test_sex_stays_the_courts_code(code: str, display: str) -> None:
    """-255 其他 is not 男, and becomes neither code of GB/T 2261.1 by itself."""
    record = changed(ONE, '<XB DM="09_00003-1">男<', f'<XB DM="{code}">{display}<')
    assert record["persons"][0]["sex"]["codings"] == [{"system": "court.sex", "code": code, "display": display}]


def test_penalty_in_words_and_in_months() -> None:
    terms = {
        person["name"]: decision["terms"]
        for person in sample(SEVERAL).record["persons"]
        for decision in sample(SEVERAL).record["decisions"]
        if decision["kind"] == "judgment" and decision["person_uid"] == person["person_uid"]
    }
    assert "<ZXXF>有期徒刑一年六个月</ZXXF>" in text_of(SEVERAL)
    assert terms["陈某甲示例"] == {"penalty": "fixed-term", "months": 18, "fine": "5000.00"}
    assert terms["林某乙示例"] == {"penalty": "detention", "months": 4, "fine": "2000.00", "probation_months": 6}
    assert terms["示例寄售有限公司"] == {"penalty": "fine-only", "fine": "30000.00"}


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"penalty": "life"}, "<ZXXF>无期徒刑</ZXXF>"),
        ({"penalty": "death-suspended"}, "<ZXXF>死刑缓期二年执行</ZXXF>"),
        ({"penalty": "fixed-term", "months": 18}, "<ZXXF>有期徒刑一年六个月</ZXXF>"),
        ({"penalty": "fixed-term"}, '<QTTK MC="penalty" LX="str">fixed-term</QTTK>'),
        ({"penalty": "probation-only", "months": 3}, '<QTTK MC="months" LX="int">3</QTTK>'),
        ({"months": 3}, '<QTTK MC="months" LX="int">3</QTTK>'),
    ],
)
def test_penalties_that_have_words_and_that_have_none(terms: dict[str, Any], words: str) -> None:
    """Life and suspended death are kinds, not numbers; what has no words is still carried."""
    record = {
        "schema": "casehub/record/v1",
        "case": {"case_uid": "c"},
        "decisions": [{"decision_uid": "d", "kind": "judgment", "terms": terms}],
    }
    document = native.write("court", record, (), OF_TYPE["court"])
    assert words in document.decode()
    assert native.read("court", document).record["decisions"][0]["terms"] == terms


def test_parties_in_the_order_of_rank() -> None:
    people = sample(SEVERAL).record["persons"]
    assert next(person["name"] for person in people) == "示例寄售有限公司"
    assert [role["role"] for role in people[0]["roles"]] == ["suspect", "defendant"]


def test_charges_are_nested_and_keep_their_order() -> None:
    """The indicted and the judged charge stand side by side; running numbers give the whole order back."""
    record = sample(SEVERAL).record
    stages = [charge.get("stage") for charge in record["charges"]]
    assert stages == [None] + ["indictment"] * 4 + ["judgment"] * 4
    assert all(charge["crime"]["codings"][0]["system"] == "court.cause" for charge in record["charges"])


def test_old_name_of_a_crime_is_the_courts_own_code() -> None:
    """The court's table keeps old and new names side by side; the code is carried, the hub's tables know the rest."""
    record = changed(
        SEVERAL, 'DM="4188">掩饰、隐瞒犯罪所得、犯罪所得收益罪<', 'DM="4155">隐瞒、掩饰犯罪所得、犯罪所得收益罪<'
    )
    codes = [charge["crime"]["codings"][0]["code"] for charge in record["charges"]]
    assert codes.count("4155") == 1


def test_amounts_are_grouped() -> None:
    assert "<JE>4,600.00</JE>" in text_of(ONE)
    values = {charge["amount"]["value"] for charge in sample(ONE).record["charges"] if "amount" in charge}
    assert values == {"4600.00"}


def test_numbers_of_all_three_agencies() -> None:
    refs = [(ref["agency"].partition(":")[0], ref["kind"]) for ref in sample(ONE).record["case"]["refs"]]
    assert refs == [
        ("court", "AH"),
        ("court", "AJBS"),
        ("procuratorate", "TYSAH"),
        ("procuratorate", "BMSAH"),
        ("procuratorate", "BMSAH"),
        ("police", "AJBH"),
    ]


@pytest.mark.parametrize("number", ["(2024)闽0102刑初123号", "〔2024〕闽0102刑初123号", "（2024）闽0102刑初123号"])
def test_brackets_of_a_case_number_are_kept_as_written(number: str) -> None:
    record = changed(ONE, "<AH>（2024）闽0102刑初123号<", f"<AH>{number}<")
    assert record["case"]["refs"][0]["value"] == number


def test_judgment_of_a_minor() -> None:
    record = sample(MINOR).record
    terms = [d["terms"] for d in record["decisions"] if d["kind"] == "judgment"]
    assert terms == [{"penalty": "fixed-term", "months": 8, "fine": "1000.00"}, {"penalty": "exempt"}]
    assert record["case"]["juvenile"]


def test_a_docket_day_that_does_not_exist() -> None:
    with pytest.raises(ProblemList) as caught:
        changed(ONE, "<LARQ>2024年6月7日<", "<LARQ>2024年6月31日<")
    assert [(p.code, p.place.rpartition("/")[2]) for p in caught.value.problems] == [("native.value-wrong", "LARQ")]


@pytest.mark.parametrize("term", ['<QTTK MC="offset_days" LX="int">一二七<', '<QTTK MC="offset_days" LX="float">127<'])
def test_further_terms_are_what_they_say(term: str) -> None:
    with pytest.raises(ProblemList) as caught:
        changed(ONE, '<QTTK MC="offset_days" LX="int">127<', term)
    assert {p.code for p in caught.value.problems} <= {"native.value-wrong"}
