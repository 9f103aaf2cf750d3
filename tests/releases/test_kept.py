"""What earlier releases wrote still opens: homes, waiting packs, delivered bags, evidence bundles."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.hubprocess import free_port
from tests.releases.making import ARCHIVE
from tests.releases.programs import CURRENT, KEPT, POLICE, PROCURATORATE, ROOT, Place

WHEELS = sorted(KEPT.glob("*/casehub-*.whl"))
RELEASES = sorted(KEPT.glob(f"*/{ARCHIVE}"))
_CUT = re.compile(r"^## \[([0-9.]+)\][^\n]*\n\nCut by commit `([0-9a-f]{40})`", re.MULTILINE)
CUT = dict(_CUT.findall((ROOT / "CHANGELOG.md").read_text("utf-8")))
"""The releases of CHANGELOG.md that name their commit, from 0.2.0 on."""
ADDRESSES = ("hub/hub.toml", "police/adapter.toml", "police/trust.json", "procuratorate/adapter.toml")


@pytest.fixture(name="place", params=RELEASES, ids=lambda archive: archive.parent.name)
def _place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The homes of a release, with the address of a port that is free now, and this tree's hub serving."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    place = Place(tmp_path, free_port())
    for name in (*ADDRESSES, "procuratorate/trust.json"):
        file = tmp_path / name
        text = re.sub(r"127\.0\.0\.1:[0-9]+", f"127.0.0.1:{place.port}", file.read_text("utf-8"))
        file.write_text(text, "utf-8")
    with CURRENT.serving(place.hub, place.port):
        yield place


def test_homes_and_packs_open(place: Place) -> None:
    for agency in (POLICE, PROCURATORATE):
        seen = CURRENT.run("casehub-adapter", "monitor", "--home", place.home(agency), "--json").body
        assert (seen["faults"], seen["signatures"]["faulty"]) == ([], 0)
        CURRENT.run("casehub-adapter", "inbox", "--home", place.home(agency))
    before = set((place.folder / "in").iterdir())
    CURRENT.run("casehub-adapter", "pull", "--home", place.home(PROCURATORATE), "--into", place.folder / "in")
    (arrived,) = set((place.folder / "in").iterdir()) - before
    assert (arrived / "bag" / "bagit.txt").exists()
    checked = CURRENT.run("casehub", "log", "check", "--home", place.hub, "--json").body
    assert (checked["sound"], checked["waiting"]) == (True, 0)


def test_bundles_and_bags_hold(place: Place) -> None:
    trust = ("--trust", place.folder / "keys.json")
    (bag,) = (place.folder / "in").glob("*/bag")
    verified = CURRENT.run("casehub-verify", place.folder / "bundle.zip", *trust, "--bag", bag, "--json").body
    assert (verified["level"], verified["unbound"], verified["warnings"]) == ("witnessed", [], [])


def test_each_release_that_was_cut_is_kept() -> None:
    assert [wheel.parent.name for wheel in WHEELS] == [archive.parent.name for archive in RELEASES] == sorted(CUT), (
        "run: python -m tests.releases.making NUMBER HASH, with what CHANGELOG.md says of the release"
    )


@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.parent.name)
def test_a_kept_wheel_is_that_of_the_commit_which_cut_the_release(wheel: Path) -> None:
    commit = CUT[wheel.parent.name]
    listed = subprocess.run(["git", "ls-tree", "-r", commit], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode:
        pytest.skip("this checkout does not have the history")
    blobs = {path: line.split()[2] for line in listed.stdout.splitlines() for line, _, path in [line.partition("\t")]}
    with zipfile.ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if ".dist-info/" not in name]
        made = {name: _blob(archive.read(name)) for name in modules}
    assert made
    assert {name: blobs.get(name) for name in modules} == made


def _blob(data: bytes) -> str:
    """The name that git gives a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
