"""A hub that has worked, as files that an attacker may change, and those who may find out.

`Ground.copy` gives every attack files of its own. Finders look at a copy: each returns what it found, as words, or
nothing. What an outsider knows (trusted keys, authorities' certificates, what an adapter remembers) is taken while the
hub was honest.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, select

from evidence.bundles.verify import Brought, verify_bundle
from evidence.identifiers import utc_now
from evidence.keys import TrustedKeys
from evidence.log import timestamps
from hub.commands.log import judge
from hub.exchange import exporting
from hub.log import stamping
from hub.log.audit import audit
from hub.log.publisher import Publisher
from hub.log.sequencer import Sequencer
from hub.log.stamping import Stamper
from hub.runtime import Hub, open_hub
from hub.store import agencies
from hub.store import marks as mark_store
from hub.store.tables import metadata, transfers
from hub.store.vault import Vault
from messages.problems import Problem
from tests.scene import tsa
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.world import World

Sealed = dict[tuple[str, str], tuple[str, bytes, bytes]]
"""By table and column one value as it was sealed: the row's name for the vault, the plaintext, the ciphertext."""


@dataclass(frozen=True)
class Ground:
    """The honest hub's files and what outsiders keep."""

    home: Path
    trusted: TrustedKeys
    brought: Brought
    case_uid: str
    transfer_ids: tuple[str, ...]
    sealed: Sealed

    def copy(self, to: Path) -> Copy:
        """Files for one attack."""
        shutil.copytree(self.home, to)
        return Copy(self, to)


@contextmanager
def worked(root: Path, patched: Any) -> Iterator[Ground]:
    """A hub with two agencies, a transfer pushed and pulled, cosignatures and a time stamp; closed."""
    sealed: Sealed = {}
    honest = Vault.seal

    def recorded(vault: Vault, table: str, column: str, row: str, value: bytes) -> bytes:
        made = honest(vault, table, column, row, value)
        sealed[table, column] = (row, value, made)
        return made

    patched.setattr(Vault, "seal", recorded)
    authority = tsa.Authority(root / "tsa")
    with World(root, POLICE, PROCURATORATE) as here, tsa.served(authority.answer) as served:
        police, procuratorate = here[POLICE], here[PROCURATORATE]
        police.push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        procuratorate.pull(root / "bags")
        hub = here.hub
        hub.log.step()
        for adapter in here.adapters.values():
            adapter.station.contact()
        where = stamping.Authority(served.url, authority.ca)
        Stamper(hub.database, where, interval=1, clock=here.clock, metrics=hub.metrics).step()
        with hub.database.transaction(write=False) as connection:
            keys = hub.keys.trusted.with_entries(
                entry for entry in agencies.trusted_keys(connection) if entry.purpose == "identity"
            )
            row = connection.execute(select(transfers.c.transfer_id, transfers.c.case_uid)).one()
    roots = timestamps.read_authorities(authority.ca.read_bytes())
    hub.log.stop()
    settle(root / "hub")
    yield Ground(root / "hub", keys, Brought(authorities=roots), row.case_uid, (row.transfer_id,), dict(sealed))


def settle(home: Path) -> None:
    """Bring everything into the one database file."""
    connection = sqlite3.connect(home / "casehub.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@dataclass
class Copy:
    """One attacker's files."""

    ground: Ground
    home: Path

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """What somebody with a database client does: no constraint that can be switched off holds."""
        connection = sqlite3.connect(self.home / "casehub.db")
        try:
            connection.execute("PRAGMA foreign_keys = OFF")
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def flip(self, table: str, column: str, which: int = 0) -> bool:
        """One bit of one stored value; False when no row has one."""
        order = "leaf_index" if table == "marks" else "rowid"
        query = f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {order}, rowid"
        rows = self.sql(query)
        if not rows:
            return False
        rowid, value = rows[which % len(rows)]
        self.sql(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", flipped(value), rowid)
        return True

    @contextmanager
    def hub(self) -> Iterator[Hub]:
        """The hub opened on these files; its threads do not run."""
        opened = open_hub(self.home)
        try:
            yield opened
        finally:
            opened.database.close()

    def publisher(self) -> str:
        """What the log's publisher says at its next step, with one more mark to sign; empty when it signs."""
        try:
            with self.hub() as hub:
                with hub.database.transaction() as connection:
                    owner = hub.settings.owner
                    mark_store.append(
                        connection, hub.vault, hub.keys.identity, signer=owner, action="viewed", now=utc_now()
                    )
                while Sequencer(hub.database, hub.settings.log_origin).step():
                    pass
                kept = hub.log.head
                Publisher(hub.database, hub.keys.log, hub.settings.log_origin, utc_now, kept).step()
        except Problem as problem:
            return f"{problem.code} {problem.place}"
        return ""

    def audit(self) -> str:
        """What the full audit lists."""
        try:
            with self.hub() as hub:
                found = audit(hub.database, judge(hub))
        except Problem as problem:
            return f"{problem.code} {problem.place}"
        return "; ".join(f"{fault.code.removeprefix('log.fault.')} {fault.place}" for fault in found.faults)

    def verify(self) -> str:
        """What `casehub-verify` says of a bundle exported from these files; also when none can be made of them."""
        target = self.home / "bundle.zip"
        try:
            with self.hub() as hub:
                exporting.export(hub, self.ground.case_uid, self.ground.transfer_ids, target, private=True)
        except (Problem, ValueError, KeyError, StopIteration) as problem:
            return f"export {type(problem).__name__} {problem}"
        report = verify_bundle(io.BytesIO(target.read_bytes()), self.ground.trusted, brought=self.ground.brought)
        failed = report.failed
        if report.level != "none" and not report.unbound and not report.warnings:
            return ""
        return f"{report.verdict} {failed.name if failed else ''} {[p.code for p in failed.problems] if failed else ''}"


def flipped(value: Any) -> Any:
    """The value with one bit changed: of a byte in the middle, of a character, of a number."""
    if isinstance(value, int):
        return value ^ 1024
    if value == "":
        return "x"
    if isinstance(value, str):
        at = len(value) // 2
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    at = len(value) // 2
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def columns() -> Iterator[tuple[str, str]]:
    """Every column of every table."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            yield table.name, column.name


def sealed_columns() -> set[tuple[str, str]]:
    """The columns that hold ciphertext of the vault: octets that may be absent."""
    return {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.nullable
    }
