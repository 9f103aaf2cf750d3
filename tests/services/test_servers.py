"""The servers of the other tests are real, on loopback only, and gone afterwards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.scene import servers

pytestmark = pytest.mark.services


def listening(pid: int) -> set[str]:
    """The addresses that a process and its children listen on."""
    found: set[str] = set()
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a backend that has just ended
            connections = process.net_connections("tcp")
            found |= {item.laddr.ip for item in connections if item.status == psutil.CONN_LISTEN}
    return found


def test_postgres_listens_on_loopback_only(postgres_server: servers.PostgresAccess) -> None:
    assert listening(postgres_server.pid) == {"127.0.0.1"}


def test_s3_listens_on_loopback_only(s3_server: servers.S3Access) -> None:
    assert listening(s3_server.pid) == {"127.0.0.1"}


def test_a_server_is_gone_once_its_block_ends(tmp_path: Path) -> None:
    with servers.seaweed(tmp_path / "weed") as access:
        assert psutil.pid_exists(access.pid)
    assert not psutil.pid_exists(access.pid)
