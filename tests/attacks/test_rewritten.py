"""The hub's operator rewrites the past with every key that the hub has: marks deleted, inserted, reordered, re-signed.

Two kinds: somebody with the database only, whom the audit finds, and the operator who recomputes tiles, signs every
checkpoint anew and replaces the head outside the database. Nothing inside the hub can tell then; every adapter can,
since it remembers what it has seen, and so can whoever holds an old bundle.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from adapters.auditing.cosigning import Cosigner
from adapters.keys.trust import Alarm
from evidence import marks as rules
from evidence.bundles.verify import verify_bundle
from evidence.identifiers import timestamp
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.statements import SignedStatement
from hub.commands.log import judge
from hub.exchange import exporting
from hub.log import stored
from hub.log.audit import audit
from hub.runtime import Hub
from hub.store import marks as mark_store
from hub.store.tables import checkpoints, log_cosignatures, log_state, log_tiles, marks, transfers
from tests.scene import hubs
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.wires import Wire, log_of
from tests.scene.worked import settle
from tests.scene.world import World

OLD = 3
"""The place in the log that is attacked; every agency has seen checkpoints beyond it."""


class Watched(World):
    """A world in which the police have a line to the hub of their own."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.line = Wire(self.wire)
        self.join(POLICE, transport=self.line)
        self.join(PROCURATORATE)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Watched]:
    """A hub after a push, whose log both agencies have just looked at; its own threads stand still."""
    with Watched(tmp_path) as made:
        made[POLICE].push(made.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        made.hub.log.stop()
        made.hub.log.step()
        for adapter in made.adapters.values():
            assert adapter.contact() is not None
        yield made


def deleted(connection: Connection, hub: Hub) -> None:
    connection.execute(delete(marks).where(marks.c.leaf_index == OLD))


def inserted(connection: Connection, hub: Hub) -> None:
    """A mark of today, given a place among those of the past."""
    made = append(connection, hub)
    place = marks.c.leaf_index
    late = connection.execute(select(place).where(place > OLD).order_by(place.desc())).scalars().all()
    for index in late:
        connection.execute(update(marks).where(place == index).values(leaf_index=index + 1))
    connection.execute(update(marks).where(marks.c.mark_id == made.mark_id).values(leaf_index=OLD + 1))


def reordered(connection: Connection, hub: Hub) -> None:
    for old, new in ((OLD, -1), (OLD + 1, OLD), (-1, OLD + 1)):
        connection.execute(update(marks).where(marks.c.leaf_index == old).values(leaf_index=new))


def resigned(connection: Connection, hub: Hub) -> None:
    """A mark of the hub with another content and a signature that holds."""
    hub_mark = select(marks).where(marks.c.signer == hub.settings.owner, marks.c.leaf_index <= OLD)
    row = connection.execute(hub_mark.order_by(marks.c.leaf_index.desc())).first()
    assert row is not None
    body = rules.body_of(SignedStatement.decode(row.leaf))
    other = rules.make_mark(replace(body, occurred_at="2026-01-01T00:00:00.000Z"), hub.keys.identity)
    changed = {"leaf": rules.leaf_bytes(other), "leaf_hash": bytes.fromhex(rules.leaf_hash(other)[7:])}
    connection.execute(update(marks).where(marks.c.arrival == row.arrival).values(**changed))


def append(connection: Connection, hub: Hub) -> mark_store.StoredMark:
    owner = hub.settings.owner
    return mark_store.append(connection, hub.vault, hub.keys.identity, signer=owner, action="viewed", now=hub.clock())


CHANGES = [deleted, inserted, reordered, resigned]


def rewrite(hub: Hub, change: Callable[[Connection, Hub], None], more: int = 0) -> int:
    """Change the past and make everything inside the hub agree with it; returns the new size."""
    with hub.database.transaction() as connection:
        change(connection, hub)
        for _ in range(more):
            append(connection, hub)
        c = marks.c
        rows = connection.execute(select(c.arrival, c.leaf).order_by(c.leaf_index.is_(None), c.leaf_index, c.arrival))
        order = rows.all()
        connection.execute(update(marks).values(leaf_index=None))
        for index, row in enumerate(order):
            connection.execute(update(marks).where(c.arrival == row.arrival).values(leaf_index=index))
        for table in (log_tiles, log_state, checkpoints, log_cosignatures):
            connection.execute(delete(table))
        hashes = [merkle.leaf_hash(bytes(row.leaf)) for row in order]
        stored.grow(connection, hub.settings.log_origin, 0, len(order))
        stored.append(connection, 0, hashes)
        signed = Checkpoint(hub.settings.log_origin, len(order), merkle.root_of(hashes))
        note = sign_checkpoint(signed, hub.keys.log)
        row_of_it = {
            "size": signed.size,
            "root": signed.root,
            "note": note.decode(),
            "signed_at": timestamp(hub.clock()),
        }
        connection.execute(checkpoints.insert().values(row_of_it))
    (hub.home.path / "log-head").unlink()
    assert hub.log.head is not None
    hub.log.head.keep(note)
    return signed.size


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_in_the_database_alone(here: Watched, change: Callable[[Connection, Hub], None]) -> None:
    """Found by: the full audit."""
    hub = here.hub
    assert audit(hub.database, judge(hub)).sound
    with hub.database.transaction() as connection:
        change(connection, hub)
    found = audit(hub.database, judge(hub))
    assert not found.sound
    told = {fault.code.removeprefix("log.fault.") for fault in found.faults}
    assert told & {"leaf-missing", "leaf-order", "leaf-chain", "tile"}, found.faults


@pytest.mark.parametrize("more", [0, 6], ids=["at once", "after it has grown"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_past_rewritten_with_all_keys_of_the_hub(
    here: Watched, change: Callable[[Connection, Hub], None], more: int
) -> None:
    """Found by: every adapter at its next contact; both signed checkpoints are kept as proof."""
    rewrite(here.hub, change, more)
    for adapter in here.adapters.values():
        remembered = Cosigner(adapter.station).last()
        with pytest.raises(Alarm, match=r"trust\.log-forked"):
            adapter.station.contact()
        assert Cosigner(adapter.station).last() == remembered, "nobody cosigns the other history"
        assert len(Cosigner(adapter.station).contradictions()) == 1


def test_an_old_bundle_and_a_new_one_contradict_each_other(here: Watched, tmp_path: Path) -> None:
    """Found by: whoever compares two bundles; two signed checkpoints of one log that no consistency proof joins."""
    hub = here.hub
    with hub.database.transaction(write=False) as connection:
        row = connection.execute(select(transfers.c.case_uid, transfers.c.transfer_id)).one()
    before, after = tmp_path / "before.zip", tmp_path / "after.zip"
    exporting.export(hub, row.case_uid, [row.transfer_id], before)
    rewrite(hub, resigned)
    exporting.export(hub, row.case_uid, [row.transfer_id], after)
    reports = [verify_bundle(io.BytesIO(path.read_bytes()), hub.keys.trusted) for path in (before, after)]
    assert [report.checks[2].outcome for report in reports] == ["passed", "passed"]
    old, new = (report.checkpoint for report in reports)
    assert old is not None
    assert new is not None
    assert old.root != new.root


def test_the_logs_key_stolen_and_another_history_shown_to_one_agency(here: Watched, tmp_path: Path) -> None:
    """Found by: that agency's adapter at its next contact with the honest log. The forged history goes on from what it
    had seen, with proofs that hold, so it finds nothing while it is being shown."""
    settle(tmp_path / "hub")
    shutil.copytree(tmp_path / "hub", tmp_path / "thief")
    police = here[POLICE]
    with hubs.process(tmp_path / "thief", clock=here.clock) as (thief, other):
        for hub, count in ((thief, 4), (here.hub, 6)):
            with hub.database.transaction() as connection:
                for _ in range(count):
                    append(connection, hub)
            hub.log.step()
        with here.line.under(log_of(other)):
            assert police.contact() is not None
        with pytest.raises(Alarm, match=r"trust\.log-forked"):
            police.station.contact()
    (proof,) = Cosigner(police.station).contradictions()
    assert here.hub.settings.log_origin in proof.read_text("utf-8")


def test_a_checkpoint_of_another_key_is_nothing(here: Watched, tmp_path: Path) -> None:
    """Found by: the adapter at once, which holds the log's key since its enrolment."""
    hub, police = here.hub, here[POLICE]
    with hub.database.transaction(write=False) as connection:
        note = connection.execute(select(checkpoints.c.note).order_by(checkpoints.c.size.desc())).scalars().first()
    assert note is not None
    forged = sign_checkpoint(parse_checkpoint(note.encode())[0], hub.keys.identity)
    with hub.database.transaction() as connection:
        connection.execute(update(checkpoints).values(note=forged.decode()))
    with pytest.raises(Alarm, match=r"trust\.log-"):
        police.station.contact()
