"""What tests ask for by name: a pytest plugin, loaded by `tests/conftest.py`.

`world` is a hub with three agencies in this process, `at` a stage for attacks and `honest` a submission caught on it;
`site` is a hub with two agencies as processes of their own, `quiet` one whose hub does not run yet. `record`, `journey`
and `history` tell the case of the demo. `database` and `blob_store` run a test on every implementation; `sqlite_url`,
`postgres_url`, `s3_settings` give one. Tests on real servers carry the marker `services` and stay in one worker.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Settings, load_settings
from hub.store.blobs import BlobStore, open_blob_store
from hub.store.database import Database
from hub.store.tables import metadata
from standards.record.history import HistoryEntry
from tests.scene import judging, records, servers
from tests.scene.agencies import AGENCIES
from tests.scene.drafts import Draft
from tests.scene.records import Json
from tests.scene.sites import Site
from tests.scene.stage import Stage, stage
from tests.scene.world import World

SERVED = pytest.mark.services
EVERY_DATABASE = ("sqlite", pytest.param("postgresql", marks=SERVED))
EVERY_STORE = ("folder", pytest.param("s3", marks=SERVED))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub in process with three agencies."""
    with World(tmp_path, *AGENCIES) as made:
        yield made


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage for the attacks of one module."""
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="module")
def honest(at: Stage) -> Draft:
    """One honest submission of the police, caught before it arrived; copied before anything is changed."""
    return at.catch(at.here.case_dir())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A hub and two enrolled agencies, never served: made once, because making keys and tables takes time."""
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


@pytest.fixture
def record() -> Json:
    """The record at N-ARR-001, in order in every respect."""
    return records.base_record()


@pytest.fixture
def journey() -> list[tuple[str, Json]]:
    """Node and record of every hop of the demo, in order."""
    return records.journey()


@pytest.fixture
def history() -> Callable[..., list[HistoryEntry]]:
    """Makes a history of accepted transfers at the nodes given, oldest first, all received at one moment."""
    return judging.past


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresAccess]:
    """One PostgreSQL for the session, with one migrated database `casehub`."""
    with servers.postgres() as access:
        access.execute("CREATE DATABASE casehub")
        _migrate(access.url("casehub"))
        yield access


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Access]:
    """One S3 server for the session."""
    with servers.seaweed(tmp_path_factory.mktemp("seaweed")) as access:
        yield access


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "casehub.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresAccess) -> Iterator[str]:
    """A migrated PostgreSQL database with nothing in it; emptied and cut off from everybody afterwards."""
    yield postgres_server.url("casehub")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    postgres_server.execute(f"{others} AND datname = 'casehub'", "casehub")
    postgres_server.execute(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY", "casehub")


@pytest.fixture(params=EVERY_DATABASE)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of every kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def s3_settings(s3_server: servers.S3Access) -> dict[str, Any]:
    """Settings that choose a fresh bucket on the S3 server."""
    bucket = f"test-{uuid.uuid4().hex[:24]}"
    s3_server.client().make_bucket(bucket)
    return {
        "blob_store": "s3",
        "s3_endpoint": s3_server.endpoint,
        "s3_bucket": bucket,
        "s3_access_key": s3_server.access_key,
        "s3_secret_key": s3_server.secret_key,
    }


@pytest.fixture(params=EVERY_STORE)
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that choose every kind of blob store in turn."""
    chosen = request.getfixturevalue("s3_settings") if request.param == "s3" else {}
    return load_settings(tmp_path, **chosen)


@pytest.fixture
def blob_store(store_settings: Settings) -> BlobStore:
    """An empty blob store of every kind in turn."""
    return open_blob_store(store_settings)


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
