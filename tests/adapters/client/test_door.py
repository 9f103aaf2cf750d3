"""What comes in from a hub, or from what stands before it: bounded, typed, and decided by the hub alone."""

from __future__ import annotations

import ast
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.client import answers, door
from adapters.client.hub import HubAway, HubClient, Refused
from adapters.home import Agency, create
from adapters.keys.keyring import Keyring
from adapters.limits import DEFAULT
from evidence.canonical import digest
from evidence.identifiers import utc_now
from messages.problems import Problem
from messages.rendering import problem_json

URL = "http://127.0.0.1:8440"
LIMITS = replace(DEFAULT, attempts=1, answer_values=1_000, answer_depth=20)
ROOT = Path(__file__).parents[3] / "adapters"


def client(tmp_path: Path, answer: httpx.Response) -> HubClient:
    """A client of a hub that gives one answer to everything."""
    keyring = Keyring.create(create(tmp_path / "a", Agency("police", "350102000000", "示例"), URL), utc_now())
    return HubClient(URL, keyring, utc_now, transport=httpx.MockTransport(lambda _request: answer), limits=LIMITS)


ODD_JSON: dict[str, bytes] = {
    "no JSON": b"<html>",
    "nothing": b"",
    "another encoding": '{"a": "案"}'.encode("gb18030"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "half of a surrogate pair": b'{"a": "\\ud800"}',
    "a number beyond 2^53": b'{"a": 1180591620717411303424}',
    "a number of 10,000 digits": b'{"a": ' + b"1" * 10_000 + b"}",
    "no finite number": b'{"a": 1e999}',
    "NaN": b'{"a": NaN}',
    "too deep": b"[" * 22 + b"]" * 22,
    "far too deep": b"[" * 100_000 + b"]" * 100_000,
    "too many lists": b"[" + b"[]," * 1_000 + b"[]]",
    "too many members": json.dumps({str(number): 0 for number in range(1_001)}).encode(),
}


@pytest.mark.parametrize("name", ODD_JSON)
def test_odd_json_is_one_problem(name: str) -> None:
    with pytest.raises(Problem) as raised:
        door.read_json(ODD_JSON[name], "/v1/inbox", LIMITS)
    assert (raised.value.code, raised.value.place) == ("adapter.bad-answer", "/v1/inbox")
    assert raised.value.params["what"]


def test_json_at_the_limits_is_read() -> None:
    assert door.read_json(b"[" * 20 + b"]" * 20, "", LIMITS)
    assert len(door.read_json(b"[" + b"0," * 998 + b"0]", "", LIMITS)) == 999
    assert door.read_json(b"[9007199254740991, -9007199254740991, 0.5]", "", LIMITS)[0] == 2**53 - 1


class Packed(httpx.SyncByteStream):
    """A body of one piece, and whether it was taken whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data


PACKINGS: dict[str, tuple[str, bytes]] = {
    "a bomb": ("gzip", gzip.compress(bytes(400_000_000), 1)),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
    "another": ("deflate", zlib.compress(b"{}")),
    "cut off": ("gzip", gzip.compress(b"{}")[:-9]),
    "not packed": ("gzip", b"{}"),
}


@pytest.mark.parametrize("name", PACKINGS)
def test_packed_answers_are_bounded_while_they_are_unpacked(tmp_path: Path, name: str) -> None:
    packing, data = PACKINGS[name]
    seen: list[int] = []
    real = zlib.decompressobj

    class Watched:
        """Notes how much comes out at once."""

        def __init__(self, *how: Any) -> None:
            self._inner = real(*how)

        def decompress(self, data: bytes, *most: int) -> bytes:
            out = self._inner.decompress(data, *most)
            seen.append(len(out))
            return out

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlib, "decompressobj", Watched)
        answer = httpx.Response(200, headers={"content-encoding": packing}, stream=Packed(data))
        with pytest.raises(Problem, match=r"adapter\.bad-answer"):
            client(tmp_path, answer).get("/v1/inbox")
    assert max(seen, default=0) <= 1 << 20, "a small piece became a large one"
    assert sum(seen) <= LIMITS.list_bytes + (1 << 20)


HTML = b"<html><body>Access denied by gateway</body></html>"
STRANGERS: dict[str, bytes] = {
    "a page": HTML,
    "nothing": b"",
    "the problem of another": b'{"type": "about:blank", "title": "Forbidden", "status": 403}',
    "a code of another": b'{"code": "AccessDenied", "message": "x"}',
    "a code of no text": b'{"code": 403}',
    "a list": b"[]",
}


@pytest.mark.parametrize("status", [301, 401, 403, 404, 407, 409, 410, 413, 422, 451, 500, 502, 503])
@pytest.mark.parametrize("name", STRANGERS)
def test_an_answer_that_no_hub_gave_decides_nothing(tmp_path: Path, status: int, name: str) -> None:
    line = client(tmp_path, httpx.Response(status, content=STRANGERS[name]))
    for ask in (lambda: line.get("/v1/inbox"), lambda: line.get_part("sha256:0"), lambda: line.send("POST", "/v1/x")):
        with pytest.raises(HubAway) as raised:
            ask()
        assert (raised.value.code, raised.value.params["status"]) == ("adapter.hub-answer", status)
        assert raised.value.answered


def test_a_refusal_of_the_hub_is_one_whatever_its_members_are(tmp_path: Path) -> None:
    body = problem_json(Problem("part.missing", "/x"))
    body["params"] = {"place": "y", "code": "z", "self": 1, "many": [1]}
    body["problems"] = [{"code": "part.missing"}] * 5_000
    with pytest.raises(Refused) as raised:
        client(tmp_path, httpx.Response(404, json=body | {"problems": body["problems"][:100]})).get("/v1/inbox")
    assert (raised.value.code, raised.value.place, raised.value.status) == ("part.missing", "/x", 404)
    assert len(raised.value.problems) == 100


STORED: dict[str, bytes] = {"a page": HTML, "nothing": b"", "another": b'{"digest": "sha256:1", "size": 1}'}


@pytest.mark.parametrize("name", STORED)
def test_a_part_is_stored_when_the_hub_says_that_it_holds_it(tmp_path: Path, name: str) -> None:
    line = client(tmp_path, httpx.Response(200, content=STORED[name]))
    with pytest.raises(Problem, match=r"adapter\.bad-answer"):
        line.put_part(digest(b"x"), memoryview(b"x"))


ITEM: dict[str, Any] = {
    "position": 1,
    "transfer_id": "019cac0f-2682-7202-8202-020202020202",
    "node": "N-ARR-001",
    "sender": "police:350102000000",
    "case_uid": "019cac0f-2681-7101-8101-010101010101",
    "offered_at": "2026-03-02T01:00:02.000Z",
    "bytes": 1,
    "pages": 1,
    "status": "offered",
}
ODD_VALUES: tuple[Any, ...] = (None, True, -1, 2**70, 0.5, "", "\x1b[2J", "x" * 201, [], {})


@pytest.mark.parametrize("member", ITEM)
def test_each_member_of_an_item_has_its_form(member: str) -> None:
    assert answers.InboxItem.read(ITEM).to_json() == ITEM
    for value in ODD_VALUES:
        with pytest.raises(TypeError):
            answers.InboxItem.read(ITEM | {member: value})
    with pytest.raises(KeyError):
        answers.InboxItem.read({name: value for name, value in ITEM.items() if name != member})


ODD_FINDINGS: dict[str, Any] = {
    "no object": 1,
    "no code": {"level": "W"},
    "a code of no text": {"code": 1},
    "parameters of no object": {"code": "rule.IR-32", "params": [1]},
    "another level": {"code": "rule.IR-32", "level": "X"},
    "a place of no text": {"code": "rule.IR-32", "place": 3},
}


@pytest.mark.parametrize("name", ODD_FINDINGS)
def test_a_finding_that_cannot_be_shown_is_shown_as_that(name: str) -> None:
    genuine = {"code": "rule.IR-32", "level": "V", "params": {"count": 3}}
    assert door.findings([ODD_FINDINGS[name], genuine]) == ({"code": "adapter.odd-finding", "level": "W"}, genuine)


def test_the_adapter_asks_by_type_alone() -> None:
    """`get` and `send` give what no type has looked at: nothing in the adapter uses them."""
    untyped = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("get", "send"):
                owner = ast.unparse(node.value)
                if owner.endswith(("client", "_client")):
                    untyped.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert untyped == []
