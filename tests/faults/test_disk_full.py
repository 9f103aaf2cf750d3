"""Full disks, at the hub and at the agencies: a clear refusal, nothing half; with room again, everything goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from messages.commandline import AWAY, DONE, REFUSED
from tests.faults import checking
from tests.faults.disks import DISKS, MIB, Disk, small_disk
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.forked import Point
from tests.scene.sites import Site
from tests.waiting import until

PUSH = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE)
VOLUMES = {"V10-01": 1, "V20-01": 12, "V20-02": 12}
PAD = 2_500_000
SMALL = 48 * MIB
"""The case has 60 MB."""


@pytest.fixture
def hub_disk(template: Site, tmp_path: Path) -> Iterator[tuple[Disk, Site]]:
    """A running hub whose home lies on a small disk."""
    with small_disk(tmp_path / "site" / "hub", SMALL, 8 * MIB) as disk:
        site = template.copied(tmp_path / "site")
        try:
            disk.bind(site.serve())
            yield disk, site
        finally:
            site.stop()


def require_nothing_half(site: Site) -> None:
    """Every part at the hub is whole, and no transfer exists."""
    incoming = site.hub_home / "blobs" / "incoming"
    until(lambda: not any(incoming.iterdir()), "the hub's end of what was under way")
    for digest, path in site.parts().items():
        assert "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert site.transfers() == []


def test_a_hub_without_room_for_the_parts(hub_disk: tuple[Disk, Site], tmp_path: Path) -> None:
    disk, site = hub_disk
    police, case = site[POLICE], case_dir(tmp_path / "case", volumes=VOLUMES, pad=PAD)
    full = police.run(*PUSH, case)
    assert (full.code, full.body["error"]["code"]) == (AWAY, "hub.storage-full"), full
    assert "存储空间不足" in full.body["error"]["messages"]["zh"]["text"]
    assert 507 in site.answers("PUT", "/v1/parts/{digest}")
    require_nothing_half(site)
    kept = set(site.parts())
    disk.make_room()
    done = police.run("resume")
    assert done.code == DONE, done
    (sent,) = done.body["sent"]
    assert set(site.answers("PUT", "/v1/parts/{digest}")) <= {201, 499, 507}, "what was kept was sent again"
    assert kept <= set(site.parts())
    checking.one_plaintext_under_each_key(police, site)
    assert site[PROCURATORATE].run("pull", "--into", tmp_path / "in").code == DONE
    assert checking.whole(tmp_path / "in" / sent["transfer_id"], case)


def test_a_hub_that_can_write_nothing(hub_disk: tuple[Disk, Site], tmp_path: Path) -> None:
    disk, site = hub_disk
    police, procuratorate, case = site[POLICE], site[PROCURATORATE], case_dir(tmp_path / "case")
    police.run(*PUSH, case, twist=Point("adapters.sending.push:deliver", after=False))
    disk.fill()
    full = police.run(*PUSH, case)
    assert (full.code, full.body["error"]["code"]) == (AWAY, "hub.storage-full"), full
    assert police.rows("SELECT status FROM outgoing") == [{"status": "submitting"}]
    require_nothing_half(site)
    disk.make_room()
    done = police.run(*PUSH, case)
    assert done.code == DONE, done
    disk.fill()
    looked = procuratorate.run("pull", "--into", tmp_path / "in")
    assert (looked.code, looked.body["error"]["code"]) == (AWAY, "hub.storage-full"), looked
    disk.make_room()
    assert procuratorate.run("pull", "--into", tmp_path / "in").code == DONE
    transfer_id = done.body["transfer_id"]
    assert [row["transfer_id"] for row in site.transfers()] == [transfer_id]
    assert site.actions(transfer_id) == [*checking.PUSHED, "fetched", "acknowledged"]
    checking.trail_holds(site, transfer_id, tmp_path)


@pytest.mark.parametrize("kind", DISKS)
def test_a_receiver_without_room(site: Site, tmp_path: Path, kind: str) -> None:
    case = case_dir(tmp_path / "case", volumes={"V10-01": 1, "V20-01": 3}, pad=6_000_000)
    transfer_id = site[POLICE].run(*PUSH, case).body["transfer_id"]
    procuratorate = site[PROCURATORATE]
    with DISKS[kind](tmp_path / "small", 16 * MIB, 4 * MIB) as disk:
        into = disk.folder / "in"
        full = procuratorate.run("pull", "--into", into, bind=disk.bind)
        assert full.code == REFUSED, full
        (failed,) = full.body["failed"]
        assert (failed["transfer_id"], failed["code"]) == (transfer_id, "dossier.disk-full")
        assert "磁盘空间不足" in failed["messages"]["zh"]["text"]
        assert checking.looks_delivered(into) == []
        assert "acknowledged" not in site.actions(transfer_id)
        disk.make_room()
        done = procuratorate.run("pull", "--into", into)
        assert done.code == DONE, done
        assert checking.whole(into / transfer_id, case)
        assert site.actions(transfer_id).count("acknowledged") == 1


@pytest.mark.parametrize("agency", [POLICE, PROCURATORATE])
def test_an_adapter_whose_home_is_full(template: Site, tmp_path: Path, agency: str) -> None:
    """The journal, the content store and the marks of an adapter lie in its home."""
    home = tmp_path / "site" / template.home(agency).name
    with small_disk(home, 4 * MIB, 4 * MIB) as disk:
        site = template.copied(tmp_path / "site")
        try:
            site.serve()
            case = case_dir(tmp_path / "case")
            if agency == PROCURATORATE:
                assert site[POLICE].run(*PUSH, case).code == DONE
            asked = (*PUSH, case) if agency == POLICE else ("pull", "--into", tmp_path / "in")
            disk.fill()
            full = site[agency].run(*asked, bind=disk.bind)
            assert full.code == REFUSED, full
            told = full.body["error"] if "error" in full.body else full.body["failed"][0]
            assert told["code"] in {"adapter.state-full", "commandline.disk-full", "dossier.disk-full"}, full
            assert "Traceback" not in full.err
            disk.make_room()
            assert site[agency].run(*asked).code == DONE
            assert len(site.transfers()) == 1
        finally:
            site.stop()
