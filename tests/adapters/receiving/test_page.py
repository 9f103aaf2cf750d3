"""One page at once: only the segments it needs travel, and a mark is left."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from adapters.client.hub import HubAway
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.wires import cut
from tests.scene.world import World

PAD = 3_000_000


@pytest.fixture
def sent(world: World) -> str:
    """Ten pages of 3 MB each, offered and not pulled: two parts."""
    folder = case_dir(world.root / "case", volumes={"V20-01": 10}, pad=PAD)
    return world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id


def expected(page: int) -> bytes:
    """The file of a page."""
    return jpeg(page) + bytes([page % 251]) * PAD


@pytest.mark.parametrize("page", [1, 6, 10])
def test_a_page_travels_without_its_dossier(world: World, sent: str, page: int) -> None:
    out = world.root / "page.jpg"
    found = world[PROCURATORATE].page(sent, "V20-01", page, out)
    assert out.read_bytes() == expected(page)
    assert (found.page_in_file, found.title) == (1, f"张某示例第{page}次讯问笔录")
    assert found.fetched_bytes < 6 * 2**20, "more than the file's segments were fetched"
    trail = world[POLICE].station.client.get(f"/v1/transfers/{sent}/trail")["marks"]
    assert trail[-1]["action"] == "opened"


def test_a_pulled_page_needs_no_hub_but_its_mark_follows(world: World, sent: str) -> None:
    world[PROCURATORATE].pull(world.root / "in")
    out = world.root / "page.jpg"
    with world.wire.under(cut):
        found = world[PROCURATORATE].page(sent, "V20-01", 2, out)
    assert (out.read_bytes(), found.fetched_bytes) == (expected(2), 0)
    world[PROCURATORATE].pull(world.root / "in")
    trail = world[POLICE].station.client.get(f"/v1/transfers/{sent}/trail")["marks"]
    assert [mark["action"] for mark in trail][-2:] == ["acknowledged", "opened"]


def test_a_page_for_a_handler_leaves_one_mark(world: World, sent: str) -> None:
    procuratorate = world[PROCURATORATE]
    procuratorate.pull(world.root / "in")
    procuratorate.add_handler("h-1")
    procuratorate.grant(sent, "h-1")
    before = world.marks()
    procuratorate.page(sent, "V20-01", 1, world.root / "page.jpg", handler="h-1")
    assert world.marks()[len(before) :] == ["opened"]


@pytest.mark.parametrize(
    ("volume", "page", "code"), [("V20-01", 11, "dossier.no-such-page"), ("V77", 1, "adapter.unknown-volume")]
)
def test_what_is_not_there_is_named(world: World, sent: str, volume: str, page: int, code: str) -> None:
    with pytest.raises(Problem) as caught:
        world[PROCURATORATE].page(sent, volume, page, world.root / "page.jpg")
    assert caught.value.code == code
    assert not (world.root / "page.jpg").exists()


def test_an_altered_segment_gives_no_file(world: World, sent: str) -> None:
    def rule(request: httpx.Request, send: object) -> httpx.Response:
        answer = world.wire.inner.handle_request(request)
        if "range" in request.headers and len(answer.content) > 100:
            return httpx.Response(206, content=answer.content[:-1] + bytes([answer.content[-1] ^ 1]))
        return answer

    with world.wire.under(rule), pytest.raises(Problem) as caught:
        world[PROCURATORATE].page(sent, "V20-01", 3, world.root / "page.jpg")
    assert caught.value.code == "dossier.segment-altered"
    assert list(world.root.glob("*page.jpg*")) == []


def test_an_existing_file_is_never_overwritten(world: World, sent: str, tmp_path: Path) -> None:
    out = tmp_path / "mine.txt"
    out.write_text("mine")
    with pytest.raises(Problem) as caught:
        world[PROCURATORATE].page(sent, "V20-01", 1, out)
    assert (caught.value.code, out.read_text()) == ("adapter.out-exists", "mine")


def test_a_stranger_finds_no_page(world: World, sent: str) -> None:
    with pytest.raises(Problem) as caught:
        world["court:350102"].page(sent, "V20-01", 1, world.root / "page.jpg")
    assert caught.value.code == "transfer.unknown"
    assert not isinstance(caught.value, HubAway)
