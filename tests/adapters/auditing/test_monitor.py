"""`casehub-adapter monitor`: everything new is verified, only what concerns this agency is shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.auditing.monitor import Monitored, monitor
from adapters.client.hub import HubAway
from adapters.program import cli, monitoring
from adapters.state.logbook import FOLDER, LogBook
from adapters.station import Station
from evidence.canonical import canonical
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from evidence.log.tiles import Tile, bundle, hashes
from evidence.mark_bodies import mark_body
from evidence.marks import make_mark
from evidence.statements import SignedStatement, sign
from tests.evidence.log.whole_tree import of_tree
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import Rule, answered, cut
from tests.scene.world import World

Leaves = list[bytes]


def send(world: World, name: str = "case") -> str:
    """A transfer from the police."""
    folder = case_dir(world.root / name)
    return world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE, again=True).transfer_id


def grown(world: World) -> None:
    """The hub's log has taken in everything."""
    world.hub.log.step()


def leaves_of(world: World) -> Leaves:
    """The log as it is."""
    from sqlalchemy import select

    from hub.store.tables import marks

    grown(world)
    query = select(marks.c.leaf).where(marks.c.leaf_index.is_not(None)).order_by(marks.c.leaf_index)
    with world.hub.database.transaction(write=False) as connection:
        return [bytes(leaf) for leaf in connection.execute(query).scalars()]


class FakeLog:
    """A log that the hub signs and serves in place of its own: whatever leaves it likes, in whatever order."""

    def __init__(self, world: World, leaves: Leaves) -> None:
        self.asked: list[str] = []
        self.changed: dict[str, bytes] = {}
        self._world = world
        self.grow(leaves)

    def grow(self, leaves: Leaves) -> None:
        """Sign another tree."""
        self.leaves = leaves
        nodes: dict[tuple[int, int], bytes] = {}
        frontier = merkle.Frontier()
        for leaf in leaves:
            nodes |= {(level, index): node for level, index, node in frontier.append(merkle.leaf_hash(leaf))}
        self.node_at = lambda level, index: nodes[level, index]
        hub = self._world[POLICE].station.trust.hub
        self.note = sign_checkpoint(Checkpoint(hub.origin, len(leaves), frontier.root()), self._world.hub.keys.log)
        self.files = {tile.path: hashes(tile, self.node_at) for tile in of_tree(len(leaves))}
        for start in range(0, len(leaves), 256):
            entry = Tile(None, start // 256, min(256, len(leaves) - start))
            self.files[entry.path] = bundle(leaves[start : start + 256])

    def rule(self) -> Rule:
        """Every agency sees this log."""

        def answer(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
            path = request.url.path
            if not path.startswith("/log/"):
                return send()
            self.asked.append(path)
            if path == "/log/checkpoint":
                return httpx.Response(200, content=self.note)
            if path.startswith("/log/tile/"):
                name = path.removeprefix("/log/")
                data = self.changed.get(name, self.files.get(name) or self._partial(name))
                return httpx.Response(404, json={"code": "log.no-tile"}) if data is None else self._sent(data)
            try:
                return httpx.Response(200, json=self._proof(path, request.url.params))
            except (KeyError, ValueError):
                return httpx.Response(404, json={"code": "log.unknown-leaf"})

        return answer

    def _partial(self, name: str) -> bytes | None:
        """A partial tile of an earlier size is the beginning of what stands there."""
        head, _, width = name.partition(".p/")
        longer = [data for path, data in self.files.items() if path.partition(".p/")[0] == head]
        return longer[0][: int(width) * 32] if longer and width and not head.startswith("tile/entries") else None

    def _sent(self, data: bytes) -> httpx.Response:
        return httpx.Response(200, content=data)

    def _proof(self, path: str, query: httpx.QueryParams) -> dict[str, Any]:
        if path == "/log/proof/consistency":
            steps = merkle.consistency_path(int(query["old"]), int(query["new"]), self.node_at)
            return {"old": int(query["old"]), "new": int(query["new"]), "path": _b64(steps)}
        if path == "/log/proof/inclusion":
            index = [named(leaf) for leaf in self.leaves].index(query["leaf_hash"])
            return {"index": index, "path": _b64(merkle.inclusion_path(index, int(query["size"]), self.node_at))}
        return {"size": len(self.leaves), "stored": True}


def named(leaf: bytes) -> str:
    """A leaf's hash as statements name it."""
    return f"sha256:{merkle.leaf_hash(leaf).hex()}"


def _b64(steps: Leaves) -> list[str]:
    return [base64.b64encode(step).decode() for step in steps]


def others(count: int, key: SigningKey, actor: str = "court:440100") -> Leaves:
    """Marks of an agency that is nobody's business."""
    leaves = []
    for _ in range(count):
        now = datetime.now(UTC)
        body = mark_body(mark_id=uuid7(), action="opened", actor=actor, occurred_at=now, transfer_id=uuid7())
        leaves.append(make_mark(body, key).encode())
    return leaves


def read_by(world: World, agency: str = POLICE) -> Monitored:
    """One round of an agency's monitor."""
    return monitor(world[agency].station)


def actions(done: Monitored) -> list[str]:
    """What was shown."""
    return [each.body["action"] for each in done.shown]


def evidence(station: Station) -> list[dict[str, Any]]:
    """What was kept."""
    folder = station.home.path / "log" / "evidence"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def test_an_empty_log_and_one_of_ours(world: World) -> None:
    grown(world)
    first = read_by(world)
    assert (first.sound, set(actions(first))) == (True, {"agency-admitted"})
    assert read_by(world).read == 0
    transfer_id = send(world)
    grown(world)
    done = read_by(world)
    assert done.sound
    assert {each.body["transfer_id"] for each in done.shown} == {transfer_id}
    assert {"sealed", "submitted", "received", "offered"} <= set(actions(done))
    assert done.counts["verified"] == done.read


def test_what_does_not_concern_us_is_verified_and_not_shown(world: World) -> None:
    send(world)
    grown(world)
    seen = read_by(world, COURT)
    assert seen.read > len(seen.shown)
    assert set(actions(seen)) == {"agency-admitted"}
    assert seen.counts["unknown"] == 2, "the police's own marks: the court has not pinned its keys"


def test_a_transfer_that_is_offered_and_not_pulled_is_ours(world: World) -> None:
    transfer_id = send(world)
    grown(world)
    done = read_by(world, PROCURATORATE)
    assert transfer_id in {each.body["transfer_id"] for each in done.shown}
    world[PROCURATORATE].pull(world.root / "in")
    grown(world)
    later = read_by(world, PROCURATORATE)
    assert (later.sound, "acknowledged" in actions(later)) == (True, True)
    assert actions(read_by(world))[-1:] == ["acknowledged"]


def test_a_killed_round_reads_again_and_leaves_nothing_out(world: World) -> None:
    transfer_id = send(world)
    before = leaves_of(world)
    world[PROCURATORATE].pull(world.root / "in")
    whole = leaves_of(world)
    own = [each for each in whole if transfer_id.encode() in base64.b64decode(json.loads(each)["payload"])]
    log = FakeLog(world, before + others(600, SigningKey.generate()) + whole[len(before) :])
    seen: list[str] = []

    def dies(done: int, _total: int) -> None:
        if done >= 512:
            msg = "killed"
            raise RuntimeError(msg)

    with world.wire.under(log.rule()):
        with pytest.raises(RuntimeError):
            monitor(world[POLICE].station, on_mark=lambda each: seen.append(each.leaf_hash), on_read=dies)
        world.restart(POLICE)
        done = monitor(world[POLICE].station, on_mark=lambda each: seen.append(each.leaf_hash))
    assert (done.since, done.size) == (512, len(log.leaves))
    assert sum(named(leaf) in seen for leaf in own) == len(own)


def test_reading_on_fetches_only_what_is_new(world: World) -> None:
    log = FakeLog(world, leaves_of(world) + others(700, SigningKey.generate()))
    with world.wire.under(log.rule()):
        read_by(world)
        log.asked.clear()
        log.grow(log.leaves + others(300, SigningKey.generate()))
        assert read_by(world).read == 300
    entries = [path for path in log.asked if "/entries/" in path]
    assert entries == ["/log/tile/entries/002", f"/log/tile/entries/003.p/{len(log.leaves) - 768}"]


def test_a_fast_log_is_tailed_by_whole_bundles_and_its_edge_not_left_for_ever(world: World) -> None:
    log = FakeLog(world, leaves_of(world) + others(270, SigningKey.generate()))
    station, now = world[POLICE].station, datetime.now(UTC)
    station.clock = lambda: now  # a minute must not pass by itself
    with world.wire.under(log.rule()):
        done = monitor(station, patient=True)
        assert (done.read, [path for path in log.asked if ".p/" in path and "/entries/" in path]) == (256, [])
        log.grow([*log.leaves, *others(1, SigningKey.generate())])
        assert monitor(station, patient=True).read == len(log.leaves) - 256, "the log has calmed down"
        log.grow(log.leaves + others(300, SigningKey.generate()))
        waits = monitor(station, patient=True)
        assert waits.read < 300
        station.clock = lambda: now + timedelta(minutes=2)
        log.grow(log.leaves + others(201, SigningKey.generate()))
        assert monitor(station, patient=True).read == 201 + 300 - waits.read, "no entry waits longer than a minute"


def damaged(data: bytes) -> bytes:
    """One bit of it turned."""
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tile/entries/000", "monitor.bad-bundle"),
        ("tile/entries/001.p/{edge}", "monitor.bad-bundle"),
        ("tile/0/001.p/{edge}", "monitor.bad-tile"),
        ("tile/1/000.p/1", "monitor.bad-tile"),
    ],
)
@pytest.mark.parametrize("how", ["changed", "cut", "withheld"])
def test_whatever_the_hub_changes_is_an_alarm_with_evidence(world: World, name: str, code: str, how: str) -> None:
    log = FakeLog(world, leaves_of(world) + others(300, SigningKey.generate()))
    path = name.format(edge=len(log.leaves) - 256)
    whole = log.files[path]
    if how == "withheld":
        del log.files[path]
        code = "monitor.no-tile"
    else:
        log.changed[path] = damaged(whole) if how == "changed" else whole[:-1]
    station = world[POLICE].station
    with world.wire.under(log.rule()):
        for _ in range(2):
            met = [alarm.code for alarm in monitor(station).alarms]
            if how != "withheld" and "entries" not in name:  # a first look at tiles that give another root
                assert met.pop(0) == "trust.log-forked"
            assert met == [code]
        kept = [each for each in evidence(station) if each["code"] == code]
        assert [each["checkpoint"] for each in kept] == [log.note.decode()]
        log.changed.clear()
        log.files[path] = whole
        assert monitor(station).size == len(log.leaves), "once the truth is served, reading goes on"


def test_a_checkpoint_that_another_key_signed_is_an_alarm(world: World) -> None:
    log = FakeLog(world, leaves_of(world))
    hub = world[POLICE].station.trust.hub
    log.note = sign_checkpoint(Checkpoint(hub.origin, 1, bytes(32)), SigningKey.generate())
    with world.wire.under(log.rule()):
        done = read_by(world)
    assert [alarm.code for alarm in done.alarms] == ["trust.log-unsigned", "monitor.bad-checkpoint"]
    assert not done.sound


def test_a_history_written_anew_is_an_alarm(world: World) -> None:
    before = leaves_of(world)
    log = FakeLog(world, before + others(5, SigningKey.generate()))
    with world.wire.under(log.rule()):
        read_by(world)
        log.grow(before + others(9, SigningKey.generate()))
        done = read_by(world)
        assert [alarm.code for alarm in done.alarms] == ["trust.log-forked"]
        assert done.read == len(log.leaves), "the history that is shown instead is read from its beginning"
    grown(world)


def in_our_name(world: World, key: SigningKey) -> bytes:
    """A mark in the name of the police."""
    body = mark_body(mark_id=uuid7(), action="opened", actor=POLICE, occurred_at=datetime.now(UTC), transfer_id=uuid7())
    return make_mark(body, key).encode()


@pytest.mark.parametrize(
    ("whose", "codes"),
    [
        ("stolen", ["monitor.not-ours"]),
        ("invented", ["monitor.bad-signature", "monitor.not-ours"]),
    ],
)
def test_a_mark_in_our_name_that_we_did_not_make_is_an_alarm(world: World, whose: str, codes: list[str]) -> None:
    station = world[POLICE].station
    key = station.keyring.identity if whose == "stolen" else SigningKey.generate()
    log = FakeLog(world, [*leaves_of(world), in_our_name(world, key)])
    with world.wire.under(log.rule()):
        done = read_by(world)
    assert [fault.code for fault in done.faults] == codes
    assert [each["code"] for each in evidence(station)] == sorted(codes)
    kept = evidence(station)[0]
    proof, leaf = kept["proof"], base64.b64decode(kept["leaf"])
    path = [base64.b64decode(step) for step in proof["path"]]
    root = merkle.root_of(map(merkle.leaf_hash, log.leaves))
    merkle.verify_inclusion(proof["index"], proof["size"], merkle.leaf_hash(leaf), path, root)
    with world.wire.under(log.rule()):
        assert read_by(world).sound, "told, kept, and read past"


def newer_mark(world: World, agency: str, key: SigningKey, **more: Any) -> bytes:
    """A mark of an action that no program has yet, in an agency's name."""
    made = mark_body(mark_id=uuid7(), action="opened", actor=POLICE, occurred_at=datetime.now(UTC), transfer_id=uuid7())
    newer = {"action": "handed-on", "actor": {"agency": agency}, "vocabulary": 99}
    return sign("mark", {**made.to_json(), **newer, **more}, key).encode()


def test_a_newer_mark_is_a_category_of_its_own_and_no_alarm(world: World) -> None:
    hub = world.hub.keys.identity
    before = leaves_of(world)
    latest = [json.loads(base64.b64decode(json.loads(leaf)["payload"])) for leaf in before]
    own = [(leaf, body) for leaf, body in zip(before, latest, strict=True) if body["transfer_id"] is None]
    last, body = own[-1]
    body = {**body, "mark_id": uuid7(), "seq": body["seq"] + 1, "prev": named(last)}
    made = sign("mark", {**body, "action": "handed-on", "vocabulary": 99}, hub).encode()
    with world.wire.under(FakeLog(world, [*before, made]).rule()):
        done = read_by(world)
    assert done.sound, done.to_json()
    assert (done.counts["newer"], done.counts["faulty"]) == (1, 0)
    assert done.shown[-1].to_json()["newer"] == ["evidence.newer-vocabulary", "newer.action"]
    assert not evidence(world[POLICE].station)


@pytest.mark.parametrize(
    ("whose", "more", "codes"),
    [
        ("stolen", {}, ["monitor.not-ours"]),
        ("invented", {}, ["monitor.bad-signature", "monitor.not-ours"]),
        ("invented", {"action": "Handed on"}, ["monitor.malformed-mark"]),
        ("stolen", {"action": "received"}, ["monitor.malformed-mark"]),
    ],
)
def test_being_newer_hides_nothing_from_the_monitor(
    world: World, whose: str, more: dict[str, Any], codes: list[str]
) -> None:
    key = world[POLICE].station.keyring.identity if whose == "stolen" else SigningKey.generate()
    log = FakeLog(world, [*leaves_of(world), newer_mark(world, POLICE, key, **more)])
    with world.wire.under(log.rule()):
        done = read_by(world)
    assert [fault.code for fault in done.faults] == codes


def test_a_newer_mark_of_the_hub_out_of_its_chain_is_a_fault(world: World) -> None:
    hub = world.hub
    made = newer_mark(world, hub.settings.owner, hub.keys.identity, transfer_id=None)
    with world.wire.under(FakeLog(world, [*leaves_of(world), made]).rule()):
        done = read_by(world)
    assert [fault.code for fault in done.faults] == ["monitor.out-of-order"]


def unchecked(world: World, agency: str) -> bytes:
    """A mark in an agency's name of an algorithm that no program has yet."""
    made = json.loads(newer_mark(world, agency, SigningKey.generate()))
    payload = json.loads(base64.b64decode(made["payload"]))
    made["payload"] = base64.b64encode(canonical({**payload, "suite": "cn-1"})).decode()
    made["signatures"][0] |= {"alg": "sm2", "keyid": "sm3:" + "0" * 64}
    return canonical(made)


def test_a_mark_in_our_name_of_a_suite_that_is_not_here_is_an_alarm(world: World) -> None:
    with world.wire.under(FakeLog(world, [*leaves_of(world), unchecked(world, POLICE)]).rule()):
        done = read_by(world)
    assert [fault.code for fault in done.faults] == ["monitor.not-ours"]
    assert done.counts["newer"] == 1


@pytest.mark.parametrize("announced", [True, False])
def test_a_mark_that_cannot_be_checked_is_of_one_who_announced_such_a_key(world: World, announced: bool) -> None:
    send(world)  # pins the procuratorate
    station = world[PROCURATORATE].station
    body = {"key_id": "sm3:" + "0" * 64, "kty": "sm2", "public": "AAAA", "purpose": "identity", "replaces": None}
    body |= {"owner": PROCURATORATE, "valid_from": timestamp(station.clock()), "valid_to": None}
    statement = sign("key", body, station.keyring.identity).to_json()
    told = answered(
        "/v1/directory/procuratorate/350102", lambda body: body["keys"].extend([statement] if announced else [])
    )
    log = FakeLog(world, [*leaves_of(world), unchecked(world, PROCURATORATE)]).rule()
    with world.wire.under(lambda request, hub: told(request, lambda: log(request, hub))):
        done = read_by(world)
    assert [fault.code for fault in done.faults] == ([] if announced else ["monitor.bad-signature"])
    assert done.counts["newer"] == announced


def test_an_entry_that_is_no_mark_is_named_and_read_past(world: World) -> None:
    log = FakeLog(world, [*leaves_of(world), b"{}", *others(1, SigningKey.generate())])
    with world.wire.under(log.rule()):
        done = read_by(world)
    assert [(fault.code, fault.leaf_index) for fault in done.faults] == [
        ("monitor.malformed-mark", len(log.leaves) - 2)
    ]
    assert done.size == len(log.leaves)


def test_the_command_shows_marks_and_exits_with_1_at_an_alarm(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    transfer_id = send(world)
    grown(world)
    world[POLICE].close()
    arguments = ["monitor", "--home", str(world.home(POLICE))]
    assert cli.main(arguments, environ={}, transport=world.wire) == 0
    said = capsys.readouterr().out
    assert transfer_id in said
    assert "提交流转" in said
    log = FakeLog(world, [*leaves_of(world), in_our_name(world, world.restart(POLICE).station.keyring.identity)])
    with world.wire.under(log.rule()):
        assert cli.main([*arguments, "--json", "--lang", "en"], environ={}, transport=world.wire) == 1
    out = capsys.readouterr().out  # the hub of this process writes its log there too
    told = json.loads(out[out.index("{\n") :])
    assert [fault["code"] for fault in told["faults"]] == ["monitor.not-ours"]
    assert [notice["code"] for notice in told["notices"]] == ["monitor.not-ours"]
    assert Path(told["notices"][0]["params"]["evidence"]).is_file()


def test_following_tells_each_mark_as_it_comes_and_stops_when_told(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(world)
    rounds = iter(["a transfer", "the hub is away", "nothing new", "stop"])
    sent: list[str] = []

    def pause(_seconds: float) -> None:
        coming = next(rounds)
        world.wire.rule = cut if coming == "the hub is away" else None
        if coming == "a transfer":
            sent.append(send(world))
            grown(world)
        if coming == "stop":
            raise KeyboardInterrupt

    monkeypatch.setattr(monitoring, "pause", pause)
    code = cli.main(
        ["monitor", "--follow", "--home", str(world.home(COURT)), "--json"], environ={}, transport=world.wire
    )
    assert code == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    rounds_told = [line for line in lines if "size" in line]
    assert [line["read"] > 0 for line in rounds_told] == [True, True]
    assert {line["mark"]["action"] for line in lines if "mark" in line} == {"agency-admitted"}


def test_a_key_in_our_name_that_we_did_not_make_is_an_alarm_when_the_log_notes_a_key(world: World) -> None:
    grown(world)
    directory = world[COURT].station.client.get("/v1/directory/court/350102")
    ours = answered("/v1/directory/police/350102000000", lambda body: body["keys"].append(directory["keys"][0]))
    with world.wire.under(ours):
        read_by(world)
    assert "trust.foreign-key" in world.codes_heard()
    assert world[POLICE].station.alarms


def test_a_mark_that_the_hub_refused_for_good_is_not_missed(world: World) -> None:
    transfer_id = send(world)
    station = world[POLICE].station
    now = datetime.now(UTC)
    args: dict[str, Any] = {"transfer_id": transfer_id, "node": "N-ARR-001", "digests": {}, "private": {}}
    station.marks.make(action="opened", occurred_at=now, **args)

    def no(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(422, json={"code": "mark.private"}) if request.url.path == "/v1/marks" else send()

    with world.wire.under(no):
        station.flush_marks()
    assert station.marks.unsent("opened") == []
    grown(world)
    read_by(world)
    station.clock = lambda: now + timedelta(days=3)
    assert read_by(world).sound


def test_a_hub_that_is_away_moves_nothing(world: World) -> None:
    grown(world)
    read_by(world)

    def away(_request: httpx.Request, _send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(503)

    with world.wire.under(away), pytest.raises(HubAway):
        read_by(world)
    home = world[POLICE].station.home.path
    book = LogBook(home / "log" / FOLDER)
    assert book.size == len(leaves_of(world))
    book.close()


def test_the_position_survives_damage_of_nothing_but_itself(world: World) -> None:
    """Without its memory the monitor begins at the first mark again."""
    grown(world)
    size = read_by(world).size
    for path in (world[POLICE].station.home.path / "log" / FOLDER).iterdir():
        path.unlink()
    assert read_by(world).read == size


def test_marks_of_a_pinned_agency_with_a_new_key_are_verified(world: World) -> None:
    send(world)
    world[PROCURATORATE].rotate("identity")
    world[PROCURATORATE].pull(world.root / "in")
    grown(world)
    done = read_by(world)
    assert done.sound
    assert done.counts["unknown"] == 0
    signers = {SignedStatement.decode(leaf).keyid for leaf in leaves_of(world)}
    assert world[PROCURATORATE].station.keyring.identity.key_id in signers
