"""Places in a record as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.record.places import in_words

RECORD = {
    "persons": [
        {"name": "张某示例"},
        {"name": "林某甲", "certificates": [{"type": {}, "number": "x"}]},
        {"name": 7},
    ],
    "charges": [{}],
}
SAID = {
    "/persons/1/certificates": ("第2人 林某甲 证件", "person 2 林某甲 certificates"),
    "/persons/1/certificates/0/number": (
        "第2人 林某甲 证件第1项 证件号码",
        "person 2 林某甲 certificates 1 number",
    ),
    "/persons/2": ("第3人", "person 3"),
    "/persons/9/birth_date": ("第10人 出生日期", "person 10 date of birth"),
    "/charges/0": ("涉嫌罪名第1项", "charges 1"),
    "/case/name": ("案件 案件名称", "case case name"),
    "/nothing/0": ("/nothing/0", "/nothing/0"),
    "V20-01-01-004": ("V20-01-01-004", "V20-01-01-004"),
    "": ("", ""),
}


@pytest.mark.parametrize(("pointer", "zh", "en"), [(pointer, *said) for pointer, said in SAID.items()], ids=list(SAID))
def test_in_words(pointer: str, zh: str, en: str) -> None:
    assert (in_words(pointer, RECORD, "zh"), in_words(pointer, RECORD, "en")) == (zh, en)


def test_without_the_record_only_the_name_is_missing() -> None:
    assert in_words("/persons/1/certificates", {}, "zh") == "第2人 证件"


steps = st.sampled_from(["persons", "case", "certificates", "0", "1", "99", "", "~1", "x"])


@given(st.lists(steps, max_size=6).map(lambda parts: "/" + "/".join(parts)))
def test_any_pointer_is_said_or_stays(pointer: str) -> None:
    assert isinstance(in_words(pointer, RECORD, "zh"), str)
