"""How an agency's chain of keys begins: at `init`, and again when its keys are lost or in a thief's hands.

A new beginning is made whole in `keys/fresh/`, then put in place file by file, the statements last. Interrupted, it
goes on with the keys that it had made; until then `Keyring` refuses to open the home. What is replaced stays in
`keys/old/`:

    hpke-….key            an HPKE key that opens with the passphrase: it goes on reading
    lost-….pem, .key      what does not open, as it was
    chain-….json          the statements of the chain, and when it ended
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digests import Digest
from dossier.durable import sync_folder, write_durably
from dossier.keys import Identity
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import KeyEntry, SigningKey, accept_key_chain, key_statement
from evidence.newer import is_newer_key
from evidence.statements import SignedStatement
from messages.problems import Problem

IDENTITY, HPKE, STATEMENTS, OLD = "identity.pem", "hpke.key", "statements.json", "old"
NEXT, PENDING, FRESH = "identity.next.pem", "pending.json", "fresh"


@dataclass(frozen=True)
class Ended:
    """A chain whose keys were lost, and when this home gave it up."""

    ended_at: datetime
    statements: tuple[SignedStatement, ...]

    @property
    def entries(self) -> list[KeyEntry]:
        """Its keys, revoked from the end on."""
        ends = {str(each.unverified_body["key_id"]): self.ended_at for each in self.statements}
        return accept_key_chain(self.statements, ends)


def make(owner: str, folder: Path, now: datetime, passphrase: bytes | None) -> None:
    """Make identity and HPKE key of `owner` in `folder`, and last their statements, valid from `now`."""
    identity, reader = SigningKey.generate(), Identity.generate()
    first = key_statement(
        owner=owner,
        kty=identity.alg,
        public=identity.public,
        purpose="identity",
        valid_from=now,
        signer=identity,
    )
    write_durably(folder / IDENTITY, identity.to_pem(passphrase), 0o600)
    write_durably(folder / HPKE, reader.to_pem(passphrase), 0o600)
    write_statements(folder, [first, hpke_statement(owner, reader, now, identity, None)])


def start_again(owner: str, folder: Path, now: datetime, passphrase: bytes | None) -> None:
    """Begin a new chain in `folder`, whatever state its keys are in. Repeat it after an interruption."""
    fresh = folder / FRESH
    if not (fresh / STATEMENTS).exists():
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        make(owner, fresh, now, passphrase)
    for name in (IDENTITY, HPKE):
        if (fresh / name).exists():
            _keep_key(folder, name, passphrase)
            (fresh / name).replace(folder / name)
    _keep_chain(folder, now)
    for name in (NEXT, PENDING):
        (folder / name).unlink(missing_ok=True)
    (fresh / STATEMENTS).replace(folder / STATEMENTS)
    sync_folder(folder)
    shutil.rmtree(fresh)


def require_finished(folder: Path) -> None:
    """Raises `adapter.start-unfinished` when a new beginning was interrupted."""
    if (folder / FRESH / STATEMENTS).exists():
        raise Problem("adapter.start-unfinished", str(folder))


def earlier(folder: Path) -> list[Ended]:
    """The chains that ended in this home, by the time of their end."""
    found = []
    for path in (folder / OLD).glob("chain-*.json"):
        body = json.loads(path.read_bytes())
        chain = tuple(SignedStatement.from_json(item, newer=True) for item in body["statements"])
        found.append(Ended(parse_timestamp(body["ended_at"]), chain))
    return sorted(found, key=lambda each: each.ended_at)


def _keep_key(folder: Path, name: str, passphrase: bytes | None) -> None:
    path = folder / name
    if not path.exists():
        return
    data = path.read_bytes()
    kept = f"lost-{Digest.of(data).hex[:16]}-{name}"
    if name == HPKE:
        try:
            kept = f"hpke-{Digest.parse(Identity.from_pem(data, passphrase).key_id).hex[:16]}.key"
        except Problem:
            kept = kept.removesuffix(".key")  # not among those that are opened for reading
    write_durably(folder / OLD / kept, data, 0o600)


def _keep_chain(folder: Path, now: datetime) -> None:
    try:
        data = json.loads((folder / STATEMENTS).read_bytes())
        first = Digest.parse(str(SignedStatement.from_json(data[0], newer=True).unverified_body["key_id"]))
    except (OSError, ValueError, LookupError, TypeError, Problem):
        return  # lost too; the hub has them
    kept = folder / OLD / f"chain-{first.hex[:16]}.json"
    if not kept.exists():
        body = {"ended_at": timestamp(now), "statements": data}
        write_durably(kept, json.dumps(body, indent=1).encode("utf-8"))


def hpke_statement(
    owner: str, reader: Identity, now: datetime, identity: SigningKey, replaces: str | None
) -> SignedStatement:
    """The statement of an HPKE key, signed by the identity key."""
    return key_statement(
        owner=owner,
        kty=reader.kty,
        public=reader.public,
        purpose="hpke",
        valid_from=now,
        signer=identity,
        replaces=replaces,
    )


def write_statements(folder: Path, chain: Sequence[SignedStatement]) -> None:
    """Write an agency's own statements."""
    data = json.dumps([statement.to_json() for statement in chain], indent=1).encode("utf-8")
    write_durably(folder / STATEMENTS, data)


def read_statements(path: Path) -> list[SignedStatement]:
    """The key statements of a home. Raises `adapter.no-key-file`.

    Raises `Problem("evidence.unknown-key-type")` when a newer program made one of them: without that key this program
    can neither sign nor read for the agency.
    """
    try:
        items = json.loads(path.read_bytes())
    except OSError as error:
        raise Problem("adapter.no-key-file", str(path)) from error
    found = [SignedStatement.from_json(item, newer=True) for item in items]
    for statement in found:
        if is_newer_key(statement):
            kty = str(statement.unverified_body.get("kty"))[:40]
            raise Problem("evidence.unknown-key-type", str(path), kty=kty)
    return found


def read_private(path: Path) -> bytes:
    """The bytes of a key file. Raises `adapter.no-key-file`, and `adapter.key-file-open` when others may read it."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077 and os.name == "posix":
            raise Problem("adapter.key-file-open", str(path))
        return path.read_bytes()
    except OSError as error:
        raise Problem("adapter.no-key-file", str(path)) from error
