"""The hub's home folder H: its settings file and its keys.

    H/hub.toml              settings (no secret stands in it)
    H/keys/identity.pem     the hub's identity key, PKCS #8        0600
    H/keys/log.pem          the key that signs the log's checkpoints  0600
    H/keys/master.json      master keys of the encryption at rest      0600
    H/keys/statements.json  the hub's signed key statements, to be published
    H/organs/               the tree of organs, one table an import (`hub.organs`)
    H/casehub.db, H/blobs/  database and parts, unless the settings put them elsewhere

With a passphrase the three private files are encrypted. `hub.toml` is written last: without it, the setup was not
finished, and `init_home` continues with the existing keys.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dossier.durable import create_durably, write_durably
from evidence.canonical import canonical
from evidence.keys import KeyEntry, SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.log import notes
from evidence.statements import SignedStatement
from hub import masterkeys
from hub.settings import SETTINGS_FILE, Settings, load_settings
from messages.problems import Problem

PRIVATE = 0o600
_SETTINGS_TEXT = """\
# Settings of this hub. Every key can also be set as CASEHUB_<KEY> in the environment, which wins.
# Put no secret here: database_url_file, s3_secret_key_file and key_passphrase_file name files that hold them.
name = {name}
public_url = {public_url}
log_origin = {log_origin}
"""


@dataclass(frozen=True)
class HubKeys:
    """The hub's private keys and the statements that announce the public ones."""

    owner: str
    origin: str
    identity: SigningKey
    log: SigningKey
    statements: tuple[SignedStatement, ...]
    master: Mapping[int, bytes] = field(repr=False)

    @property
    def entries(self) -> list[KeyEntry]:
        """The hub's public keys, identity first. Their first key id is the hub's fingerprint."""
        return accept_key_chain(self.statements)

    @property
    def trusted(self) -> TrustedKeys:
        """The hub's public keys as trusted keys."""
        return TrustedKeys(self.entries)

    @property
    def fingerprint(self) -> str:
        """The key id of the hub's first identity key."""
        return self.entries[0].key_id

    @property
    def log_vkey(self) -> str:
        """The log's verifier key (C2SP signed-note)."""
        return notes.vkey(self.origin, self.log.public, self.log.alg)


@dataclass(frozen=True)
class HubHome:
    """An initialised home. Reading `settings` or `keys` of one that is not raises `hub.not-initialised`."""

    path: Path

    def settings(self) -> Settings:
        """The settings from environment and file. Raises `Problem` `hub.not-initialised` or `hub.settings-invalid`."""
        if not (self.path / SETTINGS_FILE).is_file():
            raise Problem("hub.not-initialised", str(self.path))
        return load_settings(self.path)

    def keys(self) -> HubKeys:
        """The keys, opened with the passphrase of the settings.

        Raises `Problem` `hub.key-file-open` when others than the owner may read a private file,
        `evidence.bad-passphrase`, `evidence.bad-key-file` (also for a key that no statement announces),
        `hub.master-key-invalid`, and what reading the statements raises.
        """
        settings = self.settings()
        return _load_keys(self.path / "keys", settings.owner, settings.log_origin, settings.passphrase)


def rotate_at_rest(home: HubHome) -> int:
    """Add a master key, with which everything is sealed from now on; the older ones keep opening. Returns its number.

    Processes that are running take it up when they meet a value that was sealed with it, and at their next start.
    Raises what `HubHome.keys` raises.
    """
    passphrase, path = home.settings().passphrase, home.path / "keys" / "master.json"
    with _alone(path.parent):
        keys = home.keys().master
        number = max(keys) + 1
        write_durably(path, masterkeys.encode({**keys, number: masterkeys.new()}, passphrase), mode=PRIVATE)
        _load_keys(home.path / "keys", home.settings().owner, home.settings().log_origin, passphrase)
    return number


def init_home(
    path: Path, *, name: str, public_url: str, now: datetime, passphrase: str | None = None, log_origin: str = ""
) -> HubHome:
    """Make a home with fresh keys; may be repeated after it was interrupted.

    Raises `Problem` `hub.home-exists` when the home is finished already and `hub.settings-invalid` for a bad name.
    """
    if (path / SETTINGS_FILE).exists():
        raise Problem("hub.home-exists", str(path))
    settings = load_settings(path, name=name, public_url=public_url, log_origin=log_origin)
    folder = path / "keys"
    for made in (path, folder):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.chmod(0o700)  # one that was there already may be open to others
    secret = None if passphrase is None else passphrase.encode()
    for file in ("identity.pem", "log.pem"):
        create_durably(folder / file, SigningKey.generate().to_pem(secret))
    create_durably(folder / "master.json", masterkeys.encode({1: masterkeys.new()}, passphrase))
    _announce(folder, settings.owner, settings.log_origin, secret, now)
    text = _SETTINGS_TEXT.format(
        name=json.dumps(name), public_url=json.dumps(public_url), log_origin=json.dumps(settings.log_origin)
    )
    create_durably(path / SETTINGS_FILE, text.encode())
    home = HubHome(path)
    _load_keys(folder, settings.owner, settings.log_origin, passphrase)  # what was written can be read
    return home


def _announce(folder: Path, owner: str, origin: str, passphrase: bytes | None, now: datetime) -> None:
    identity = SigningKey.from_pem(_read_private(folder / "identity.pem"), passphrase)
    log = SigningKey.from_pem(_read_private(folder / "log.pem"), passphrase)
    chain = [
        key_statement(
            owner=owner,
            kty=identity.alg,
            public=identity.public,
            purpose="identity",
            valid_from=now,
            signer=identity,
        ),
        key_statement(
            owner=owner,
            kty=log.alg,
            public=log.public,
            purpose="log",
            valid_from=now,
            signer=identity,
            origin=origin,
        ),
    ]
    create_durably(folder / "statements.json", canonical([statement.to_json() for statement in chain]))


def _load_keys(folder: Path, owner: str, origin: str, passphrase: str | None) -> HubKeys:
    secret = None if passphrase is None else passphrase.encode()
    try:
        statements = json.loads((folder / "statements.json").read_bytes())
        keys = HubKeys(
            owner=owner,
            origin=origin,
            identity=SigningKey.from_pem(_read_private(folder / "identity.pem"), secret),
            log=SigningKey.from_pem(_read_private(folder / "log.pem"), secret),
            statements=tuple(SignedStatement.from_json(item) for item in statements),
            master=masterkeys.decode(_read_private(folder / "master.json"), passphrase),
        )
    except FileNotFoundError as error:
        raise Problem("hub.not-initialised", str(folder.parent)) from error
    except ValueError as error:  # the statements are no JSON
        raise Problem("evidence.bad-key-file", "statements.json") from error
    announced = {entry.key_id for entry in keys.entries}
    for name, key in (("identity.pem", keys.identity), ("log.pem", keys.log)):
        if key.key_id not in announced:  # nobody could check what it signs
            raise Problem("evidence.bad-key-file", name)
    return keys


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes the keys meanwhile. A file that is replaced could not be the lock; its folder can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read_private(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise Problem("hub.key-file-open", path.name)
    return path.read_bytes()
