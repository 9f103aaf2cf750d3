"""What is too large, too deep, or no JSON at all is refused before it costs much; the hub goes on serving."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import digest
from evidence.identifiers import uuid7
from hub import limits
from hub.app import openapi
from hub.limits import LIMITS
from hub.reading import read_json
from messages.problems import Problem
from tests.counting import cost_of
from tests.scene.agencies import POLICE
from tests.scene.stage import Refusal, Stage, shown

PATH = "/v1/parts/missing"


NOT_JSON = Refusal(400, "package.not-json", "sender")
TOO_DEEP = Refusal(400, "http.too-deep", "caller")
TOO_WIDE = Refusal(413, "http.too-wide", "caller")
BODIES: dict[str, tuple[bytes, Refusal]] = {
    "nothing": (b" ", NOT_JSON),
    "half of it": (b'{"digests": [', NOT_JSON),
    "two values": (b"{} {}", NOT_JSON),
    "a member twice": (b'{"digests": [], "digests": []}', NOT_JSON),
    "a member twice, deep inside": (b'{"digests": [{"a": {"b": 1, "b": 2}}]}', NOT_JSON),
    "a member twice by an escape": (b'{"a": 1, "\\u0061": 2}', NOT_JSON),
    "NaN": (b'{"digests": NaN}', NOT_JSON),
    "minus infinity": (b"[-Infinity]", NOT_JSON),
    "beyond every double": (b"[1e400]", NOT_JSON),
    "an integer of 5,000 digits": (b"[" + b"9" * 5000 + b"]", NOT_JSON),
    "UTF-16": ('{"digests": []}'.encode("utf-16"), NOT_JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", NOT_JSON),
    "GBK": ('{"名": "张"}'.encode("gbk"), NOT_JSON),
    "a surrogate in bytes": (b'"\xed\xa0\x80"', NOT_JSON),
    "single quotes": (b"{'digests': []}", NOT_JSON),
    "65 lists": (b"[" * 65 + b"]" * 65, TOO_DEEP),
    "65 objects": (b'{"a":' * 65 + b"1" + b"}" * 65, TOO_DEEP),
    "100,000 lists": (b"[" * 100_000 + b"]" * 100_000, TOO_DEEP),
    "100,001 open lists": (b"[" * 100_001, TOO_DEEP),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_not_plain_json(at: Stage, name: str) -> None:
    body, expected = BODIES[name]
    with at.nothing_moves():
        answer = at.send(POLICE, "POST", PATH, body=body)
    shown(answer, expected)


WIDE: dict[str, bytes] = {
    "lists of nothing": b"[" + b"[]," * 700_000 + b"[]]",
    "objects of nothing": b"[" + b"{}," * 700_000 + b"{}]",
    "numbers": b"[" + b"1," * 1_000_000 + b"1]",
    "a million open lists": b"[" * 1_000_000,
    "behind a string": b'["\\"","' + b"," * 10 + b'",' + b"[]," * 650_000 + b"[]]",
}


@pytest.mark.parametrize("name", WIDE)
def test_a_body_of_too_many_values_is_refused_before_they_are_made(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Problem, match=r"http\.too-wide"):
            read_json(WIDE[name])
        _left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(WIDE[name]) + 100_000


NARROW: dict[str, bytes] = {
    "commas in a string": b'["' + b",[{" * 500_000 + b'"]',
    "an escaped quote": b'["' + b'\\"' * 500_000 + b"," * 600_000 + b'"]',
    "an escaped backslash": b'["\\\\",[' + b"1," * 1000 + b'1],"' + b"," * 600_000 + b'"]',
    "as many as may be": b"[" + b"1," * (LIMITS.json_values - 3) + b"1]",
}


@pytest.mark.parametrize("name", NARROW)
def test_what_stands_in_strings_is_no_value(name: str) -> None:
    assert read_json(NARROW[name])


def test_an_unending_string_is_no_work() -> None:
    """Each quote in it might begin a string that never ends."""
    for text in (b"[" + b'"\\' * 400_000 + b"," * 600_000, b'["' + b'\\"' * 400_000 + b"," * 600_000 + b"\\"):
        with pytest.raises(Problem):
            read_json(text)


def test_a_wide_body_is_refused_over_http(at: Stage) -> None:
    body = b"[" + b"[]," * 690_000 + b"[]]"
    with at.nothing_moves():
        answer = at.send(POLICE, "POST", PATH, body=body)
    shown(answer, TOO_WIDE)


def test_64_levels_are_read() -> None:
    assert read_json(b"[" * 64 + b"]" * 64)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=20))
def test_what_is_plain_json_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_problem_and_nothing_else(data: bytes) -> None:
    with suppress(Problem):
        read_json(data)


def test_a_body_that_says_that_it_is_too_large_is_not_read(at: Stage) -> None:
    for length in (str(limits.BODIES["find_missing_parts"] + 1), "9" * 40):
        answer = at.send(POLICE, "POST", PATH, {"digests": []}, after={"Content-Length": length})
        shown(answer, Refusal(413, "http.too-large", "caller"))
        assert answer.json()["params"] == {"limit": limits.BODIES["find_missing_parts"]}


def test_each_operation_has_its_own_limit(at: Stage) -> None:
    small = f"/v1/transfers/{uuid7()}/acknowledgement"
    for path, limit in ((PATH, limits.BODIES["find_missing_parts"]), (small, LIMITS.body_bytes)):
        for size in (limit, limit + 1):
            answer = at.send(POLICE, "POST", path, body=b" " * size)
            shown(answer, NOT_JSON if size == limit else Refusal(413, "http.too-large", "caller"))


def test_every_limit_of_an_operation_is_of_one_that_exists() -> None:
    told = {operation["operationId"] for methods in openapi()["paths"].values() for operation in methods.values()}
    assert set(limits.BODIES) <= told


@pytest.mark.parametrize("length", ["-1", "x", "0x10", "1e9", ""])
def test_a_length_that_is_no_number_is_not_trusted(at: Stage, length: str) -> None:
    answer = at.send(POLICE, "POST", PATH, {"digests": []}, after={"Content-Length": length})
    assert answer.status_code in (200, 400, 422)


def test_a_body_that_is_too_large_is_given_up(at: Stage) -> None:
    body = b" " * (limits.BODIES["find_missing_parts"] + 1)
    answer = at.send(POLICE, "POST", PATH, body=body, after={"Content-Length": "10"})
    shown(answer, Refusal(413, "http.too-large", "caller"))


def test_ten_thousand_digests_cost_ten_times_a_thousand(at: Stage) -> None:
    costs = {}
    for count in (1_000, 10_000):
        wanted = [digest(f"{count} {number}".encode()) for number in range(count)]
        with cost_of(at.here.hub.database) as cost:
            answer = at.send(POLICE, "POST", PATH, {"digests": [*wanted, *wanted]})
        assert answer.json() == {"missing": wanted}
        costs[count] = cost
    assert costs[10_000].statements < 12 * costs[1_000].statements
    assert costs[10_000].ticks < 12 * costs[1_000].ticks


QUESTIONS = {
    "one too many": (
        {"digests": [digest(b"")] * (LIMITS.digests_per_question + 1)},
        Refusal(422, "http.bad-parameter", "caller", "/digests"),
    ),
    "no list": ({"digests": {}}, Refusal(422, "http.bad-parameter", "caller", "/digests")),
    "no question": ([], Refusal(422, "http.bad-parameter", "caller")),
    "numbers": ({"digests": [1]}, Refusal(422, "http.bad-parameter", "caller", "/digests/0")),
    "objects": ({"digests": [{}]}, Refusal(422, "http.bad-parameter", "caller", "/digests/0")),
    "other digests": ({"digests": ["md5:0"]}, Refusal(422, "evidence.bad-digest", "caller")),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_that_cannot_be_answered(at: Stage, name: str) -> None:
    question, expected = QUESTIONS[name]
    shown(at.send(POLICE, "POST", PATH, question), expected)


PARAMETERS = {
    "inbox before the first": "/v1/inbox?after=-1",
    "inbox of too many": f"/v1/inbox?limit={LIMITS.inbox_page + 1}",
    "inbox for too long": f"/v1/inbox?wait={LIMITS.inbox_wait + 1}",
    "inbox for ever": "/v1/inbox?wait=inf",
    "inbox not a number": "/v1/inbox?wait=nan",
    "cursor beyond every number": "/v1/inbox?after=" + "9" * 30,
    "no day": "/v1/reconcile",
    "a day that never was": "/v1/reconcile?day=2026-02-30",
    "a reference without end": "/v1/cases?ref=" + "9" * 201,
    "no size": f"/log/proof/inclusion?leaf_hash={digest(b'')}",
    "a size of nothing": f"/log/proof/inclusion?leaf_hash={digest(b'')}&size=0",
    "a size beyond every number": f"/log/proof/consistency?old=0&new={'9' * 30}",
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_out_of_bounds_is_named(at: Stage, name: str) -> None:
    answer = at.send(POLICE, "GET", PARAMETERS[name])
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] in ("http.bad-request", "log.size")
    if body["code"] == "http.bad-request":
        assert all(problem["place"].startswith("query/") for problem in body["problems"])


def test_a_record_beyond_its_limit_is_refused(at: Stage) -> None:
    draft = at.catch(at.here.case_dir())
    draft.record["extensions"] = {"police": {str(number): "x" * 10_000 for number in range(900)}}
    at.new_marks()
    answer = at.submit(draft.wire())
    at.refused(answer, Refusal(413, "http.too-large", "caller", "/record"), trail=draft.transfer_id)


def test_noise_costs_no_memory(at: Stage) -> None:
    garbage = b"[" * 200_000
    at.raw("POST", "/v1/transfers", garbage)
    tracemalloc.start()
    for _ in range(50):
        at.raw("POST", "/v1/transfers", garbage)
    left, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 5_000_000
    at.here.hub.noise.take()
