"""A hub that works against the receiver: it holds its own keys, and invents or buys those of a sender."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.auditing.reconcile import refresh_deliveries
from adapters.client.hub import segment
from adapters.joining import handlers as access
from adapters.keys.trust import Alarm
from adapters.receiving import incoming
from adapters.receiving.pull import Haul
from evidence.identifiers import timestamp
from evidence.statements import SignedStatement, sign
from messages.problems import Problem
from messages.rendering import problem_json
from tests.adapters.receiving.test_pull import offer
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import Rule, answered, cut
from tests.scene.world import World

Change = Callable[[dict[str, Any]], None]


def signed_anew(world: World, body: dict[str, Any], change: Change) -> dict[str, Any]:
    """The hub's answer with another envelope, signed by the sender, and receipt and annex to fit, signed by the hub."""
    sender, hub = world[POLICE].station.keyring.identity, world.hub.keys.identity
    claims = SignedStatement.from_json(body["envelope"]).unverified_body
    change(claims)
    envelope = sign("envelope", claims, sender)
    annex = SignedStatement.from_json(body["annex"]).unverified_body
    signed_annex = sign("annex", {**annex, "transfer_id": claims["transfer_id"]}, hub)
    receipt = SignedStatement.from_json(body["receipt"]).unverified_body
    receipt |= {"transfer_id": claims["transfer_id"], "envelope_digest": envelope.digest}
    receipt |= {"annex_digest": signed_annex.digest}
    statements = {"envelope": envelope, "annex": signed_annex, "receipt": sign("receipt", receipt, hub)}
    return {**body, **{name: statement.to_json() for name, statement in statements.items()}}


def offering(world: World, genuine: str, change: Change, *, named: str | None = None) -> Rule:
    """The hub lists and gives, in place of the transfer `genuine`, one that it has changed and signed anew."""
    shown = named or genuine
    body = world[PROCURATORATE].station.client.get(f"/v1/transfers/{genuine}")
    forged = signed_anew(world, body, change)

    def rename(page: dict[str, Any]) -> None:
        for item in page["items"]:
            item["transfer_id"] = shown

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.method == "GET" and request.url.raw_path.decode() == f"/v1/transfers/{segment(shown)}":
            return httpx.Response(200, json=forged)
        return answered("/v1/inbox", rename)(request, send)

    return rule


OUTSIDE = ("../escaped", "/tmp/casehub-escaped", "x/../../escaped", "..", "019AB6F8-0000-7000-8000-000000000001")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_transfer_id_that_is_no_uuid_writes_and_removes_nothing(world: World, name: str) -> None:
    genuine = offer(world)
    kept = world.root / "escaped.partial"
    kept.mkdir()
    rule = offering(world, genuine, lambda claims: claims.update(transfer_id=name, volumes=[]), named=name)
    with world.wire.under(rule):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [problem.code for _, problem in haul.failed] == ["evidence.bad-uuid"]
    assert list((world.root / "in").iterdir()) == []
    assert not (world.root / "escaped").exists()
    assert not Path("/tmp/casehub-escaped").exists()
    assert kept.exists()


def test_one_volume_twice_is_declined_and_never_looks_whole(world: World) -> None:
    genuine = offer(world)
    rule = offering(world, genuine, lambda claims: claims["volumes"].append(claims["volumes"][-1]))
    with world.wire.under(rule):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [item.reason for item in haul.declined] == ["adapter.number-twice"]
    assert not (world.root / "in" / genuine).exists()


def test_a_wrapped_key_that_is_no_base64_fails_alone(world: World) -> None:
    genuine = offer(world)
    rule = offering(world, genuine, lambda claims: claims["volumes"][0]["keys"][0].update(wrapped="A"))
    with world.wire.under(rule):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [problem.code for _, problem in haul.failed] == ["evidence.malformed-base64"]


def revoked(answer: dict[str, Any], key_id: str, at: str) -> None:
    """The directory says that the key was revoked."""
    answer["revoked"].append({"key_id": key_id, "revoked_at": at})


def test_a_revocation_that_was_seen_cannot_be_taken_back(world: World) -> None:
    world[POLICE].push(case_dir(world.root / "one"), node="N-ARR-001", to=PROCURATORATE)
    key_id = world[PROCURATORATE].station.keyring.identity.key_id
    station, now = world[POLICE].station, world[POLICE].station.clock()
    directory = "/v1/directory/procuratorate/350102"
    answer = station.client.get(directory)
    revoked(answer, key_id, timestamp(now))
    station.trust.learn(PROCURATORATE, answer, now)
    later = station.peer(PROCURATORATE).keys.find(key_id)
    assert later is not None
    assert later.revoked_at is not None, "the hub left the revocation out, and was believed"
    assert timestamp(later.revoked_at) == timestamp(now)
    revoked(answer, key_id, timestamp(now + timedelta(days=1)))
    answer["revoked"].pop(0)
    moved = station.trust.learn(PROCURATORATE, answer, now).keys.find(key_id)
    assert moved is not None
    assert moved.revoked_at == later.revoked_at, "the hub moved the revocation, and was believed"


def test_a_replaced_encryption_key_does_not_come_back_when_its_successor_is_revoked(world: World) -> None:
    """Else a hub with the old private key revokes the new one, and reads what is wrapped from then on."""
    receiver = world[PROCURATORATE]
    receiver.rotate("hpke")
    newest = receiver.station.keyring.hpke.key_id
    at = timestamp(world[POLICE].station.clock())
    rule = answered("/v1/directory/procuratorate/350102", lambda body: revoked(body, newest, at))
    with world.wire.under(rule), pytest.raises(Problem) as raised:
        world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    assert raised.value.code == "adapter.no-recipient-key"
    assert not [path for method, path in world.wire.seen if method == "POST" and path == "/v1/transfers"]


def seen_twice(world: World) -> None:
    """Two contacts, the log grown in between."""
    offer(world)
    world[POLICE].station.contact()
    world.hub.log.step()
    assert world[POLICE].contact() is not None


def refused(*paths: str) -> Rule:
    """The hub says that it knows nothing of `paths`, as one does that was set back to an older state."""

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if not request.url.path.startswith(paths):
            return send()
        return httpx.Response(404, json={"code": "log.size", "place": "", "params": {}})

    return rule


def test_a_log_that_forgot_what_it_signed_raises_an_alarm(world: World) -> None:
    seen_twice(world)
    with world.wire.under(refused("/log/checkpoint")), pytest.raises(Alarm) as alarm:
        world[POLICE].station.contact()
    assert alarm.value.code == "trust.log-forked"
    world[PROCURATORATE].pull(world.root / "in")  # leaves marks
    world.hub.log.step()
    with world.wire.under(refused("/log/proof/consistency", "/log/tile/")), pytest.raises(Alarm) as alarm:
        world[POLICE].station.contact()
    assert alarm.value.code == "trust.log-forked"


ODD_PROOFS: dict[str, dict[str, Any]] = {
    "no path": {"index": 0},
    "a path of numbers": {"index": 0, "path": [1]},
    "no base64": {"index": 0, "path": ["="]},
    "an index of text": {"index": "0", "path": []},
    "no object": [],  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", ODD_PROOFS)
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_proofs_of_another_form_are_problems(world: World, kind: str, name: str) -> None:
    offer(world)
    station = world[POLICE].station
    station.contact()
    world[PROCURATORATE].pull(world.root / "in")
    world.hub.log.step()
    station.state.run("UPDATE promise SET status = 'pending'")

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path == f"/log/proof/{kind}":
            return httpx.Response(200, json=ODD_PROOFS[name])
        return refused("/log/tile/")(request, send)

    with world.wire.under(rule):
        station.after_work()
    odd = {"adapter.bad-answer", "trust.inclusion-proof"}
    assert odd & set(world.codes_heard()) if kind == "inclusion" else "trust.log-forked" in world.codes_heard()


@pytest.mark.parametrize("member", ["node", "case_uid", "sender", "receiver", "log_origin"])
def test_a_receipt_that_tells_another_story_of_the_same_envelope_is_refused(world: World, member: str) -> None:
    """An auditor reads the receipt, not the envelope; and a promise of another log is never held to account."""
    genuine = offer(world)

    def other(body: dict[str, Any]) -> None:
        receipt = {**SignedStatement.from_json(body["receipt"]).unverified_body, member: "another"}
        body["receipt"] = sign("receipt", receipt, world.hub.keys.identity).to_json()

    with world.wire.under(answered(f"/v1/transfers/{genuine}", other)):
        haul = world[PROCURATORATE].pull(world.root / "in")
    assert [problem.code for _, problem in haul.failed] == ["adapter.receipt-differs"]


ODD_VALUES: tuple[Any, ...] = (None, True, -1, 2**53 - 1, "x", "\x1b[2J", [], {}, [None], {"x": None})


def mutations(value: Any, depth: int) -> Iterator[Any]:
    """`value` with each member, and each member of its members, odd in each way, or not there."""
    yield from ODD_VALUES
    if depth and isinstance(value, dict):
        for name, member in value.items():
            yield {other: each for other, each in value.items() if other != name}
            yield from ({**value, name: odd} for odd in mutations(member, depth - 1))
    if depth and isinstance(value, list):
        for index, member in enumerate(value[:2]):
            yield from ([*value[:index], odd, *value[index + 1 :]] for odd in mutations(member, depth - 1))


Ask = Callable[[World, str], object]


def fetch_codebooks(world: World, _transfer: str) -> None:
    """What follows when an answer named a release that is not held."""
    world[PROCURATORATE].station.client.newest_codebooks = "another"
    world[PROCURATORATE].station.pick_up_codebooks()


ASKED: dict[str, tuple[str, Ask]] = {
    "the inbox": ("/v1/inbox", lambda world, _: world[PROCURATORATE].inbox()),
    "the inbox, pulled": ("/v1/inbox", lambda world, _: world[PROCURATORATE].pull(world.root / "in")),
    "a transfer": ("/v1/transfers/", lambda world, found: incoming.fetch(world[PROCURATORATE].station, found)),
    "an agency": ("/v1/directory/", lambda world, _: world[PROCURATORATE].station.peer(POLICE)),
    "our own entry": ("/v1/directory/", lambda world, _: world[PROCURATORATE].station.look_at_own_entry()),
    "a day": ("/v1/reconcile", lambda world, _: world[POLICE].reconcile()),
    "what became of it": ("/v1/reconcile", lambda world, _: refresh_deliveries(world[POLICE].station)),
    "a proof": ("/log/proof/inclusion", lambda world, _: world[POLICE].station.after_work()),
    "handlers": ("/v1/handlers", lambda world, _: world[POLICE].handlers()),
    "cases": ("/v1/cases", lambda world, found: access.case_uid(world[POLICE].station, found)),
    "the releases": ("/v1/codebooks/releases", fetch_codebooks),
}


LARGE = ("a transfer", "a day")


@pytest.mark.parametrize("name", ASKED)
def test_whatever_an_answer_is_nothing_but_problems_comes_of_it(world: World, name: str) -> None:
    path, ask = ASKED[name]
    transfer_id = offer(world)
    world.hub.log.step()
    genuine: list[Any] = []

    def note(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send()
        if request.method == "GET" and request.url.path.startswith(path) and not genuine:
            genuine.append(json.loads(answer.content))
        return answer

    pulled = "pulled" in name
    world[POLICE].station.state.run("UPDATE promise SET status = 'pending'")
    with world.wire.under(note):
        world[PROCURATORATE].inbox() if pulled else ask(world, transfer_id)
    met: set[str] = set()
    for odd in mutations(genuine[0], 2 if name in LARGE else 3):

        def instead(request: httpx.Request, send: Callable[[], httpx.Response], odd: Any = odd) -> httpx.Response:
            if request.method == "GET" and request.url.path.startswith(path):
                return httpx.Response(200, json=odd)
            return cut(request, send) if pulled and "/transfers/" in request.url.path else send()

        world[POLICE].station.state.run("UPDATE promise SET status = 'pending'")
        with world.wire.under(instead):
            try:
                done = ask(world, transfer_id)
                problems = [problem for _, problem in done.failed] if isinstance(done, Haul) else []
            except Problem as problem:
                problems = [problem]
            met |= {problem.code for problem in problems}
            json.dumps([problem_json(problem) for problem in problems])  # they can be told
    told = met | set(world.codes_heard())
    assert told & {"adapter.bad-answer", "trust.keys-not-vouched", "trust.codebooks"}
