"""The queue: what can never leave does not stay in it, and a person may take something out."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.adapter import Adapter
from adapters.client.hub import HubAway
from adapters.transfers.inbox import listing
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export
from tests.scene.records import police_record
from tests.scene.wires import cut, lost_answer
from tests.scene.world import World


def queued(adapter: Adapter, folder: Path, world: World, to: str = PROCURATORATE) -> str:
    """Push while the hub is away; the id of what is queued."""
    with world.wire.under(cut), pytest.raises(HubAway):
        adapter.push(folder, node="N-ARR-001", to=to)
    return adapter.queue()[-1].transfer_id


def status(adapter: Adapter, transfer_id: str) -> tuple[str, str | None]:
    """How the journal has a transfer."""
    row = adapter.station.journal.get(transfer_id)
    return row.status, row.problem


def test_a_receiver_that_the_hub_does_not_know_is_told_once_and_leaves_the_queue(world: World) -> None:
    """A transfer queued while the hub was away must not wait until somebody enrols under the mistyped code."""
    adapter = world[POLICE]
    transfer_id = queued(adapter, case_dir(world.root / "case"), world, PROCURATORATE[:-1] + "3")
    assert [problem.code for _, problem in adapter.resume().failed] == ["adapter.unknown-receiver"]
    assert status(adapter, transfer_id) == ("refused", "adapter.unknown-receiver")
    assert (adapter.resume().failed, adapter.queue()) == ([], [])


def test_a_source_that_is_gone_leaves_the_queue(world: World) -> None:
    adapter, folder = world[POLICE], case_dir(world.root / "case")
    transfer_id = queued(adapter, folder, world)
    folder.rename(world.root / "elsewhere")
    assert [problem.code for _, problem in adapter.resume().failed] == ["adapter.no-case-dir"]
    assert status(adapter, transfer_id) == ("refused", "adapter.no-case-dir")


def test_one_that_cannot_be_sent_does_not_hold_up_the_others(world: World) -> None:
    adapter = world[POLICE]
    gone = case_dir(world.root / "gone")
    queued(adapter, gone, world)
    kept = queued(adapter, case_dir(world.root / "kept", xml=export(police_record("A3501020000002026030002"))), world)
    gone.rename(world.root / "elsewhere")
    assert [each.transfer_id for each in adapter.resume().sent] == [kept]


def test_dropped_it_is_never_sent(world: World) -> None:
    adapter = world[POLICE]
    transfer_id = queued(adapter, case_dir(world.root / "case"), world)
    assert adapter.drop(transfer_id).problem == "dropped"
    assert (adapter.queue(), adapter.resume().sent) == ([], [])
    assert listing(world[PROCURATORATE].station) == []
    with pytest.raises(Problem) as caught:
        adapter.drop(transfer_id)
    assert caught.value.code == "adapter.not-queued"


def test_what_the_hub_has_already_cannot_be_dropped(world: World) -> None:
    adapter = world[POLICE]
    with world.wire.under(lost_answer("POST", "/v1/transfers")), pytest.raises(HubAway):
        adapter.push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    (row,) = adapter.queue()
    with pytest.raises(Problem) as caught:
        adapter.drop(row.transfer_id)
    assert caught.value.code == "adapter.at-hub"
    assert [each.transfer_id for each in adapter.resume().sent] == [row.transfer_id]
