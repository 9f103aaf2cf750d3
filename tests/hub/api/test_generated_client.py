"""A client that openapi-python-client generates from the document does a full cycle, signing by a hook of httpx.

Nothing in the client is ours: what it sends and reads follows from the document alone.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import secrets
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from digests import Digest
from evidence.keys import SigningKey
from evidence.requests import content_digest_of, sign_request
from hub import cli
from tests.scene.agencies import POLICE, PROCURATORATE, URL
from tests.scene.drafts import mark_by
from tests.scene.stage import Stage

NAME = "generated_casehub"
CONFIG = {
    "content_type_overrides": {"text/plain": "application/octet-stream", "application/fhir+json": "application/json"}
}


class Signed(httpx.Auth):
    """RFC 9421 over whatever the client is about to send."""

    requires_request_body = True

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        digest = content_digest_of(Digest.of(request.content))
        handler = {name: value for name, value in request.headers.items() if name == "casehub-handler"}
        url, now, nonce = str(request.url), datetime.now(UTC), secrets.token_urlsafe(18)
        request.headers.update(sign_request(request.method, url, handler, digest, self._key, now, nonce))
        yield request


class Client:
    """The generated client of one agency: its operations by tag and id, its models by name."""

    def __init__(self, at: Stage, agency: str) -> None:
        options: Mapping[str, Any] = {"transport": at.here.wire, "auth": Signed(at.key(agency))}
        self._client = importlib.import_module(NAME).Client(base_url=URL, httpx_args=options)

    def ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """The status and the parsed answer."""
        tag, _, name = operation.partition("/")
        module = importlib.import_module(f"{NAME}.api.{tag}.{name}")
        answer = module.sync_detailed(*arguments, client=self._client, **options)
        return int(answer.status_code), answer.parsed

    @staticmethod
    def made(model: str, body: Mapping[str, Any]) -> Any:
        """A model from JSON, which gives the same JSON back."""
        made = getattr(importlib.import_module(f"{NAME}.models"), model).from_dict(body)
        assert made.to_dict() == body
        return made

    @staticmethod
    def file(data: bytes) -> Any:
        """Bytes to be sent."""
        return importlib.import_module(f"{NAME}.types").File(payload=io.BytesIO(data))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    document, config = folder / "openapi.json", folder / "config.yml"
    assert cli.main(["openapi", "--out", str(document)]) == 0
    config.write_text(json.dumps({**CONFIG, "post_hooks": []}), "utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    files = ["--path", document, "--config", config, "--output-path", folder / NAME]
    run = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(NAME)
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] == NAME]:
            del sys.modules[name]


def test_a_transfer_goes_its_way(generated: ModuleType, at: Stage, tmp_path: Path) -> None:
    police, procuratorate = Client(at, POLICE), Client(at, PROCURATORATE)
    draft = at.catch(at.here.case_dir())
    data = b"ciphertext of nobody"
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert police.ask("parts/find_missing_parts", body=police.made("PartsAsked", {"digests": [digest]}))[1].missing
    status, stored = police.ask("parts/upload_part", digest, body=police.file(data))
    assert (status, stored.size) == (201, len(data))
    status, answer = police.ask("transfers/submit_transfer", body=police.made("Submission", draft.wire()))
    assert status == 201, answer
    assert answer.receipt.payload_type == "application/vnd.casehub.receipt.v1+json"
    status, inbox = procuratorate.ask("inbox/read_inbox")
    assert [item.transfer_id for item in inbox.items] == [draft.transfer_id]
    status, fetched = procuratorate.ask("transfers/read_transfer", draft.transfer_id)
    assert fetched.record.to_dict() == draft.record
    assert fetched.status == "offered"
    mark = mark_by(at.key(PROCURATORATE), PROCURATORATE, "acknowledged", draft, at=at.here.clock()).to_json()
    body = procuratorate.made("Acknowledgement", {"mark": mark})
    status, settled = procuratorate.ask("transfers/acknowledge_transfer", draft.transfer_id, body=body)
    assert (status, settled.status) == (200, "acknowledged")
    trail = police.ask("transfers/read_transfer_trail", draft.transfer_id)[1]
    assert [entry.action for entry in trail.marks][-1] == "acknowledged"


def test_a_question_about_a_code(generated: ModuleType, at: Stage) -> None:
    court = Client(at, POLICE)
    asked = {"system": "police.case-class", "code": "050200", "target": "court.cause"}
    status, answer = court.ask("codebooks/translate_code", **asked)
    assert (status, answer.path) == (200, ["police.case-class", "unified.crime", "court.cause"])
    batch = court.made("Batch", {"items": [asked], "target": ""})
    assert court.ask("codebooks/translate_batch", body=batch)[1].answers[0].outcome == answer.outcome
    status, found = court.ask("fhir/fhir_read_code_system", "gb.sex")
    assert found.resource_type == "CodeSystem"


def test_a_refusal(generated: ModuleType, at: Stage) -> None:
    status, problem = Client(at, POLICE).ask("codebooks/read_code_system", "none")
    assert (status, problem.code, problem.fault) == (404, "codebook.no-system", "caller")
    assert problem.messages.zh.text
