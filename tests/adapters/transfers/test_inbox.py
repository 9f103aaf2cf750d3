"""The hub's inbox read page by page: what is odd in it holds up nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.client.hub import HubAway
from adapters.folders import look
from adapters.transfers.inbox import listing, offered
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import Rule, answered
from tests.scene.world import FAST, World

Item = dict[str, Any]


def offers(world: World, count: int) -> list[str]:
    """So many transfers that wait for the procuratorate, oldest first."""
    folders = [case_dir(world.root / f"case-{number}") for number in range(count)]
    return [world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id for folder in folders]


def deep() -> Any:
    """An object far deeper than any answer."""
    found: Any = 0
    for _ in range(60):
        found = [found]
    return found


ODD: dict[str, Callable[[Item], Any]] = {
    "position null": lambda item: item | {"position": None},
    "position 2^70": lambda item: item | {"position": float(2**70)},
    "position of text": lambda item: item | {"position": "1"},
    "position true": lambda item: item | {"position": True},
    "position before the one before": lambda item: item | {"position": 0},
    "no transfer": lambda item: {name: value for name, value in item.items() if name != "transfer_id"},
    "no sender": lambda item: {name: value for name, value in item.items() if name != "sender"},
    "sender of another form": lambda item: item | {"sender": "nobody"},
    "case of another form": lambda item: item | {"case_uid": "../x"},
    "a control character": lambda item: item | {"node": "N\x1b[2J"},
    "no object": lambda _item: 7,
    "null": lambda _item: None,
    "a deep list": lambda _item: deep(),
    "an instant of another form": lambda item: item | {"offered_at": "yesterday"},
}


@pytest.mark.parametrize("name", ODD)
def test_one_odd_item_is_told_and_the_others_are_pulled(world: World, name: str) -> None:
    first, odd, last = offers(world, 3)

    def change(page: dict[str, Any]) -> None:
        page["items"] = [ODD[name](item) if item["transfer_id"] == odd else item for item in page["items"]]

    with world.wire.under(answered("/v1/inbox", change)):
        assert [item["transfer_id"] for item in world[PROCURATORATE].inbox()] == [first, last]
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [first, last]
    assert [problem.code for _, problem in haul.failed] == ["adapter.odd-item"]
    assert world.codes_heard().count("adapter.odd-item") == 1
    assert [item.transfer_id for item in world[PROCURATORATE].pull(world.root / "in").delivered] == [odd]


SPOILED: dict[str, bytes] = {
    "half of a surrogate pair": b'{"items": [{"node": "\\ud800"}], "next": 1}',
    "2^70": b'{"items": [], "next": 1180591620717411303424}',
    "deep": b'{"items": [' + b"[" * 500 + b"]" * 500 + b'], "next": 1}',
    "no object": b"[]",
    "no items": b'{"next": 1}',
    "no JSON": b"<html>",
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_page_that_is_none_is_one_problem(world: World, name: str) -> None:
    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(200, content=SPOILED[name]) if request.url.path == "/v1/inbox" else send()

    with world.wire.under(rule):
        haul = world[PROCURATORATE].pull(world.root / "in")
        assert [problem.code for _, problem in haul.failed] == ["adapter.bad-answer"]
        assert [problem.code for _, problem in next(world[PROCURATORATE].follow(world.root / "in")).failed]
        assert look(world[PROCURATORATE].station, world.root / "out", world.root / "in").haul.failed


def served_again(body: bytes) -> Rule:
    """Whoever asks for the inbox gets this page, wherever it asks from."""

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(200, content=body) if request.url.path == "/v1/inbox" else send()

    return rule


def test_one_page_served_again_and_again_ends_the_listing(world: World) -> None:
    offers(world, 1)
    station = world[PROCURATORATE].station
    page = copy.deepcopy(station.client.get("/v1/inbox"))
    page["items"] *= FAST.inbox_page
    for position, item in enumerate(page["items"], start=1):
        page["items"][position - 1] = item | {"position": position}
    page["next"] = FAST.inbox_page
    world.wire.seen.clear()
    with world.wire.under(served_again(json.dumps(page).encode())):
        assert len(listing(station)) == FAST.inbox_page
    assert len(world.wire.seen) == 2


def test_pages_that_lead_nowhere_are_bounded_and_not_kept(world: World) -> None:
    """A hub that makes up items without end is asked for so many pages, one of them at a time."""
    station = world[PROCURATORATE].station
    offers(world, 1)
    (item,) = listing(station)
    station.client.limits = replace(FAST, inbox_page=2, listing_pages=5)

    def invent(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path != "/v1/inbox":
            return send()
        after = int(request.url.params["after"])
        return httpx.Response(
            200, json={"items": [item | {"position": after + 1}, item | {"position": after + 2}], "next": 0}
        )

    world.wire.seen.clear()
    with world.wire.under(invent):
        found = offered(station)
        assert [next(found).position for _ in range(3)] == [1, 2, 3]
        assert len(world.wire.seen) == 2, "a page is asked for when the one before it was used up"
        assert len([*found]) == 7
    assert len(world.wire.seen) == 5


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"code": "hub.internal"}), httpx.Response(403, text="no")])
def test_one_transfer_that_the_hub_fails_at_does_not_hold_up_the_others(world: World, answer: httpx.Response) -> None:
    first, bad, last = offers(world, 3)

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path == f"/v1/transfers/{bad}":
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return send()

    with world.wire.under(rule):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [first, last]
    assert [transfer_id for transfer_id, _ in haul.failed] == [bad]


def test_one_transfer_at_which_the_line_breaks_does_not_hold_up_the_others(world: World) -> None:
    first, bad, last = offers(world, 3)

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path == f"/v1/transfers/{bad}":
            text = "the worker died"
            raise httpx.RemoteProtocolError(text)
        return send()

    with world.wire.under(rule), pytest.raises(HubAway):
        world[PROCURATORATE].pull(world.root / "in")
    assert sorted(path.name for path in (world.root / "in").iterdir()) == sorted([first, last])


STRANGE = [httpx.Response(status, text="<html>") for status in (200, 302, 401, 403, 404, 409, 410, 413, 422, 502)]


@pytest.mark.parametrize("answer", [*STRANGE, httpx.Response(200), httpx.Response(200, json={})])
def test_no_answer_but_the_hubs_settles_a_row(world: World, answer: httpx.Response) -> None:
    def instead(method: str, ending: str) -> Rule:
        def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
            if request.method == method and request.url.path.endswith(ending):
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
            return send()

        return rule

    folder = case_dir(world.root / "case")
    police, receiver = world[POLICE].station, world[PROCURATORATE].station
    with world.wire.under(instead("POST", "/v1/transfers")), pytest.raises(Exception, match=r"adapter\."):
        world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    (row,) = police.journal.queue()
    assert row.status == "submitting"
    assert [item.transfer_id for item in world[POLICE].resume().sent] == [row.transfer_id]
    with world.wire.under(instead("POST", "/acknowledgement")):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [transfer_id for transfer_id, _ in haul.failed] == [row.transfer_id]
    assert receiver.inbox.get(row.transfer_id).status == "delivered"
    haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [row.transfer_id]
    receiver.marks.make(
        transfer_id=row.transfer_id, node="N-ARR-001", action="opened", occurred_at=receiver.clock(), digests={},
        private={},
    )  # fmt: skip
    with world.wire.under(instead("POST", "/v1/marks")):
        receiver.flush_marks()
    assert len(receiver.marks.unsent("opened")) == 1
    receiver.flush_marks()
    assert receiver.marks.unsent("opened") == []
