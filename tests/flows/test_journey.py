"""The sample case travels through all its hops; every byte, count, mark and proof is checked on the way."""

from __future__ import annotations

from pathlib import Path

import bagit

from bench.cases import hops as story_hops
from tests.scene.agencies import AGENCIES
from tests.scene.world import World

TRANSFER_MARKS = ["sealed", "submitted", "received", "converted", "offered", "fetched", "acknowledged"]


def test_the_sample_case_travels_from_arrest_to_judgment(tmp_path: Path) -> None:
    with World(tmp_path, *AGENCIES) as here:
        journey = here.journey()
        done = list(journey.walk())
        assert [item.hop.node for item in done] == [hop.node for hop in story_hops.hops()]
        assert all(item.findings == () for item in done)
        for item in done:
            bagit.Bag(str(item.bag)).validate(processes=1)
            assert here.marks(item.transfer_id) == TRANSFER_MARKS
        returned = next(item for item in done if item.hop.node == "N-SPI-001")
        assert returned.all_bytes > 5 * returned.new_bytes
        here.hub.log.step()
        for adapter in here.adapters.values():
            report = adapter.contact()
            assert report is not None
            assert (report.pending, report.overdue) == (0, ())
