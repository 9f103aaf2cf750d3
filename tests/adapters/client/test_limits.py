"""What an answer may cost: bytes beyond the limit are never held, packed or plain."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.client.hub import HubAway, HubClient
from adapters.home import Agency, create
from adapters.keys.keyring import Keyring
from adapters.limits import DEFAULT
from evidence.identifiers import utc_now
from messages.problems import Problem

URL = "http://127.0.0.1:8440"
LIMITS = replace(DEFAULT, answer_bytes=1_000_000, attempts=1)


class Endless(httpx.SyncByteStream):
    """A body that goes on; it counts what was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while self.taken < 50_000_000:
            self.taken += 65_536
            yield b" " * 65_536


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The keys of a new home."""
    return Keyring.create(create(tmp_path / "a", Agency("police", "350102000000", "示例"), URL), utc_now())


@pytest.mark.parametrize(
    ("told", "paused", "attempts"),
    [("7", 7.0, 2), ("0", 0.25, 2), ("soon", 0.25, 2), ("-1", 0.25, 2), ("61", None, 1), ("9" * 20, 0.25, 2)],
)
def test_the_hub_says_when_it_wants_to_be_asked_again(
    keyring: Keyring, told: str, paused: float | None, attempts: int
) -> None:
    asked: list[httpx.Request] = []
    pauses: list[float] = []
    busy = {"code": "quota.requests", "params": {"limit": 1, "retry_after": 1}}

    def hub(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(429, json=busy, headers={"Retry-After": told})

    limits = replace(DEFAULT, attempts=2)
    transport = httpx.MockTransport(hub)
    with pytest.raises(HubAway, match=r"quota\.requests"):
        HubClient(URL, keyring, utc_now, transport=transport, limits=limits, pause=pauses.append).get("/v1/inbox")
    assert (len(asked), pauses) == (attempts, [] if paused is None else [paused])


def client(keyring: Keyring, answer: httpx.Response) -> HubClient:
    return HubClient(URL, keyring, utc_now, transport=httpx.MockTransport(lambda _request: answer), limits=LIMITS)


@pytest.mark.parametrize("status", [200, 404])
def test_an_endless_answer_is_given_up(keyring: Keyring, status: int) -> None:
    body = Endless()
    with pytest.raises(Problem, match=r"adapter\.bad-answer"):
        client(keyring, httpx.Response(status, stream=body)).get("/v1/inbox")
    assert body.taken < 2_000_000


def test_a_packed_answer_is_not_asked_for_and_not_unpacked_beyond_the_limit(keyring: Keyring) -> None:
    asked: list[str] = []

    def hub(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["accept-encoding"])
        packed = gzip.compress(b" " * 20_000_000)
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(packed))

    line = HubClient(URL, keyring, utc_now, transport=httpx.MockTransport(hub), limits=LIMITS)
    with pytest.raises(Problem, match=r"adapter\.bad-answer"):
        line.get("/v1/inbox")
    assert asked == ["identity"]


def test_an_answer_within_the_limit_comes_whole(keyring: Keyring) -> None:
    packed = gzip.compress(b'{"items":[]}')
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(packed))
    assert client(keyring, answer).get("/v1/inbox") == {"items": []}
    assert client(keyring, httpx.Response(200, content=b"x" * 1_000_000)).get_part("sha256:0") == b"x" * 1_000_000
