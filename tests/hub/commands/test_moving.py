"""`casehub move` on a hub with a case: the new database goes on with the same log, the old one never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.client.hub import HubAway
from adapters.client.transport import InProcessTransport
from hub import cli
from hub.app import create_app
from hub.runtime import open_hub
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.servers import PostgresAccess
from tests.scene.world import World

pytestmark = pytest.mark.services


@pytest.fixture
def url_file(postgres_server: PostgresAccess, tmp_path: Path) -> Iterator[Path]:
    """The file with the URL of an empty database."""
    postgres_server.execute("CREATE DATABASE moved_by_command")
    file = tmp_path / "database-url"
    file.write_text(postgres_server.url("moved_by_command") + "\n")
    yield file
    postgres_server.execute("DROP DATABASE moved_by_command WITH (FORCE)")


def casehub(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code = cli.main([*map(str, words), "--json"])
    out = capsys.readouterr().out
    said = json.loads(out[out.index("{\n") :])  # a hub in this process may have written its log before
    return code, said.get("error", said)


def test_a_hub_goes_on_where_it_stopped(world: World, url_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = world.root / "hub"
    before = (home / "hub.toml").read_text()
    first = world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    code, said = casehub(capsys, "move", "--home", home, "--to-url-file", url_file)
    assert (code, said["by_hand"]) == (0, [])
    assert (home / "hub.toml").read_text().endswith(before)
    # A process of the old database that was forgotten takes in nothing, and the sender keeps what it has.
    indicted = case_dir(world.root / "two", documents=("F0401_起诉意见书.jpg",))
    with pytest.raises(HubAway, match=r"hub\.database-moved"):
        world[POLICE].push(indicted, node="N-PRO-001", to=PROCURATORATE)
    world.hub.stop()
    later = open_hub(home, clock=world.clock)
    world.wire.inner = line = InProcessTransport(create_app(hub=later))
    try:
        haul = world[PROCURATORATE].pull(world.root / "in")
        assert [each.transfer_id for each in haul.delivered] == [first.transfer_id]
        assert len(world[POLICE].queue()) == 1
        world[POLICE].resume()
        assert world[POLICE].queue() == []
        assert not world[POLICE].station.alarms
    finally:
        line.close()
        later.stop()
    code, said = casehub(capsys, "log", "check", "--home", home)
    assert code == 0, said
    code, said = casehub(capsys, "move", "--home", home, "--to-url-file", url_file, "--undo")
    assert (code, said["code"]) == (1, "move.went-on")


def test_back_again_with_the_settings_of_before(
    world: World, url_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = world.root / "hub"
    world.hub.stop()
    there = f'database_url = "sqlite:///{home / "casehub.db"}"\n'
    settings = home / "hub.toml"
    settings.write_text(settings.read_text() + there)
    before = settings.read_text()
    casehub(capsys, "move", "--home", home, "--to-url-file", url_file)
    assert f"# {there}" in settings.read_text()
    code, said = casehub(capsys, "move", "--home", home, "--to-url-file", url_file)
    assert (code, said["code"]) == (1, "hub.database-moved")
    with settings.open() as file:
        moved = file.read()
    settings.write_text(before)  # an operator who goes back by hand does not get past the old database
    assert casehub(capsys, "trail", "X", "--home", home)[1]["code"] == "hub.database-moved"
    settings.write_text(moved)
    assert casehub(capsys, "move", "--home", home, "--to-url-file", url_file, "--undo")[0] == 0
    assert settings.read_text() == before
    assert casehub(capsys, "status", "--home", home)[0] == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "move.no-url"), ("sqlite:///x.db", "move.not-postgresql"), ("", "move.not-postgresql")],
)
def test_what_names_no_database(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, code: str
) -> None:
    file = tmp_path / "url"
    if content is not None:
        file.write_text(content)
    assert casehub(capsys, "move", "--home", world.root / "hub", "--to-url-file", file)[1]["code"] == code
