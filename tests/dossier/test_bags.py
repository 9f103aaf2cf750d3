"""Delivered bags: judged by bagit, whole or not there."""

from __future__ import annotations

import ctypes
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from dossier import bags
from dossier.bags import Bag, sync_tree
from dossier.catalogue import Catalogue
from dossier.unseal import UNFINISHED, unseal_volume
from tests.dossier.samples import OTHER_ID, SECRETS, caught, seal, volume_of

INFO = [("External-Identifier", "019ab6f8"), ("Bagging-Date", "2026-11-22"), ("Source-Organization", "示例\n公安局")]


def delivered(
    tmp_path: Path, bag: Bag, number: str = "V20-01", contents: tuple[bytes, ...] = (b"one", b"", b"three")
) -> Catalogue:
    volume = volume_of(tmp_path / f"in-{number}", contents, number)
    _, descriptor, parts = seal(volume, volume_id=OTHER_ID)
    done = unseal_volume(descriptor, SECRETS.volume_key, parts.read, bag.volume_folder(number))
    bag.add_volume(done.catalogue)
    return done.catalogue


def test_bagit_validates_it(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag")
    delivered(tmp_path, bag)
    delivered(tmp_path, bag, "V30-01", ())
    bag.add_data("record.json", b"{}")
    assert not (tmp_path / "bag").exists()
    final = bag.finish(INFO, {"descriptor.json": b"{}"})
    judged = bagit.Bag(str(final))
    assert judged.validate()
    assert judged.info["Source-Organization"] == "示例 公安局"
    assert judged.info["Payload-Oxum"].endswith(".8")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("bag")) == ["bag"]
    assert "descriptor.json" in (final / "tagmanifest-sha256.txt").read_text()


def test_the_catalogue_lies_beside_the_files(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag")
    delivered(tmp_path, bag)
    folder = bag.finish([]) / "data" / "V20-01"
    body = json.loads((folder / "catalogue.json").read_text())
    assert (body["number"], body["pages"], body["items"][0]["files"][0]["name"]) == ("V20-01", 3, "张某示例第0页.jpg")
    table = (folder / "catalogue.csv").read_text("utf-8-sig").splitlines()
    assert len(table) == 4
    assert table[1].startswith("1,1,E0501,张某示例第1次讯问笔录,")
    assert (folder / body["items"][2]["files"][0]["path"]).read_bytes() == b"three"


def test_a_later_run_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    first = Bag(tmp_path / "bag")
    delivered(tmp_path, first)
    (first.partial / "data" / "V99-01").mkdir()
    (first.partial / "data" / "V99-01" / "stale.pdf").write_bytes(b"x")
    (first.partial / "bagit.txt.unfinished").write_bytes(b"x")
    second = Bag(tmp_path / "bag")
    found = delivered(tmp_path, second)
    final = second.finish(INFO)
    assert bagit.Bag(str(final)).is_valid()
    assert sorted(path.name for path in (final / "data").iterdir()) == ["V20-01"]
    assert len(list((final / "data" / "V20-01").iterdir())) == found.volume.file_count + 2


@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_an_incomplete_bag_never_gets_its_name(tmp_path: Path, harm: str) -> None:
    bag = Bag(tmp_path / "bag")
    found = delivered(tmp_path, bag)
    path = bag.volume_folder("V20-01") / next(found.volume.files).path
    path.unlink() if harm == "gone" else path.write_bytes(b"o")
    problem = caught(lambda: bag.finish(INFO))
    assert (problem.code, problem.place) == ("dossier.bag-incomplete", f"data/V20-01/{path.name}")
    assert not (tmp_path / "bag").exists()
    assert not (bag.partial / "manifest-sha256.txt").exists()
    bag.discard()
    assert not bag.partial.exists()


def test_a_link_planted_where_a_catalogue_grows_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    bag = Bag(tmp_path / "bag")
    folder = bag.volume_folder("V20-01").parent
    (folder / f"record.json{UNFINISHED}").symlink_to(victim)
    bag.add_data("record.json", b"{}")
    assert victim.read_text() == "mine"
    assert not (folder / "record.json").is_symlink()


def test_a_bag_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    assert caught(lambda: Bag(tmp_path / "bag")).code == "dossier.bag-exists"
    (tmp_path / "other").symlink_to(tmp_path / "nowhere")
    assert caught(lambda: Bag(tmp_path / "other")).code == "dossier.bag-exists"


def test_a_disk_that_runs_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bag = Bag(tmp_path / "bag")
    delivered(tmp_path, bag)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(bags, "sync_tree", full)
    assert caught(lambda: bag.finish(INFO)).code == "dossier.disk-full"
    assert not (tmp_path / "bag").exists()
    monkeypatch.undo()
    assert bagit.Bag(str(bag.finish(INFO))).is_valid()


def failing(_: int) -> int:
    ctypes.set_errno(errno.EIO)
    return -1


@pytest.mark.parametrize("call", [None, failing], ids=["no such call", "call fails"])
def test_without_one_call_for_all_every_file_is_synced(
    tmp_path: Path, call: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x")
    synced: list[int] = []
    monkeypatch.setattr(bags, "_SYNC", call)
    monkeypatch.setattr(os, "fsync", synced.append)
    sync_tree(tmp_path)
    assert len(synced) == 3


FORMULAS = {"=1+1": "'=1+1", "+86": "'+86", "@x": "'@x", "-1": "'-1", "张某示例": "张某示例", "": ""}


@pytest.mark.parametrize(("text", "cell"), FORMULAS.items())
def test_titles_are_no_formulas(tmp_path: Path, text: str, cell: str) -> None:
    found = delivered(tmp_path, Bag(tmp_path / "bag"))
    item = replace(found.volume.items[0], title=text)
    rows = list(bags._table(replace(found.volume, items=(item,))))
    assert rows[1].decode().split(",")[3] == cell
