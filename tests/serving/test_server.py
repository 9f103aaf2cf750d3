"""What strangers can send to a server, and that it ends, is said where it can be, and costs nobody else his answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving.serving import Served, all_free, answer, code, ended, served, status
from tests.waiting import until

KIB = 1024
HEAD = b"POST /read HTTP/1.1\r\nhost: hub\r\n"
PLAIN = HEAD + b"content-length: 3\r\n\r\nabc"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def test_requests_are_answered_one_after_another_on_one_connection() -> None:
    with served() as at, at.connected() as made:
        for _ in range(3):
            made.sendall(PLAIN)
            assert answer(made).endswith(b"\r\n\r\n3")
        made.sendall(CHUNKED + b"5\r\nabcde\r\n0\r\n\r\n")
        assert answer(made).endswith(b"\r\n\r\n5")
        assert at.refused == {}


def test_a_few_requests_may_wait_behind_the_first() -> None:
    with served() as at, at.connected() as made:
        made.sendall(PLAIN * 4)
        found = b""
        while found.count(b"HTTP/1.1 200") < 4:
            found += made.recv(65536)
        made.sendall(PLAIN)
        assert status(answer(made)) == 200


def head_of(size: int) -> bytes:
    """A request whose line and fields have `size` bytes as the guard counts them."""
    rest = size - len("/read") - sum(len(line) + 4 for line in ("hosthub", "content-length3", "x"))
    return HEAD + b"content-length: 3\r\nx: " + b"y" * rest + b"\r\n\r\nabc"


def test_a_head_at_its_bound_is_read_and_one_byte_more_is_not() -> None:
    with served(head_bytes=20 * KIB) as at:
        assert status(at.ask(head_of(20 * KIB))) == 200
        found = at.ask(head_of(20 * KIB + 1))
        assert (status(found), code(found)) == (431, "http.head-too-large")


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "an endless field": (HEAD + b"x: " + b"y" * 500_000, 431, "http.head-too-large"),
    "an endless address": (b"GET /" + b"y" * 500_000, 431, "http.head-too-large"),
    "endless fields": (HEAD + b"x: y\r\n" * 50_000, 431, "http.head-too-large"),
    "endless names": (HEAD + b"y" * 500_000, 431, "http.head-too-large"),
    "endless empty lines": (b"\r\n" * 500_000, 431, "http.head-too-large"),
    "one field too many": (HEAD + b"x: y\r\n" * 128 + b"\r\n", 431, "http.head-too-large"),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", 400, "http.malformed"),
    "an address that is none": (b"GET http://[ HTTP/1.1\r\n\r\n", 400, "http.malformed"),
    "two lengths": (HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", 400, "http.malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_head_beyond_bounds_is_refused_with_the_reason(name: str) -> None:
    data, expected, reason = REFUSED[name]
    with served() as at:
        found = at.ask(data)
        assert (status(found), code(found)) == (expected, reason)
        assert at.refused == {reason: 1}
        assert status(at.ask(PLAIN)) == 200
        all_free(at)


CUT: dict[str, Callable[[socket.socket], None]] = {
    "chunks of one byte": lambda made: endless(made, CHUNKED, b"1\r\na\r\n" * 10_000),
    "an endless chunk extension": lambda made: endless(made, CHUNKED + b"5;", b"y" * 60_000),
    "an endless trailer": lambda made: endless(made, CHUNKED + b"0\r\nx: ", b"y" * 60_000),
    "endless trailers": lambda made: endless(made, CHUNKED + b"0\r\n", b"x: y\r\n" * 10_000),
    "no chunk": lambda made: made.sendall(CHUNKED + b"zz\r\n"),
    "requests without end": lambda made: endless(made, b"", PLAIN * 1000),
}


def endless(made: socket.socket, begin: bytes, more: bytes) -> None:
    made.sendall(begin)
    while True:
        made.sendall(more)


@pytest.mark.parametrize("name", CUT)
def test_what_never_ends_is_cut(name: str) -> None:
    with served() as at:
        with at.connected() as made:
            with suppress(OSError):
                CUT[name](made)
            assert ended(made)
        assert at.refused["http.malformed"] == 1
        assert status(at.ask(PLAIN)) == 200
        all_free(at)


@pytest.mark.parametrize("body", [CHUNKED, HEAD + b"content-length: 999999999999\r\n\r\n"], ids=["chunks", "a length"])
def test_a_body_that_was_refused_is_read_only_so_far(body: bytes) -> None:
    with served(drain_bytes=256 * KIB, drain_pause=0.001) as at, at.connected() as made:
        made.sendall(body.replace(b"/read", b"/refused"))
        assert status(answer(made)) == 401
        with suppress(OSError):
            endless(made, b"", b"8000\r\n" + b"y" * 0x8000 + b"\r\n")
        assert ended(made)
        assert at.refused == {"http.malformed": 1}


def test_after_a_refused_body_that_ends_the_connection_goes_on() -> None:
    with served(drain_pause=0.001) as at, at.connected() as made:
        made.sendall(HEAD.replace(b"/read", b"/refused") + b"content-length: 600000\r\n\r\n")
        assert status(answer(made)) == 401
        made.sendall(b"y" * 600_000 + PLAIN)
        assert answer(made).endswith(b"\r\n\r\n3")


SLOW: dict[str, tuple[bytes, dict[str, Any]]] = {
    "nothing": (b"", {"head_seconds": 0.1}),
    "half a head": (HEAD, {"head_seconds": 0.1}),
    "half a head after a request": (PLAIN + HEAD, {"head_seconds": 0.1}),
    "half a body": (PLAIN[:-1], {"body_seconds": 0.1}),
    "half a chunk": (CHUNKED + b"5\r\nab", {"body_seconds": 0.1}),
    "nobody reads": (b"GET /big HTTP/1.1\r\nhost: hub\r\n\r\n", {"answer_seconds": 0.1}),
    "half a refused body": (
        HEAD.replace(b"/read", b"/refused") + b"content-length: 9\r\n\r\na",
        {"drain_seconds": 0.1},
    ),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_stands_still_is_ended(name: str) -> None:
    data, limits = SLOW[name]
    with served(**limits) as at, at.connected() as made:
        made.sendall(data)
        until(lambda: at.refused, "the end of it")
        all_free(at)
        assert at.refused == {"http.too-slow": 1}


def test_a_head_that_comes_too_slowly_is_told() -> None:
    with served(head_seconds=0.1) as at:
        found = at.ask(HEAD)
        assert (status(found), code(found)) == (408, "http.too-slow")


def test_silent_connections_keep_nobody_out_and_signed_ones_stay() -> None:
    with served(connections=32, connections_per_peer=16) as at, at.connected("127.0.0.9") as signed:
        signed.sendall(HEAD.replace(b"/read", b"/signed") + b"content-length: 2\r\n\r\na")
        until(lambda: any(each.signed() for each in at.places), "the signed request")
        silent = crowd(at, 100)
        assert [status(at.ask(PLAIN)) for _ in range(20)] == [200] * 20
        signed.sendall(b"b")
        assert answer(signed).endswith(b"\r\n\r\n2")
        silent.close()


def crowd(at: Served, size: int) -> ExitStack:
    """That many connections of eight addresses, which say nothing. The server may break one off while it is made."""
    stack = ExitStack()
    for number in range(size):
        with suppress(ConnectionResetError):
            stack.enter_context(at.connected(f"127.0.0.{2 + number % 8}"))
    return stack


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of our own for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hub")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "hub.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "hub.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "hub.crt", folder / "hub.key"


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> Iterator[Served]:
    crt, key = certificate
    with served(certificate=crt, key=key, handshake_seconds=1.0, connections=32, connections_per_peer=16) as at:
        yield at


def over_tls(at: Served, certificate: tuple[Path, Path], data: bytes) -> bytes:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with at.connected() as plain, context.wrap_socket(plain, server_hostname="hub") as made:
        made.sendall(data)
        return answer(made)


def test_half_open_handshakes_have_their_places_and_their_time(tls: Served, certificate: tuple[Path, Path]) -> None:
    assert over_tls(tls, certificate, PLAIN).endswith(b"\r\n\r\n3")
    silent = crowd(tls, 100)
    until(lambda: tls.server.places.taken == 32, "all places to be taken")
    assert over_tls(tls, certificate, PLAIN).endswith(b"\r\n\r\n3")
    all_free(tls)  # the handshakes' time is over
    silent.close()


def test_a_failed_handshake_gives_its_place_back(tls: Served, certificate: tuple[Path, Path]) -> None:
    with tls.connected() as made:
        made.sendall(PLAIN)
        assert ended(made)
    all_free(tls)
    assert tls.refused == {"http.bad-handshake": 1}
    assert code(over_tls(tls, certificate, HEAD + b"x: " + b"y" * 100_000)) == "http.head-too-large"
