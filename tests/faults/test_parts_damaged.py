"""Parts that change on the hub's disk after they were taken in: named by volume and page, and never half used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from messages.commandline import DONE, REFUSED
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export
from tests.scene.records import police_record
from tests.scene.sites import Site

PUSH = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE)
PAD = 1_000_000
"""Pages of a megabyte: each lies in a segment or two of its own."""


def altered(path: Path) -> None:
    """One bit in the middle flips."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def shortened(path: Path) -> None:
    """The end is missing."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)


def exchanged(path: Path) -> None:
    """Other bytes of the same length."""
    path.write_bytes(bytes(path.stat().st_size))


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "altered": (altered, "dossier.part-altered"),
    "shortened": (shortened, "dossier.part-missing"),
    "exchanged": (exchanged, "dossier.part-altered"),
    "removed": (Path.unlink, "dossier.part-missing"),
}


def test_what_rots_on_the_hubs_disk_is_named_and_waits_for_the_part(site: Site, tmp_path: Path) -> None:
    police, procuratorate, into = site[POLICE], site[PROCURATORATE], tmp_path / "in"
    case = case_dir(tmp_path / "case", volumes={"V10-01": 1, "V20-01": 6}, pad=PAD)
    transfer_id = police.run(*PUSH, case).body["transfer_id"]
    other = case_dir(tmp_path / "other", xml=export(police_record("A3501020000002026030002")))
    other_id = police.run(*PUSH, other).body["transfer_id"]
    volume = next(item for item in checking.descriptors(police) if item["number"] == "V20-01" and item["pages"] == 6)
    path = site.parts()[volume["pack"]["parts"][0]["digest"]]
    sound = path.read_bytes()
    for number, (damage, code) in enumerate(DAMAGE.values()):
        damage(path)
        ended = procuratorate.run("pull", "--into", into)
        assert ended.code == REFUSED, ended
        (failed,) = ended.body["failed"]
        assert (failed["transfer_id"], failed["code"]) == (transfer_id, code)
        assert failed["params"]["volume"] == "V20-01"
        said = failed["messages"]["zh"]["text"] + failed["messages"]["zh"]["remedy"] + failed["place"]
        assert "V20-01" in said
        assert failed["params"]["pages"] == "1–6", failed
        delivered = [item["transfer_id"] for item in ended.body["delivered"]]
        assert delivered == ([] if number else [other_id]), "one transfer holds up another"
        assert [folder.name for folder in checking.looks_delivered(into)] == [other_id]
        path.write_bytes(sound)
    assert "acknowledged" not in site.actions(transfer_id)
    assert "declined" not in site.actions(transfer_id), "the sender did nothing wrong"
    altered(path)
    page = procuratorate.run("page", transfer_id, "V20-01", 4, "--out", tmp_path / "page.jpg")
    assert (page.code, page.body["error"]["code"]) == (REFUSED, "dossier.segment-altered"), page
    assert "4" in page.body["error"]["params"]["pages"]
    assert not (tmp_path / "page.jpg").exists()
    assert procuratorate.run("page", transfer_id, "V20-01", 1, "--out", tmp_path / "one.jpg").code == DONE
    path.write_bytes(sound)
    assert procuratorate.run("pull", "--into", into).code == DONE
    assert checking.whole(into / transfer_id, case)


@pytest.mark.parametrize("damage", [altered, Path.unlink])
def test_a_damaged_catalogue_is_named(site: Site, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    transfer_id = site[POLICE].run(*PUSH, case_dir(tmp_path / "case")).body["transfer_id"]
    volume = next(item for item in checking.descriptors(site[POLICE]) if item["number"] == "V20-01")
    damage(site.parts()[volume["catalogue"]["parts"][0]["digest"]])
    ended = site[PROCURATORATE].run("pull", "--into", tmp_path / "in")
    (failed,) = ended.body["failed"]
    assert failed["transfer_id"] == transfer_id
    assert failed["code"] in {"dossier.part-altered", "dossier.part-missing"}
    assert "V20-01" in failed["messages"]["en"]["text"]
    assert checking.looks_delivered(tmp_path / "in") == []
