"""Nothing that a format carries is lost, in either direction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import native
from adapters.native.formats import AGENCY_TYPES, load_format
from tests.adapters.native.records import in_one_order, records
from tests.scene.agencies import OF_TYPE


def read(agency_type: str, data: bytes) -> native.NativeCase:
    return native.read(agency_type, data, names=lambda _system, _code: None)


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_record_to_native_to_record(agency_type: str, data: st.DataObject) -> None:
    record: dict[str, Any] = data.draw(records(load_format(agency_type), OF_TYPE[agency_type]))
    composed = native.compose(agency_type, record, (), OF_TYPE[agency_type])
    assert composed.findings == (), "what a row carries is no loss"
    document = composed.data
    case = read(agency_type, document)
    assert case.agency == OF_TYPE[agency_type]
    assert not case.local
    assert in_one_order(case.record) == in_one_order(record)
    again = native.write(agency_type, case.record, (), case.agency)
    assert again.decode() == document.decode()
