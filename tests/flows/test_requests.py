"""Requests that nobody vouches for: replayed, out of time, changed on the way, unsigned, garbage. Counted, not marked;
one mark an hour sums them up."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from evidence.canonical import digest
from evidence.keys import SigningKey
from hub.access.summary import Summariser, summarise
from hub.limits import LIMITS
from hub.measuring import Measured
from hub.runtime import open_hub
from hub.store.tables import nonces
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE, URL
from tests.scene.stage import Refusal, Stage, shown, stage
from tests.waiting import until

QUESTION = {"digests": [digest(b"anything")]}
PATH = "/v1/parts/missing"
MALFORMED = Refusal(401, "evidence.request-malformed", "caller", "signature-input")
FORGED = Refusal(401, "evidence.bad-signature", "sender")


def ask(at: Stage, **options: Any) -> httpx.Response:
    """One write in the police's name."""
    return at.send(POLICE, "POST", PATH, QUESTION, **options)


def skewed(at: Stage, **delta: float) -> httpx.Response:
    return ask(at, signed={"at": at.here.clock() + timedelta(**delta)})


def spoiled(at: Stage, header: str, change: Callable[[str], str]) -> httpx.Response:
    """A request of which one header was changed after it was signed."""
    made: dict[str, str] = {}

    def keep(request: httpx.Request) -> None:
        made.update(request.headers)

    line = Recording(at, keep)
    Stage(at.here, at.line, raw_line=line).send(POLICE, "POST", PATH, QUESTION)
    made[header] = change(made[header])
    return at.raw("POST", PATH, json.dumps(QUESTION).encode(), made)


class Recording(httpx.BaseTransport):
    """Shows requests instead of sending them."""

    def __init__(self, at: Stage, show: Callable[[httpx.Request], None]) -> None:
        self.at, self.show = at, show

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.show(request)
        return httpx.Response(204)


REQUESTS: dict[str, tuple[Callable[[Stage], httpx.Response], Refusal]] = {
    "unsigned": (lambda at: at.raw("POST", PATH, b"{}"), Refusal(401, "evidence.request-unsigned", "caller")),
    "garbage for a signature": (
        lambda at: spoiled(at, "signature", lambda _text: "casehub=:AAAA:"),
        Refusal(401, "evidence.bad-signature", "sender"),
    ),
    "garbage for its input": (lambda at: spoiled(at, "signature-input", lambda _text: "\x01(("), MALFORMED),
    "two signatures of ours": (
        lambda at: spoiled(at, "signature-input", lambda text: f"{text}, {text.replace('casehub=', 'other=', 1)}"),
        MALFORMED,
    ),
    "a signature that covers less": (
        lambda at: spoiled(at, "signature-input", lambda text: text.replace('"content-digest"', "")),
        MALFORMED,
    ),
    "a signature without a nonce": (
        lambda at: spoiled(at, "signature-input", lambda text: text.split(";nonce")[0] + ';tag="casehub"'),
        MALFORMED,
    ),
    "another algorithm": (
        lambda at: spoiled(at, "signature-input", lambda text: text.replace('alg="ed25519"', 'alg="hmac-sha256"')),
        Refusal(422, "evidence.wrong-algorithm", "sender"),
    ),
    "a key that nobody has": (
        lambda at: ask(at, signed={"key": SigningKey.generate()}),
        Refusal(401, "evidence.unknown-key", "caller"),
    ),
    "clock ten minutes fast": (lambda at: skewed(at, minutes=10), Refusal(401, "evidence.request-skew", "caller")),
    "clock ten minutes slow": (lambda at: skewed(at, minutes=-10), Refusal(401, "evidence.request-skew", "caller")),
    "body changed": (
        lambda at: ask(at, signed={"body": b'{"digests":[]}'}),
        Refusal(401, "request.body-changed", "caller"),
    ),
    "body left out": (
        lambda at: at.send(POLICE, "POST", PATH, signed={"body": json.dumps(QUESTION).encode()}),
        Refusal(401, "request.body-changed", "caller"),
    ),
    "digest header changed with the body": (
        lambda at: spoiled(at, "content-digest", lambda _text: f"sha-256=:{'A' * 43}=:"),
        FORGED,
    ),
    "two digests": (
        lambda at: spoiled(at, "content-digest", lambda text: f"{text}, sha-512=:AAAA:"),
        Refusal(401, "evidence.request-malformed", "caller", "content-digest"),
    ),
    "target changed": (lambda at: ask(at, signed={"url": URL + "/v1/marks"}), FORGED),
    "query changed": (
        lambda at: at.send(POLICE, "GET", "/v1/inbox?after=0", signed={"url": URL + "/v1/inbox"}),
        FORGED,
    ),
    "host changed": (lambda at: ask(at, signed={"url": "http://127.0.0.9:8440" + PATH}), FORGED),
    "method changed": (lambda at: ask(at, signed={"method": "PUT"}), FORGED),
    "handler changed": (lambda at: ask(at, handler="h-9", signed={"handler": "h-7"}), FORGED),
    "handler added": (lambda at: ask(at, after={"Casehub-Handler": "h-9"}), MALFORMED),
    "handler taken away": (lambda at: ask(at, signed={"handler": "h-7"}, after={"Casehub-Handler": ""}), FORGED),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_nobody_vouches_for_is_counted_and_not_marked(at: Stage, name: str) -> None:
    make, expected = REQUESTS[name]
    at.here.hub.noise.take()
    at.new_marks()
    with at.nothing_moves():
        answer = make(at)
    shown(answer, expected)
    assert at.new_marks() == []
    assert at.here.hub.noise.take() == {expected.code: 1}


@pytest.mark.parametrize("minutes", [10, -10])
def test_the_error_tells_how_far_the_clock_is_off(at: Stage, minutes: int) -> None:
    with at.here.clock.standing():
        told = skewed(at, minutes=minutes).json()
    assert told["params"]["seconds"] == 60 * minutes
    assert str(told["params"]["seconds"]) in told["messages"]["zh"]["text"]
    assert told["params"]["limit"] == LIMITS.request_age


def test_a_request_within_the_skew_is_served(at: Stage) -> None:
    with at.here.clock.standing():
        for minutes in (4, -4):
            assert skewed(at, minutes=minutes).status_code == 200


@pytest.mark.parametrize("path", ["/v1/parts/missing", "/v1/parts/%6Dissing"])
def test_the_target_is_what_came_over_the_wire(at: Stage, path: str) -> None:
    assert at.send(POLICE, "POST", path, QUESTION).status_code == 200


def test_a_handler_id_of_other_letters_is_named_and_not_mistaken_for_a_forgery(at: Stage) -> None:
    answer = at.send(POLICE, "PUT", "/v1/handlers/%E5%BC%A0%E4%B8%89", {"role": "handler"})
    shown(answer, Refusal(422, "handler.bad-id", "caller"))


def test_a_write_is_taken_once(at: Stage) -> None:
    requests: list[httpx.Request] = []
    Stage(at.here, at.line, raw_line=Recording(at, requests.append)).send(POLICE, "POST", PATH, QUESTION)
    body, headers = requests[0].read(), dict(requests[0].headers)
    assert at.raw("POST", PATH, body, headers).status_code == 200
    for _ in range(2):
        shown(at.raw("POST", PATH, body, headers), Refusal(401, "request.replayed", "caller"))
    at.here.clock.moved = timedelta(seconds=LIMITS.nonce_seconds + 1)
    try:
        at.here.hub.housekeeper.stop()
        shown(at.raw("POST", PATH, body, headers), Refusal(401, "evidence.request-skew", "caller"))
    finally:
        at.here.clock.moved = timedelta()


def test_the_same_write_at_once_is_taken_once(at: Stage) -> None:
    requests: list[httpx.Request] = []
    Stage(at.here, at.line, raw_line=Recording(at, requests.append)).send(POLICE, "POST", PATH, QUESTION)
    body, headers = requests[0].read(), dict(requests[0].headers)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: at.raw("POST", PATH, body, headers), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


def test_one_agencys_nonce_is_no_others(at: Stage) -> None:
    nonce = "a-nonce-that-both-happen-to-draw"
    for agency in (POLICE, PROCURATORATE):
        assert at.send(agency, "POST", PATH, QUESTION, signed={"nonce": nonce}).status_code == 200


def test_an_agencys_clock_that_is_off_stops_it_with_the_skew(at: Stage) -> None:
    clock = at.here.agency_clocks[POLICE]
    clock.moved = timedelta(minutes=10)
    try:
        refused = pytest.raises(Problem, match=r"evidence\.request-skew")
        with at.here.clock.standing() as now, clock.standing(now), refused as caught:
            at.here[POLICE].inbox()
        assert caught.value.params["seconds"] == 600
    finally:
        clock.moved = timedelta()


def test_noise_leaves_one_mark_for_all(at: Stage) -> None:
    at.here.hub.noise.take()
    at.new_marks()
    for _ in range(5):
        at.raw("POST", PATH, b"{}")
    ask(at, signed={"key": SigningKey.generate()})
    assert summarise(at.here.hub) == 6
    assert summarise(at.here.hub) == 0
    made = at.new_marks()
    assert [mark.action for mark in made] == ["noise-summary"]
    assert made[0].private == {"requests": 6, "reasons": {"evidence.request-unsigned": 5, "evidence.unknown-key": 1}}
    metrics = Measured(at.here.hub).page().decode()
    assert 'casehub_unauthenticated_total{reason="evidence.request-unsigned"}' in metrics


def test_a_summary_that_cannot_be_written_is_kept(at: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    at.here.hub.noise.take()
    at.raw("POST", PATH, b"{}")

    def away(*_args: object, **_options: object) -> None:
        raise Problem("hub.database-away")

    with monkeypatch.context() as patched:
        patched.setattr(type(at.here.hub.database), "transaction", away)
        with pytest.raises(Problem, match=r"hub\.database-away"):
            summarise(at.here.hub)
    assert at.here.hub.noise.take() == {"evidence.request-unsigned": 1}


def test_the_summary_is_written_on_time_and_when_it_is_stopped(at: Stage) -> None:
    at.here.hub.noise.take()
    at.new_marks()
    at.raw("POST", PATH, b"{}")
    often = Summariser(at.here.hub, interval=0.01)
    often.start()
    made = until(at.new_marks, "the summary")
    often.stop()
    assert [mark.action for mark in made] == ["noise-summary"]
    at.raw("POST", PATH, b"{}")
    hourly = Summariser(at.here.hub)
    hourly.start()
    hourly.stop()
    hourly.stop()
    assert [mark.action for mark in at.new_marks()] == ["noise-summary"]


def test_a_stopping_hub_writes_its_last_summary_into_the_log(tmp_path: Path) -> None:
    with stage(tmp_path) as at:
        at.raw("GET", "/v1/inbox")
        at.here.application.close()
        made = at.new_marks()
        assert [mark.action for mark in made] == ["noise-summary"]
        assert made[0].leaf_index is not None


def test_a_hub_that_starts_tidies_and_goes_on_tidying(at: Stage) -> None:
    ask(at)
    at.here.clock.moved = timedelta(days=1)
    other = open_hub(at.here.root / "hub", clock=at.here.clock)
    try:
        other.start()
        until(lambda: remembered(at) == 0, "the first tidying")
    finally:
        at.here.clock.moved = timedelta()
        other.stop()


def remembered(at: Stage) -> int:
    """How many nonces the hub remembers."""
    with at.here.hub.database.transaction(write=False) as connection:
        return int(connection.execute(select(func.count()).select_from(nonces)).scalar_one())


READS_ONCE = (
    "/v1/inbox", "/v1/cases?ref=1", "/v1/cases/{case}", "/v1/cases/{case}/trail", "/v1/cases/{case}/deadlines",
    "/v1/cases/{case}/findings", "/v1/transfers/{transfer}", "/v1/transfers/{transfer}/trail",
    "/v1/transfers/{transfer}/proofs", "/v1/findings", "/v1/handlers", "/v1/identities/{case}",
    "/v1/identities/{case}/history", "/v1/identities/proposals", "/v1/reconcile?day=2026-11-22",
)  # fmt: skip
READS_AGAIN = ("/log/checkpoint", "/v1/directory", "/v1/codebooks/release", "/v1/codebooks/systems")


@pytest.fixture(scope="module")
def named(at: Stage) -> dict[str, str]:
    sent = at.here[POLICE].push(at.here.case_dir(name="read"), node="N-ARR-001", to=PROCURATORATE)
    at.here.hub.log.step()
    return {"case": sent.case_uid, "transfer": sent.transfer_id}


@pytest.mark.parametrize("path", READS_ONCE)
def test_a_read_that_reveals_or_marks_counts_once(at: Stage, named: dict[str, str], path: str) -> None:
    asked = path.format(**named)
    first = at.send(POLICE, "GET", asked, signed={"nonce": f"read-once-{path:->30}".translate(PLAIN)})
    assert first.status_code in (200, 404), first.text
    at.new_marks()
    again = at.send(POLICE, "GET", asked, signed={"nonce": f"read-once-{path:->30}".translate(PLAIN)})
    shown(again, Refusal(401, "request.replayed", "caller"))
    assert at.new_marks() == []


@pytest.mark.parametrize("path", READS_AGAIN)
def test_what_everybody_may_read_is_read_again(at: Stage, path: str) -> None:
    for _ in range(2):
        assert at.send(POLICE, "GET", path, signed={"nonce": "read-again-0123456789"}).status_code == 200


PLAIN = {ord(sign): "_" for sign in "/?={}"}
