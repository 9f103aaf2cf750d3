"""The agency's private keys: created here, never sent. One identity key (Ed25519) and one HPKE key at a time.

    keys/identity.pem     the current identity key, PKCS #8, 0600, encrypted when a passphrase is given
    keys/hpke.key         the current HPKE key, likewise
    keys/old/             earlier ones: an old HPKE key is kept for ever, for reading what was wrapped to it;
                          and the chains that ended because their keys were lost
    keys/statements.json  every key statement that this adapter made, oldest first

The passphrase comes from the environment: `CASEHUB_PASSPHRASE`, or the file that `CASEHUB_PASSPHRASE_FILE` names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from adapters.home import Home
from adapters.keys import beginning
from adapters.keys.beginning import HPKE, IDENTITY, NEXT, OLD, PENDING, STATEMENTS
from digests import Digest
from dossier.durable import sync_folder, write_durably
from dossier.keys import Identity, wrap_info
from evidence.encoding import read_base64
from evidence.identifiers import parse_timestamp
from evidence.keys import SigningKey, key_statement
from evidence.statements import SignedStatement
from messages.problems import Problem


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
        beginning.require_finished(home.keys)
        self.statements = beginning.read_statements(home.keys / STATEMENTS)
        self.earlier = beginning.earlier(home.keys)
        self.identity = SigningKey.from_pem(beginning.read_private(home.keys / IDENTITY), passphrase)
        self.hpke = Identity.from_pem(beginning.read_private(home.keys / HPKE), passphrase)
        self._signers = {self.identity.key_id: self.identity}
        self._readers = {self.hpke.key_id: self.hpke}
        for path in sorted((home.keys / OLD).glob("hpke-*.key")):
            reader = Identity.from_pem(beginning.read_private(path), passphrase)
            self._readers[reader.key_id] = reader

    @classmethod
    def create(cls, home: Home, now: datetime, passphrase: bytes | None = None) -> Keyring:
        """Make identity and HPKE key with their statements, valid from `now`."""
        (home.keys / OLD).mkdir(mode=0o700, exist_ok=True)
        home.keys.chmod(0o700)
        beginning.make(home.agency.short, home.keys, now, passphrase)
        return cls(home, passphrase)

    @classmethod
    def start_again(cls, home: Home, now: datetime, passphrase: bytes | None = None) -> Keyring:
        """A new chain, vouched for by nobody, in place of keys that are lost or in a thief's hands (`beginning`)."""
        (home.keys / OLD).mkdir(mode=0o700, exist_ok=True)
        beginning.start_again(home.agency.short, home.keys, now, passphrase)
        return cls(home, passphrase)

    @property
    def own_key_ids(self) -> frozenset[str]:
        """Key ids of every key that this adapter ever announced, those of chains before a loss included."""
        chains = [self.statements, *(chain.statements for chain in self.earlier)]
        return frozenset(str(statement.unverified_body["key_id"]) for chain in chains for statement in chain)

    @property
    def fingerprint(self) -> str:
        """The key id of the first identity key: what others compare."""
        return str(self.statements[0].unverified_body["key_id"])

    @property
    def began(self) -> datetime:
        """When the first identity key began: this agency has signed nothing before."""
        return _began(self.statements[0])

    @property
    def begins(self) -> datetime:
        """When the identity key in use begins. It lies ahead where it was made while the clock was ahead."""
        return next(_began(each) for each in self.statements if _key_id(each) == self.identity.key_id)

    def signer(self, at: datetime) -> SigningKey:
        """The newest identity key that has begun at `at`, the one in use or an earlier one; the first when none has.

        A key that was made while the clock was ahead thus leaves the agency able to work with the key before it.
        """
        chosen = self.identity.key_id
        for key_id, began in self._identities():
            chosen = key_id
            if began <= at:
                break
        if chosen not in self._signers:
            pem = beginning.read_private(self._home.keys / OLD / _retired("identity", chosen))
            self._signers[chosen] = SigningKey.from_pem(pem, self._passphrase)
        return self._signers[chosen]

    def _identities(self) -> Iterator[tuple[str, datetime]]:
        """The identity keys from the one in use back to the first, each with when it begins."""
        made = [each for each in self.statements if each.unverified_body["purpose"] == "identity"]
        ids = [_key_id(each) for each in made]
        for statement in reversed(made[: ids.index(self.identity.key_id) + 1]):
            yield _key_id(statement), _began(statement)

    def rotate_hpke(self, now: datetime) -> SignedStatement:
        """Make a new HPKE key, keep the old one for reading, and return the statement to announce."""
        reader = Identity.generate()
        statement = beginning.hpke_statement(self._home.agency.short, reader, now, self.identity, self.hpke.key_id)
        self._retire(HPKE, _retired("hpke", self.hpke.key_id))
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
        key = SigningKey.from_pem(beginning.read_private(self._home.keys / NEXT), self._passphrase)
        self._retire(IDENTITY, _retired("identity", self.identity.key_id))
        (self._home.keys / NEXT).replace(self._home.keys / IDENTITY)
        sync_folder(self._home.keys)
        self.identity = self._signers[key.key_id] = key

    def redated(self, statement: SignedStatement, now: datetime) -> SignedStatement:
        """The statement of a key that the hub does not have, made again so that the key begins `now`."""
        told = statement.unverified_body
        again = key_statement(
            owner=told["owner"],
            kty=told["kty"],
            public=read_base64(told["public"]),
            purpose=told["purpose"],
            valid_from=now,
            signer=self.identity,
            replaces=told["replaces"],
        )
        self.statements[self.statements.index(statement)] = again
        beginning.write_statements(self._home.keys, self.statements)
        return again

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

    def wrap_for_self(self, volume_key: bytes, transfer_id: str, volume_id: str, at: datetime) -> tuple[str, bytes]:
        """Key id and wrapped key for this agency itself, by the newest of its keys that has begun at `at`."""
        reader = self._reader(at)
        info = wrap_info(transfer_id, volume_id, self._home.agency.short, reader.key_id, reader.suite)
        return reader.key_id, reader.recipient.wrap(volume_key, info)

    def _reader(self, at: datetime) -> Identity:
        begun = [each for each in self.statements if _key_id(each) in self._readers and _began(each) <= at]
        return self._readers[_key_id(begun[-1])] if begun else self.hpke

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
        beginning.write_statements(self._home.keys, self.statements)

    def _retire(self, name: str, old_name: str) -> None:
        data = (self._home.keys / name).read_bytes()
        write_durably(self._home.keys / OLD / old_name, data, 0o600)

    def __repr__(self) -> str:
        return f"Keyring({self.fingerprint[:19]}…, private parts not shown)"


def _key_id(statement: SignedStatement) -> str:
    return str(statement.unverified_body["key_id"])


def _began(statement: SignedStatement) -> datetime:
    return parse_timestamp(statement.unverified_body["valid_from"])


def _retired(kind: str, key_id: str) -> str:
    """The name of an earlier key's file."""
    return f"{kind}-{Digest.parse(key_id).hex[:16]}.{'key' if kind == 'hpke' else 'pem'}"
