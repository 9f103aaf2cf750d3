from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import identifiers as ids
from messages.problems import Problem


@given(st.integers(0, (1 << 48) - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_carries_its_instant_version_and_variant(now_ms: int, random: bytes) -> None:
    made = uuid.UUID(ids.uuid7(now_ms, random))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == now_ms


def test_uuid7_of_the_standard() -> None:
    # RFC 9562 appendix A.6
    random = bytes.fromhex("0cc3") + bytes.fromhex("18c4dc0c0c07398f")
    assert ids.uuid7(0x017F22E279B0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_by_itself_is_new_each_time_and_in_order() -> None:
    made = [ids.uuid7() for _ in range(50)]
    assert len(set(made)) == 50
    assert [item[:13] for item in made] == sorted(item[:13] for item in made)
    assert all(ids.is_uuid(item) for item in made)


@pytest.mark.parametrize(("now_ms", "random"), [(1 << 48, bytes(10)), (-1, bytes(10)), (0, bytes(9))])
def test_uuid7_refuses_what_does_not_fit(now_ms: int, random: bytes) -> None:
    with pytest.raises(Problem, match="bad-uuid"):
        ids.uuid7(now_ms, random)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2199, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_timestamps_read_back_to_the_millisecond_and_never_later(instant: datetime) -> None:
    back = ids.parse_timestamp(ids.timestamp(instant))
    assert timedelta(0) <= instant - back < timedelta(milliseconds=1)


def test_timestamp_is_utc() -> None:
    instant = datetime(2026, 11, 22, 8, 2, 52, 123_999, timezone(timedelta(hours=8)))
    assert ids.timestamp(instant) == "2026-11-22T00:02:52.123Z"


def test_timestamp_needs_a_zone() -> None:
    with pytest.raises(Problem, match="bad-instant"):
        ids.timestamp(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T00:02:52Z",
        "2026-11-22T00:02:52.1234Z",
        "2026-11-22T00:02:52.123+00:00",
        "2026-11-22 00:02:52.123Z",
        "2026-13-22T00:02:52.123Z",
        "2026-11-22T00:02:60.123Z",
        "0001-01-01T00:00:00.000Z",
        "1799-12-31T23:59:59.999Z",
        "2200-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        "２026-11-22T00:02:52.123Z",
        "",
        None,
        7,
    ],
)
def test_other_forms_of_instants_are_refused(text: Any) -> None:
    with pytest.raises(Problem, match="bad-instant"):
        ids.parse_timestamp(text)


@pytest.mark.parametrize("text", ["police:350102000000", "procuratorate:3501", "court:A-1.2"])
def test_agencies(text: str) -> None:
    assert ids.require_agency(text) == ids.require_party(text) == text
    assert ids.agency_name(*text.split(":")) == text
    assert not ids.is_hub(text)


def test_a_hub_is_a_party_but_no_agency() -> None:
    assert ids.is_hub(ids.require_party("hub:fujian"))
    with pytest.raises(Problem, match="bad-party"):
        ids.require_agency("hub:fujian")


@pytest.mark.parametrize(
    "text", ["Police:1", "police:", "police", "jail_1:1", "police:1 ", "police:1\n", "hub:", "", None]
)
def test_other_parties_are_refused(text: Any) -> None:
    with pytest.raises(Problem, match="bad-party"):
        ids.require_party(text)


@pytest.mark.parametrize("text", ["017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f", "", None])
def test_other_forms_of_uuids_are_refused(text: Any) -> None:
    assert not ids.is_uuid(text)
    with pytest.raises(Problem, match="bad-uuid"):
        ids.require_uuid(text)
    assert ids.require_uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
