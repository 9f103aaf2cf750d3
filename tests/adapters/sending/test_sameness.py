"""An earlier answer stands for what was read, never for the name of the folder that it was read from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from adapters.adapter import Adapter
from adapters.client.hub import HubAway
from adapters.sending import sameness
from adapters.state.journal import Request
from adapters.transfers.inbox import listing
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export, jpeg
from tests.scene.records import police_record
from tests.scene.wires import cut, lost_answer
from tests.scene.world import World

AGES = 1_700_000_000_000_000_000


def push(adapter: Adapter, folder: Path) -> str:
    """Push at the usual node; the transfer's id."""
    return adapter.push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id


def killed(world: World) -> None:
    """The process that sent dies before whoever asked has read the answer."""
    world[POLICE].station.untold.clear()
    world.restart(POLICE)


def another_case(folder: Path) -> Path:
    """The same dossier, in a case of another number."""
    record = police_record()
    record["case"]["refs"][0]["value"] = "A3501020000002024039999"
    return case_dir(folder, xml=export(record))


def arrived(world: World) -> list[str]:
    """What the receiver is offered."""
    return [item["transfer_id"] for item in listing(world[PROCURATORATE].station)]


def test_the_same_content_gets_the_earlier_answer_and_is_told_so(world: World) -> None:
    folder = case_dir(world.root / "export")
    first = push(world[POLICE], folder)
    killed(world)
    again = world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert (again.transfer_id, again.earlier, again.to_json()["earlier"]) == (first, True, True)
    assert [(each.place, set(each.params)) for each in world.heard if each.code == "adapter.earlier-answer"] == [
        (first, {"sent_at"})
    ]
    assert arrived(world) == [first]


def test_another_case_in_the_same_folder_is_another_transfer(world: World) -> None:
    folder = case_dir(world.root / "export")
    first = push(world[POLICE], folder)
    killed(world)
    second = world[POLICE].push(another_case(folder), node="N-ARR-001", to=PROCURATORATE)
    assert (second.transfer_id != first, second.earlier) == (True, False)
    assert arrived(world) == [first, second.transfer_id]


def test_one_byte_of_one_file_is_another_transfer_whatever_its_size_and_time(world: World) -> None:
    folder = case_dir(world.root / "export", pad=10)
    file = folder / "dossier" / "V20-01" / "张某示例第2页.jpg"
    os.utime(file, ns=(AGES, AGES))
    first = push(world[POLICE], folder)
    killed(world)
    data = file.read_bytes()
    file.unlink()  # a file written in place would change the adapter's own copy of it too
    file.write_bytes(data[:-1] + b"x")
    os.utime(file, ns=(AGES, AGES))
    assert push(world[POLICE], folder) != first
    assert len(arrived(world)) == 2


def test_a_reply_with_other_reasons_or_another_file_is_another_reply(world: World) -> None:
    asked = push(world[POLICE], case_dir(world.root / "export"))
    procuratorate = world[PROCURATORATE]
    procuratorate.pull(world.root / "in")
    notice = world.root / "n.jpg"
    notice.write_bytes(jpeg(1))

    def reply() -> tuple[str, bool]:
        sent = world[PROCURATORATE].reply(
            asked, node="N-ARR-002", case_no="示检审捕〔2024〕1号", documents=[f"F0801={notice}"]
        )
        world[PROCURATORATE].station.untold.clear()
        world.restart(PROCURATORATE)
        return sent.transfer_id, sent.earlier

    first, _ = reply()
    assert reply() == (first, True)
    notice.unlink()
    notice.write_bytes(jpeg(2))
    other, earlier = reply()
    assert (other != first, earlier) == (True, False)


def test_a_queued_transfer_sends_what_was_queued_or_nothing(world: World) -> None:
    folder = case_dir(world.root / "export")
    with world.wire.under(cut), pytest.raises(HubAway):
        push(world[POLICE], folder)
    (queued,) = [row.transfer_id for row in world[POLICE].queue()]
    second = push(world.restart(POLICE), another_case(folder))
    assert second != queued
    assert "adapter.queued-beside" in world.codes_heard()
    done = world[POLICE].resume()
    assert [(name, problem.code) for name, problem in done.failed] == [(queued, "adapter.queued-changed")]
    assert (done.sent, world[POLICE].queue(), arrived(world)) == ([], [], [second])


def test_a_submission_whose_answer_was_lost_stands_for_its_own_content_only(world: World) -> None:
    folder = case_dir(world.root / "export")
    with world.wire.under(lost_answer("POST", "/v1/transfers")), pytest.raises(HubAway):
        push(world[POLICE], folder)
    (queued,) = [row.transfer_id for row in world[POLICE].queue()]
    second = push(world.restart(POLICE), another_case(folder))
    assert second != queued
    assert [each.transfer_id for each in world[POLICE].resume().sent] == [queued]
    assert sorted(arrived(world)) == sorted([queued, second])


def test_the_same_content_at_the_same_node_is_told_and_sent_again_only_when_wanted(world: World) -> None:
    first = push(world[POLICE], case_dir(world.root / "export"))
    copy = shutil.copytree(world.root / "export", world.root / "copy")
    told = world[POLICE].push(copy, node="N-ARR-001", to=PROCURATORATE)
    assert (told.transfer_id, told.earlier) == (first, True)
    assert [each.place for each in world.heard if each.code == "adapter.already-sent"] == [first]
    wanted = world[POLICE].push(copy, node="N-ARR-001", to=PROCURATORATE, again=True)
    assert (wanted.transfer_id != first, wanted.earlier) == (True, False)
    assert arrived(world) == [first, wanted.transfer_id]


def test_two_approvals_of_one_request_are_one_reply(world: World) -> None:
    asked = push(world[POLICE], case_dir(world.root / "export"))
    world[PROCURATORATE].pull(world.root / "in")
    notice = world.root / "n.jpg"
    notice.write_bytes(jpeg(1))
    replies = [
        world[PROCURATORATE].reply(asked, node="N-ARR-002", documents=[f"F0801={notice}"], again=again)
        for again in (False, False, True)
    ]
    assert [each.earlier for each in replies] == [False, True, False]
    assert replies[0].transfer_id == replies[1].transfer_id != replies[2].transfer_id


def test_what_could_not_be_delivered_is_no_earlier_transfer(world: World) -> None:
    folder = case_dir(world.root / "export")
    first = push(world[POLICE], folder)
    world[POLICE].station.journal.settle(first, "undeliverable")
    assert push(world[POLICE], folder) != first


def test_a_file_that_cannot_be_read_any_more_is_no_earlier_answer(world: World) -> None:
    folder = case_dir(world.root / "export")
    push(world[POLICE], folder)
    killed(world)
    (folder / "case.xml").unlink()
    with pytest.raises(Problem):
        push(world[POLICE], folder)


def test_records_are_compared_without_the_identifiers_made_here() -> None:
    request = Request("N-ARR-001", PROCURATORATE, {"case_dir": "/export"})
    one = {"case": {"case_uid": "019ab6f8-0000-7000-8000-000000000001"}, "persons": [{"name": "甲"}]}
    other = {"persons": [{"name": "甲"}], "case": {"case_uid": "019ab6f8-0000-7000-8000-000000000002"}}
    assert sameness.plain(one, request) == sameness.plain(other, request)
    other["persons"] = [{"name": "乙"}]
    assert sameness.plain(one, request) != sameness.plain(other, request)
