"""The log: every mark gets one place, checkpoints are recomputed before they are signed, proofs hold at every size."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from sqlalchemy import Connection, delete, event, func, insert, select, text, update

from evidence.log import merkle
from evidence.log.checkpoints import verify_checkpoint
from evidence.log.merkle import EMPTY_ROOT
from evidence.log.tiles import Tile, TileNodes
from hub.log import proofs, stored
from hub.store import marks
from hub.store.database import Database
from hub.store.tables import checkpoints, log_state, log_tiles
from hub.store.tables import marks as table
from messages.problems import Problem
from tests.evidence.log.whole_tree import of_tree
from tests.scene.agencies import HUB
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY, ORIGIN, key
from tests.scene.logs import VERIFIERS, add_marks, clock, leaves, plain_root, publisher, require_sound, sequencer
from tests.scene.stored import VAULT, agency_mark, new_id


def grow(database: Database, count: int) -> list[str]:
    hashes = add_marks(database, count)
    while sequencer(database).step():
        pass
    publisher(database).step()
    return hashes


def test_an_empty_log_is_signed_as_empty(database: Database) -> None:
    assert sequencer(database).step() == 0
    signed = publisher(database).step()
    assert signed is not None
    assert (signed.size, signed.root) == (0, EMPTY_ROOT)
    assert publisher(database).step() is None


def test_marks_are_numbered_in_batches_and_signed(database: Database) -> None:
    add_marks(database, 7)
    numbering = sequencer(database, batch=3)
    assert [numbering.step() for _ in range(4)] == [3, 3, 1, 0]
    signed = publisher(database).step()
    assert signed is not None
    assert signed.root == plain_root(leaves(database))
    require_sound(database, 7)


def test_a_second_step_has_nothing_to_do(database: Database) -> None:
    grow(database, 3)
    assert sequencer(database).step() == 0
    assert publisher(database).step() is None
    require_sound(database, 3)


def test_a_chain_enters_the_log_in_its_own_order(database: Database) -> None:
    transfer_id = new_id()
    for _ in range(3):
        add_marks(database, 2, transfer_id)
        add_marks(database, 1)
        sequencer(database, batch=2).step()
    while sequencer(database).step():
        pass
    with database.transaction(write=False) as connection:
        chain = marks.of_transfer(connection, VAULT, transfer_id)
    assert [mark.seq for mark in chain] == [1, 2, 3, 4, 5, 6]
    assert [mark.leaf_index for mark in chain] == sorted(mark.leaf_index or 0 for mark in chain)


@pytest.mark.parametrize("steps", [[11], [250, 20], [255, 1, 1], [256, 256, 3], [600], [1] * 5])
def test_what_is_stored_are_the_tiles_of_the_tree(sqlite_url: str, steps: list[int]) -> None:
    database = Database(sqlite_url)
    for count in steps:
        grow(database, count)
    size = sum(steps)
    entries = leaves(database)
    with database.transaction(write=False) as connection:
        rows = connection.execute(select(log_tiles.c.level, log_tiles.c.position, log_tiles.c.hashes)).all()
        held = {Tile(row.level, row.position, len(row.hashes) // 32): bytes(row.hashes) for row in rows}
        assert set(held) == set(of_tree(size))
        assert all(stored.tile(connection, tile) == data for tile, data in held.items())
        node_at = stored.reader(connection)
        assert merkle.frontier_at(size, node_at).root() == plain_root(entries)
        assert merkle.frontier_at(size, TileNodes(size, held.__getitem__)).root() == plain_root(entries)
        assert node_at(2, 0) == plain_root(entries[:4])
        assert stored.tile(connection, Tile(0, 0, 3)) == b"".join(map(merkle.leaf_hash, entries[:3]))
    database.close()


def test_proofs_hold_between_all_signed_sizes(database: Database) -> None:
    signed = {}
    for _ in range(9):
        grow(database, 1)
        with database.transaction(write=False) as connection:
            newest = proofs.latest(connection)
        assert newest is not None
        signed[newest.size] = newest.root
    with database.transaction(write=False) as connection:
        for old, old_root in signed.items():
            for new, new_root in signed.items():
                if old <= new:
                    path = proofs.consistency(connection, old, new)
                    merkle.verify_consistency(old, new, old_root, new_root, path)


def test_inclusion_is_proved_by_leaf_hash(database: Database) -> None:
    hashes = grow(database, 6)
    with database.transaction(write=False) as connection:
        newest = proofs.latest(connection)
        assert newest is not None
        for index, leaf_hash in enumerate(hashes):
            proof = proofs.inclusion(connection, leaf_hash, newest.size)
            assert (proof.index, proof.size) == (index, 6)
            merkle.verify_inclusion(index, 6, bytes.fromhex(leaf_hash[7:]), proof.path, newest.root)


@pytest.mark.parametrize(
    ("size", "which", "code"),
    [
        (3, "old", "log.size"),
        (2, "waiting", "log.unknown-leaf"),
        (1, "old", "log.unknown-leaf"),
        (2, "", "log.unknown"),
    ],
    ids=["a size not signed", "a mark that waits", "a smaller tree", "a mark never seen"],
)
def test_what_cannot_be_proved_is_a_problem(database: Database, size: int, which: str, code: str) -> None:
    old = grow(database, 2)[1]
    waiting = add_marks(database, 1)[0]
    leaf_hash = {"old": old, "waiting": waiting}.get(which, "sha256:" + "0" * 64)
    with database.transaction(write=False) as connection, pytest.raises(Problem, match=code.replace(".", r"\.")):
        proofs.inclusion(connection, leaf_hash, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (2, 1), (-1, 1)])
def test_sizes_out_of_order_or_unsigned_are_a_problem(database: Database, old: int, new: int) -> None:
    grow(database, 2)
    with database.transaction(write=False) as connection, pytest.raises(Problem, match=r"log\.size"):
        proofs.consistency(connection, old, new)


def test_nothing_is_proved_before_the_first_checkpoint(database: Database) -> None:
    with database.transaction(write=False) as connection:
        assert proofs.latest(connection) is None
        with pytest.raises(Problem, match=r"log\.size"):
            proofs.consistency(connection, 0, 0)


@pytest.mark.parametrize("grown", [40, 640])
def test_a_proof_reads_few_tiles_however_long_the_log_is(sqlite_url: str, grown: int) -> None:
    database = Database(sqlite_url)
    hashes = grow(database, grown)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with database.transaction(write=False) as connection:
        proofs.inclusion(connection, hashes[grown // 3], grown)
    assert 1 <= len([statement for statement in asked if "log_tiles" in statement]) <= 2 + grown.bit_length() // 8
    database.close()


@pytest.mark.services
def test_marks_committed_out_of_order_are_all_numbered(postgres_url: str) -> None:
    """A mark whose transaction commits late has a lower arrival than marks already in the signed log."""
    database = Database(postgres_url)
    with database.transaction() as connection:
        append = partial(marks.append, connection, VAULT, HUB_KEY, signer=HUB, action="fetched", now=NOW)
        early = append(transfer_id=new_id()).leaf_hash
        others = add_marks(database, 2)  # over another connection, which commits before this one
        assert sequencer(database).step() == 2
        publisher(database).step()
    grow(database, 0)
    assert leaf_hashes(database) == [*others, early]
    require_sound(database, 3)
    database.close()


def leaf_hashes(database: Database) -> list[str]:
    return ["sha256:" + merkle.leaf_hash(leaf).hex() for leaf in leaves(database)]


def test_sequencers_and_writers_at_once_lose_and_double_nothing(database: Database) -> None:
    written: list[str] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(6):
            written.extend(add_marks(database, 2, new_id()))

    def run() -> None:
        while not done.is_set():
            sequencer(database, batch=3).step()
            publisher(database).step()

    writers = [threading.Thread(target=write) for _ in range(3)]
    runners = [threading.Thread(target=run) for _ in range(2)]
    for thread in (*writers, *runners):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in runners:
        thread.join()
    grow(database, 0)
    assert sorted(leaf_hashes(database)) == sorted(written)
    require_sound(database, 36)


# --- tampering: each is found before anything more is signed ------------------------------------------------------


def flip(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


def alter_new_leaf(connection: Connection) -> None:
    row = connection.execute(select(table).where(table.c.leaf_index == 5)).one()
    connection.execute(update(table).where(table.c.leaf_index == 5).values(leaf=flip(row.leaf)))


def swap_new_leaves(connection: Connection) -> None:
    connection.execute(update(table).where(table.c.leaf_index == 5).values(leaf_index=99))
    connection.execute(update(table).where(table.c.leaf_index == 4).values(leaf_index=5))
    connection.execute(update(table).where(table.c.leaf_index == 99).values(leaf_index=4))


def delete_new_leaf(connection: Connection) -> None:
    connection.execute(delete(table).where(table.c.leaf_index == 4))


def alter_old_hash(connection: Connection) -> None:
    raw = connection.execute(select(log_tiles.c.hashes)).scalar_one()
    connection.execute(update(log_tiles).values(hashes=flip(raw)))


def alter_new_hash(connection: Connection) -> None:
    raw = connection.execute(select(log_tiles.c.hashes)).scalar_one()
    connection.execute(update(log_tiles).values(hashes=raw[:160] + flip(raw[160:])))


def cut_tile(connection: Connection) -> None:
    raw = connection.execute(select(log_tiles.c.hashes)).scalar_one()
    connection.execute(update(log_tiles).values(hashes=raw[:-32]))


def delete_tile(connection: Connection) -> None:
    connection.execute(delete(log_tiles))


def alter_checkpoint_root(connection: Connection) -> None:
    connection.execute(update(checkpoints).values(root=b"\x00" * 32))


def alter_checkpoint_note(connection: Connection) -> None:
    connection.execute(update(checkpoints).values(note=func.replace(checkpoints.c.note, "\n4\n", "\n3\n")))


def forge_checkpoint(connection: Connection) -> None:
    note = "forged\n1\nAAAA\n\n— forged AAAAAAAA\n"
    connection.execute(insert(checkpoints).values(size=5, root=b"\x00" * 32, note=note, signed_at="2026"))


def shrink(connection: Connection) -> None:
    connection.execute(update(log_state).values(size=3))


TAMPERING = [
    alter_new_leaf,
    swap_new_leaves,
    delete_new_leaf,
    alter_old_hash,
    alter_new_hash,
    cut_tile,
    delete_tile,
    alter_checkpoint_root,
    alter_checkpoint_note,
    forge_checkpoint,
    shrink,
]


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda tamper: tamper.__name__.replace("_", " "))
def test_nothing_is_signed_over_a_tampered_log(database: Database, tamper: object) -> None:
    grow(database, 4)
    add_marks(database, 3)
    sequencer(database).step()
    with database.transaction() as connection:
        tamper(connection)  # type: ignore[operator]
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        publisher(database).step()
    with database.transaction(write=False) as connection:
        sizes = set(connection.execute(select(checkpoints.c.size)).scalars())
    assert 7 not in sizes


def test_a_leaf_altered_while_it_waits_is_not_numbered(database: Database) -> None:
    add_marks(database, 1)
    with database.transaction() as connection:
        raw = connection.execute(select(table.c.leaf)).scalar_one()
        connection.execute(update(table).values(leaf=flip(raw)))
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        sequencer(database).step()


def test_another_log_key_does_not_go_on_where_the_first_stopped(database: Database) -> None:
    grow(database, 2)
    add_marks(database, 1)
    sequencer(database).step()
    with pytest.raises(Problem, match=r"log\.inconsistent"):
        publisher(database, key("other log")).step()


def test_foreign_marks_enter_with_their_very_bytes(database: Database) -> None:
    mark = agency_mark(new_id())
    with database.transaction() as connection:
        marks.accept(connection, VAULT, mark, now=clock())
    grow(database, 0)
    assert leaves(database) == [mark.encode()]


def test_the_stored_checkpoint_is_a_note_that_anyone_can_check(database: Database) -> None:
    grow(database, 3)
    with database.transaction(write=False) as connection:
        newest = proofs.latest(connection)
        rows = connection.execute(text("SELECT count(*) FROM checkpoints")).scalar_one()
    assert newest is not None
    assert newest.note.splitlines()[:2] == [ORIGIN, "3"]
    assert verify_checkpoint(newest.note.encode(), VERIFIERS).root == newest.root
    assert rows == 1
