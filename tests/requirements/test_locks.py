"""The locks agree with each other, and what is installed here is what they list."""

from __future__ import annotations

from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.requirements.wheels import ROOT, locked

FOLDER = ROOT / "requirements"
OURS_OR_PYTHONS_OWN = {"casehub", "pip"}


def _requirement(entry: str) -> Requirement:
    return Requirement(entry.split("\\", maxsplit=1)[0].split("--hash", maxsplit=1)[0].strip())


@pytest.mark.parametrize("smaller", ["run", "demo", "build"])
def test_a_smaller_lock_is_part_of_the_large_one(smaller: str) -> None:
    assert set(locked(FOLDER / f"{smaller}.txt")) <= set(locked(FOLDER / "dev.txt"))


def test_what_is_installed_is_what_the_lock_lists() -> None:
    pinned = [_requirement(entry) for entry in locked(FOLDER / "dev.txt")]
    wanted = {
        canonicalize_name(need.name): next(iter(need.specifier)).version
        for need in pinned
        if need.marker is None or need.marker.evaluate()
    }
    here = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    assert {name: version for name, version in here.items() if name not in OURS_OR_PYTHONS_OWN} == wanted


def test_every_entry_has_a_hash() -> None:
    for name in ("build", "run", "demo", "dev"):
        assert all("--hash=sha256:" in entry for entry in locked(FOLDER / f"{name}.txt"))
