"""What one agency may use: bounded for itself, told with the time after which to come again, no other is touched."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

import httpx
import pytest

from evidence.canonical import digest
from hub.cli import main
from hub.exchange import part_desk
from hub.limits import LIMITS
from hub.quotas import PARTS_SECONDS, Allowance, Quotas, Waiting
from hub.runtime import Hub
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE
from tests.scene.stage import Refusal, Stage, shown

SMALL = Allowance(requests=60, parts=3, part_bytes=100)
MISSING = "/v1/parts/missing"


class Tallies:
    """Quotas under a clock that a test moves, and what they refused."""

    def __init__(self) -> None:
        self.now = 0.0
        self.refused: list[str] = []
        self.quotas = Quotas(SMALL, self.refused.append, lambda: self.now)


def test_requests_come_back_with_time() -> None:
    at = Tallies()
    for _ in range(60):
        at.quotas.request(POLICE)
    with pytest.raises(Problem, match=r"quota\.requests") as caught:
        at.quotas.request(POLICE)
    assert caught.value.params == {"limit": 60, "retry_after": 1}
    at.quotas.request(COURT)
    at.now += 1.5
    at.quotas.request(POLICE)
    with pytest.raises(Problem):
        at.quotas.request(POLICE)
    at.now += 1e6
    for _ in range(60):
        at.quotas.request(POLICE)
    with pytest.raises(Problem):
        at.quotas.request(POLICE)
    assert at.refused == ["requests"] * 3


def test_waiting_parts_are_counted_anew_after_a_while() -> None:
    at, counted = Tallies(), Waiting(1, 10)
    at.quotas.part(POLICE, 10, lambda: counted)
    at.quotas.part(POLICE, 10, lambda: counted)
    with pytest.raises(Problem, match=r"quota\.parts"):
        at.quotas.part(POLICE, 10, lambda: counted)
    at.quotas.part(COURT, 10, lambda: Waiting(0, 0))
    at.now += 2 * PARTS_SECONDS
    at.quotas.part(POLICE, 10, lambda: Waiting(0, 0))  # they have become a transfer
    with pytest.raises(Problem, match=r"quota\.part-bytes"):
        at.quotas.part(POLICE, 91, lambda: counted)
    assert at.refused == ["parts", "part-bytes"]


def test_bodies_are_bounded_for_one_and_for_all() -> None:
    at, big = Tallies(), LIMITS.bodies_of_agency // 2
    at.quotas.hold(POLICE, big)
    at.quotas.hold(POLICE, big)
    with pytest.raises(Problem, match=r"quota\.bodies"):
        at.quotas.hold(POLICE, 1)
    at.quotas.hold(COURT, big)
    at.quotas.hold(COURT, big)
    with pytest.raises(Problem):
        at.quotas.hold("procuratorate:1", big)
    at.quotas.let_go(POLICE, big)
    at.quotas.hold("procuratorate:1", big)


@pytest.fixture
def hub(at: Stage, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The stage's hub, with quotas that nobody has used yet and time that stands still."""
    hub = at.here.hub
    monkeypatch.setattr(hub, "quotas", Quotas(hub.settings.allowance, hub.quotas._counted, lambda: 0.0))
    return hub


def narrowed(hub: Hub, **allowed: int) -> None:
    hub.quotas.allowance = replace(hub.quotas.allowance, **allowed)


def put(at: Stage) -> httpx.Response:
    """Upload a part that no transfer wants."""
    data = secrets.token_bytes(100)
    return at.send(POLICE, "PUT", f"/v1/parts/{digest(data)}", body=data)


def test_a_neighbour_that_runs_wild_is_told_to_wait_and_nobody_else(at: Stage, hub: Hub) -> None:
    before = hub.metrics.quotas.labels("requests")._value.get()
    narrowed(hub, requests=60)
    answers = [at.send(POLICE, "GET", "/v1/inbox") for _ in range(70)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    shown(refused[-1], Refusal(429, "quota.requests", "caller"))
    assert int(refused[-1].headers["retry-after"]) == refused[-1].json()["params"]["retry_after"] == 1
    assert at.send(COURT, "GET", "/v1/inbox").status_code == 200
    assert hub.metrics.quotas.labels("requests")._value.get() == before + len(refused)


def test_parts_without_a_transfer_do_not_fill_the_store(
    at: Stage, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    before = part_desk.waiting(hub, POLICE)
    narrowed(hub, parts=before.parts + 2)
    for _ in range(2):
        assert put(at).status_code == 201
    shown(put(at), Refusal(429, "quota.parts", "caller"))
    capsys.readouterr()
    assert main(["status", "--json", "--home", str(hub.home.path)]) in (0, 1)
    told = json.loads(capsys.readouterr().out)["waiting_parts"][POLICE]
    assert told == {"parts": before.parts + 2, "bytes": before.bytes + 200}


def test_a_full_quota_is_shown_to_the_operator(
    at: Stage, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put(at).status_code == 201
    waiting = part_desk.waiting(hub, POLICE)
    for share, told in ((2, True), (3, False)):
        monkeypatch.setenv("CASEHUB_QUOTA_PARTS", str(share * waiting.parts))
        assert main(["status", "--lang", "en", "--home", str(hub.home.path)]) in (0, 1)
        line = f"{POLICE} has {waiting.parts} parts ({waiting.bytes} bytes) that wait for their transfer: 50% of its"
        assert (line in capsys.readouterr().out) is told


def test_bodies_in_memory_are_let_go_when_they_were_answered(at: Stage, hub: Hub) -> None:
    for _ in range(100):
        at.send(POLICE, "POST", MISSING, body=b" " * 2_000_000)
        at.raw("POST", "/v1/transfers", b"[]")
    assert hub.quotas._bodies == {}
