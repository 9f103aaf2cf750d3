from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import (
    MAX_DEPTH,
    MAX_INT,
    canonical,
    digest,
    digest_bytes,
    digest_of,
    parse_canonical,
    require_digest,
)
from messages.problems import Problem


class Word(StrEnum):
    ARREST = "逮捕"


class Number(IntEnum):
    TWO = 2


texts = st.text(st.characters(codec="utf-8"), max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=25,
)
with_floats = st.recursive(
    st.floats(allow_nan=False, allow_infinity=False) | texts | st.integers(-MAX_INT, MAX_INT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_a_written_value_reads_back_equal(value: Any) -> None:
    assert parse_canonical(canonical(value)) == value


@given(plain | with_floats)
def test_the_bytes_are_those_of_an_independent_writer(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.dictionaries(texts, st.integers(0, 9), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_members_were_added_does_not_matter(value: dict[str, int], random: Any) -> None:
    members = list(value.items())
    random.shuffle(members)
    assert canonical(dict(members)) == canonical(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"\ufb33": 1, "\U0001f600": 2}, '{"😀":2,"\ufb33":1}'.encode(), id="keys order by UTF-16"),
        pytest.param(("a", Word.ARREST, Number.TWO), '["a","逮捕",2]'.encode(), id="tuples and enums"),
        pytest.param('\x00\x1f\x7f"\\/\n', b'"\\u0000\\u001f\x7f\\"\\\\/\\n"', id="escapes"),
        pytest.param(1e21, b"1e+21", id="a float"),
        pytest.param([], b"[]", id="empty list"),
    ],
)
def test_written_form(value: Any, expected: bytes) -> None:
    assert canonical(value) == expected


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(2**53, id="too large an integer"),
        pytest.param(-(2**53), id="too small an integer"),
        pytest.param({"a": b"bytes"}, id="bytes"),
        pytest.param({1: "a"}, id="a key that is a number"),
        pytest.param("\ud800", id="a lone surrogate"),
        pytest.param({"\udfff": 1}, id="a lone surrogate as key"),
        pytest.param([float("nan")], id="NaN"),
        pytest.param([float("inf")], id="infinity"),
        pytest.param([1.5, object()], id="a foreign object beside a float"),
        pytest.param({"a": 1.5, "\ud800": 1}, id="a lone surrogate as key beside a float"),
        pytest.param([1.5, "\ud800"], id="a lone surrogate beside a float"),
        pytest.param([1.5, deep(MAX_DEPTH + 1)], id="nested too deep beside a float"),
        pytest.param(deep(MAX_DEPTH + 1), id="nested too deep"),
    ],
)
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(Problem) as caught:
        canonical(value)
    assert caught.value.code == "evidence.not-json"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a": 1}', id="white space"),
        pytest.param(b'{"b":1,"a":1}', id="key order"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b"1.0", id="a float"),
        pytest.param(b"-0", id="minus zero"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b'"\\u0041"', id="needless escape"),
        pytest.param(b'"\\/"', id="escaped slash"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b"1\n", id="a line feed at the end"),
        pytest.param(b"\xef\xbb\xbf1", id="byte order mark"),
        pytest.param(b"9007199254740992", id="2 to the 53"),
        pytest.param(b"1" * 5000, id="5000 digits"),
        pytest.param(b"[" * 100_000, id="100,000 brackets"),
        pytest.param(b"[" * 200 + b"]" * 200, id="nested 200 deep"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'"\\ud800"', id="a lone surrogate"),
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_canonical(data, "/here")
    assert (caught.value.code, caught.value.place) == ("evidence.not-canonical", "/here")


def test_digests() -> None:
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest(b"") == empty
    assert digest_of("") == digest(b'""')
    assert require_digest(empty) == empty
    assert digest_bytes(empty).hex() == empty[7:]


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "A" * 64, "SHA256:" + "a" * 64, "sha256:" + "a" * 63, None, 7]
)
def test_what_is_no_digest(text: Any) -> None:
    with pytest.raises(Problem, match="bad-digest"):
        require_digest(text)
