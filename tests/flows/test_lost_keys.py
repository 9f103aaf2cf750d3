"""An agency whose keys are lost or stolen begins again in its own home, and the others accept it after comparing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import Adapter
from adapters.keys import beginning
from adapters.keys.trust import Alarm
from evidence.enrolment import read_enrolment
from evidence.keys import TrustedKeys
from evidence.statements import SignedStatement
from hub.access import directory_desk
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.world import World

Loss = Callable[[Path], None]


def nothing(_keys: Path) -> None:
    """Stolen: all is still there."""


def identity_gone(keys: Path) -> None:
    (keys / "identity.pem").unlink()


def reader_spoilt(keys: Path) -> None:
    (keys / "hpke.key").write_bytes(b"not a key")


def all_gone(keys: Path) -> None:
    shutil.rmtree(keys)
    keys.mkdir(mode=0o700)


LOSSES: dict[str, Loss] = {
    "stolen": nothing,
    "identity lost": identity_gone,
    "HPKE key spoilt": reader_spoilt,
    "all lost": all_gone,
}


def lost(world: World, agency: str, loss: Loss = nothing) -> str:
    """The keys are lost and made anew; the new fingerprint."""
    world.adapters.pop(agency).close()
    loss(world.home(agency) / "keys")
    return Adapter.start_again(world.home(agency), clock=world.agency_clocks[agency])


def readmitted(world: World, agency: str, fingerprint: str) -> None:
    """What the operator does, and then the agency."""
    directory_desk.revoke(world.hub, agency, None, world.clock())
    request = SignedStatement.from_json(json.loads((world.home(agency) / "enrolment.json").read_bytes()))
    admission = directory_desk.admit_agency(world.hub, read_enrolment(request), request, fingerprint)
    path = world.home(agency) / "admission.json"
    path.write_text(json.dumps(admission.to_json()), "utf-8")
    world.restart(agency).enrol(path, world.hub.keys.fingerprint)


def tick(world: World, seconds: float = 5) -> None:
    for clock in (world.clock, *world.agency_clocks.values()):
        clock.moved += timedelta(seconds=seconds)


def push(world: World, name: str, node: str = "N-ARR-001", document: str = "F0301_提请批准逮捕书.jpg") -> str:
    folder = case_dir(world.root / name, documents=(document,))
    return str(world[POLICE].push(folder, node=node, to=PROCURATORATE).transfer_id)


def alarms_of_a_pull(world: World) -> list[str]:
    """What the receiver is warned of, whether the alarm ends the pull or is told beside it."""
    try:
        world[PROCURATORATE].pull(world.root / "in")
    except Alarm as alarm:
        return [alarm.code]
    return [alarm.code for alarm in world[PROCURATORATE].station.alarms]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_sender_begins_again(world: World, loss: str) -> None:
    first = push(world, "one")
    world[PROCURATORATE].pull(world.root / "in")
    tick(world)
    fingerprint = lost(world, POLICE, LOSSES[loss])
    readmitted(world, POLICE, fingerprint)
    second = push(world, "two", "N-PRO-001", "F0401_起诉意见书.jpg")
    assert second != first
    # The receiver is told, takes nothing in, and accepts when people have compared.
    assert alarms_of_a_pull(world) == ["trust.identity-changed"]
    assert not (world.root / "in" / second).exists()
    world.restart(PROCURATORATE)
    with pytest.raises(Problem, match=r"trust\.wrong-fingerprint"):
        world[PROCURATORATE].trust_accept(POLICE, world[PROCURATORATE].station.keyring.fingerprint)
    answer = world[PROCURATORATE].trust_accept(POLICE, fingerprint.removeprefix("sha256:").upper())
    assert (answer["fingerprint"], answer["earlier"]) == (fingerprint, 2)
    with pytest.raises(Problem, match=r"trust\.already-pinned"):
        world[PROCURATORATE].trust_accept(POLICE, fingerprint)
    haul = world[PROCURATORATE].pull(world.root / "in")
    assert [each.transfer_id for each in haul.delivered] == [second]
    assert not world[PROCURATORATE].station.alarms
    # What was signed before stays evidence, by the receiver's own keys.
    keys = TrustedKeys.from_json(world[PROCURATORATE].trust_export())
    old = [entry for entry in keys.of(POLICE) if entry.revoked_at is not None]
    assert len(old) == 2


@pytest.mark.parametrize("loss", LOSSES)
def test_the_receiver_begins_again(world: World, loss: str) -> None:
    first = push(world, "one")
    tick(world)
    fingerprint = lost(world, PROCURATORATE, LOSSES[loss])
    readmitted(world, PROCURATORATE, fingerprint)
    haul = world[PROCURATORATE].pull(world.root / "in")
    readable = loss in ("stolen", "identity lost")
    assert bool(haul.delivered) == readable
    if not readable:
        world[POLICE].trust_accept(PROCURATORATE, fingerprint)
        sent = world[POLICE].readdress(first)
        haul = world[PROCURATORATE].pull(world.root / "in")
        assert [each.transfer_id for each in haul.delivered] == [sent.transfer_id]


def test_the_others_are_not_asked_before_they_accept(world: World) -> None:
    push(world, "one")
    tick(world)
    readmitted(world, PROCURATORATE, lost(world, PROCURATORATE))
    with pytest.raises(Problem, match=r"trust\.identity-changed"):
        push(world, "two", "N-PRO-001", "F0401_起诉意见书.jpg")


@pytest.mark.parametrize("step", range(12))
def test_interrupted_anywhere_it_goes_on_with_the_same_keys(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    home, clock = world.home(POLICE), world.agency_clocks[POLICE]
    before = world[POLICE].station.keyring
    world.adapters.pop(POLICE).close()
    calls = iter(range(100))

    def counted(name: str, real: Callable[..., object]) -> None:
        def run(*given: object, **named: object) -> object:
            if next(calls) == step:
                raise KeyboardInterrupt(name)
            return real(*given, **named)

        monkeypatch.setattr(beginning, name, run)

    for name in ("write_durably", "_keep_key", "_keep_chain", "sync_folder"):
        counted(name, getattr(beginning, name))
    try:
        Adapter.start_again(home, clock=clock)
    except KeyboardInterrupt:
        made = home / "keys" / "fresh" / "statements.json"
        promised = json.loads(made.read_bytes())[0] if made.exists() else None
        if promised is not None:
            with pytest.raises(Problem, match=r"adapter\.start-unfinished"):
                world.restart(POLICE)
        monkeypatch.undo()
        Adapter.start_again(home, clock=clock)
        begun = json.loads((home / "keys" / "statements.json").read_bytes())[0]
        assert promised in (None, begun)
    adapter = world.restart(POLICE)
    assert adapter.station.keyring.fingerprint != before.fingerprint
    assert before.own_key_ids < adapter.station.keyring.own_key_ids
    assert before.hpke.key_id in adapter.station.keyring._readers
    assert not (home / "keys" / "fresh").exists()
