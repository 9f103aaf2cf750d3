"""The checks of a single stored mark: the part of the full audit that looks at one row at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from evidence import marks as rules
from evidence import statements
from evidence.identifiers import is_hub, parse_timestamp
from evidence.keys import TrustedKeys
from evidence.log import merkle
from evidence.newer import is_checkable
from evidence.statements import SignedStatement
from hub.store.tables import marks
from hub.store.vault import Vault
from messages.problems import Problem

Found = tuple[str, dict[str, Any]]
"""A fault's code and parameters; the caller knows the place."""

_COLUMNS = ("mark_id", "transfer_id", "seq", "action")


def rows() -> Select[Any]:
    """The query for rows as `faults` takes them, each with the mark before it in its signer's chain."""
    before = marks.alias("before")
    c, b = marks.c, before.c
    follows = and_(b.chain == c.chain, b.signer == c.signer, b.seq == c.seq - 1)
    earlier = (b.leaf_hash.label("before_hash"), b.leaf_index.label("before_index"))
    return select(marks, *earlier).select_from(marks.outerjoin(before, follows))


class LeafCheck:
    """Looks at single marks: their form, hash, row, signature, chain and private part."""

    def __init__(
        self, connection: Connection, vault: Vault, keys: TrustedKeys, newer_signers: frozenset[str] = frozenset()
    ) -> None:
        self._connection, self._vault, self._keys = connection, vault, keys
        self._newer_signers = newer_signers

    newer: tuple[Problem, ...] = ()
    """What in the row looked at last is newer than this program; that is no fault, and is checked all the same."""

    def faults(self, row: Row[Any]) -> Iterator[Found]:
        """Everything wrong with one row."""
        self.newer = ()
        leaf = bytes(row.leaf)
        if merkle.leaf_hash(leaf) != bytes(row.leaf_hash):
            yield "log.fault.leaf-hash", {}
        try:
            mark, self.newer = rules.look_at_mark(leaf)
        except Problem as problem:
            yield "log.fault.leaf-form", {"why": problem.code}
            return
        body = mark.unverified_body
        yield from _row(row, body)
        yield from self._signature(mark, body)
        yield from _chain(row, body)
        yield from self._private(row, body)

    def _signature(self, mark: SignedStatement, body: dict[str, Any]) -> Iterator[Found]:
        at, actor = parse_timestamp(body["occurred_at"]), body["actor"]["agency"]
        if not is_checkable(mark) and self._keys.find(mark.keyid) is None and actor in self._newer_signers:
            return  # of a suite that is not available here, by one who has such a key: told as newer
        try:
            statements.authenticate(mark, self._keys, at, actor)
        except Problem as problem:
            if self._before_its_key(mark, at, actor):
                yield "log.explained.before-key", {"at": body["occurred_at"], "actor": actor}
            else:
                yield "log.fault.leaf-signature", {"why": problem.code, "actor": actor}

    def _before_its_key(self, mark: SignedStatement, at: datetime, actor: str) -> bool:
        """Whether the hub signed it with its own key while its clock was before that key began.

        Until 0.2.0 a hub whose clock had lost its battery did so. The signature itself holds, and the log gives the
        mark its place; an agency's mark of this kind is never taken in.
        """
        entry = self._keys.find(mark.keyid)
        if entry is None or not is_hub(actor) or entry.owner != actor or entry.purpose != "identity":
            return False
        try:
            statements.check_signature(mark, entry)
        except Problem:
            return False
        return at < entry.valid_from and (entry.revoked_at is None or at < entry.revoked_at)

    def _private(self, row: Row[Any], body: dict[str, Any]) -> Iterator[Found]:
        """A private part that is there opens and is the one committed to. One that was erased is no fault."""
        if row.private is None and row.salt is None:
            return
        try:
            opened = self._vault.open_maybe("marks", "private", row.mark_id, _octets(row.private))
            salt = self._vault.open_maybe("marks", "salt", row.mark_id, _octets(row.salt))
        except Problem as problem:
            yield "log.fault.leaf-private", {"why": problem.code, "column": problem.place}
            return
        if opened is None or salt is None or rules.commit(json.loads(opened), salt) != body.get("commitment"):
            yield "log.fault.leaf-private", {"why": "mark.private", "column": "marks.private"}


def _octets(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _row(row: Row[Any], body: dict[str, Any]) -> Iterator[Found]:
    """The columns that repeat the leaf say what it says."""
    said = {name: body.get(name) for name in _COLUMNS}
    said |= {"chain": body["transfer_id"] or "", "signer": body["actor"]["agency"]}
    for column, value in said.items():
        if getattr(row, column) != value:
            yield "log.fault.leaf-row", {"column": f"marks.{column}"}


def _chain(row: Row[Any], body: dict[str, Any]) -> Iterator[Found]:
    """The mark follows the one before it in its signer's chain, which stands before it in the log."""
    before = None if row.before_hash is None else merkle.text_of(bytes(row.before_hash))
    if body["prev"] != before:
        yield "log.fault.leaf-chain", {"signer": row.signer, "seq": row.seq}
        return
    waits = float("inf")  # behind everything that has its place
    place = waits if row.leaf_index is None else row.leaf_index
    place_before = waits if row.before_index is None else row.before_index
    if before is not None and place_before >= place and place != waits:
        yield "log.fault.leaf-order", {"signer": row.signer, "seq": row.seq}
