"""Pulling through failures, and what is declined, refused or only said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import httpx
import pytest

import adapters.sending.submission
from adapters import native
from adapters.client.hub import HubAway
from adapters.native.formats import Format, load_format
from adapters.transfers.inbox import listing
from dossier.keys import Identity
from tests.adapters.native.test_carrying import without
from tests.adapters.sending.test_push import Killed
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import answered, cut, lost_answer
from tests.scene.world import World


def offer(world: World) -> str:
    """A transfer that waits for the procuratorate."""
    return world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id


def part_rule(nth: int, spoil: Callable[[httpx.Response], httpx.Response]) -> Callable[..., httpx.Response]:
    """Let `spoil` change the nth part that is fetched (from 1)."""
    count = [0]

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send()
        if request.method == "GET" and request.url.path.startswith("/v1/parts/"):
            count[0] += 1
            if count[0] == nth:
                return spoil(answer)
        return answer

    return rule


def die(_answer: httpx.Response) -> httpx.Response:
    raise Killed


def test_a_killed_pull_leaves_no_whole_looking_folder_and_goes_on(world: World) -> None:
    transfer_id = offer(world)
    into = world.root / "in"
    with world.wire.under(part_rule(5, die)), pytest.raises(Killed):
        world[PROCURATORATE].pull(into)
    assert not (into / transfer_id).exists()
    assert world[PROCURATORATE].station.marks.find(transfer_id, "acknowledged") is None
    haul = world.restart(PROCURATORATE).pull(into)
    assert [item.transfer_id for item in haul.delivered] == [transfer_id]
    assert bagit.Bag(str(into / transfer_id / "bag")).is_valid()
    assert [path.name for path in into.iterdir()] == [transfer_id]


def test_a_lost_acknowledgement_is_sent_again_with_the_same_mark(world: World) -> None:
    transfer_id = offer(world)
    into = world.root / "in"
    path = f"/v1/transfers/{transfer_id}/acknowledgement"
    with world.wire.under(lost_answer("POST", path)), pytest.raises(HubAway):
        world[PROCURATORATE].pull(into)
    mark = world[PROCURATORATE].station.marks.find(transfer_id, "acknowledged")
    world.restart(PROCURATORATE).pull(into)
    again = world[PROCURATORATE].station.marks.find(transfer_id, "acknowledged")
    assert mark is not None
    assert again is not None
    assert mark.statement.encode() == again.statement.encode()
    trail = world[POLICE].station.client.get(f"/v1/transfers/{transfer_id}/trail")
    assert [item["action"] for item in trail["marks"]].count("acknowledged") == 1


def test_an_acknowledgement_that_never_arrived_is_sent_with_the_next_pull(world: World) -> None:
    transfer_id = offer(world)

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return cut(request, send) if request.url.path.endswith("/acknowledgement") else send()

    with world.wire.under(rule), pytest.raises(HubAway):
        world[PROCURATORATE].pull(world.root / "in")
    assert [item["transfer_id"] for item in listing(world[PROCURATORATE].station)] == [transfer_id]
    world.restart(PROCURATORATE).pull(world.root / "in")
    assert listing(world[PROCURATORATE].station) == []


SPOILED: dict[str, Callable[[httpx.Response], httpx.Response]] = {
    "altered": lambda answer: httpx.Response(200, content=answer.content[:-1] + b"\x00"),
    "truncated": lambda answer: httpx.Response(200, content=answer.content[:-7]),
    "of another volume": lambda _answer: httpx.Response(200, content=b"x" * 700),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_part_that_is_not_what_its_digest_says_is_named_and_nothing_is_acknowledged(world: World, name: str) -> None:
    transfer_id = offer(world)
    with world.wire.under(part_rule(4, SPOILED[name])):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [(failed, problem.code) for failed, problem in haul.failed] == [(transfer_id, "dossier.part-altered")]
    assert not (world.root / "in" / transfer_id).exists()
    assert [item["transfer_id"] for item in listing(world[PROCURATORATE].station)] == [transfer_id]
    assert world[PROCURATORATE].pull(world.root / "in").delivered[0].pages == 5


def forge(body: dict[str, Any], member: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the payload of a statement without its signature."""
    import base64

    payload = json.loads(base64.b64decode(body[member]["payload"]))
    change(payload)
    data = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    body[member]["payload"] = base64.b64encode(data).decode()


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "record": (lambda body: body["record"]["case"].update(name="换了"), "adapter.record-differs"),
    "annex": (lambda body: forge(body, "annex", lambda annex: annex.update(entries=[])), "evidence.bad-signature"),
    "receipt": (lambda body: forge(body, "receipt", lambda r: r.update(findings=[1])), "evidence.bad-signature"),
    "envelope": (lambda body: forge(body, "envelope", lambda e: e.update(handler="x")), "evidence.bad-signature"),
    "descriptors exchanged": (lambda body: body["descriptors"].pop(), "adapter.descriptor-differs"),
    "receiver": (
        lambda body: forge(body, "envelope", lambda e: e.update(receiver="court:350102")),
        "evidence.bad-signature",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_the_hub_changes_on_the_way_is_seen(world: World, name: str) -> None:
    change, code = TAMPERED[name]
    transfer_id = offer(world)
    with world.wire.under(answered(f"/v1/transfers/{transfer_id}", change)):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [problem.code for _, problem in haul.failed] == [code]
    assert haul.declined == []
    assert [item["transfer_id"] for item in listing(world[PROCURATORATE].station)] == [transfer_id]


def test_a_key_wrapped_for_something_else_is_declined_and_the_sender_sends_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub cannot see it: the wrapped key of the receiver is bound to another transfer."""
    with monkeypatch.context() as patch:
        patch.setattr(adapters.sending.submission, "wrap_info", lambda *_parts: b"for something else")
        transfer_id = offer(world)
    haul = world[PROCURATORATE].pull(world.root / "in")
    assert [(item.transfer_id, item.reason) for item in haul.declined] == [(transfer_id, "dossier.key-not-unwrapped")]
    assert not (world.root / "in" / transfer_id).exists()
    assert list((world.root / "in").glob("*")) == []
    world[POLICE].inbox()
    assert [f.place for f in world.heard if f.code == "adapter.undeliverable"] == [transfer_id]
    anew = world[POLICE].readdress(transfer_id)
    assert {volume["number"]: volume["reused_from"] for volume in anew.volumes} == {
        "V00-01": None,
        "V10-01": transfer_id,
        "V20-01": transfer_id,
    }
    assert world[PROCURATORATE].pull(world.root / "in").delivered[0].pages == 5
    assert world[POLICE].station.journal.get(transfer_id).delivery == "superseded"


def test_a_key_that_the_adapter_never_had_is_declined(world: World) -> None:
    transfer_id = offer(world)
    home = world.home(PROCURATORATE)
    (home / "keys" / "hpke.key").write_bytes(Identity.generate().to_pem())
    haul = world.restart(PROCURATORATE).pull(world.root / "in")
    assert [(item.transfer_id, item.reason) for item in haul.declined] == [(transfer_id, "adapter.key-not-ours")]


def test_one_transfer_that_fails_does_not_hold_up_the_next(world: World) -> None:
    first = offer(world)
    second = world[POLICE].push(case_dir(world.root / "two"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    with world.wire.under(answered(f"/v1/transfers/{first}", TAMPERED["record"][0])):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [second]
    assert [transfer_id for transfer_id, _ in haul.failed] == [first]


def test_follow_takes_what_waits_and_what_comes(world: World) -> None:
    first = offer(world)
    hauls = world[PROCURATORATE].follow(world.root / "in")
    assert [item.transfer_id for item in next(hauls).delivered] == [first]
    assert next(hauls).delivered == []
    second = world[POLICE].push(case_dir(world.root / "two"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    with world.wire.under(cut):
        assert next(hauls).delivered == []
    assert [item.transfer_id for item in next(hauls).delivered] == [second]


def test_a_full_disk_is_told_and_nothing_is_acknowledged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer_id = offer(world)
    with monkeypatch.context() as patch:
        usage = type("Usage", (), {"free": 3})
        patch.setattr("dossier.unseal.shutil.disk_usage", lambda _path: usage)
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [problem.code for _, problem in haul.failed] == ["dossier.disk-full"]
    assert not (world.root / "in" / transfer_id).exists()
    assert world[PROCURATORATE].pull(world.root / "in").delivered[0].transfer_id == transfer_id


def test_a_named_transfer_is_delivered_once_more_elsewhere(world: World) -> None:
    transfer_id = offer(world)
    world[PROCURATORATE].pull(world.root / "in")
    haul = world[PROCURATORATE].pull(world.root / "copy", transfer=transfer_id)
    assert [Path(item.folder) for item in haul.delivered] == [world.root / "copy" / transfer_id]
    trail = world[POLICE].station.client.get(f"/v1/transfers/{transfer_id}/trail")
    assert [item["action"] for item in trail["marks"]].count("acknowledged") == 1


def test_what_the_receivers_format_has_no_place_for_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer_id = offer(world)

    def poorer(agency_type: str) -> Format:
        return without(load_format(agency_type), "person name", "person sex")

    monkeypatch.setattr(native, "load_format", poorer)
    (delivered,) = world[PROCURATORATE].pull(world.root / "in").delivered
    (told,) = [found for found in delivered.findings if found["code"] == "native.not-carried"]
    assert told["place"] == "/persons"
    assert told["params"]["members_zh"] == "姓名或者单位名称、性别"
    folder = world.root / "in" / transfer_id
    assert (folder / "case.xml").exists()
    name = json.loads((folder / "record.json").read_text("utf-8"))["persons"][0]["name"]
    assert f">{name}<" not in (folder / "case.xml").read_text("utf-8")
    assert told in json.loads((folder / "findings.json").read_text("utf-8"))["findings"]
    assert name not in json.dumps(told, ensure_ascii=False)
