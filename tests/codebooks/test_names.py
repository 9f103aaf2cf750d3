from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codebooks.names import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("组织他人偷越国（边）境罪", "组织他人偷越国(边)境案"),
        ("走私、贩卖、运输、制造毒品罪", "走私贩卖运输制造毒品"),
        ("盗窃罪", " 盗窃 案 "),
        ("ＡＢＣ罪", "abc"),
    ],
)
def test_one_name_in_two_writings(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_names_that_differ_stay_apart() -> None:
    assert fold("罪") == "罪"
    assert fold("盗窃罪") != fold("抢夺罪")


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
