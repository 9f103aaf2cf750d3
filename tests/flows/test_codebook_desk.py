"""Codebook drafts over the API and at once: who may, what is answered, and that nothing happens twice."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters import Adapter
from adapters.client.hub import Refused
from hub.runtime import Hub, open_hub
from hub.terminology import desk, drafts, editing, releasing
from hub.terminology.editing import RowChange
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.world import World

DRAFTS = "/v1/codebook-drafts"
LI, WANG = "李示例", "王示例"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for the looks; what is released in one test stands in the next."""
    with World(tmp_path_factory.mktemp("desk"), POLICE, PROCURATORATE) as made:
        desk.set_maintainer(made.hub, POLICE, True)
        for handler in ("h-1", "h-2"):
            made[POLICE].add_handler(handler, "handler")
        yield made


def send(place: World, path: str, body: Any = None, *, handler: str = "h-1", method: str = "POST") -> Any:
    return place[POLICE].station.client.send(method, path, body, handler=handler)


def get(adapter: Adapter, path: str, **query: str) -> Any:
    handler = "h-1" if adapter.station.agency == POLICE else None
    return adapter.station.client.request("GET", path, query=query, handler=handler).json()


def refusal(code: str, work: Any, *arguments: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        work(*arguments, **options)
    assert caught.value.code == code
    return caught.value


def test_a_draft_goes_its_whole_way(place: World) -> None:
    police = place[POLICE]
    made = send(place, DRAFTS, {"title": "性别名称"})
    assert (made["author"], made["state"]) == (f"{POLICE}/h-1", "open")
    path = f"{DRAFTS}/{made['draft']}"
    change = {"action": "change", "table": "gb.sex", "key": "9", "cells": {"display": "没有说明"}}
    edited = send(place, f"{path}/edits", {"changes": [change], "seen": 0})
    assert (edited["version"], edited["edits"][0]["kind"]) == (1, "changed")
    clash = {**change, "cells": {"display": "别的"}}
    refused = refusal("codebook.conflicts", send, place, f"{path}/edits", {"changes": [clash]}, handler="h-2")
    assert [(item.params["mine"], item.params["theirs"]) for item in refused.problems] == [
        ("display=别的", "display=没有说明")
    ]
    table = get(police, f"{path}/tables/gb.sex")
    assert "没有说明" in table["content"]
    back = {"table": "gb.sex", "content": table["content"].replace("男", "男子", 1), "seen": table["version"]}
    assert send(place, f"{path}/imports", back)["version"] == 2
    assert get(police, f"{path}/check") == {"draft": made["draft"], "passed": True, "problems": []}
    assert get(police, f"{path}/diff")["counts"] == {"added": 0, "changed": 2, "ended": 0, "removed": 0}
    assert get(police, f"{path}/dry-run", days="5")["changes"] == []
    refusal("codebook.own-review", send, place, f"{path}/review", {"approve": True})
    refusal("codebook.not-reviewed", send, place, f"{path}/release", {})
    assert send(place, f"{path}/review", {"approve": True}, handler="h-2")["state"] == "approved"
    released = send(place, f"{path}/release", {"effective_from": ""})
    assert get(police, path)["released_as"] == released["id"]
    assert [item["id"] for item in get(police, "/v1/codebooks/releases")["releases"] if item["in_effect"]] == [
        released["id"]
    ]
    assert get(police, "/v1/codebook-worklist")["items"] == []


def test_drafts_end_and_move_on(place: World) -> None:
    first = send(place, DRAFTS, {"name": "先"})["draft"]
    refusal("codebook.draft-taken", send, place, DRAFTS, {"name": "先"})
    assert send(place, f"{DRAFTS}/{first}/base", method="PUT")["kept"] == 0
    assert send(place, f"{DRAFTS}/{first}", method="DELETE")["state"] == "dropped"
    refusal("codebook.draft-closed", send, place, f"{DRAFTS}/{first}", method="DELETE")
    shown = get(place[POLICE], DRAFTS, every="true")["drafts"]
    assert first in {item["draft"] for item in shown}
    assert first not in {item["draft"] for item in get(place[POLICE], DRAFTS)["drafts"]}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/d9/edits", {"changes": [{"action": "add", "table": "gb.sex", "cells": {}}]}, "codebook.no-draft"),
        ("/x/edits", {}, "http.bad-parameter"),
        ("/x/edits", {"changes": "all"}, "http.bad-parameter"),
        ("/x/edits", {"changes": [{"action": "eat", "table": "gb.sex"}]}, "http.bad-parameter"),
        ("/x/edits", {"changes": [{"action": "add", "table": 5}]}, "http.bad-parameter"),
        ("/x/edits", [], "http.bad-parameter"),
        ("/x/review", {"approve": "yes"}, "http.bad-parameter"),
        ("/x/release", {"effective_from": "tomorrow"}, "http.bad-parameter"),
        ("/x/release", {"effective_from": "2026-02-30"}, "http.bad-parameter"),
        ("/x/imports", {"table": 1}, "http.bad-parameter"),
        ("", {"from": "1999.1"}, "codebook.no-release"),
        ("", {"name": "a\u0000b"}, "http.bad-text"),
    ],
)
def test_bodies_that_say_nothing_sound(place: World, path: str, body: Any, code: str) -> None:
    refusal(code, send, place, DRAFTS + path, body)


def test_others_are_told_nothing(place: World) -> None:
    other = place[PROCURATORATE]
    for path in (DRAFTS, f"{DRAFTS}/d1", "/v1/codebook-worklist", f"{DRAFTS}/d1/dry-run"):
        assert refusal("codebook.not-maintainer", get, other, path).status == 404
    assert place.marks()[-1] == "access-refused"
    draft = drafts.new(place.hub, LI).draft
    editing.edit(place.hub, draft, LI, [RowChange("change", "gb.sex", "2", {"display": "女子（示例）"})])
    drafts.review(place.hub, draft, WANG, approve=True)
    made = releasing.release(place.hub, draft, LI).row.release
    listed = get(other, "/v1/codebooks/releases")["releases"]
    assert made in [item["id"] for item in listed]
    for told in (listed, get(other, "/v1/codebooks/release"), get(other, f"/v1/codebooks/releases/{made}")):
        assert not {LI, WANG, f"{POLICE}/h-1"} & set(re.findall(r'"([^"]*)"', json.dumps(told, ensure_ascii=False)))
    with pytest.raises(Problem, match=r"agency\.unknown"):
        desk.set_maintainer(place.hub, "court:999999", True)


def at_once(*works: Any) -> list[str]:
    """Do these together; what each came to: `done`, or the problem's code."""
    ends: list[str] = []
    gate = threading.Barrier(len(works))

    def run(work: Any) -> None:
        gate.wait()
        try:
            work()
        except Problem as problem:
            ends.append(problem.code)
        else:
            ends.append("done")

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_two_processes_release_and_edit_at_once(tmp_path: Path) -> None:
    """One of two releases stands, and one of two edits of a row; the other is told why."""
    with World(tmp_path, POLICE) as place:
        other = open_hub(tmp_path / "hub", clock=place.clock)
        hubs: tuple[Hub, Hub] = (place.hub, other)
        try:
            names = [drafts.new(place.hub, LI).draft for _ in hubs]
            for count, name in enumerate(names):
                cells = {"display": f"名称{count}"}
                editing.edit(place.hub, name, LI, [RowChange("change", "gb.sex", str(count + 1), cells)])
                drafts.review(place.hub, name, WANG, approve=True)
            ends = at_once(*(partial(releasing.release, *both, LI) for both in zip(hubs, names, strict=True)))
            assert ends[1] == "done"
            assert ends[0] in ("codebook.moved", "codebook.base-outdated")
            assert place.hub.releases.listing()[-1]["number"] == 1
            third = drafts.new(place.hub, LI).draft
            ends = at_once(*(
                partial(editing.edit, hub, third, who, [RowChange("change", "gb.sex", "9", {"display": who})])
                for hub, who in zip(hubs, (LI, WANG), strict=True)
            ))  # fmt: skip
            assert ends == ["codebook.conflicts", "done"]
            assert len(drafts.show(other, third)[1]) == 1
        finally:
            other.stop()
