"""The main job over the real hub in process: there, back, on, and everything bit for bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import bagit

from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.world import World


def digests(folder: Path, pattern: str = "*.jpg") -> set[str]:
    """The digests of all pictures below a folder."""
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob(pattern)}


def letter(world: World, seed: int = 50_000) -> str:
    """A file to go along."""
    path = world.root / f"letter{seed}.jpg"
    path.write_bytes(jpeg(seed))
    return str(path)


def test_a_case_arrives_bit_for_bit_and_is_acknowledged(world: World) -> None:
    folder = case_dir(world.root / "case")
    sent = world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [sent.transfer_id]
    place = world.root / "in" / sent.transfer_id
    assert digests(place / "bag") == digests(folder)
    assert bagit.Bag(str(place / "bag")).is_valid()
    assert {path.name for path in place.iterdir()} == {
        "bag",
        "case.xml",
        "record.json",
        "annex.json",
        "receipt.json",
        "findings.json",
    }
    receipt = json.loads((place / "receipt.json").read_bytes())["body"]
    assert receipt["transfer_id"] == sent.transfer_id
    assert world[PROCURATORATE].inbox() == []
    assert world[PROCURATORATE].pull(world.root / "in").to_json() == {"delivered": [], "declined": [], "failed": []}


def test_a_reply_carries_our_number_reasons_and_documents(world: World) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    world[PROCURATORATE].pull(world.root / "in")
    number = "榕鼓检刑捕受[2026]350102000001号"
    answer = world[PROCURATORATE].reply(
        sent.transfer_id,
        node="N-ARR-002",
        case_no=number,
        reasons=["V20-01-01-002:2=缺少签名（示例）"],
        documents=[f"F0801={letter(world)}"],
    )
    assert answer.case_uid == sent.case_uid
    haul = world[POLICE].pull(world.root / "back")
    record = json.loads((world.root / "back" / answer.transfer_id / "record.json").read_bytes())
    assert haul.delivered[0].node == "N-ARR-002"
    assert {"agency": PROCURATORATE, "kind": "BMSAH", "value": number} in record["case"]["refs"]
    reason = record["decisions"][-1]
    assert (reason["result"], reason["terms"]) == ("缺少签名（示例）", {"document": "V20-01-01-002", "page": 2})
    assert record["documents"][-1]["doc_type"] == "F0801"


def test_a_return_by_reference_moves_no_old_byte(world: World) -> None:
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    world[PROCURATORATE].pull(world.root / "in")
    back = world[PROCURATORATE].reply(
        sent.transfer_id, node="N-ARR-011", documents=[f"F0302={letter(world)}"], reuse=[sent.transfer_id]
    )
    new = [volume for volume in back.volumes if volume["reused_from"] is None]
    assert [volume["number"] for volume in new] == ["V00-01"]
    delivered = world[POLICE].pull(world.root / "back").delivered[0]
    assert delivered.pages == 5
    assert delivered.fetched_bytes < 2 * (new[0]["bytes"] + 2_000)
    assert digests(world.root / "case" / "dossier") < digests(world.root / "back" / back.transfer_id / "bag")


def test_an_edited_source_file_does_not_reach_the_bag_of_a_return(world: World) -> None:
    folder = case_dir(world.root / "case")
    before = digests(folder / "dossier")
    sent = world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    world[PROCURATORATE].pull(world.root / "in")
    with next((folder / "dossier" / "V20-01").glob("*.jpg")).open("ab") as file:
        file.write(b"edited in place, and so in the store's hard link")
    back = world[PROCURATORATE].reply(
        sent.transfer_id, node="N-ARR-011", documents=[f"F0302={letter(world)}"], reuse=[sent.transfer_id]
    )
    world[POLICE].pull(world.root / "back")
    bag = world.root / "back" / back.transfer_id / "bag"
    assert before < digests(bag)
    assert bagit.Bag(str(bag)).is_valid()


def test_volumes_go_on_to_a_third_agency_under_a_new_wrapping(world: World) -> None:
    police, procuratorate = world[POLICE], world[PROCURATORATE]
    sent = police.push(
        case_dir(world.root / "case", documents=("F0401_起诉意见书.jpg",)), node="N-PRO-001", to=PROCURATORATE
    )
    procuratorate.pull(world.root / "in")
    xml = (world.root / "in" / sent.transfer_id / "case.xml").read_bytes()
    indictment = case_dir(world.root / "indictment", volumes={}, documents=("F0501_起诉书.jpg",), xml=xml)
    on = procuratorate.push(indictment, node="N-IND-001", to=COURT, reuse=[sent.transfer_id])
    assert on.case_uid == sent.case_uid
    world[COURT].pull(world.root / "court")
    arrived = digests(world.root / "court" / on.transfer_id / "bag")
    assert digests(world.root / "case" / "dossier") < arrived
    assert digests(world.root / "case" / "documents").isdisjoint(arrived)


def test_a_second_export_of_the_case_keeps_every_identifier(world: World) -> None:
    folder = case_dir(world.root / "case")
    first = world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    second = world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE, again=True)
    assert first.transfer_id != second.transfer_id
    records = [world[POLICE].station.journal.record(item.transfer_id) for item in (first, second)]
    assert records[0] == records[1]


def test_the_exchange_does_not_need_the_auditors(world: World) -> None:
    """What watches the log goes along with the station; without it a case is sent and delivered all the same."""
    for agency in (POLICE, PROCURATORATE):
        world[agency].station.companions.clear()
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.transfer_id for item in haul.delivered] == [sent.transfer_id]
    assert world[POLICE].station.promises.unproved() == []
    assert not (world[POLICE].station.home.path / "log" / "seen").exists()
