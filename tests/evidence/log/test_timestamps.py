"""Tokens that hold, and each way in which one does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.x509 import Certificate

from evidence.log import timestamps
from evidence.log.timestamps import MAX_TOKEN, Question, ask, read_authorities, verify_token
from messages.problems import Problem
from tests.scene.tsa import Authority

BODY = "hub.example/log\n10\nuUEG4PzmnQzNDFBEF4yf9Qz4Hsp3i4mZ8LWkKEC4Nkk=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture(scope="module")
def roots(authority: Authority) -> list[Certificate]:
    return read_authorities(authority.ca.read_bytes())


@pytest.fixture(scope="module")
def asked() -> Question:
    return ask(BODY)


@pytest.fixture(scope="module")
def answer(authority: Authority, asked: Question) -> bytes:
    return authority.answer(asked.der)


def test_an_honest_token(authority: Authority, asked: Question, roots: list[Certificate]) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    answer = authority.answer(asked.der)
    stamped = verify_token(answer, BODY, [*roots, *roots], asked.nonce)
    assert before <= stamped.at <= datetime.now(UTC)
    assert stamped.policy == "1.2.3.4.1"
    assert stamped == verify_token(answer, BODY, roots)
    assert timestamps.available()


def refused(answer: bytes, body: str, roots: list[Certificate], nonce: int | None = None) -> str:
    with pytest.raises(Problem) as caught:
        verify_token(answer, body, roots, nonce)
    return caught.value.code


def test_a_token_of_another_checkpoint(answer: bytes, roots: list[Certificate]) -> None:
    assert refused(answer, BODY.replace("\n10\n", "\n11\n"), roots) == "evidence.token-other"


def test_a_token_that_answers_another_request(answer: bytes, asked: Question, roots: list[Certificate]) -> None:
    assert refused(answer, BODY, roots, asked.nonce + 1) == "evidence.token-other"


def test_a_token_of_an_authority_that_nobody_trusts(
    answer: bytes, roots: list[Certificate], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("tsa") / "stranger")
    assert refused(answer, BODY, read_authorities(stranger.ca.read_bytes())) == "evidence.token-untrusted"
    assert refused(stranger.answer(ask(BODY).der), BODY, roots) == "evidence.token-untrusted"


GARBAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "malformed"),
    "text": (lambda _: b"<html>busy</html>", "malformed"),
    "cut short": (lambda token: token[:-1], "malformed"),
    "longer than any": (lambda token: token + bytes(MAX_TOKEN), "malformed"),
    "refused by the authority": (lambda _: bytes.fromhex("30053003020102"), "refused"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_answers_that_are_no_tokens(name: str, answer: bytes, roots: list[Certificate]) -> None:
    change, code = GARBAGE[name]
    assert refused(change(answer), BODY, roots) == f"evidence.token-{code}"


def test_no_flipped_bit_tells_another_time(answer: bytes, asked: Question, roots: list[Certificate]) -> None:
    """Some bytes of the wrapping are not signed; a change there may pass, but then the token says what it said."""
    told = []
    for place in range(len(answer)):
        altered = bytearray(answer)
        altered[place] ^= 1
        with suppress(Problem):
            told.append(verify_token(bytes(altered), BODY, roots, asked.nonce))
    assert set(told) <= {verify_token(answer, BODY, roots, asked.nonce)}
    assert len(told) < 20


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_without_a_certificate(pem: bytes) -> None:
    with pytest.raises(Problem, match="bad-tsa-file"):
        read_authorities(pem)
