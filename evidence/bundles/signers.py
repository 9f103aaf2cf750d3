"""Step 2 of a bundle's verification, the keys of those who signed, and what a signature is worth under them.

Each signer's history is a chain of key statements that leads to a trusted key, or does not: then what it signed holds
only under keys that the bundle itself brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from evidence import statements
from evidence.bundles import bundle as bundles
from evidence.bundles.report import Tally
from evidence.canonical import parse_canonical
from evidence.identifiers import parse_timestamp
from evidence.keys import KeyEntry, TrustedKeys, accept_key_chain
from evidence.newer import is_checkable, is_newer_key, newer
from evidence.statements import SignedStatement
from messages.problems import Problem

T = TypeVar("T")


class Signers:
    """The keys of one bundle. `anchored` ones are trusted or vouched for by trusted ones; `claimed` are all."""

    def __init__(self, trusted: TrustedKeys) -> None:
        self.trusted = trusted
        self.anchored = self.claimed = trusted
        self.replaced: dict[str, datetime] = {}
        """When an identity key's successor began, by key id, as the histories say."""
        self.newer_keys: dict[str, tuple[str, bool]] = {}
        """Keys of suites that are not available here: who announced them, and whether under a key that is anchored."""

    def read(self, member: bytes, tally: Tally) -> None:
        """Take the key histories of all signers, the bundle's member `keys.json`."""
        histories: dict[str, list[Any]] = {}
        if tally.run(bundles.KEYS, lambda: histories.update(_histories(member))):
            tally.count = 0
        for owner, chain in histories.items():
            tally.run(f"{bundles.KEYS}/{owner}", self._history, owner, chain, tally)

    def _history(self, owner: str, chain: list[Any], tally: Tally) -> None:
        for one in _chains_of([SignedStatement.from_json(item, newer=True) for item in chain]):
            self._chain(owner, one, tally)

    def _chain(self, owner: str, announced: Sequence[SignedStatement], tally: Tally) -> None:
        revoked = {entry.key_id: entry.revoked_at for entry in self.trusted if entry.revoked_at is not None}
        whole, announced = announced, [each for each in announced if not is_newer_key(each)]
        if not announced and whole:
            self._newer_keys(owner, whole, tally)
            tally.unanchored.append(f"{bundles.KEYS}/{owner}")
            return
        entries = accept_key_chain(announced, revoked, newer=True)
        if entries[0].owner != owner:
            raise Problem("evidence.wrong-owner", owner=entries[0].owner, expected=owner)
        anchored: dict[str, KeyEntry] = {}
        for statement, entry in zip(announced, entries, strict=True):
            known = self.trusted.find(entry.key_id)
            claimed = self.claimed.find(entry.key_id)
            if claimed is not None and claimed.owner != owner:
                raise Problem("evidence.wrong-owner", owner=claimed.owner, expected=owner)
            self._replaces(statement, entry)
            if known is not None or statement.keyid in anchored:
                anchored[entry.key_id] = known or entry
        self.claimed = self.claimed.with_entries(self.trusted.find(entry.key_id) or entry for entry in entries)
        self.anchored = self.anchored.with_entries(anchored.values())
        for statement in announced:
            tally.meet(f"{bundles.KEYS}/{owner}", newer(statement))
        self._newer_keys(owner, whole, tally)
        if not any(entry.purpose == "identity" for entry in anchored.values()):
            tally.unanchored.append(f"{bundles.KEYS}/{owner}")

    def _replaces(self, statement: SignedStatement, entry: KeyEntry) -> None:
        replaced = statement.unverified_body["replaces"]
        if isinstance(replaced, str) and entry.purpose == "identity":
            self.replaced[replaced] = entry.valid_from

    def ends(self) -> dict[str, datetime]:
        """When keys ended, by key id: the earliest of validity, revocation and the successor's start. Where the
        verifier's own entry says when the validity ended, that counts for the successor's start."""
        found = {}
        for entry in self.claimed:
            known = self.trusted.find(entry.key_id)
            told = entry.valid_to if known is not None and known.valid_to is not None else None
            instants = (entry.valid_to, entry.revoked_at, told or self.replaced.get(entry.key_id))
            found.update({entry.key_id: min(each for each in instants if each is not None)} if any(instants) else {})
        return found

    def _newer_keys(self, owner: str, whole: Sequence[SignedStatement], tally: Tally) -> None:
        """Keys of a suite that is not available here, each announced under the identity key that was current then."""
        current = ""
        for statement in whole:
            body = statement.unverified_body
            if not is_newer_key(statement):
                current = str(body["key_id"]) if body.get("purpose") == "identity" else current
                continue
            if body.get("owner") != owner:
                raise Problem("evidence.wrong-owner", owner=str(body.get("owner"))[:80], expected=owner)
            self.newer_keys[str(body["key_id"])] = (owner, self._vouched(statement, owner, current))
            tally.meet(f"{bundles.KEYS}/{owner}", [Problem("newer.key", kty=str(body.get("kty"))[:40])])

    def _vouched(self, statement: SignedStatement, owner: str, current: str) -> bool:
        """Whether an anchored key vouches for a newer one: only a key that can be checked vouches for anything."""
        if not is_checkable(statement):
            if statement.keyid not in {*self.newer_keys, statement.unverified_body["key_id"]}:
                raise Problem("evidence.broken-key-chain")
            return False
        if statement.keyid != current:
            raise Problem("evidence.broken-key-chain")
        at = parse_timestamp(statement.unverified_body.get("valid_from"))
        statements.authenticate(statement, self.claimed, at, owner)
        return self.anchored.find(current) is not None

    def require_signed(
        self, tally: Tally, place: str, statement: SignedStatement, at: datetime, owner: str | None
    ) -> None:
        """The statement is its owner's. One whose algorithm is not available here names a key that the owner announced,
        and claims no key that can be checked. Raises `Problem`."""
        if is_checkable(statement):
            self.under_best_keys(tally, place, lambda known: statements.authenticate(statement, known, at, owner))
            return
        if self.claimed.find(statement.keyid) is not None:
            raise Problem("evidence.wrong-algorithm", key_id=statement.keyid)
        announced_by, anchored = self.newer_keys.get(statement.keyid, ("", False))
        if not announced_by or owner not in (None, announced_by):
            raise Problem("evidence.unknown-key", key_id=statement.keyid)
        if not anchored:
            tally.unanchored.append(place)

    def under_best_keys(self, tally: Tally, place: str, look: Callable[[TrustedKeys], T]) -> T:
        """What `look` gives under the anchored keys; else under the claimed ones, and then the check is unanchored."""
        try:
            return look(self.anchored)
        except Problem as problem:
            if problem.code not in ("evidence.unknown-key", "evidence.note-unsigned"):
                raise
        found = look(self.claimed)
        tally.unanchored.append(place)
        return found


def _histories(member: bytes) -> dict[str, list[Any]]:
    data = parse_canonical(member)
    if not isinstance(data, dict) or not all(isinstance(chain, list) for chain in data.values()):
        raise Problem("evidence.broken-key-chain")
    return data


def _chains_of(announced: Sequence[SignedStatement]) -> Iterator[Sequence[SignedStatement]]:
    """The chains of one owner, parted before each key that signs itself: an owner enrolled anew begins with one."""
    starts = [at for at, item in enumerate(announced) if at == 0 or item.keyid == item.unverified_body.get("key_id")]
    for start, end in zip(starts or [0], [*starts[1:], len(announced)], strict=True):
        yield announced[start:end]
