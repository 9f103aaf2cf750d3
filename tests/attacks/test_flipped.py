"""One bit flipped in each stored column and file that evidence rests on, in turn; each names who finds it.

The columns come from the tables themselves: one that stands in neither list fails the first test. An attacker here has
the database open and honours none of its constraints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.runtime import open_hub
from messages.problems import Problem
from tests.scene.worked import Copy, Ground, columns, flipped, sealed_columns, worked

EVIDENCE: dict[tuple[str, str], str] = {
    ("marks", "mark_id"): "audit",
    ("marks", "transfer_id"): "audit",
    ("marks", "chain"): "audit",
    ("marks", "signer"): "audit",
    ("marks", "seq"): "audit",
    ("marks", "action"): "audit",
    ("marks", "leaf"): "audit",
    ("marks", "leaf_hash"): "audit",
    ("marks", "leaf_index"): "audit",
    ("log_tiles", "level"): "audit publisher",
    ("log_tiles", "position"): "audit publisher",
    ("log_tiles", "hashes"): "audit publisher verify",
    ("log_state", "origin"): "audit",
    ("log_state", "size"): "audit publisher",
    ("checkpoints", "size"): "audit",
    ("checkpoints", "root"): "audit",
    ("checkpoints", "note"): "audit",
    ("log_cosignatures", "size"): "audit",
    ("log_cosignatures", "witness"): "audit",
    ("log_cosignatures", "line"): "audit",
    ("time_stamps", "size"): "audit",
    ("time_stamps", "answer"): "verify",
    ("agencies", "admission"): "verify",
    ("agency_keys", "agency"): "verify",
    ("agency_keys", "position"): "verify",
    ("agency_keys", "statement"): "verify",
    ("descriptors", "statement"): "verify",
}
"""Columns by who finds one flipped bit: the publisher before it signs, the full audit, `casehub-verify` over a bundle
made afterwards. Sealed columns are found by the vault, see below."""

IDENTITY_KEYS = {("agency_keys", "agency"), ("agency_keys", "position")}
"""The newest row is a key for encryption, on whose place no evidence rests: it signs nothing."""

SIGNED_ELSEWHERE = "a copy for searching: the signed statement says it, and the statement is what is shown and checked"
ROUTING = "who may see what, and where things are; no proof is made from it, and every look leaves a mark"
HUB_CLOCK = "when the hub's clock put the row there; times that count stand in signed marks, notes and tokens"
CONTENT = "code tables: each file is held against its digest when it is loaded, and receipts tell the release's digest"
IDENTITY = "which records people tied together: no proof is made from it; each change is a mark of its own"
WORK = "the hub's own bookkeeping, rebuilt or overtaken by the next round"

WHOLE_TABLES = {
    "agency_keys": SIGNED_ELSEWHERE,
    "agencies": SIGNED_ELSEWHERE,
    "descriptors": SIGNED_ELSEWHERE,
    "transfers": SIGNED_ELSEWHERE,
    "transfer_volumes": SIGNED_ELSEWHERE,
    "volume_holders": ROUTING,
    "cases": ROUTING,
    "case_refs": ROUTING,
    "case_links": ROUTING,
    "case_parties": ROUTING,
    "person_refs": ROUTING,
    "grants": ROUTING,
    "handlers": ROUTING,
    "inbox": ROUTING,
    "inbox_counters": ROUTING,
    "identity_members": IDENTITY,
    "identity_ties": IDENTITY,
    "identity_proposals": IDENTITY,
    "identity_events": IDENTITY,
    "codebook_files": CONTENT,
    "codebook_releases": CONTENT,
    "codebook_drafts": CONTENT,
    "codebook_edits": CONTENT,
    "blobs": "parts are found by their digest, and the receiver checks every byte against the signed descriptor",
    "blob_leases": WORK,
    "blob_claims": WORK,
    "case_findings": WORK,
    "case_sweeps": WORK,
    "sweep_state": WORK,
    "nonces": WORK,
    "meta": WORK,
}
"""Tables whose other columns no evidence rests on."""

APART: dict[tuple[str, str], str] = {
    ("marks", "arrival"): WORK,
    ("marks", "case_uid"): ROUTING,
    ("marks", "about"): ROUTING,
    ("marks", "inserted_at"): HUB_CLOCK,
    ("checkpoints", "signed_at"): HUB_CLOCK,
    ("log_cosignatures", "received_at"): HUB_CLOCK,
    ("time_stamps", "stamped_at"): "what the token says; the token itself is read and checked",
    ("time_stamps", "received_at"): HUB_CLOCK,
}
"""Single columns that no evidence rests on, in tables on which it does."""

NEVER_USED_HERE = {("case_findings", "finding"), ("handlers", "name"), ("identity_proposals", "details")}
"""Sealed columns that the story of the fixture does not fill."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as patched, worked(tmp_path_factory.mktemp("flipped"), patched) as made:
        yield made


@pytest.fixture
def copy(ground: Ground, tmp_path: Path) -> Copy:
    return ground.copy(tmp_path / "hub")


def test_every_column_stands_in_one_list() -> None:
    sealed = sealed_columns()
    for column in columns():
        places = [column in EVIDENCE, column in sealed, column in APART or column[0] in WHOLE_TABLES]
        assert any(places), f"{column}: does evidence rest on it?"
        assert not (column in EVIDENCE and (column in sealed or column in APART))
    known = set(columns())
    assert {*EVIDENCE, *APART} <= known
    assert set(WHOLE_TABLES) <= {table for table, _ in known}


def test_an_honest_copy_is_sound(copy: Copy) -> None:
    """Found by nobody: there is nothing to find."""
    assert (copy.audit(), copy.verify(), copy.publisher()) == ("", "", "")


@pytest.mark.parametrize("which", [0, -1], ids=["oldest row", "newest row"])
@pytest.mark.parametrize("column", EVIDENCE, ids=".".join)
def test_a_flipped_bit_is_found(copy: Copy, column: tuple[str, str], which: int) -> None:
    """Found by those whom the list names."""
    assert copy.flip(*column, 0 if column in IDENTITY_KEYS else which)
    for finder in EVIDENCE[column].split():
        assert getattr(copy, finder)() != "", finder


@pytest.mark.parametrize("column", sorted(sealed_columns()), ids=".".join)
def test_a_flipped_or_moved_ciphertext_does_not_open(ground: Ground, copy: Copy, column: tuple[str, str]) -> None:
    """Found by the vault, whose authentication covers value, table, column and row."""
    with copy.hub() as hub:
        if column in NEVER_USED_HERE:
            row, plain = "row", b"value"
            value = hub.vault.seal(*column, row, plain)
        else:
            row, plain, value = ground.sealed[column]
            table, name = column
            assert copy.sql(f"SELECT count(*) FROM {table} WHERE {name} = ?", value)[0][0] == 1
        assert hub.vault.open(*column, row, value) == plain
        for at in (0, 4, 10, 17, len(value) // 2, len(value) - 1):
            spoiled = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
            with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
                hub.vault.open(*column, row, spoiled)
        for place in ((*column, "another row"), (column[0], "another", row), ("another", column[1], row)):
            with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
                hub.vault.open(*place, value)


FILES: dict[str, str] = {
    "log-head": "publisher audit",
    "keys/statements.json": "verify",
    "keys/log.pem": "publisher",
    "keys/identity.pem": "publisher",
    "keys/master.json": "audit",
}
"""Files by who finds one flipped bit. The parts of dossiers under H/blobs are checked by whoever pulls them
(tests/faults/test_parts_damaged.py); hub.toml holds settings."""


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_in_a_file_is_found(copy: Copy, name: str) -> None:
    """Found by those whom the list names, or by the hub itself, which then does not open."""
    path = copy.home / name
    mode = path.stat().st_mode
    path.write_bytes(flipped(path.read_bytes()))
    path.chmod(mode)
    for finder in FILES[name].split():
        assert getattr(copy, finder)() != "", finder


def test_every_file_of_the_home_is_known(copy: Copy) -> None:
    """Found by this list: a new file must say whether evidence rests on it."""
    apart = {"hub.toml", "casehub.db", "casehub.db-wal", "casehub.db-shm"}
    files = {str(path.relative_to(copy.home)) for path in copy.home.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("blobs/")} <= {*FILES, *apart}
    with pytest.raises(Problem, match=r"hub\.not-initialised"):
        open_hub(copy.home / "blobs")
