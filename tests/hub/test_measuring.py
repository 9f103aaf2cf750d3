"""The metrics: on an address of their own, and cheap however often they are read."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.hubprocess import free_port
from hub.measuring import MEASURE_SECONDS, Measured
from messages.commandline import DONE
from tests.counting import cost_of
from tests.scene.hubs import prepared
from tests.scene.processes import Forked, forked
from tests.scene.stage import Stage
from tests.waiting import PATIENCE, until


def test_the_database_is_asked_now_and_then_only(at: Stage) -> None:
    now: list[float] = []
    measured = Measured(at.here.hub, lambda: now[-1])
    at.here.hub.log.step()
    costs = []
    for moment in (0.0, 1.0, MEASURE_SECONDS - 1, MEASURE_SECONDS):
        now.append(moment)
        with cost_of(at.here.hub.database) as cost:
            assert "casehub_log_size" in measured.page().decode()
        costs.append(cost.statements)
    assert costs[1] == costs[2] == 0
    assert costs[0] > 0
    assert costs[3] > 0


@contextmanager
def serving(home: Path, settings: str = "") -> Iterator[tuple[Forked, dict[str, str]]]:
    """A hub that runs, and what it said of itself."""
    with (home / "hub.toml").open("a") as file:
        file.write(settings)
    with forked("casehub", ("serve", "--json", "--home", home, "--port", 0)) as hub:
        until(lambda: hub.written() or hub.poll() is not None, "a hub that serves")
        assert hub.poll() is None, hub.ended().err
        yield hub, json.loads(hub.written())


def fetched(url: str) -> int:
    """The status of an address; 0 for nobody there."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A hub's home."""
    prepared(tmp_path / "hub")
    return tmp_path / "hub"


def test_metrics_stand_at_their_own_address_and_nowhere_else(home: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with serving(home, f'metrics_address = "{address}"\n') as (_hub, told):
        assert told["metrics"] == f"http://{address}/metrics"
        until(lambda: fetched(f"{told['url']}/readyz") == 200, "a hub that is ready")
        assert fetched(told["metrics"]) == 200
        assert fetched(f"{told['url']}/metrics") == 404
        assert fetched(f"http://{address}/healthz") == 404


def test_they_may_be_shown_nowhere(home: Path) -> None:
    with serving(home, 'metrics_address = ""\n') as (_hub, told):
        assert told["metrics"] is None


def test_an_address_that_was_chosen_and_is_taken_is_refused(home: Path) -> None:
    with (
        serving(home, f'metrics_address = "127.0.0.1:{free_port()}"\n') as (_hub, told),
        forked("casehub", ("serve", "--json", "--home", home, "--port", 0)) as second,
    ):
        assert told["metrics"]
        ended = second.ended()
        assert ended.code != DONE
        assert "hub.address-taken" in ended.out + ended.err
