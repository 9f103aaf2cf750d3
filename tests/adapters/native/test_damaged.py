"""Whatever is done to an export, it is read or refused by a Problem with words; never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import native
from messages import catalogue
from messages.problems import Problem, ProblemList
from tests.adapters.native.samples import SAMPLES, text_of

_PIECES = ["", "<", ">", "</", "&", "\x00", "一", '"', "<KZXX/>", "99999999", " ", "<XH>", 'XH="7"', "-->", "]]>", "１"]


@pytest.mark.parametrize("name", [name for name in SAMPLES if "several" in name])
@settings(max_examples=120)
@given(data=st.data())
def test_damaged_exports(name: str, data: st.DataObject) -> None:
    text = text_of(name)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.sampled_from([0, 1, 2, 8, 40, 300]))
        text = text[:start] + data.draw(st.sampled_from(_PIECES)) + text[end:]
    try:
        case = native.read(name.partition("/")[0], text.encode(), names=lambda _system, _code: None)
    except Problem as problem:
        for one in (problem, *(problem.problems if isinstance(problem, ProblemList) else ())):
            assert one.code in catalogue()
    else:
        again = native.write(case.agency_type, case.record, (), case.agency)
        assert native.read(case.agency_type, again, names=lambda _system, _code: None).agency == case.agency
