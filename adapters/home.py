"""The adapter's home folder `A`, beside the agency's case system.

adapter.toml          which agency this is, where its hub is
enrolment.json        the signed request that an operator of the hub admits
trust.json            pinned: the hub's keys, and the identity keys of the agencies that this one deals with
keys/                 identity.pem, hpke.key (0600), own key statements, old private keys under old/
state.db              the journal and everything else that must survive a kill
store/                content by digest, hard links of delivered and sent files
locks/                against other processes on this home
log/                  adapter.log (JSON lines without personal data), alarms.log
"""

from __future__ import annotations

import ipaddress
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digests import Digest
from dossier.durable import write_durably
from evidence.identifiers import agency_name
from messages.problems import Problem
from standards import agencies

SETTINGS = "adapter.toml"
FOLDERS = ("keys", "store", "log", "locks")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Agency:
    """The agency that this adapter stands beside."""

    type: str
    code: str
    name: str

    @property
    def short(self) -> str:
        """`police:350102000000`"""
        return agency_name(self.type, self.code)

    def to_json(self) -> dict[str, str]:
        """As it stands in statements."""
        return {"type": self.type, "code": self.code, "name": self.name}


@dataclass(frozen=True)
class Home:
    """An existing home and its settings."""

    path: Path
    agency: Agency
    hub_url: str

    @property
    def keys(self) -> Path:
        """Folder of the private keys."""
        return self.path / "keys"

    @property
    def trust_file(self) -> Path:
        """The pinned keys."""
        return self.path / "trust.json"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name` against other processes on the same home; waits for it.

        Names are `kind` or `kind-id`. Ids of one kind share 256 files, so never hold two of one kind; different kinds
        never meet.
        """
        import fcntl  # noqa: PLC0415 - POSIX only, and only here

        kind, _, identifier = name.partition("-")
        bucket = Digest.of(identifier.encode("utf-8")).hex[:2]
        with (self.path / "locks" / f"{kind}-{bucket}").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)


def create(path: Path, agency: Agency, hub_url: str) -> Home:
    """Make a new home.

    Raises `adapter.home-exists`, `agency.unknown-type`, `adapter.bad-agency` and what `require_hub_url` raises; then
    nothing is written.
    """
    agencies.require_known(agency.type)
    if _CONTROL.search(agency.name) or not agency.name.strip():
        raise Problem("adapter.bad-agency", agency.type)
    agency_name(agency.type, agency.code)
    url = require_hub_url(hub_url)
    if (path / SETTINGS).exists():
        raise Problem("adapter.home-exists", str(path))
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    for name in FOLDERS:
        (path / name).mkdir(exist_ok=True)
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in agency.to_json().items()}
    text = (
        f"[agency]\ntype = {quoted['type']}\ncode = {quoted['code']}\nname = {quoted['name']}\n\n"
        f"[hub]\nurl = {json.dumps(url)}\n"
    )
    write_durably(path / SETTINGS, text.encode("utf-8"))
    return Home(path, agency, url)


def open_home(path: Path) -> Home:
    """Read an existing home. Raises `adapter.no-home` or `adapter.bad-settings`."""
    settings = path / SETTINGS
    if not settings.is_file():
        raise Problem("adapter.no-home", str(path))
    try:
        body: dict[str, Any] = tomllib.loads(settings.read_text("utf-8"))
        agency = Agency(body["agency"]["type"], body["agency"]["code"], body["agency"]["name"])
        url = require_hub_url(body["hub"]["url"])
        agency_name(agency.type, agency.code)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem("adapter.bad-settings", str(settings)) from error
    for name in FOLDERS:
        (path / name).mkdir(exist_ok=True)
    return Home(path, agency, url)


def require_hub_url(url: str) -> str:
    """`url` without a trailing slash. Raises `adapter.bad-hub-url`; `adapter.plain-http` for http:// off loopback."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Problem("adapter.bad-hub-url", url)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Problem("adapter.plain-http", url)
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
