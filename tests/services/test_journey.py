"""Past one machine: the sample case on PostgreSQL and S3, with two identical hub processes that share nothing else.

Each agency talks to whichever process it is pointed at; the two number one log between them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from evidence.log import merkle
from hub.log import proofs
from hub.runtime import Hub
from hub.store.tables import marks
from tests.scene import hubs
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.world import World

pytestmark = pytest.mark.services


class Alternating(httpx.BaseTransport):
    """Sends every other request to the other hub process."""

    def __init__(self, first: httpx.BaseTransport, second: httpx.BaseTransport) -> None:
        self._turn = 0
        self._both = (first, second)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._turn += 1
        return self._both[self._turn % 2].handle_request(request)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch, postgres_url: str, s3_settings: dict[str, Any]) -> None:
    """Point every hub of this test at PostgreSQL and S3, by the environment as an operator would."""
    for name, value in {"database_url": postgres_url, **s3_settings}.items():
        monkeypatch.setenv(f"CASEHUB_{name.upper()}", str(value))


@pytest.mark.usefixtures("stores")
def test_the_sample_case_travels_over_two_hub_processes(tmp_path: Path) -> None:
    with World(tmp_path) as here:
        assert not here.hub.database.is_sqlite
        shutil.copytree(tmp_path / "hub", tmp_path / "hub2")
        with hubs.process(tmp_path / "hub2") as (other, transport):
            for agency in (POLICE, PROCURATORATE, COURT):
                here.join(agency, transport=Alternating(here.wire, transport))
            done = list(here.journey().walk())
            assert len(done) == 13
            assert all(item.findings == () for item in done)
            here.hub.log.step()
            other.log.step()
            assert_one_log(here.hub)
        assert not (tmp_path / "hub" / "casehub.db").exists()
        assert not list((tmp_path / "hub").glob("blobs/*/*/*"))


def assert_one_log(hub: Hub) -> None:
    """Every mark has one place, places have no gap, and the signed root is that of the leaves in order."""
    with hub.database.transaction(write=False) as connection:
        rows = connection.execute(select(marks.c.leaf_index, marks.c.leaf).order_by(marks.c.leaf_index)).all()
        newest = proofs.latest(connection)
    assert [row.leaf_index for row in rows] == list(range(len(rows)))
    assert newest is not None
    assert (newest.size, newest.root) == (
        len(rows),
        merkle.root_of([merkle.leaf_hash(bytes(row.leaf)) for row in rows]),
    )
