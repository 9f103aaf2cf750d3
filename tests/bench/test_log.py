"""The bench of the log runs, and what it measures is a log in which everything holds."""

from __future__ import annotations

import json

import pytest

from bench import log


def test_a_small_log_is_built_proved_and_verified(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "ROUNDS", 1)
    monkeypatch.setattr(log, "SIZES", (300, 900))
    monkeypatch.setattr(log, "BATCH", 200)
    assert log.main(["--most", "900", "--rows", "700", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [each["size"] for each in figures] == [300, 900]
    assert all(each[name] > 0 for each in figures for name in log.COLUMNS)
    assert 32 < figures[1]["tile_bytes"] < 32.3
    assert figures[1]["path"] == 10
