"""Pushing through failures: killed, cut off, answered twice, changed underneath, refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from adapters.adapter import Adapter
from adapters.client.hub import HubAway, Refused
from adapters.transfers.inbox import listing
from messages.problems import Problem, ProblemList
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export, jpeg
from tests.scene.records import police_record
from tests.scene.wires import cut, lost_answer
from tests.scene.world import World


class Killed(BaseException):
    """The process dies here."""


def dying_after(parts: int) -> Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]:
    """Kill the process when it wants to send one part more than `parts`."""
    left = [parts]

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.method == "PUT":
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return send()

    return rule


def uploads(world: World) -> list[str]:
    """The digests of the parts that were sent, in order."""
    return [path.rpartition("/")[2] for method, path in world.wire.seen if method == "PUT"]


def push(adapter: Adapter, folder: Path) -> str:
    """Push at the usual node; the transfer's id."""
    return adapter.push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id


def test_a_killed_push_goes_on_byte_for_byte(world: World) -> None:
    folder = case_dir(world.root / "case")
    with world.wire.under(dying_after(3)), pytest.raises(Killed):
        push(world[POLICE], folder)
    before = world[POLICE].queue()
    sent_before = set(uploads(world)[:3])
    world.wire.seen.clear()
    transfer_id = push(world.restart(POLICE), folder)
    assert [row.transfer_id for row in before] == [transfer_id]
    assert sent_before.isdisjoint(uploads(world)), "a part that had arrived was sent again"
    assert "adapter.resealed" not in world.codes_heard()
    assert world[PROCURATORATE].pull(world.root / "in").delivered[0].pages == 5


def test_nothing_more_leaves_under_the_old_key_once_a_file_changed(world: World) -> None:
    folder = case_dir(world.root / "case")
    with world.wire.under(dying_after(3)), pytest.raises(Killed):
        push(world[POLICE], folder)
    state = world[POLICE].station.state
    old = {row["number"]: row["volume_id"] for row in state.all("SELECT number, volume_id FROM sealing")}
    journaled = {row["digest"] for row in state.all("SELECT digest FROM sealed_part")}
    (folder / "dossier" / "V10-01" / "张某示例第1页.jpg").write_bytes(jpeg(999))
    world.wire.seen.clear()
    push(world.restart(POLICE), folder)
    now = world[POLICE].station.held.of_transfer(listing(world[PROCURATORATE].station)[0]["transfer_id"])
    ids = {volume.descriptor.number: volume.volume_id for volume in now}
    assert ids["V00-01"] == old["V00-01"]
    assert ids["V10-01"] != old["V10-01"]
    fresh = next(volume for volume in now if volume.descriptor.number == "V10-01").descriptor
    assert journaled.isdisjoint([*fresh.pack.digests, *fresh.catalogue.digests])
    assert [finding.params["volume"] for finding in world.heard if finding.code == "adapter.resealed"] == ["V10-01"]
    given_up = world[POLICE].station.state.one("SELECT wrapped_self FROM sealing WHERE volume_id = ?", old["V10-01"])
    assert given_up is not None
    assert given_up["wrapped_self"] == b"", "the old key is still there"
    world[PROCURATORATE].pull(world.root / "in")
    arrived = [path.read_bytes() for path in (world.root / "in").rglob("V10-01-*.jpg")]
    assert arrived == [jpeg(999)]


def test_a_lost_answer_is_fetched_again_and_not_doubled(world: World) -> None:
    folder = case_dir(world.root / "case")
    with world.wire.under(lost_answer("POST", "/v1/transfers")), pytest.raises(HubAway):
        push(world[POLICE], folder)
    assert len(listing(world[PROCURATORATE].station)) == 1
    world.wire.seen.clear()
    transfer_id = push(world.restart(POLICE), folder)
    assert uploads(world) == []
    assert [item["transfer_id"] for item in listing(world[PROCURATORATE].station)] == [transfer_id]
    assert "adapter.resubmitted" in world.codes_heard()
    assert world[POLICE].queue() == []


def test_while_the_hub_is_away_a_push_is_queued_and_resume_sends_it(world: World) -> None:
    folder = case_dir(world.root / "case")
    with world.wire.under(cut), pytest.raises(HubAway):
        push(world[POLICE], folder)
    assert len(world[POLICE].queue()) == 1
    done = world.restart(POLICE).resume()
    assert [item.transfer_id for item in done.sent] == [listing(world[PROCURATORATE].station)[0]["transfer_id"]]
    assert world[POLICE].queue() == []


def test_the_same_push_twice_at_once_is_one_transfer(world: World) -> None:
    folder = case_dir(world.root / "case")
    adapters = [world.open(POLICE), world.open(POLICE)]
    results: list[str] = []
    gate = threading.Barrier(2)

    def run(adapter: Adapter) -> None:
        gate.wait()
        results.append(push(adapter, folder))

    threads = [threading.Thread(target=run, args=(adapter,)) for adapter in adapters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for adapter in adapters:
        adapter.close()
    assert len(set(results)) == 1
    assert len(listing(world[PROCURATORATE].station)) == 1


def test_the_hub_refuses_and_a_corrected_push_is_a_new_transfer(world: World) -> None:
    """A feedback without its request is what only the hub can know."""
    xml = export()
    folder = case_dir(world.root / "case", volumes={}, documents=("F0304.jpg",), xml=xml)
    (folder / "documents" / "批准逮捕决定书回执.jpg").write_bytes(jpeg(7))
    with pytest.raises(Refused) as refused:
        world[POLICE].push(folder, node="N-ARR-014", to=PROCURATORATE)
    assert "rule.D-03" in [refused.value.code, *[item.code for item in refused.value.problems]]
    assert world[POLICE].queue() == []
    refusals = [row for row in world[POLICE].station.journal.all() if row.status == "refused"]
    assert [row.problem for row in refusals] == [refused.value.code]


CHECKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "native XML against its XSD": (
        lambda folder: (folder / "case.xml").write_bytes(b"<?xml version='1.0'?><GAAJ><X/></GAAJ>"),
        "native.",
    ),
    "a DTD": (
        lambda folder: (folder / "case.xml").write_bytes(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        "native.",
    ),
    "no export": (lambda folder: (folder / "case.xml").unlink(), "native."),
    "侦查卷 in the folder": (lambda folder: (folder / "dossier" / "V80-01").mkdir(), "dossier.internal-volume"),
    "required document missing": (
        lambda folder: (folder / "documents" / "F0301_提请批准逮捕书.jpg").unlink(),
        "rule.D-04",
    ),
    "page counts disagree": (
        lambda folder: (
            (folder / "dossier" / "V10-01" / "catalog.csv").write_text(
                "seq,book,doc_type,title,page_from,page_to,file\n1,1,E0501,示例,1,4,张某示例第1页.jpg\n", "utf-8"
            )
            and None
        ),
        "dossier.",
    ),
    "symlink": (
        lambda folder: (folder / "dossier" / "V10-01" / "链接.jpg").symlink_to("/etc/hostname"),
        "dossier.link",
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_wrong_in_the_folder_stops_check_and_push_before_anything_leaves(world: World, name: str) -> None:
    spoil, expected = CHECKS[name]
    folder = case_dir(world.root / "case")
    spoil(folder)
    adapter = world[POLICE]
    world.wire.seen.clear()
    for verb in (
        lambda: adapter.check(folder, node="N-ARR-001", to=PROCURATORATE),
        lambda: adapter.push(folder, node="N-ARR-001", to=PROCURATORATE),
    ):
        with pytest.raises(ProblemList) as caught:
            verb()
        codes = [problem.code for problem in caught.value.problems]
        assert any(code.startswith(expected) for code in codes), codes
    assert world.wire.seen == []


def test_a_node_that_does_not_fit_sender_and_receiver_is_stopped_by_check(world: World) -> None:
    folder = case_dir(world.root / "case")
    with pytest.raises(ProblemList) as caught:
        world[POLICE].check(folder, node="N-ARR-001", to=COURT)
    assert "rule.D-02" in [problem.code for problem in caught.value.problems]


def test_a_record_outside_the_schema_names_every_place(world: World) -> None:
    wrong = police_record()
    wrong["case"]["filing_date"], wrong["persons"][0]["kind"] = "2026-02-30", "robot"
    adapter = world[POLICE]
    transfer = adapter.push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    state = world[PROCURATORATE]
    state.pull(world.root / "in")
    state.station.state.run("UPDATE received SET record = ?", json.dumps(wrong).encode())
    notice = world.root / "n.jpg"
    notice.write_bytes(jpeg(1))
    with pytest.raises(ProblemList) as caught:
        state.reply(transfer, node="N-ARR-002", documents=[f"F0801={notice}"])
    places = {problem.place for problem in caught.value.problems}
    assert {"/record/case/filing_date", "/record/persons/0/kind"} <= places


def test_two_volumes_with_one_number_are_refused(world: World) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    with pytest.raises(ProblemList) as caught:
        world[POLICE].push(case_dir(world.root / "more"), node="N-ARR-001", to=PROCURATORATE, reuse=[sent.transfer_id])
    assert "adapter.number-twice" in [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("wish", "code"), [("{id}:V99-09", "adapter.unknown-volume"), ("nowhere", "adapter.unknown-transfer")]
)
def test_reuse_of_what_is_not_held_is_refused(world: World, wish: str, code: str) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    with pytest.raises(Problem) as caught:
        world[POLICE].push(
            case_dir(world.root / "more"),
            node="N-ARR-001",
            to=PROCURATORATE,
            reuse=[wish.format(id=sent.transfer_id)],
        )
    assert caught.value.code == code
