"""Agencies watch the log that the hub keeps: cosignatures, split views, restored backups, witnesses of every kind."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters import Adapter
from adapters.auditing.cosigning import Cosigner
from adapters.auditing.witness_server import WitnessServer
from adapters.client.hub import Refused
from adapters.client.transport import InProcessTransport
from adapters.keys.trust import Alarm
from adapters.receiving.pull import Haul
from evidence.bundles.verify import Brought, verify_bundle
from evidence.keys import TrustedKeys
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.log.cosignatures import Witness, verify_cosignatures
from evidence.log.policy import parse_policy
from evidence.statements import SignedStatement
from hub import cli as hub_cli
from hub import marking
from hub.app import create_app
from hub.exchange.exporting import export
from hub.log import cosigned, proofs
from hub.log.witness_rounds import WitnessRounds
from hub.runtime import Hub, open_hub
from hub.store import transfers
from messages.problems import Problem
from tests.scene import hubs
from tests.scene.agencies import AGENCIES, COURT, POLICE, PROCURATORATE
from tests.scene.wires import Wire, log_of
from tests.scene.world import World
from tests.waiting import PATIENCE, until


class Place(World):
    """A world whose hub may be replaced."""

    def restore(self, backup: Path) -> Hub:
        """The whole hub's machine comes back from a backup, head and all."""
        self.application.close()
        self.hub.stop()
        shutil.rmtree(self.root / "hub")
        shutil.copytree(backup, self.root / "hub")
        self.hub = open_hub(self.root / "hub", clock=self.clock)
        self.application = InProcessTransport(create_app(hub=self.hub))
        self.wire.inner = self.application
        for agency in AGENCIES:
            self.restart(agency)
        return self.hub


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Place(tmp_path, *AGENCIES) as made:
        yield made


def send(place: Place) -> str:
    """A transfer of the police to the procuratorate, and its log signed; the same case each time."""
    made = place.root / "made"
    if not made.exists():
        made.symlink_to(place.case_dir(), target_is_directory=True)
    sent = place[POLICE].push(made, node="N-ARR-001", to=PROCURATORATE, again=True)
    with suppress(Problem):  # a log that must not be signed is no reason not to send
        place.hub.log.step()
    return sent.transfer_id


def witnesses(place: Place) -> list[Witness]:
    return [
        Witness(agency, adapter.station.keyring.identity.public) for agency, adapter in sorted(place.adapters.items())
    ]


def look(place: Place, *agencies: str) -> None:
    place.hub.log.step()
    for agency in agencies:
        place[agency].station.after_work()


def get(adapter: Adapter, path: str) -> str:
    return adapter.station.client.request("GET", path).text


def cosigners(place: Place, note: str) -> set[str]:
    found = verify_cosignatures(parse_checkpoint(note.encode())[1], witnesses(place))
    return {each.witness.name for each in found}


def size_of(note: str | bytes) -> int:
    return parse_checkpoint(note.encode() if isinstance(note, str) else note)[0].size


def heard(place: Place) -> set[str]:
    return {finding.code for finding in place.heard if finding.code.startswith("trust.")}


def kept(place: Place, agency: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in Cosigner(place[agency].station).contradictions()]


def test_every_agency_cosigns_at_its_contacts(place: Place) -> None:
    send(place)
    look(place, POLICE)
    note = get(place[COURT], "/log/checkpoint")
    assert cosigners(place, note) == {POLICE}
    assert get(place[COURT], "/log/checkpoint/witnessed") == note
    look(place, POLICE, PROCURATORATE, COURT)
    assert cosigners(place, get(place[POLICE], "/log/checkpoint")) == {POLICE, PROCURATORATE, COURT}
    assert heard(place) == set()


def test_two_of_three(place: Place) -> None:
    lines = [f"witness {each.name.partition(':')[0]} {each.vkey}" for each in witnesses(place)]
    policy = "\n".join([*lines, "group agencies 2 police procuratorate court", "quorum agencies", ""])
    (place.root / "policy").write_text(policy)
    place.hub.witness_desk._policy_file = place.root / "policy"
    send(place)
    look(place, POLICE)
    with pytest.raises(Refused, match=r"log\.unwitnessed"):
        get(place[POLICE], "/log/checkpoint/witnessed")
    look(place, COURT)
    assert cosigners(place, get(place[POLICE], "/log/checkpoint/witnessed")) == {POLICE, COURT}


def test_agencies_that_cosign_at_different_times_make_a_bundle_valid(place: Place) -> None:
    """Each has cosigned other trees than the others; two of three have seen the marks all the same."""
    lines = [f"witness {each.name.partition(':')[0]} {each.vkey}" for each in witnesses(place)]
    policy = "\n".join([*lines, "group agencies 2 police procuratorate court", "quorum agencies", ""])
    (place.root / "policy").write_text(policy)
    place.hub.witness_desk._policy_file = place.root / "policy"
    transfer_id = send(place)
    for agency in (POLICE, PROCURATORATE, COURT) * 2:
        look(place, agency)
        mark_something(place.hub)
    with pytest.raises(Refused, match=r"log\.unwitnessed"):
        get(place[POLICE], "/log/checkpoint/witnessed")
    with place.hub.database.transaction(write=False) as connection:
        found = transfers.get(connection, transfer_id)
    assert found is not None
    export(place.hub, found.case_uid, [transfer_id], place.root / "case.zip")
    keys = TrustedKeys([*place.hub.keys.trusted, *(k for a in AGENCIES for k in place[a].station.own_entries())])
    with (place.root / "case.zip").open("rb") as file:
        report = verify_bundle(file, keys, brought=Brought(policy=parse_policy(policy.encode())))
    assert report.verdict == "VALID", report.to_json()


def envelope(place: Place, transfer_id: str) -> dict[str, Any]:
    body = place[PROCURATORATE].station.client.get(f"/v1/transfers/{transfer_id}")
    return SignedStatement.from_json(body["envelope"]).unverified_body


def test_a_transfer_carries_what_its_sender_has_seen(place: Place) -> None:
    first = send(place)
    assert "witnessed" not in envelope(place, first)
    look(place, POLICE)
    seen = Cosigner(place[POLICE].station).cosigned()
    assert seen is not None
    second = send(place)
    assert envelope(place, second)["witnessed"] == seen.decode()
    haul = place[PROCURATORATE].pull(place.root / "in")
    assert len(haul.delivered) == 2
    assert place[PROCURATORATE].station.state.all("SELECT * FROM told_checkpoint") == []
    assert heard(place) == set()


def test_what_a_sender_made_up_is_not_the_hubs_fault(place: Place) -> None:
    """A checkpoint that the log never signed, or no checkpoint at all: noted, forgotten, no alarm."""
    look(place, POLICE)
    station = place[POLICE].station
    for note in ("nonsense", "x/log\n5\n" + "A" * 43 + "=\n\n— x/log AAAAAAAA\n"):
        station.promises.heard(COURT, note)
    look(place, POLICE)
    assert station.state.all("SELECT * FROM told_checkpoint") == []
    assert heard(place) == set()


def copy_of(place: Place, to: Path) -> Path:
    """The whole hub's home at this moment: database, keys, head."""
    place.hub.log.step()
    home = place.root / "hub"
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("casehub.db*"))
    with closing(sqlite3.connect(home / "casehub.db")) as source, closing(sqlite3.connect(to / "casehub.db")) as copy:
        source.backup(copy)
    return to


def mark_something(hub: Hub, times: int = 1) -> None:
    """Marks of the hub's own, which only this copy has."""
    with hub.database.transaction() as connection:
        for _ in range(times):
            marking.leave(connection, hub, "noise-summary", private={"counts": {}})
    hub.log.step()


def newest(hub: Hub) -> int:
    with hub.database.transaction(write=False) as connection:
        found = proofs.latest(connection)
    assert found is not None
    return found.size


@pytest.mark.parametrize("more", [0, 1, 7], ids=["equal sizes", "the other is longer", "much longer"])
def test_a_split_view_is_found_by_the_agencies_themselves(place: Place, more: int) -> None:
    look(place, POLICE, PROCURATORATE)
    with hubs.process(copy_of(place, place.root / "copy"), clock=place.clock) as (other, line):
        station = place.restart(PROCURATORATE, transport=Wire(place.wire, log_of(line))).station
        look(place, POLICE, PROCURATORATE)
        send(place)
        look(place, POLICE)  # the police have seen a log with this transfer …
        mark_something(other, newest(place.hub) - newest(other) + more)
        station.after_work()  # … and the procuratorate one without it
        assert heard(place) == set()
        send(place)  # carries what the police have seen
        haul = place[PROCURATORATE].pull(place.root / "in")
        assert (len(haul.delivered), haul.failed) == (2, [])  # the exchange goes on
        assert heard(place) == {"trust.log-forked"}
        (proof,) = kept(place, PROCURATORATE)
        assert proof["source"] == POLICE
        ours, theirs = (parse_checkpoint(proof[name].encode())[0] for name in ("remembered", "other"))
        assert ours.root != theirs.root
        station.after_work()
        assert len(kept(place, PROCURATORATE)) == 1
        with pytest.raises(Alarm, match=r"trust\.log-forked"):
            station.contact()


@pytest.mark.parametrize("grown", [0, 40], ids=["shorter", "grown past"])
def test_yesterdays_backup_is_found_by_what_the_witnesses_remember(place: Place, grown: int) -> None:
    look(place, POLICE)
    backup = copy_of(place, place.root / "backup")
    lost = send(place)
    look(place, POLICE)
    remembered = Cosigner(place[POLICE].station).last()
    assert remembered is not None
    hub = place.restore(backup)
    mark_something(hub, grown) if grown else hub.log.step()
    assert hub.log.alarm is None
    before = newest(hub)
    assert (before < remembered.size) == (grown == 0)
    place[POLICE].inbox()  # a contact like any other
    assert heard(place) == {"trust.log-forked"}
    assert lost not in str(kept(place, POLICE))
    until(lambda: hub.log.alarm is not None, "the alarm")
    assert hub.log.alarm is not None
    assert hub.log.alarm.code == ("log.inconsistent" if grown else "log.behind")
    again = send(place)
    assert place[PROCURATORATE].pull(place.root / "in").delivered[0].transfer_id == again
    assert newest(hub) == before  # exchange goes on, and nothing more is signed
    assert hub_cli.main(["status", "--home", str(place.root / "hub"), "--json"]) == 1


@contextmanager
def witness_of(adapter: Adapter) -> Iterator[str]:
    with WitnessServer(adapter.station, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()


def rounds(place: Place, url: str) -> WitnessRounds:
    return WitnessRounds(place.hub.witness_desk, place.hub.database, POLICE, url, 60)


def test_push_and_pull_share_one_memory(place: Place) -> None:
    police = place[POLICE]
    with witness_of(police) as url:
        asking = rounds(place, url)
        for turn in range(4):
            send(place)
            if turn % 2:
                police.station.after_work()
            asking.step()
            last = Cosigner(police.station).last()
            assert last is not None
            with place.hub.database.transaction(write=False) as connection:
                assert cosigned.newest_of_each(connection)[POLICE] == last.size
                assert proofs.latest(connection) is not None
    assert heard(place) == set()


def test_a_restored_hub_asks_its_witness_at_the_start(place: Place) -> None:
    backup = copy_of(place, place.root / "backup")
    with witness_of(place[POLICE]) as url:
        rounds(place, url).step()
        send(place)
        rounds(place, url).step()
    hub = place.restore(backup)
    with witness_of(place[POLICE]) as url:
        rounds(place, url).round()
    until(lambda: hub.log.alarm is not None, "the alarm")
    assert hub.log.alarm is not None
    assert hub.log.alarm.code == "log.behind"


@pytest.mark.parametrize("kind", ["down", "silent"])
def test_a_witness_that_is_down_or_silent_holds_up_nobody(
    place: Place, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.log.witness_rounds.DEADLINE_SECONDS", 3600.0)
    send(place)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if kind == "silent":
            listener.listen()
            listener.settimeout(PATIENCE)
        asking = rounds(place, f"http://127.0.0.1:{listener.getsockname()[1]}")
        asking.start()
        line = listener.accept()[0] if kind == "silent" else None
        send(place)
        assert len(place[PROCURATORATE].pull(place.root / "in").delivered) == 2
        if line is not None:  # the witness has been asked all the time, and ends it without a word
            line.close()
        asking.stop()
    assert heard(place) == set()


class Broken(httpx.BaseTransport):
    """A hub that takes in no cosignature, in one way or another."""

    def __init__(self, inner: httpx.BaseTransport, how: str) -> None:
        self.inner, self.how, self.asked = inner, how, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/log/cosignatures":
            return self.inner.handle_request(request)
        self.asked += 1
        if self.how == "cut":
            text = "cut"
            raise httpx.ConnectError(text)
        return httpx.Response({"old hub": 404, "failing": 503}[self.how])


@pytest.mark.parametrize("how", ["cut", "old hub", "failing"])
def test_a_hub_that_takes_no_cosignature_is_no_reason_to_stop(place: Place, how: str) -> None:
    broken = Broken(place.wire, how)
    place.restart(POLICE, transport=broken)
    send(place)
    look(place, POLICE)
    assert broken.asked >= 1
    assert heard(place) == set()
    haul: Haul = place[PROCURATORATE].pull(place.root / "in")
    assert len(haul.delivered) == 1
    place.restart(POLICE)
    look(place, POLICE)
    assert POLICE in cosigners(place, get(place[COURT], "/log/checkpoint"))


def test_the_log_key_alone_does_not_rewrite_what_was_seen(place: Place) -> None:
    """Whoever stole the log's key signs what he likes: the witness keeps its proof and cosigns nothing."""
    send(place)
    look(place, POLICE)
    station = place[POLICE].station
    last = Cosigner(station).last()
    assert last is not None
    note = sign_checkpoint(Checkpoint(last.origin, last.size + 5, bytes(32)), place.hub.keys.log)

    class Forger(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/log/checkpoint":
                return httpx.Response(200, content=note)
            return place.wire.handle_request(request)

    place.restart(POLICE, transport=Forger())
    place[POLICE].inbox()
    assert heard(place) == {"trust.log-forked"}
    assert Cosigner(place[POLICE].station).last() == last
    assert [size_of(item["other"]) for item in kept(place, POLICE)] == [last.size + 5]


def test_status_tells_who_lags(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    send(place)
    look(place, POLICE)
    home = str(place.root / "hub")
    capsys.readouterr()
    assert hub_cli.main(["status", "--home", home, "--json"]) == 0
    out = capsys.readouterr().out
    told = json.loads(out[out.index("{\n") :])
    assert [each["name"] for each in told["witnesses"]] == [POLICE]
    assert (
        told["witnessed_size"]
        == told["witnesses"][0]["size"]
        == size_of(get(place[POLICE], "/log/checkpoint/witnessed"))
    )
    assert (told["witnesses_late"], told["log_alarm"]) == ([], None)
