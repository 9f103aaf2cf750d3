"""Sites for the fault tests: made once per worker, copied for each test, because making keys and tables takes time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import Site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A hub and two enrolled agencies, never served."""
    return Site.made(tmp_path_factory.mktemp("faults") / "site")


@pytest.fixture
def quiet(template: Site, tmp_path: Path) -> Iterator[Site]:
    """A site whose hub does not run yet."""
    made = template.copied(tmp_path / "site")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def site(quiet: Site) -> Site:
    """A site whose hub runs."""
    quiet.serve()
    return quiet
