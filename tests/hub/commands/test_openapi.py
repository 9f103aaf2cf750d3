"""`casehub openapi` where an operation has no entry of refusals: what to run, and no traceback."""

from __future__ import annotations

import pytest

import hub.app
from hub.cli import main


def test_a_missing_entry_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def openapi() -> None:
        msg = "no entry for operation read_something in hub/api/refusals.toml"
        raise LookupError(msg)

    monkeypatch.setattr(hub.app, "openapi", openapi)
    assert main(["openapi", "--lang", "en"]) == 1
    said = capsys.readouterr().err
    assert "read_something" in said
    assert "python -m tests.refusals" in said
