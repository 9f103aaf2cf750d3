"""The adapter as a witness: what it remembers and cosigns, whoever asks, and wherever it is killed."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from adapters.auditing import cosigning
from adapters.auditing.cosigning import Cosigner
from adapters.auditing.witness_server import WitnessServer, add_checkpoint, checkpoint
from adapters.keys.trust import Alarm
from adapters.program.cli import main
from adapters.station import Station
from dossier.durable import write_durably
from evidence.keys import SigningKey
from evidence.log import cosignatures, merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.log.cosignatures import Witness, verify_cosignatures
from evidence.log.witnessing import SIZE_TYPE, Request
from tests.scene.agencies import POLICE
from tests.scene.world import World
from tests.waiting import PATIENCE

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
OTHER = [merkle.leaf_hash(b"other" + bytes([number])) for number in range(40)]


def root(leaves: list[bytes], size: int) -> bytes:
    return merkle.root_of(leaves[:size]) if size else merkle.EMPTY_ROOT


def proof(leaves: list[bytes], old: int, new: int) -> tuple[bytes, ...]:
    if not 0 < old <= new:
        return ()
    return tuple(
        merkle.consistency_path(old, new, lambda level, at: merkle.root_of(leaves[at << level : (at + 1) << level]))
    )


class Room:
    """The police's witness, and a log that signs whatever it is asked to with the pinned key."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.station: Station = world[POLICE].station
        self.origin = world.hub.keys.origin

    def note(self, size: int, leaves: list[bytes] | None = None, key: SigningKey | None = None) -> bytes:
        tree = LEAVES if leaves is None else leaves
        return sign_checkpoint(Checkpoint(self.origin, size, root(tree, size)), key or self.world.hub.keys.log)

    def ask(self, old: int, size: int, leaves: list[bytes] | None = None, **how: Any) -> tuple[int, str, bytes]:
        tree = LEAVES if leaves is None else leaves
        request = Request(old, how.pop("proof", proof(tree, old, size)), self.note(size, tree, **how))
        return add_checkpoint(self.station, request.encode())

    def remembered(self) -> int | None:
        last = Cosigner(self.station).last()
        return None if last is None else last.size

    def cosigned(self, body: bytes, note: bytes) -> bool:
        """Whether an answer's lines, put to the note, are this witness's cosignature of it."""
        mine = Witness(POLICE, self.station.keyring.identity.public)
        return len(verify_cosignatures(parse_checkpoint(note + body)[1], [mine])) == 1


@pytest.fixture
def room(world: World) -> Room:
    return Room(world)


def test_each_new_checkpoint_is_cosigned_after_it_is_on_disk(room: Room) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 21)):
        status, kind, body = room.ask(old, size)
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert body.decode().startswith(f"— {POLICE} ")
        assert room.cosigned(body, room.note(size))
        assert room.remembered() == size
    assert room.world.codes_heard() == []


@pytest.mark.parametrize(
    ("ask", "status", "contradictions"),
    [
        (lambda room: add_checkpoint(room.station, b"old 5\n"), 400, 0),
        (lambda room: room.ask(9, 7, proof=()), 400, 0),
        (lambda room: room.ask(5, 9, proof=(bytes(32),)), 422, 0),
        (lambda room: room.ask(5, 9, OTHER), 422, 0),
        (lambda room: room.ask(5, 5, OTHER, proof=()), 422, 1),
        (lambda room: room.ask(0, 5, OTHER), 409, 1),
        (lambda room: room.ask(0, 9), 409, 0),
        (lambda room: room.ask(3, 4), 409, 0),
        (lambda room: room.ask(5, 9, key=SigningKey.generate()), 403, 0),
    ],
    ids=["form", "old above", "proof", "other tree", "fork", "fork, old 0", "size asked", "smaller", "stolen name"],
)
def test_what_is_refused(
    room: Room, ask: Callable[[Room], tuple[int, str, bytes]], status: int, contradictions: int
) -> None:
    room.ask(0, 5)
    before = (room.world.home(POLICE) / "log" / "seen").read_bytes()
    answer = ask(room)
    assert answer[0] == status
    assert answer[1:] == (SIZE_TYPE, b"5\n") if status == 409 else answer[2] == b""
    assert (room.world.home(POLICE) / "log" / "seen").read_bytes() == before
    assert len(Cosigner(room.station).contradictions()) == contradictions
    assert room.world.codes_heard() == ["trust.log-forked"] * contradictions


def test_a_tree_of_nothing_has_the_root_of_nothing(room: Room) -> None:
    note = room.note(0).replace(base64.b64encode(merkle.EMPTY_ROOT), base64.b64encode(bytes(32)))
    assert note != room.note(0)
    assert add_checkpoint(room.station, Request(0, (), note).encode())[0] == 422
    assert add_checkpoint(room.station, Request(0, (), room.note(0).replace(b"\n0\n", b"\n00\n")).encode())[0] == 400
    assert room.ask(0, 0)[0] == room.ask(0, 4)[0] == 200


def test_another_log_is_not_followed(room: Room) -> None:
    note = sign_checkpoint(Checkpoint("other/log", 3, root(LEAVES, 3)), room.world.hub.keys.log)
    assert add_checkpoint(room.station, Request(0, (), note).encode())[0] == 404


def test_both_notes_of_a_fork_are_kept_once(room: Room) -> None:
    room.ask(0, 5)
    for _ in range(3):
        room.ask(5, 5, OTHER, proof=())
    (kept,) = Cosigner(room.station).contradictions()
    body = json.loads(kept.read_bytes())
    notes = [parse_checkpoint(body[name].encode())[0] for name in ("remembered", "other")]
    assert [note.size for note in notes] == [5, 5]
    assert notes[0].root != notes[1].root
    assert len((room.world.home(POLICE) / "log" / "alarms.log").read_text().splitlines()) == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(6))
def test_killed_between_any_two_steps(room: Room, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Before and after each of: remember, cosign, keep the cosignature. Afterwards the hub tries its other history."""
    room.ask(0, 4)
    left = [step]

    def dying(work: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            made = work(*given, **named)
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return made

        return stepped

    signed: list[bytes] = []

    def counted(body: str, *rest: Any) -> Any:
        signed.append(body.encode())
        return cosignatures.cosign(body, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(cosigning, "write_durably", dying(write_durably))
        patch.setattr(cosigning, "cosign", dying(counted))
        with pytest.raises(Killed):
            room.ask(4, 9)
    room.station = room.world.restart(POLICE).station
    monkeypatch.setattr(cosigning, "cosign", counted)
    remembered = room.remembered()
    forked = [*LEAVES[:4], *OTHER]
    assert remembered == (4 if step == 0 else 9)
    other = room.ask(4, 9, forked)
    assert other[0] == (200 if remembered == 4 else 409)
    if remembered == 9:
        status, _, body = room.ask(9, 9)
        assert status == 200
        assert room.cosigned(body, room.note(9))
    sizes = [body.split(b"\n")[1] for body in set(signed)]
    assert len(sizes) == len(set(sizes))


def test_two_histories_raced_by_many_threads(room: Room) -> None:
    """Whoever comes first: one root of a size is cosigned, and every answer for the other is a refusal."""
    room.ask(0, 4)
    forked = [*LEAVES[:4], *OTHER]
    answers: list[tuple[bool, int]] = []
    start = threading.Barrier(8)

    def run(odd: bool) -> None:
        start.wait()
        answers.append((odd, room.ask(4, 9, forked if odd else LEAVES)[0]))

    threads = [threading.Thread(target=run, args=(bool(number % 2),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cosigned = {odd for odd, status in answers if status == 200}
    assert len(cosigned) == 1
    assert {status for odd, status in answers if odd not in cosigned} <= {409}


def test_a_slow_request_does_not_roll_back_a_faster_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race of the specification: N is checked, N+K is stored, N must not be stored after it."""
    room.ask(0, 4)
    checked, held = threading.Event(), Cosigner.held

    def holding(cosigner: Cosigner) -> AbstractContextManager[None]:
        checked.set()
        return held(cosigner)

    with Cosigner(room.station).held():
        monkeypatch.setattr(Cosigner, "held", holding)
        slow = threading.Thread(target=room.ask, args=(4, 6))
        slow.start()
        assert checked.wait(PATIENCE)
        assert slow.is_alive()
        Cosigner(room.station).take(room.note(9))
    slow.join(PATIENCE)
    assert not slow.is_alive()
    assert room.remembered() == 9


@contextmanager
def served(station: Station) -> Iterator[WitnessServer]:
    with WitnessServer(station, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(PATIENCE)


def test_over_http(room: Room) -> None:
    with served(room.station) as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        where = f"/{hashlib.sha256(room.origin.encode()).hexdigest()}/checkpoint"
        assert client.get(where).status_code == 404
        first = client.post("/add-checkpoint", content=Request(0, (), room.note(7)).encode())
        assert (first.status_code, room.cosigned(first.content, room.note(7))) == (200, True)
        again = client.post("/add-checkpoint", content=Request(0, (), room.note(7)).encode())
        assert (again.status_code, again.headers["content-type"], again.content) == (409, SIZE_TYPE, b"7\n")
        assert room.cosigned(b"", client.get(where).content)
        assert client.get("/").status_code == client.post("/other", content=b"x").status_code == 404
        assert client.post("/add-checkpoint", content=b"x" * 70_000).status_code == 400


def test_a_damaged_memory_cosigns_nothing(room: Room) -> None:
    """Every byte of it: another size, root or signature is never taken for what was seen."""
    room.ask(0, 5)
    path = room.world.home(POLICE) / "log" / "seen"
    data = path.read_bytes()
    for place in range(0, len(data), 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(Alarm, match=r"trust\.memory-damaged"):
            Cosigner(room.station).last()
    assert room.ask(5, 8)[0] == 500
    assert checkpoint(room.station, f"/{hashlib.sha256(room.origin.encode()).hexdigest()}/checkpoint")[0] == 500
    assert room.station.enclosed() == {}
    assert room.world.codes_heard() == ["trust.memory-damaged"]
    path.write_bytes(data)
    assert room.ask(5, 8)[0] == 200


def test_a_lost_cosignature_file_is_made_again(room: Room) -> None:
    room.ask(0, 5)
    path = room.world.home(POLICE) / "log" / "cosigned"
    for damage in (path.unlink, lambda: path.write_bytes(b"x")):
        damage()
        assert room.cosigned(b"", Cosigner(room.station).cosigned() or b"")


def cli(room: Room, *arguments: str) -> int:
    return main(["witness", "--home", str(room.world.home(POLICE)), *arguments], transport=room.world.wire)


def test_the_command_tells_what_was_seen(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(room, "--lang", "en") == 0
    assert f"witness {POLICE}: no checkpoint seen yet" in capsys.readouterr().out
    room.ask(0, 5)
    assert cli(room, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["size"], told["contradictions"]) == (5, [])
    assert cli(room, "--vkey") == 0
    assert capsys.readouterr().out.strip() == told["vkey"] == Cosigner(room.station).vkey
    room.ask(0, 5, OTHER)
    assert cli(room, "--lang", "zh") == 1
    assert "警报" in capsys.readouterr().out


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "example.org:80"])
def test_only_this_machine_is_served_in_plain(room: Room, listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(room, "--listen", listen, "--json") == 1
    assert "witness.bad-listen" in capsys.readouterr().out


def test_nothing_else_is_written(room: Room) -> None:
    room.ask(0, 5)
    room.ask(5, 9)
    names = {path.name for path in (room.world.home(POLICE) / "log").iterdir()}
    assert names <= {"seen", "cosigned", "adapter.log"}
