"""A catalogue that names a file of which only its receiver knows learns nothing: what lies there does not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from digests import Digest
from dossier import catalogue
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.world import World

real = catalogue.pieces


@pytest.fixture
def asking(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A transfer of the police whose catalogue names, for its first file, the digest of a file of the procuratorate's
    own, of the same length; the pack has other bytes there."""
    folder = case_dir(world.root / "guess", volumes={"V20-01": 1})
    page = next((folder / "dossier" / "V20-01").glob("*.jpg"))
    secret = page.read_bytes()[:-1] + b"!"
    known = world.root / "known"
    known.write_bytes(secret)
    told = Digest.of(secret)
    world[PROCURATORATE].station.store.adopt(known, str(told))

    def lying(volume_id: str, volume: Any, digests: Sequence[bytes], *suite: str) -> Iterator[bytes]:
        named = [told.value, *list(digests)[1:]] if volume.number == "V20-01" else digests
        return real(volume_id, volume, named, *suite)

    monkeypatch.setattr(catalogue, "pieces", lying)
    return world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE).transfer_id


def test_a_file_that_only_the_receiver_holds_does_not_stand_for_the_packs(world: World, asking: str) -> None:
    done = world[PROCURATORATE].pull(world.root / "in")
    assert [(each.transfer_id, each.reason) for each in done.declined] == [(asking, "dossier.file-altered")]


def test_looking_at_a_page_opens_no_other_way(world: World, asking: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="file-altered"):
        world[PROCURATORATE].page(asking, "V20-01", 1, tmp_path / "page.jpg")
    done = world[PROCURATORATE].pull(world.root / "in")
    assert [each.reason for each in done.declined] == ["dossier.file-altered"], "a look makes no volume known"


def test_what_was_delivered_once_is_not_fetched_again(world: World) -> None:
    police, procuratorate = world[POLICE], world[PROCURATORATE]
    sent = police.push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    procuratorate.pull(world.root / "in")
    held = procuratorate.station.held
    volumes = held.of_transfer(sent.transfer_id)
    assert volumes
    assert all(held.opened_whole(each, procuratorate.station.agency) for each in volumes)
    own = police.station.held
    assert all(own.opened_whole(each, POLICE) for each in own.of_transfer(sent.transfer_id))
    assert not any(world[COURT].station.held.opened_whole(each, COURT) for each in volumes)
