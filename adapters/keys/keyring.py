"""The agency's private keys: created here, never sent. One identity key (Ed25519) and one HPKE key at a time.

    keys/identity.pem     the current identity key, PKCS #8, 0600, encrypted when a passphrase is given
    keys/hpke.key         the current HPKE key, likewise
    keys/old/             earlier ones: an old HPKE key is kept for ever, for reading what was wrapped to it
    keys/statements.json  every key statement that this adapter made, oldest first

The passphrase comes from the environment: `CASEHUB_PASSPHRASE`, or the file that `CASEHUB_PASSPHRASE_FILE` names.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from adapters.home import Home
from digests import Digest
from dossier.durable import sync_folder, write_durably
from dossier.keys import Identity, wrap_info
from evidence.keys import SigningKey, key_statement
from evidence.newer import is_newer_key
from evidence.statements import SignedStatement
from messages.problems import Problem

IDENTITY, HPKE, STATEMENTS, OLD = "identity.pem", "hpke.key", "statements.json", "old"
NEXT, PENDING = "identity.next.pem", "pending.json"


def passphrase_from(environ: Mapping[str, str]) -> bytes | None:
    """The passphrase for the key files, or None. Raises `adapter.no-passphrase-file`."""
    if value := environ.get("CASEHUB_PASSPHRASE"):
        return value.encode("utf-8")
    if name := environ.get("CASEHUB_PASSPHRASE_FILE"):
        try:
            return Path(name).read_bytes().strip() or None
        except OSError as error:
            raise Problem("adapter.no-passphrase-file", name) from error
    return None


class Keyring:
    """The keys of one home, loaded."""

    def __init__(self, home: Home, passphrase: bytes | None = None) -> None:
        self._home = home
        self._passphrase = passphrase
        self.statements = _read_statements(home)
        self.identity = SigningKey.from_pem(_read_private(home.keys / IDENTITY), passphrase)
        self.hpke = Identity.from_pem(_read_private(home.keys / HPKE), passphrase)
        self._readers = {self.hpke.key_id: self.hpke}
        for path in sorted((home.keys / OLD).glob("hpke-*.key")):
            reader = Identity.from_pem(_read_private(path), passphrase)
            self._readers[reader.key_id] = reader

    @classmethod
    def create(cls, home: Home, now: datetime, passphrase: bytes | None = None) -> Keyring:
        """Make identity and HPKE key with their statements, valid from `now`."""
        (home.keys / OLD).mkdir(mode=0o700, exist_ok=True)
        home.keys.chmod(0o700)
        identity, reader = SigningKey.generate(), Identity.generate()
        owner = home.agency.short
        chain = [
            key_statement(
                owner=owner,
                kty=identity.alg,
                public=identity.public,
                purpose="identity",
                valid_from=now,
                signer=identity,
            ),
            _hpke_statement(owner, reader, now, identity, None),
        ]
        write_durably(home.keys / IDENTITY, identity.to_pem(passphrase), 0o600)
        write_durably(home.keys / HPKE, reader.to_pem(passphrase), 0o600)
        _write_statements(home, chain)
        return cls(home, passphrase)

    @property
    def own_key_ids(self) -> frozenset[str]:
        """Key ids of every key that this adapter ever announced."""
        return frozenset(str(statement.unverified_body["key_id"]) for statement in self.statements)

    @property
    def fingerprint(self) -> str:
        """The key id of the first identity key: what others compare."""
        return str(self.statements[0].unverified_body["key_id"])

    def rotate_hpke(self, now: datetime) -> SignedStatement:
        """Make a new HPKE key, keep the old one for reading, and return the statement to announce."""
        reader = Identity.generate()
        statement = _hpke_statement(self._home.agency.short, reader, now, self.identity, self.hpke.key_id)
        self._retire(HPKE, f"hpke-{Digest.parse(self.hpke.key_id).hex[:16]}.key")
        write_durably(self._home.keys / HPKE, reader.to_pem(self._passphrase), 0o600)
        self._announce(statement)
        self.hpke = reader
        self._readers[reader.key_id] = reader
        return statement

    def prepare_identity(self, now: datetime) -> SignedStatement:
        """A new identity key vouched for by the current one. `take_identity` puts it to use, once the hub has it."""
        key = SigningKey.generate()
        statement = key_statement(
            owner=self._home.agency.short,
            kty=key.alg,
            public=key.public,
            purpose="identity",
            valid_from=now,
            signer=self.identity,
            replaces=self.identity.key_id,
        )
        write_durably(self._home.keys / NEXT, key.to_pem(self._passphrase), 0o600)
        self._announce(statement)
        return statement

    def take_identity(self) -> None:
        """Use the prepared identity key from now on; the old one is kept aside."""
        key = SigningKey.from_pem(_read_private(self._home.keys / NEXT), self._passphrase)
        self._retire(IDENTITY, f"identity-{Digest.parse(self.identity.key_id).hex[:16]}.pem")
        (self._home.keys / NEXT).replace(self._home.keys / IDENTITY)
        sync_folder(self._home.keys)
        self.identity = key

    def pending(self, purpose: str) -> SignedStatement | None:
        """The statement of a new key that the hub has not confirmed yet."""
        for statement in self.statements:
            body = statement.unverified_body
            if body["purpose"] == purpose and body["key_id"] in self._pending():
                return statement
        return None

    def announced(self, statement: SignedStatement) -> None:
        """The hub has the statement."""
        left = self._pending() - {str(statement.unverified_body["key_id"])}
        write_durably(self._home.keys / PENDING, json.dumps(sorted(left)).encode("ascii"))

    def wrap_for_self(self, volume_key: bytes, transfer_id: str, volume_id: str) -> tuple[str, bytes]:
        """Key id and wrapped key for this agency itself."""
        info = wrap_info(transfer_id, volume_id, self._home.agency.short, self.hpke.key_id, self.hpke.suite)
        return self.hpke.key_id, self.hpke.recipient.wrap(volume_key, info)

    def unwrap(self, wrapped: bytes, transfer_id: str, volume_id: str, key_id: str, place: str = "") -> bytes:
        """The volume key that was wrapped for this agency's key `key_id`, current or old.

        Raises `adapter.key-not-ours` for a key that this adapter never had and `dossier.key-not-unwrapped`.
        """
        reader = self._readers.get(key_id)
        if reader is None:
            raise Problem("adapter.key-not-ours", place, key_id=key_id)
        info = wrap_info(transfer_id, volume_id, self._home.agency.short, key_id, reader.suite)
        return reader.unwrap(wrapped, info, place)

    def _pending(self) -> set[str]:
        path = self._home.keys / PENDING
        return set(json.loads(path.read_bytes())) if path.exists() else set()

    def _announce(self, statement: SignedStatement) -> None:
        waiting = self._pending() | {str(statement.unverified_body["key_id"])}
        write_durably(self._home.keys / PENDING, json.dumps(sorted(waiting)).encode("ascii"))
        self.statements.append(statement)
        _write_statements(self._home, self.statements)

    def _retire(self, name: str, old_name: str) -> None:
        data = (self._home.keys / name).read_bytes()
        write_durably(self._home.keys / OLD / old_name, data, 0o600)

    def __repr__(self) -> str:
        return f"Keyring({self.fingerprint[:19]}…, private parts not shown)"


def _hpke_statement(
    owner: str, reader: Identity, now: datetime, identity: SigningKey, replaces: str | None
) -> SignedStatement:
    return key_statement(
        owner=owner,
        kty=reader.kty,
        public=reader.public,
        purpose="hpke",
        valid_from=now,
        signer=identity,
        replaces=replaces,
    )


def _write_statements(home: Home, chain: list[SignedStatement]) -> None:
    data = json.dumps([statement.to_json() for statement in chain], indent=1).encode("utf-8")
    write_durably(home.keys / STATEMENTS, data)


def _read_statements(home: Home) -> list[SignedStatement]:
    """The key statements of a home.

    Raises `Problem("evidence.unknown-key-type")` when a newer program made one of them: without that key this program
    can neither sign nor read for the agency.
    """
    items = json.loads((home.keys / STATEMENTS).read_bytes())
    found = [SignedStatement.from_json(item, newer=True) for item in items]
    for statement in found:
        if is_newer_key(statement):
            kty = str(statement.unverified_body.get("kty"))[:40]
            raise Problem("evidence.unknown-key-type", str(home.keys / STATEMENTS), kty=kty)
    return found


def _read_private(path: Path) -> bytes:
    """The bytes of a key file. Raises `adapter.no-key-file`, and `adapter.key-file-open` when others may read it."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077 and os.name == "posix":
            raise Problem("adapter.key-file-open", str(path))
        return path.read_bytes()
    except OSError as error:
        raise Problem("adapter.no-key-file", str(path)) from error
