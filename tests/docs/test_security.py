"""What docs/security.md promises of files and logs, held against a hub and an adapter as their users make them."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from adapters import Adapter
from adapters.client.transport import InProcessTransport
from adapters.keys.trust import Alarm
from bench.hubprocess import HubProcess, free_port
from hub.access.summary import summarise
from hub.app import create_app
from hub.home import HubHome
from hub.logging import configure, logger
from hub.runtime import open_hub
from messages.logfiles import LOG_BYTES
from messages.problems import Problem
from tests.docs.guide import DOCS, ROOT, Reader
from tests.docs.test_pages import table
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.hubs import admitted, prepared

SECURITY = DOCS / "security.md"
NAME = "张某示例"


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Path]:
    """`H` a hub's home, `A` an adapter's."""
    prepared(tmp_path / "hub")
    Adapter.init(tmp_path / "police", agency="police", code="1", name="示例", hub="http://127.0.0.1:8440")
    return {"H": tmp_path / "hub", "A": tmp_path / "police"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_key_files_are_where_the_page_says_and_private(homes: dict[str, Path]) -> None:
    told = [cells[-1].strip("`") for cells in table(SECURITY, "| key |").values()]
    assert len(told) == 5
    for name in told:
        home, _, relative = name.partition("/")
        assert mode(homes[home] / relative) == 0o600, name


def test_home_and_memory_of_an_adapter_are_private(homes: dict[str, Path]) -> None:
    with Adapter(homes["A"]):
        assert mode(homes["A"]) == 0o700
        assert mode(homes["A"] / "state.db") == 0o600


def test_a_hub_refuses_key_files_that_others_can_read(homes: dict[str, Path]) -> None:
    (homes["H"] / "keys/master.json").chmod(0o640)
    with pytest.raises(Problem, match=r"hub\.key-file-open"):
        HubHome(homes["H"]).keys()


def test_an_unexpected_error_shows_no_message_and_no_variable() -> None:
    out, before = io.StringIO(), structlog.get_config()
    configure(out)
    try:
        suspect = NAME
        raise KeyError(suspect)
    except KeyError:
        logger().exception("request failed")
    finally:
        structlog.configure(**before)
    assert NAME not in out.getvalue()
    assert NAME not in json.dumps(json.loads(out.getvalue()), ensure_ascii=False)
    assert "KeyError" in out.getvalue()


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the hub logs meanwhile."""
    out, before = io.StringIO(), structlog.get_config()
    configure(out)
    try:
        yield out
    finally:
        structlog.configure(**before)


def test_what_libraries_report_is_told_without_their_words() -> None:
    with logged() as out:
        logging.getLogger("uvicorn.error").error("about %s", NAME, exc_info=KeyError(NAME))
        logging.getLogger("asyncio").warning(f"Task exception was never retrieved: {NAME!r}")  # noqa: G004
        logging.getLogger("sqlalchemy").info("no news")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["library"], line["level"]) for line in lines] == [
        ("library", "uvicorn.error", "error"),
        ("library", "asyncio", "warning"),
    ]
    assert lines[0]["exception"][0]["type"] == "builtins.KeyError"
    assert all("test_security.py" in line["place"] for line in lines)
    assert NAME not in json.dumps(lines, ensure_ascii=False)


def test_what_nobody_signed_is_counted_and_not_logged_one_by_one(homes: dict[str, Path]) -> None:
    hub = open_hub(homes["H"])
    transport = InProcessTransport(create_app(hub=hub))
    with logged() as out, httpx.Client(transport=transport, base_url="http://127.0.0.1:8440") as client:
        for _ in range(50):
            assert client.get("/v1/inbox").status_code == 401
            assert client.request("BREW", f"/{NAME}").status_code == 404
            assert client.get("/healthz").status_code == 200
        assert out.getvalue() == ""
        assert summarise(hub) == 50
    (line,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert line["event"] == "unsigned requests"
    assert line["answers"] == {"GET /v1/inbox 401": 50, "(other) (none) 404": 50, "GET /healthz 200": 50}


def test_the_hub_can_write_its_log_into_files_of_its_own(tmp_path: Path) -> None:
    home, port = prepared(tmp_path / "hub"), free_port()
    environ = {"CASEHUB_LOG_FILE": str(tmp_path / "hub.log"), "CASEHUB_METRICS_ADDRESS": ""}
    with HubProcess(home, port, environ=environ):
        pass  # it was asked whether it is ready, and says at its end how often
    (line,) = [json.loads(line) for line in (tmp_path / "hub.log").read_text("utf-8").splitlines()]
    assert "GET /readyz 200" in line["answers"]


def test_an_adapters_log_is_rotated(homes: dict[str, Path]) -> None:
    log = homes["A"] / "log" / "adapter.log"
    with Adapter(homes["A"]) as adapter:
        adapter.station.noted("before")
        os.truncate(log, LOG_BYTES)
        adapter.station.noted("after")
    assert json.loads(log.read_text("utf-8"))["event"] == "after"
    assert log.with_name("adapter.log.1").stat().st_size == LOG_BYTES


def test_the_build_keeps_the_hub_from_opening_volumes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {item["name"]: item for item in project["tool"]["importlinter"]["contracts"]}
    assert contracts["The hub cannot open a dossier"]["source_modules"] == ["hub"]
    assert {"dossier.seal", "dossier.unseal"} <= set(contracts["The hub cannot open a dossier"]["forbidden_modules"])


def test_the_drill_for_lost_keys(tmp_path: Path) -> None:
    """The page's commands one after the other, on a hub with two agencies."""
    reader = Reader(tmp_path, free_port())
    url = f"http://127.0.0.1:{reader.port}"
    hub = open_hub(prepared(tmp_path / "hub", url=url))
    for agency in (POLICE, PROCURATORATE):
        admission = admitted(hub, agency, tmp_path / agency.partition(":")[0], url=url)
        with Adapter(tmp_path / agency.partition(":")[0]) as adapter:
            adapter.enrol(admission, hub.keys.fingerprint)
    reader.environ["HUB"] = hub.keys.fingerprint
    hub.stop()
    serving = HubProcess(tmp_path / "hub", reader.port)
    try:
        with Adapter(tmp_path / "procuratorate") as adapter:
            before = adapter.station.peer(POLICE).fingerprint
        reader.follow(SECURITY, "revoke")
        told = re.search(r"sha256:[0-9a-f]{64}", reader.follow(SECURITY, "lost"))
        assert told
        reader.environ["FINGERPRINT"] = told[0]
        reader.follow(SECURITY, "readmit")
        with Adapter(tmp_path / "procuratorate") as adapter, pytest.raises(Alarm, match=r"trust\.identity-changed"):
            adapter.station.peer(POLICE)
        reader.follow(SECURITY, "accept")
        with Adapter(tmp_path / "procuratorate") as adapter:
            assert adapter.station.peer(POLICE).fingerprint == told[0] != before
            haul = case_dir(tmp_path / "case")
        with Adapter(tmp_path / "police") as adapter:
            assert adapter.push(haul, node="N-ARR-001", to=PROCURATORATE).transfer_id
    finally:
        serving.stop()
