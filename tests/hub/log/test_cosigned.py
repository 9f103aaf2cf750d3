"""Cosignatures at the hub: what is taken in, served and asked for, and what it does when a witness knows better."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evidence.keys import SigningKey, key_statement
from evidence.log import cosignatures, merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.log.cosignatures import Witness
from evidence.log.notes import SignedNote
from evidence.log.witnessing import SIZE_TYPE, Refused, Seen, judge, parse_request
from evidence.statements import sign
from hub.log import cosigned, proofs, stored, witnessed
from hub.log.heads import CONTRADICTIONS
from hub.log.runner import LogRunner
from hub.log.witness_desk import WitnessDesk
from hub.log.witness_rounds import Answer, Send, WitnessRounds
from hub.metrics import Metrics
from hub.settings import load_settings
from hub.store import agencies
from hub.store.database import Connection, Database
from hub.store.tables import log_cosignatures
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, Clock
from tests.scene.keys import HUB_KEY, LOG_KEY, ORIGIN, key
from tests.scene.logs import VERIFIERS, add_marks

KEYS = {name: key(name) for name in (POLICE, PROCURATORATE, COURT)}
WITNESSES = {name: Witness(name, key.public) for name, key in KEYS.items()}
POLICY = "".join(f"witness w{number} {each.vkey}\n" for number, each in enumerate(WITNESSES.values()))
POLICY += "group agencies 2 w0 w1 w2\nquorum agencies\n"


@dataclass
class Room:
    """A hub's log with its head, three enrolled agencies, a policy of two of three, and a clock."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "policy").write_text(POLICY)
        self.log = LogRunner(self.database, LOG_KEY, origin=ORIGIN, clock=self.clock, head=self.folder)
        self.desk = WitnessDesk(
            self.database,
            self.log,
            VERIFIERS[0],
            clock=self.clock,
            metrics=self.metrics,
            policy_file=self.folder / "policy",
        )
        with self.database.transaction() as connection:
            for name, key in KEYS.items():
                enrol(connection, name, key)

    def grow(self, count: int = 3) -> str:
        add_marks(self.database, count)
        self.log.step()
        return self.newest().note

    def newest(self) -> proofs.StoredCheckpoint:
        with self.database.transaction(write=False) as connection:
            found = proofs.latest(connection)
        assert found is not None
        return found

    def hand_in(self, who: str, note: str) -> dict[str, object]:
        return self.desk.accept(who, signed_by(who, note, self.clock.now))

    def standing(self) -> witnessed.Standing:
        with self.database.transaction(write=False) as connection:
            return witnessed.standing(connection, self.desk.policy(), [], self.clock.now)

    def counted(self, outcome: str) -> float:
        return self.metrics.registry.get_sample_value("casehub_cosignatures_total", {"outcome": outcome}) or 0


def enrol(connection: Connection, name: str, key: SigningKey) -> None:
    kind, _, code = name.partition(":")
    statement = key_statement(
        owner=name, kty="ed25519", public=key.public, purpose="identity", valid_from=NOW - timedelta(days=1), signer=key
    )
    some = sign("enrolment", {"agency": {}, "keys": []}, key)
    agencies.admit(
        connection,
        agency={"type": kind, "code": code, "name": "示例单位"},
        keys=[statement],
        enrolment=some,
        admission=sign("admission", {"agency": {}}, HUB_KEY),
        now=NOW - timedelta(days=1),
    )


def signed_by(who: str, note: str, at: datetime, key: SigningKey | None = None) -> bytes:
    read = parse_checkpoint(note.encode())[1]
    line = cosignatures.cosign(read.text, who, key or KEYS[who], at)
    return SignedNote(read.text, (*read.signatures, line)).encode()


def forged(size: int, root: bytes = b"r" * 32, key: SigningKey = LOG_KEY, origin: str = ORIGIN) -> str:
    return sign_checkpoint(Checkpoint(origin, size, root), key).decode()


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Room:
    return Room(database, tmp_path / "home")


def test_a_cosignature_is_kept_once_and_served(room: Room) -> None:
    note = room.grow()
    assert room.hand_in(POLICE, note) == {"size": 3, "stored": True}
    room.clock.now += timedelta(seconds=5)
    assert room.hand_in(POLICE, note) == {"size": 3, "stored": False}
    served = room.desk.newest()
    assert served.startswith(note)
    found = cosignatures.verify_cosignatures(parse_checkpoint(served.encode())[1], WITNESSES.values())
    assert [(each.witness.name, each.at) for each in found] == [(POLICE, NOW.replace(microsecond=0))]
    with room.database.transaction(write=False) as connection:
        assert cosigned.lines(connection, 3) == [served.removeprefix(note)]
        assert cosigned.lines(connection, 2) == []


def test_two_of_three_make_it_witnessed(room: Room) -> None:
    first = room.grow()
    with pytest.raises(Problem, match=r"log\.unwitnessed"):
        room.desk.witnessed()
    room.hand_in(POLICE, first)
    with pytest.raises(Problem, match=r"log\.unwitnessed"):
        room.desk.witnessed()
    room.hand_in(COURT, first)
    assert room.desk.witnessed().startswith(first)
    second = room.grow()
    room.hand_in(PROCURATORATE, second)
    assert room.desk.witnessed().startswith(first)
    room.hand_in(COURT, second)
    assert room.desk.witnessed().startswith(second)


def test_who_cosigned_a_larger_tree_has_seen_the_smaller_one(room: Room) -> None:
    """Three witnesses, three trees: no checkpoint has two lines, and two have seen the second one all the same."""
    sizes = []
    for who in (POLICE, PROCURATORATE, COURT):
        room.hand_in(who, room.grow())
        sizes.append(room.newest().size)
    with pytest.raises(Problem, match=r"log\.unwitnessed"):
        room.desk.witnessed()
    assert room.standing().policy.size == sizes[1]
    with room.database.transaction(write=False) as connection:
        policy = room.desk.policy()
        assert cosigned.reached(connection, policy) == sizes[1]
        assert cosigned.reached(connection, None) == sizes[2]
        covering = cosigned.covering(connection, 1, policy)
        assert [parse_checkpoint(note.encode())[0].size for note in covering] == sizes
        assert [parse_checkpoint(note.encode())[0].size for note in cosigned.covering(connection, 4, None)] == sizes[1:]


def test_the_policys_witnesses_are_served_however_many_others_cosign(room: Room) -> None:
    note = room.grow()
    for number in range(130):
        name, made = f"prison:{number:06}", SigningKey.generate()
        with room.database.transaction() as connection:
            enrol(connection, name, made)
        room.desk.accept(name, signed_by(name, note, NOW, made))
    room.clock.now += timedelta(seconds=5)
    for who in (POLICE, COURT):
        room.hand_in(who, note)
    for served in (room.desk.newest(), room.desk.witnessed(), room.desk.round()):
        read = parse_checkpoint(served.encode())[1]
        assert len(read.signatures) == 100
        assert {each.witness.name for each in cosignatures.verify_cosignatures(read, WITNESSES.values())} == {
            POLICE,
            COURT,
        }


def test_all_witnesses_are_shown_one_tree_for_a_while(room: Room) -> None:
    desk = WitnessDesk(room.database, room.log, VERIFIERS[0], clock=room.clock, metrics=room.metrics, round_seconds=60)
    room.clock.now = NOW.replace(second=10, microsecond=0)
    first = room.grow()
    assert desk.round() == first, "before the first round has ended, the newest"
    for _ in range(2):
        room.clock.now += timedelta(minutes=1)
        shown = room.newest().note
        for _ in range(3):
            room.clock.now += timedelta(seconds=15)
            assert room.grow() != shown
            assert desk.round() == shown
        room.clock.now -= timedelta(seconds=45)


def test_a_line_damaged_in_the_database_does_not_count(room: Room) -> None:
    note = room.grow()
    for who in (POLICE, COURT):
        room.hand_in(who, note)
    with room.database.transaction() as connection:
        (line, _) = cosigned.lines(connection, 3)
        name, _, blob = line.rstrip("\n").rpartition(" ")
        raw = bytearray(base64.b64decode(blob))
        raw[-1] ^= 1
        damaged = f"{name} {base64.b64encode(raw).decode()}\n"
        connection.execute(log_cosignatures.update().where(log_cosignatures.c.line == line).values(line=damaged))
    with pytest.raises(Problem, match=r"log\.unwitnessed"):
        room.desk.witnessed()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda room, note: b"x", "evidence.malformed-note"),
        (lambda room, note: b"x" * 70_000, "evidence.malformed-note"),
        (lambda room, note: note.encode(), "log.no-cosignature"),
        (lambda room, note: signed_by(COURT, note, NOW), "log.no-cosignature"),
        (lambda room, note: signed_by(POLICE, note, NOW, SigningKey.generate()), "log.no-cosignature"),
        (lambda room, note: signed_by(POLICE, note, NOW + timedelta(hours=1)), "log.cosigned-ahead"),
        (lambda room, note: signed_by(POLICE, note, NOW).replace(b"\n3\n", b"\n2\n"), "evidence.bad-note-signature"),
        (lambda room, note: signed_by(POLICE, forged(9, key=HUB_KEY), NOW), "evidence.note-unsigned"),
        (lambda room, note: signed_by(POLICE, forged(9, origin="o/log"), NOW), "log.other-origin"),
        (lambda room, note: signed_by(POLICE, note.replace("\n\n", "\nmore\n\n"), NOW), "evidence.bad-note-signature"),
        (lambda room, note: signed_by(POLICE, sub_checkpoint(room), NOW), "log.size"),
    ],
)
def test_what_is_refused_changes_nothing(room: Room, make: Callable[[Room, str], bytes], code: str) -> None:
    data = make(room, room.grow())
    with pytest.raises(Problem) as refused:
        room.desk.accept(POLICE, data)
    assert refused.value.code == code
    assert room.counted(code) == 1
    with room.database.transaction(write=False) as connection:
        assert cosigned.newest_of_each(connection) == {}
    room.grow()  # and the log goes on


def sub_checkpoint(room: Room) -> str:
    """A true tree of this log, of a size for which no checkpoint is stored."""
    with room.database.transaction(write=False) as connection:
        return forged(2, merkle.frontier_at(2, stored.reader(connection)).root())


def test_a_revoked_agency_is_no_witness(room: Room) -> None:
    note = room.grow()
    with room.database.transaction() as connection:
        agencies.revoke(connection, POLICE, NOW)
    with pytest.raises(Problem, match=r"log\.no-cosignature"):
        room.hand_in(POLICE, note)


def test_a_witness_that_saw_more_stops_the_signing(room: Room) -> None:
    room.grow()
    with pytest.raises(Problem) as told:
        room.hand_in(POLICE, forged(9))
    assert (told.value.code, told.value.params) == ("log.witness-ahead", {"size": 3, "seen": 9})
    with pytest.raises(Problem, match=r"log\.behind"):
        room.grow()
    assert room.newest().size == 3
    kept = room.log.head
    assert kept is not None
    found = kept.read()
    assert found is not None
    assert found.size == 9


def test_a_witness_that_saw_another_tree_stops_the_signing(room: Room) -> None:
    room.grow()
    for _ in range(2):
        with pytest.raises(Problem) as told:
            room.hand_in(POLICE, forged(2))
        assert told.value.code == "log.witness-differs"
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        room.grow()
    (kept,) = (room.folder / CONTRADICTIONS).iterdir()
    assert parse_checkpoint(kept.read_bytes())[0].size == 2
    kept.rename(room.folder / "looked-into")
    room.log.step()
    assert room.newest().size == 6


def test_the_alarm_comes_without_new_marks_too(room: Room) -> None:
    room.grow()
    room.log.step()
    with pytest.raises(Problem, match=r"log\.witness-ahead"):
        room.hand_in(POLICE, forged(9))
    with pytest.raises(Problem, match=r"log\.behind"):
        room.log.step()


def test_lag_begins_when_something_is_signed(room: Room) -> None:
    assert room.standing().late(0) == []
    note = room.grow()
    room.clock.now += timedelta(hours=2)
    standing = room.standing()
    assert [(each.name, each.size) for each in standing.witnesses] == [(name, 0) for name in sorted(KEYS)]
    assert [each.lag for each in standing.witnesses] == pytest.approx([7200] * 3, abs=1)
    assert standing.late(7300) == []
    assert standing.late(7000) == [*sorted(KEYS), "policy"]
    for who in (POLICE, COURT):
        room.hand_in(who, note)
    assert room.standing().late(7000) == [PROCURATORATE]
    assert room.standing().to_json()["witnessed_size"] == 3


@dataclass
class Told:
    """A witness behind `Send`: honest, unless a test puts something else in its place."""

    who: str = POLICE
    seen: dict[str, Seen] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, url: str, body: bytes) -> Answer:
        self.asked.append(f"{method} {url.rpartition('/')[2]}")
        if method == "GET":
            return Answer(200, "text/plain", self.cosigned())
        try:
            accepted = judge(parse_request(body), {ORIGIN: VERIFIERS}, self.seen)
        except Refused as refused:
            kind = SIZE_TYPE if refused.status == 409 else "text/plain"
            return Answer(refused.status, kind, f"{refused.size}\n".encode())
        self.seen[ORIGIN] = accepted.seen
        return Answer(200, "text/plain", self.cosigned().removeprefix(accepted.seen.note))

    def cosigned(self) -> bytes:
        return signed_by(self.who, self.seen[ORIGIN].note.decode(), NOW)


def rounds(room: Room, post: Send) -> WitnessRounds:
    return WitnessRounds(room.desk, room.database, POLICE, "http://127.0.0.1:1", 60, post=post)


def test_new_checkpoints_are_sent_with_their_proof(room: Room) -> None:
    room.grow()
    witness = Told()
    asking = rounds(room, witness)
    for size in (3, 6, 9):
        assert asking.step()
        assert not asking.step()
        with room.database.transaction(write=False) as connection:
            assert cosigned.newest_of_each(connection) == {POLICE: size}
        room.grow()
    assert witness.asked == ["POST add-checkpoint"] * 3


def test_a_witness_that_is_elsewhere_says_so_and_is_asked_again(room: Room) -> None:
    witness = Told()
    note = room.grow()
    witness.seen[ORIGIN] = Seen(3, parse_checkpoint(note.encode())[0].root, note.encode())
    room.grow()
    assert rounds(room, witness).step()
    assert witness.asked == ["POST add-checkpoint"] * 2


def test_after_the_start_a_witness_is_asked_though_nothing_is_new(room: Room) -> None:
    room.hand_in(POLICE, room.grow())
    witness = Told(seen={ORIGIN: Seen(9, b"r" * 32, forged(9).encode())})
    with pytest.raises(Problem, match=r"log\.witness-ahead"):
        rounds(room, witness).step()
    assert witness.asked == ["POST add-checkpoint", "GET checkpoint"]
    with pytest.raises(Problem, match=r"log\.behind"):
        room.log.step()


def lying(status: int, body: bytes, kind: str = "text/plain") -> Send:
    return lambda _method, _url, _body: Answer(status, kind, body)


def away(_method: str, _url: str, _body: bytes) -> Answer:
    raise Problem("witness.unreachable", reason="ReadTimeout")


def other_key(_method: str, _url: str, body: bytes) -> Answer:
    note = parse_request(body).note
    return Answer(200, "text/plain", signed_by(POLICE, note.decode(), NOW, SigningKey.generate()).removeprefix(note))


def another_tree(_method: str, _url: str, body: bytes) -> Answer:
    """Its own cosignature, of a tree that nobody signed."""
    line = signed_by(POLICE, forged(3), NOW).removeprefix(forged(3).encode())
    return Answer(200, "text/plain", line)


@pytest.mark.parametrize(
    "post",
    [
        away,
        lying(200, b""),
        lying(200, b"garbage\n"),
        lying(500, b""),
        lying(404, b""),
        lying(409, b"3\n"),
        lying(409, b"99\n", SIZE_TYPE),
        lying(409, b"-1\n", SIZE_TYPE),
        lying(409, b"9" * 30 + b"\n", SIZE_TYPE),
        lying(409, b"1\n", SIZE_TYPE),
        lying(422, b""),
        other_key,
        another_tree,
    ],
)
def test_a_witness_that_lies_or_is_away_does_no_harm(room: Room, post: Send) -> None:
    room.grow()
    asking = rounds(room, post)
    with pytest.raises(Problem):
        asking.step()
    asking.round()
    with room.database.transaction(write=False) as connection:
        assert cosigned.newest_of_each(connection) == {}
    room.grow()
    assert room.newest().size == 6
    assert room.log.alarm is None


@pytest.mark.parametrize(
    ("name", "url", "fine"),
    [
        (POLICE, "https://witness.example/w", True),
        (POLICE, "http://127.0.0.1:8460", True),
        (POLICE, "http://[::1]:8460", True),
        (POLICE, "http://witness.example", False),
        (POLICE, "ftp://127.0.0.1", False),
        (POLICE, "https://user@witness.example", False),
        (POLICE, "https://witness.example:x", False),
        ("somebody", "https://witness.example", False),
    ],
)
def test_addresses_of_witnesses(tmp_path: Path, name: str, url: str, fine: bool) -> None:
    if fine:
        assert load_settings(tmp_path, witnesses={name: url}).witnesses == {name: url}
        return
    with pytest.raises(Problem, match=r"hub\.settings-invalid"):
        load_settings(tmp_path, witnesses={name: url})


def test_a_policy_that_is_none_is_said(room: Room) -> None:
    (room.folder / "policy").write_text("quorum nobody\n")
    with pytest.raises(Problem, match=r"evidence\.bad-policy"):
        room.desk.witnessed()
    (room.folder / "policy").unlink()
    with pytest.raises(Problem, match=r"evidence\.bad-policy"):
        room.desk.policy()
