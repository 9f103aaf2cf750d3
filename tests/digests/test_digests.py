"""Digests: made, printed, read, told apart."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import digests
from digests import SHA256, Digest, Hasher
from messages.problems import Problem

ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""FIPS 180-4, "abc"."""


def test_the_known_value() -> None:
    assert str(Digest.of(b"abc")) == ABC
    assert Digest.of(b"abc").hex == ABC[7:]
    assert Digest.parse(ABC) == Digest("sha256", bytes.fromhex(ABC[7:]))
    assert digests.require(ABC) == ABC
    assert digests.holds(ABC, b"abc")
    assert not digests.holds(ABC, b"abd")


@given(st.lists(st.binary(max_size=100)))
def test_pieces_file_and_whole_agree(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    hasher = Hasher.like(ABC)
    for piece in pieces:
        hasher.update(memoryview(piece))
    assert hasher.digest() == Digest.of(whole) == Digest.of_file(io.BytesIO(whole))
    assert hasher.digest().value == hashlib.sha256(whole).digest()


@given(st.lists(st.binary(min_size=32, max_size=32)))
def test_text_and_digest_go_both_ways_and_have_one_order(values: list[bytes]) -> None:
    found = [Digest("sha256", value) for value in values]
    assert [Digest.parse(str(digest)) for digest in found] == found
    assert list(map(str, sorted(found))) == sorted(map(str, found))
    assert len(set(found)) == len(set(values))


def test_equal_needs_both_parts() -> None:
    one = Digest.of(b"abc")
    assert one.same(Digest.parse(ABC))
    assert not one.same(Digest.of(b""))
    assert not one.same(Digest("sm3", one.value))


MALFORMED: dict[str, Any] = {
    "no text": 1,
    "nothing": None,
    "empty": "",
    "bare digits": ABC[7:],
    "capitals": ABC.upper(),
    "one digit short": ABC[:-1],
    "one digit more": ABC + "0",
    "line feed": ABC + "\n",
    "space": "sha256: " + ABC[7:],
    "other algorithm, too short for any": "md5:0",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("read", [Digest.parse, digests.require, Hasher.like])
def test_malformed(read: Any, text: Any) -> None:
    with pytest.raises(Problem) as caught:
        read(text, "/digest")
    assert (caught.value.code, caught.value.place) == ("evidence.bad-digest", "/digest")


@pytest.mark.parametrize("read", [Digest.parse, digests.require, Hasher.like])
def test_an_algorithm_of_tomorrow_is_told_as_such(read: Any) -> None:
    with pytest.raises(Problem) as caught:
        read("sm3:" + "0" * 64, "/digest")
    assert (caught.value.code, caught.value.params) == ("evidence.unknown-digest", {"algorithm": "sm3"})


def test_what_is_a_digest_and_what_is_known() -> None:
    told = {ABC: (True, True), "sm3:" + "0" * 64: (True, False), "sm3:00": (False, False), ABC[:-2]: (False, False)}
    assert {text: (digests.is_digest(text), digests.is_known(text)) for text in told} == told


def test_a_registered_algorithm_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = digests.Algorithm("sha512", 64, hashlib.sha512, "sha-512")
    monkeypatch.setitem(digests.ALGORITHMS, "sha512", made_up)
    text = str(Digest.of(b"abc", made_up))
    assert text.startswith("sha512:ddaf35a193617aba")
    assert digests.holds(text, b"abc")
    assert Hasher.like(text).algorithm is made_up
    with pytest.raises(Problem, match="bad-digest"):
        Digest.parse(text[:-2])


def test_updating_costs_what_the_hash_costs() -> None:
    assert Hasher(SHA256).update.__qualname__ == hashlib.sha256().update.__qualname__
