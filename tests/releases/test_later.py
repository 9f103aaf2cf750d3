"""A kept release reads what a later one made, with an action, a kind of statement and a suite more than it knows: it
says "newer than this program", refuses to act on it, and accuses nobody."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.releases.programs import KEPT, LATER, POLICE, PROCURATORATE, SECOND, Place, Programs, installed, settle
from tests.scene.folders import case_dir

WHEELS = sorted(KEPT.glob("*/casehub-*.whl"))
NEWER = "比本程序新"


@dataclass(frozen=True)
class Scene:
    """A hub and a police of the later release, a procuratorate of the kept one."""

    old: Programs
    place: Place
    first: str
    """A transfer that needs nothing new; the later hub left a mark and an entry on its trail that are new."""
    second: str
    """A transfer whose sender signed, sealed and wrapped in the second suite."""

    def read(self, *arguments: object, code: int | None = 0) -> str:
        """What the kept adapter says."""
        ended = self.old.run("casehub-adapter", *arguments, "--home", self.place.home(PROCURATORATE), code=code)
        return ended.out + ended.err

    @property
    def alarms(self) -> Path:
        """Where the kept adapter writes alarms down."""
        return self.place.home(PROCURATORATE) / "log" / "alarms.log"


@pytest.fixture(name="scene", scope="module", params=WHEELS, ids=lambda wheel: wheel.parent.name)
def _scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    old, folder = installed(request.param, tmp_path_factory.mktemp("old")), tmp_path_factory.mktemp("place")
    place = settle(folder, LATER, {POLICE: LATER, PROCURATORATE: old})
    police = ("--home", place.home(POLICE))
    push = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, *police, "--json")
    with LATER.serving(place.hub, place.port):
        first = LATER.run("casehub-adapter", *push, case_dir(folder / "first")).body["transfer_id"]
    LATER.run("leave", place.hub, first)
    with LATER.serving(place.hub, place.port):
        for purpose in ("hpke", "identity"):
            SECOND.run("casehub-adapter", "key", "rotate", purpose, *police)
        second = SECOND.run("casehub-adapter", *push, case_dir(folder / "second")).body["transfer_id"]
        yield Scene(old, place, first, second)


def test_what_needs_nothing_new_is_delivered_and_the_rest_is_neither_taken_nor_declined(scene: Scene) -> None:
    into = scene.place.folder / "in"
    said = scene.read("pull", "--into", into, code=1)
    assert NEWER in said, said
    assert [entry.name for entry in into.iterdir() if not entry.name.startswith(".")] == [scene.first]
    trail = LATER.run("casehub", "trail", scene.second, "--home", scene.place.hub, "--json").body
    assert not {"acknowledged", "declined"} & {mark["action"] for mark in trail["marks"]}
    assert scene.second in scene.read("inbox", "--json"), "it waits for an upgrade"
    assert not scene.alarms.exists()


def test_the_monitor_is_not_faulty(scene: Scene) -> None:
    seen = json.loads(scene.read("monitor", "--json"))
    assert (seen["faults"], seen["missing"], seen["signatures"]["faulty"]) == ([], [], 0)
    codes = {code for mark in seen["marks"] for code in mark["newer"]}
    assert codes >= {"newer.action", "newer.kind", "newer.suite", "newer.digest", "evidence.newer-vocabulary"}
    assert not scene.alarms.exists()


def test_the_verifier_says_newer_and_ends_with_3(scene: Scene) -> None:
    folder = scene.place.folder
    scene.read("pull", "--into", folder / "in", code=None)  # pins the sender's keys
    scene.read("trust", "export", "--out", folder / "keys.json")
    for transfer in (scene.first, scene.second):
        bundle = folder / f"{transfer}.zip"
        LATER.run("casehub", "evidence", "export", transfer, "--out", bundle, "--home", scene.place.hub)
        said = scene.old.run("casehub-verify", bundle, "--trust", folder / "keys.json", code=None)
        assert (said.code, NEWER in said.out) == (3, True), said


def test_the_hubs_home_is_read_and_a_home_with_newer_keys_is_newer(scene: Scene, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    shutil.copytree(scene.place.hub, hub, ignore=shutil.ignore_patterns("*.db*"))
    for database in scene.place.hub.glob("*.db"):  # while it is served: not a plain copy
        with closing(sqlite3.connect(database)) as here, closing(sqlite3.connect(hub / database.name)) as there:
            here.backup(there)
    checked = scene.old.run("casehub", "log", "check", "--home", hub, "--json").body
    assert (checked["sound"], checked["faults"]) == (True, [])
    assert checked["newer"] >= len((scene.first, scene.second))
    for transfer in (scene.first, scene.second):
        assert scene.old.run("casehub", "trail", transfer, "--home", hub, "--json").body["marks"]
    refused = scene.old.run("casehub-adapter", "inbox", "--home", scene.place.home(POLICE), code=1)
    assert NEWER in refused.err, refused
