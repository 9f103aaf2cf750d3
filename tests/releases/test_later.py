"""A kept release reads what a later one made: an action, a kind of statement and a suite more than it knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.world import case_dir
from tests.releases.programs import KEPT, LATER, POLICE, PROCURATORATE, SECOND, Place, Programs, installed, settle

WHEELS = sorted(KEPT.glob("*/casehub-*.whl"))


@pytest.fixture(name="old", scope="module", params=WHEELS, ids=lambda wheel: wheel.parent.name)
def _old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return installed(request.param, tmp_path_factory.mktemp("old"))


@pytest.fixture(name="place", scope="module")
def _place(old: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A hub and a police of the later release, a procuratorate of the kept one; one transfer of each suite is waiting."""
    folder = tmp_path_factory.mktemp("place")
    place = settle(folder, LATER, {POLICE: LATER, PROCURATORATE: old})
    node = ("--node", "N-ARR-001", "--to", PROCURATORATE, "--home", place.home(POLICE))
    with LATER.serving(place.hub, place.port):
        LATER.run("casehub-adapter", "push", *node, case_dir(folder / "first"))
    LATER.run("leave", place.hub)
    with LATER.serving(place.hub, place.port):
        yield place


def test_what_needs_nothing_new_arrives(old: Programs, place: Place) -> None:
    pulled = old.run("casehub-adapter", "pull", "--home", place.home(PROCURATORATE), "--into", place.folder / "in")
    print(pulled)


def test_the_monitor(old: Programs, place: Place) -> None:
    done = old.run("casehub-adapter", "monitor", "--home", place.home(PROCURATORATE), "--json", code=None)
    print(done.code, done.out, done.err)
    for purpose in ("hpke", "identity"):
        print(SECOND.run("casehub-adapter", "key", "rotate", purpose, "--home", place.home(POLICE), code=None))
    node = ("--node", "N-ARR-001", "--to", PROCURATORATE, "--home", place.home(POLICE))
    print(SECOND.run("casehub-adapter", "push", *node, case_dir(place.folder / "second"), code=None))
    for words in (
        ["monitor"],
        ["inbox"],
        ["pull", "--into", place.folder / "in"],
        ["monitor"],
        ["trust", "export", "--out", place.folder / "keys.json"],
    ):
        print(words, old.run("casehub-adapter", *words, "--home", place.home(PROCURATORATE), code=None))
    print(old.run("casehub", "log", "check", "--home", place.hub, code=None))
    print(LATER.run("casehub", "evidence", "export", "--help", code=None))
    assert 0
