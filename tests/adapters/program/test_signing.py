"""`casehub-adapter sign`: what it prints is taken by a real hub, through curl where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from adapters import Adapter
from adapters.program import cli
from bench.hubprocess import HubProcess, free_port
from hub.runtime import open_hub
from tests.scene.agencies import POLICE, URL
from tests.scene.hubs import admitted, prepared
from tests.scene.world import World


def sign(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str]:
    code = cli.main(["sign", *words, "--home", str(home)])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("body", [b"", b'{"digests": []}'])
def test_the_hub_takes_what_was_signed(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    (tmp_path / "body.json").write_bytes(body)
    method, path, more = ("POST", "/v1/parts/missing", ["--body", str(tmp_path / "body.json")])
    words = [method, path, *more] if body else ["get", "/v1/inbox"]
    code, out = sign(capsys, world.home(POLICE), *words, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["url"].startswith(URL)
    request = httpx.Request(told["method"], told["url"], headers=told["headers"], content=body)
    assert world.wire.handle_request(request).status_code == 200
    assert world.wire.handle_request(request).status_code in (200, 401, 409)  # a write is taken once


def test_no_other_hub_is_given_a_signature(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("https://other.example/v1/inbox", f"{URL}.other.example/v1/inbox", "v1/inbox"):
        code, out = sign(capsys, world.home(POLICE), "GET", url, "--json")
        assert (code, json.loads(out)["error"]["code"]) == (1, "adapter.other-hub")


def test_a_body_that_is_not_there_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = sign(capsys, world.home(POLICE), "POST", "/v1/marks", "--body", "/nowhere", "--json")
    assert (code, json.loads(out)["error"]["place"]) == (1, "/nowhere")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_takes_it_as_its_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    hub = open_hub(prepared(tmp_path / "hub", url=url))
    admission = admitted(hub, POLICE, tmp_path / "police", url=url)
    with Adapter(tmp_path / "police") as adapter:
        adapter.enrol(admission, hub.keys.fingerprint)
    hub.stop()
    serving = HubProcess(tmp_path / "hub", port)
    try:
        _, printed = sign(capsys, tmp_path / "police", "GET", "/v1/inbox")
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--config", "-"],
            input=printed,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout)["items"] == []
    finally:
        serving.stop()
    assert re.search(r'^header = "Signature: casehub=:', printed, re.MULTILINE)
