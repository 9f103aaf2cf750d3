"""What earlier releases wrote still opens: homes, waiting packs, delivered bags, evidence bundles."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.hubprocess import free_port
from tests.releases.making import ARCHIVE
from tests.releases.programs import CURRENT, KEPT, POLICE, PROCURATORATE, Place

WHEELS = sorted(KEPT.glob("*/casehub-*.whl"))
RELEASES = sorted(KEPT.glob(f"*/{ARCHIVE}"))
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
    assert verified["verdict"] == "VALID"


def test_something_is_kept_of_each_release() -> None:
    releases = sorted(path.name for path in KEPT.iterdir() if path.name[0].isdigit())
    assert [archive.parent.name for archive in RELEASES] == [wheel.parent.name for wheel in WHEELS] == releases
