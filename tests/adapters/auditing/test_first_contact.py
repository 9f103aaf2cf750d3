"""An agency that meets the log for the first time cosigns nothing that its admission, an envelope or the tiles deny."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.auditing.cosigning import Cosigner
from evidence.keys import SigningKey
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.statements import SignedStatement
from tests.adapters.auditing.test_monitor import FakeLog, grown, leaves_of, others, send
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.wires import Rule
from tests.scene.world import World


class Late(World):
    """The court joins when the log is some marks long, so its admission names a checkpoint."""

    def joined(self) -> Checkpoint:
        send(self)
        grown(self)
        self.join(COURT)
        statement = json.loads((self.home(COURT) / "admission.json").read_text())
        note = SignedStatement.from_json(statement).unverified_body["checkpoint"]
        return parse_checkpoint(note.encode())[0]

    def forged(self, size: int) -> Rule:
        """Another history from the first mark on, signed and served consistently."""
        return FakeLog(self, others(size, SigningKey.generate())).rule()

    def cosigned(self, agency: str) -> bool:
        return Cosigner(self[agency].station).cosigned() is not None


@pytest.fixture(name="late")
def _late(tmp_path: Path) -> Iterator[Late]:
    with Late(tmp_path, POLICE, PROCURATORATE) as made:
        yield made


@pytest.mark.parametrize("more", [-1, 0, 5], ids=["shorter", "as long", "longer"])
def test_a_tree_that_its_admission_denies_is_not_cosigned(late: Late, more: int) -> None:
    named = late.joined()
    with late.wire.under(late.forged(named.size + more)):
        for _ in range(2):
            late[COURT].inbox()
    assert late.codes_heard().count("trust.log-forked") == 1
    assert not late.cosigned(COURT)
    assert ("POST", "/log/cosignatures") not in late.wire.seen[-6:]
    (kept,) = Cosigner(late[COURT].station).contradictions()
    body = json.loads(kept.read_bytes())
    assert (body["source"], parse_checkpoint(body["other"].encode())[0]) == ("admission", named)
    assert parse_checkpoint(body["asked"][-1]["answered"]["body"].encode())[0].size == named.size + more
    late[COURT].inbox()
    assert late.cosigned(COURT), "the truth agrees with it"


def test_a_tree_that_an_envelope_denies_is_not_cosigned(late: Late) -> None:
    """The sender has seen the true log; the receiver is shown another one at its first contact."""
    grown(late)
    late[POLICE].station.after_work()
    send(late, "two")
    before = leaves_of(late)
    with late.wire.under(late.forged(len(before) + 3)):
        haul = late[PROCURATORATE].pull(late.root / "in")
    assert len(haul.delivered) == 1, "the exchange goes on"
    assert "trust.log-forked" in late.codes_heard()
    assert not late.cosigned(PROCURATORATE)


def test_a_root_that_the_tiles_do_not_give_is_not_cosigned(late: Late) -> None:
    late.joined()
    log = FakeLog(late, leaves_of(late) + others(5, SigningKey.generate()))
    log.note = sign_checkpoint(Checkpoint(late.hub.keys.origin, len(log.leaves), bytes(32)), late.hub.keys.log)
    with late.wire.under(log.rule()):
        late[COURT].inbox()
    assert "trust.log-forked" in late.codes_heard()
    assert not late.cosigned(COURT)


def test_a_person_may_settle_it_and_the_log_is_taken_up(late: Late) -> None:
    named = late.joined()
    rule = late.forged(named.size + 5)
    with late.wire.under(rule):
        late[COURT].inbox()
        late[COURT].settle_alarm(1, by="x", reason="y")
        late[COURT].inbox()
        assert late.cosigned(COURT)
        late[COURT].inbox()
    assert late.codes_heard().count("trust.log-forked") == 1


def test_an_admission_of_before_the_first_checkpoint_names_none(world: World) -> None:
    body = json.loads((world.home(POLICE) / "admission.json").read_text())
    if "checkpoint" in SignedStatement.from_json(body).unverified_body:
        grown(world)
    world[POLICE].inbox()
    assert "trust.log-forked" not in world.codes_heard()
