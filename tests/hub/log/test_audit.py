"""The full audit finds every change of the log, names it, and finds nothing in a sound one."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, select, update

from evidence.canonical import canonical
from evidence.identifiers import timestamp
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.log import merkle
from evidence.log.cosignatures import cosign
from evidence.statements import SignedStatement, sign
from hub.cli import main
from hub.commands import log as command
from hub.log.audit import Judge, audit
from hub.log.audit_report import LISTED, Audit
from hub.log.heads import CONTRADICTIONS, FILE, Head
from hub.log.publisher import Publisher
from hub.store import marks as mark_store
from hub.store.database import Database
from hub.store.tables import checkpoints, log_cosignatures, log_state, log_tiles, marks
from hub.store.vault import Vault
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.keys import HUB_KEY, LOG_KEY, ORIGIN, key
from tests.scene.logs import VERIFIERS, add_marks, clock, sequencer
from tests.scene.stored import VAULT, new_id
from tests.scene.world import World

HUB_STATEMENT = key_statement(
    owner=HUB, kty="ed25519", public=HUB_KEY.public, purpose="identity", valid_from=after(minutes=-5), signer=HUB_KEY
)
KEYS = TrustedKeys(accept_key_chain([HUB_STATEMENT]))


class Log:
    """A log over one SQLite file with checkpoints at several sizes, and what it is judged by."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database, self.home = database, home
        self.head = Head(home, VERIFIERS[0])
        self.judge = Judge(VERIFIERS[0], KEYS, VAULT, self.head)
        self.publisher = Publisher(database, LOG_KEY, ORIGIN, clock, self.head)

    def grow(self, count: int, transfer_id: str | None = None) -> None:
        add_marks(self.database, count, transfer_id)
        while sequencer(self.database).step():
            pass
        self.publisher.step()

    def audit(self) -> Audit:
        return audit(self.database, self.judge)

    def found(self) -> list[tuple[str, str]]:
        return [(fault.code.removeprefix("log.fault."), fault.place) for fault in self.audit().faults]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A folder with the database and head of a log of 600 marks, one of them with a private part, one waiting."""
    folder = tmp_path_factory.mktemp("grown")
    shutil.copy(migrated_sqlite, folder / "hub.db")
    log = Log(Database(f"sqlite:///{folder / 'hub.db'}"), folder)
    log.grow(3, new_id())
    with log.database.transaction() as connection:
        private = {"reason": "张某示例"}
        mark_store.append(connection, VAULT, HUB_KEY, signer=HUB, action="viewed", now=NOW, private=private)
    for count in (253, 340, 3):
        log.grow(count)
    add_marks(log.database, 1)
    log.database.close()
    return folder


@pytest.fixture
def log(tmp_path: Path, grown: Path) -> Log:
    shutil.copytree(grown, tmp_path, dirs_exist_ok=True)
    return Log(Database(f"sqlite:///{tmp_path / 'hub.db'}"), tmp_path)


def test_a_sound_log_has_no_fault(log: Log) -> None:
    heard: list[tuple[int, int]] = []
    found = audit(log.database, log.judge, lambda done, of: heard.append((done, of)))
    assert (found.sound, found.faults) == (True, [])
    assert (found.size, found.newest, found.waiting) == (600, 600, 1)
    assert (found.tiles, found.checkpoints) == (4, 4)
    assert heard == [(256, 600), (512, 600), (600, 600)]


def test_an_empty_log_is_sound(sqlite_url: str, tmp_path: Path) -> None:
    empty = Log(Database(sqlite_url), tmp_path)
    assert empty.audit().sound
    empty.publisher.step()
    assert (empty.audit().sound, empty.audit().newest) == (True, 0)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512])
def test_every_edge_of_the_tiles_is_held_against_the_leaves(sqlite_url: str, tmp_path: Path, size: int) -> None:
    log = Log(Database(sqlite_url), tmp_path)
    log.grow(size)
    assert log.found() == []
    with log.database.transaction() as connection:
        connection.execute(delete(log_tiles))
    assert {code for code, _ in log.found()} == {"tile-missing"}


def altered_leaf(connection: Connection) -> None:
    """Another mark of the hub, rightly signed, in the place of mark 20."""
    row = connection.execute(select(marks).where(marks.c.leaf_index == 20)).one()
    signed = row.leaf.replace(b'"sig":"', b'"sig":"A', 1)
    connection.execute(update(marks).where(marks.c.leaf_index == 20).values(leaf=signed))


def leaf_and_hash(connection: Connection) -> None:
    other = connection.execute(select(marks.c.leaf).where(marks.c.leaf_index.is_(None))).scalar_one()
    changed = {"leaf": other + b" ", "leaf_hash": merkle.leaf_hash(other + b" ")}
    connection.execute(update(marks).where(marks.c.leaf_index == 20).values(**changed))


def missing(connection: Connection) -> None:
    connection.execute(delete(marks).where(marks.c.leaf_index == 300))


def swapped(connection: Connection) -> None:
    for old, new in ((10, 9000), (11, 10), (9000, 11)):
        connection.execute(update(marks).where(marks.c.leaf_index == old).values(leaf_index=new))


def inserted(connection: Connection) -> None:
    connection.execute(update(marks).where(marks.c.leaf_index.is_(None)).values(leaf_index=600))


def first_tile(connection: Connection) -> None:
    c = log_tiles.c
    row = connection.execute(select(log_tiles).where(c.level == 0, c.position == 1)).one()
    spoiled = bytes(row.hashes)[:40] + b"\xff" + bytes(row.hashes)[41:]
    connection.execute(update(log_tiles).where(c.level == 0, c.position == 1).values(hashes=spoiled))


def upper_tile(connection: Connection) -> None:
    connection.execute(update(log_tiles).where(log_tiles.c.level == 1).values(hashes=bytes(64)))


def strays(connection: Connection) -> None:
    for level, position in ((0, 3), (1, 1), (2, 0)):
        connection.execute(insert(log_tiles).values(level=level, position=position, hashes=bytes(32)))


def shrunk(connection: Connection) -> None:
    connection.execute(update(log_state).values(size=500))


def other_root(connection: Connection) -> None:
    connection.execute(update(checkpoints).where(checkpoints.c.size == 257).values(root=bytes(32)))


def other_note(connection: Connection) -> None:
    note = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == 257)).scalar_one()
    connection.execute(update(checkpoints).where(checkpoints.c.size == 257).values(note=note.replace("257", "256")))


def moved_checkpoint(connection: Connection) -> None:
    connection.execute(update(checkpoints).where(checkpoints.c.size == 257).values(size=258))


def other_seq(connection: Connection) -> None:
    connection.execute(update(marks).where(marks.c.leaf_index == 599).values(action="granted"))


def swapped_private(connection: Connection) -> None:
    sealed = VAULT.seal("marks", "private", mark_of(connection, 3), b'{"reason":"other"}')
    connection.execute(update(marks).where(marks.c.leaf_index == 3).values(private=sealed))


def lost_salt(connection: Connection) -> None:
    connection.execute(update(marks).where(marks.c.leaf_index == 3).values(salt=None))


def mark_of(connection: Connection, index: int) -> str:
    return str(connection.execute(select(marks.c.mark_id).where(marks.c.leaf_index == index)).scalar_one())


CHANGES: dict[str, tuple[Callable[[Connection], None], list[tuple[str, str]]]] = {
    "a leaf's byte": (altered_leaf, [("leaf-hash", "leaf 20"), ("leaf-form", "leaf 20")]),
    "a leaf with its hash": (
        leaf_and_hash,
        [
            ("leaf-form", "leaf 20"),
            ("leaf-chain", "leaf 21"),
            ("tile", "tile/0/000"),
            ("checkpoint-root", "checkpoint 257"),
        ],
    ),
    "a mark deleted": (missing, [("leaf-missing", "leaf 300"), ("leaf-chain", "leaf 301")]),
    "two marks swapped": (
        swapped,
        [("leaf-order", "leaf 10"), ("tile", "tile/0/000"), ("checkpoint-root", "checkpoint 257")],
    ),
    "a mark given a place": (inserted, [("leaf-outside", "leaf 600")]),
    "a tile": (first_tile, [("tile", "tile/0/001")]),
    "a tile above": (upper_tile, [("tile", "tile/1/000.p/2")]),
    "tiles too many": (strays, [("tile-stray", "tile 0/3"), ("tile-stray", "tile 1/1"), ("tile-stray", "tile 2/0")]),
    "a smaller size": (
        shrunk,
        [("tile", "tile/0/001.p/244"), ("leaf-outside", "leaf 500"), ("checkpoint-beyond", "checkpoint 597")],
    ),
    "a checkpoint's root": (other_root, [("checkpoint-row", "checkpoint 257")]),
    "a checkpoint's note": (other_note, [("checkpoint-note", "checkpoint 257")]),
    "a checkpoint moved": (
        moved_checkpoint,
        [("checkpoint-row", "checkpoint 258"), ("checkpoint-root", "checkpoint 258")],
    ),
    "a column beside the leaf": (other_seq, [("leaf-row", "leaf 599")]),
    "a private part": (swapped_private, [("leaf-private", "leaf 3")]),
    "a salt alone": (lost_salt, [("leaf-private", "leaf 3")]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_named(log: Log, name: str) -> None:
    change, expected = CHANGES[name]
    with log.database.transaction() as connection:
        change(connection)
    found = log.found()
    assert found[: len(expected)] == expected or set(expected) <= set(found), found
    assert found[0] == expected[0]


def test_one_altered_leaf_does_not_spoil_everything_above_it(log: Log) -> None:
    with log.database.transaction() as connection:
        altered_leaf(connection)
    assert {place for _, place in log.found()} == {"leaf 20"}


def test_an_erased_private_part_is_no_fault(log: Log) -> None:
    with log.database.transaction() as connection:
        assert mark_store.erase_private(connection, mark_of(connection, 3))
    assert log.audit().sound


def test_many_faults_are_counted_and_some_listed(log: Log) -> None:
    with log.database.transaction() as connection:
        for index in range(100):
            connection.execute(update(marks).where(marks.c.leaf_index == index).values(leaf_hash=bytes([index]) * 32))
    found = log.audit()
    assert found.counts["log.fault.leaf-hash"] == 100
    assert sum(fault.code == "log.fault.leaf-hash" for fault in found.faults) == LISTED


def test_marks_that_an_unknown_key_signed_are_named(log: Log) -> None:
    strange = Judge(VERIFIERS[0], TrustedKeys(), VAULT, log.head)
    found = audit(log.database, strange)
    assert set(found.counts) == {"log.fault.leaf-signature"}
    assert found.counts["log.fault.leaf-signature"] == 601
    assert found.faults[0].params["why"] == "evidence.unknown-key"


def test_a_vault_with_another_master_key_opens_nothing(log: Log) -> None:
    found = audit(log.database, Judge(VERIFIERS[0], KEYS, Vault({1: b"x" * 32}), log.head))
    assert [(fault.code, fault.place) for fault in found.faults] == [("log.fault.leaf-private", "leaf 3")]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda home: (home / FILE).unlink(), ("head-missing", FILE)),
        (lambda home: (home / FILE).write_bytes(b"\0"), ("head", FILE)),
    ],
    ids=["gone", "damaged"],
)
def test_the_head_outside_is_looked_at(log: Log, spoil: Callable[[Path], object], expected: tuple[str, str]) -> None:
    spoil(log.home)
    assert log.found() == [expected]


def test_a_head_of_another_history_and_a_larger_one_are_named(log: Log, tmp_path: Path, sqlite_url: str) -> None:
    other = Log(Database(sqlite_url.replace("casehub.db", "other.db")), tmp_path / "other")
    other.home.mkdir()
    other.database.migrate()
    other.grow(600)
    shutil.copy(other.home / FILE, log.home / FILE)
    assert log.found() == [("head-root", FILE)]
    other.grow(1)
    shutil.copy(other.home / FILE, log.home / FILE)
    assert log.found() == [("head-beyond", FILE)]


def test_a_kept_contradiction_is_named(log: Log) -> None:
    log.head.accuse((log.home / FILE).read_bytes())
    code, place = log.found()[0]
    assert (code, place.partition("/")[0]) == ("contradiction", CONTRADICTIONS)


def test_what_is_read_at_once_does_not_grow_with_the_log(log: Log) -> None:
    statements: list[str] = []
    event.listen(log.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert log.audit().sound
    leaf_reads = [told for told in statements if "leaf_index >= ? AND" in told]
    assert len(leaf_reads) == 3  # a tile at a time


# --- the commands -----------------------------------------------------------------------------------------------


def said(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()  # what the hub itself said meanwhile
    code = main(list(arguments))
    return code, capsys.readouterr().out


def test_the_commands_on_a_hub_that_has_worked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with World(tmp_path, POLICE, PROCURATORATE) as here:
        here[POLICE].push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        here.hub.log.step()
        home = str(tmp_path / "hub")
        code, out = said("log", "check", "--home", home, "--json", capsys=capsys)
        told = json.loads(out)
        assert (code, told["sound"], told["faults"]) == (0, True, [])
        assert told["size"] == told["signed_size"] > 5
        assert "全检通过" in said("log", "check", "--home", home, capsys=capsys)[1]
        code, out = said("log", "status", "--home", home, "--json", capsys=capsys)
        standing = json.loads(out)
        assert (code, standing["alarm"], standing["waiting"]) == (0, None, 0)
        assert standing["size"] == standing["signed_size"] == standing["head_size"]
        with here.hub.database.transaction() as connection:
            connection.execute(update(marks).where(marks.c.leaf_index == 2).values(leaf=b"{}"))
        code, out = said("log", "check", "--home", home, "--lang", "en", capsys=capsys)
        assert code == 1
        assert out.splitlines()[0] == "1. leaf 2: the mark does not match its hash."
        (tmp_path / "hub" / FILE).write_bytes(b"spoiled")
        code, out = said("log", "status", "--home", home, capsys=capsys)
        assert code == 1
        assert "log.inconsistent" in out


def test_progress_is_told_on_standard_error() -> None:
    from messages.commandline import Console

    out = io.StringIO()
    console = Console.opened(["--lang", "en"], {}, out)
    console.err = io.StringIO()
    told = command._progress(console, True)
    told(256, 600)
    told(600, 600)
    assert console.err.getvalue() == "\rchecked 600 / 600 marks\n"


def with_newer(log: Log, *, signing: SigningKey = HUB_KEY, **more: object) -> Audit:
    """The audit of a log whose waiting mark is of an action that this program does not know."""
    with log.database.transaction() as connection:
        row = connection.execute(select(marks).where(marks.c.leaf_index.is_(None))).one()
        body = SignedStatement.decode(bytes(row.leaf)).unverified_body
        made = sign("mark", {**body, "action": "handed-on", "vocabulary": 99, **more}, signing)
        changed = {"leaf": made.encode(), "leaf_hash": merkle.leaf_hash(made.encode()), "action": "handed-on"}
        connection.execute(update(marks).where(marks.c.leaf_index.is_(None)).values(**changed))
    return log.audit()


def test_a_newer_mark_is_counted_and_no_fault(log: Log) -> None:
    found = with_newer(log)
    assert found.sound, found.faults
    assert found.newer_marks == 1
    assert dict(found.newer) == {"evidence.newer-vocabulary": 1, "newer.action": 1}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"signing": key("thief")}, "leaf-signature"),
        ({"prev": "sha256:" + "0" * 64}, "leaf-chain"),
        ({"commitment": "x"}, "leaf-form"),
        ({"seq": 9999}, "leaf-row"),
    ],
)
def test_being_newer_hides_no_fault(log: Log, more: dict[str, Any], code: str) -> None:
    assert f"log.fault.{code}" in with_newer(log, **more).counts


@pytest.mark.parametrize("newer", [True, False])
def test_a_mark_that_cannot_be_checked_is_of_one_who_has_a_newer_key(log: Log, newer: bool) -> None:
    """Whoever holds the database cannot write a mark in anybody's name by calling its algorithm newer."""
    with log.database.transaction() as connection:
        row = connection.execute(select(marks).where(marks.c.leaf_index.is_(None))).one()
        made = SignedStatement.decode(bytes(row.leaf))
        payload = canonical({**made.unverified_body, "suite": "cn-1", "node": "N-ARR-001"})
        leaf = replace(made, payload=payload, keyid="sm3:" + "0" * 64, alg="sm2").encode()
        changed = {"leaf": leaf, "leaf_hash": merkle.leaf_hash(leaf)}
        connection.execute(update(marks).where(marks.c.leaf_index.is_(None)).values(**changed))
    found = audit(log.database, replace(log.judge, newer_signers=frozenset({HUB} if newer else ())))
    assert (found.sound, found.newer_marks) == (newer, 1)
    assert ("log.fault.leaf-signature" in found.counts) is not newer


def test_a_cosignature_of_another_name_is_not_newer(log: Log) -> None:
    with log.database.transaction() as connection:
        row = connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).one()
        line = cosign(row.note.partition("\n\n")[0] + "\n", PROCURATORATE, SigningKey.generate(), NOW)
        connection.execute(
            insert(log_cosignatures).values(size=row.size, witness=POLICE, line=line.line(), received_at=timestamp(NOW))
        )
    found = audit(log.database, replace(log.judge, newer_signers=frozenset({POLICE})))
    assert dict(found.counts) == {"log.fault.cosignature": 1}


@pytest.mark.parametrize("newer", [True, False])
def test_a_cosignature_by_a_key_of_a_newer_type_is_no_fault(log: Log, newer: bool) -> None:
    unknown = SigningKey.generate()
    with log.database.transaction() as connection:
        row = connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).one()
        line = cosign(row.note.partition("\n\n")[0] + "\n", POLICE, unknown, NOW)
        connection.execute(
            insert(log_cosignatures).values(size=row.size, witness=POLICE, line=line.line(), received_at=timestamp(NOW))
        )
    found = audit(log.database, replace(log.judge, newer_signers=frozenset({POLICE} if newer else ())))
    assert (found.sound, found.newer_cosignatures) == (newer, int(newer))
    assert ("log.fault.cosignature" in found.counts) is not newer
