"""Sealing and wrapping by suite (密码套件): one module per suite, imported on first use.

A stream's cipher and its keys come from `evidence.suites`, for a verifier opens catalogues without this package. Here
is what only agencies do: keys of readers, and wrapping a volume key for them. The stream's layout (`dossier.stream`) is
that of every suite: 32-byte volume keys, a 40-byte header, 12-byte nonces, 16-byte tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from digests import Algorithm
from evidence import suites
from messages.problems import Problem


class PublicReader(Protocol):
    """A reader's public key."""

    def wrap(self, volume_key: bytes, info: bytes) -> bytes:
        """The volume key, wrapped for this reader and this `info`."""
        ...


class PrivateReader(Protocol):
    """A reader's private key."""

    @property
    def kty(self) -> str:
        """The type of the key."""
        ...

    @property
    def public(self) -> bytes:
        """The public key's bytes."""
        ...

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """The volume key. Raises one of the suite's `refusals`."""
        ...

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """PKCS #8 PEM, encrypted when a passphrase is given."""
        ...


@dataclass(frozen=True)
class Sealing:
    """How a suite seals. `recipient` raises `ValueError` for a malformed public key; `from_pem` raises `Problem`
    `dossier.bad-passphrase` or `dossier.bad-key-file`."""

    suite: suites.Suite
    recipient: Callable[[bytes], PublicReader]
    generate: Callable[[], PrivateReader]
    from_pem: Callable[[bytes, bytes | None], PrivateReader]

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.suite.name

    @property
    def digest(self) -> Algorithm:
        """The suite's hash."""
        return self.suite.digest


KNOWN: dict[str, str] = {suites.INTL1: "dossier.suites.intl1"}
"""The register: the module that holds a suite's `SEALING`."""


def sealing(name: Any, place: str = "") -> Sealing:
    """How the suite of this name seals.

    Raises `Problem` `dossier.unknown-suite` when it is newer than this program, `evidence.suite-unavailable` when the
    library that it needs is not installed here.
    """
    module = KNOWN.get(name) if isinstance(name, str) else None
    if module is None:
        raise Problem("dossier.unknown-suite", place, suite=str(name)[:40])
    found: Sealing = suites.load(module, "SEALING", name, place)
    return found


def all_sealings() -> list[Sealing]:
    """How every suite seals that is available here."""
    found: list[Sealing] = []
    for name in KNOWN:
        with suppress(Problem):
            found.append(sealing(name))
    return found


def of_body(body: Mapping[str, Any], place: str = "") -> Sealing:
    """How the suite seals that a descriptor's or catalogue's header names. Raises as `sealing` does, also for another
    version."""
    version = body.get("v")
    if version != suites.VERSION or isinstance(version, bool):
        raise Problem("dossier.unknown-suite", place, suite=str(body.get("suite"))[:40])
    return sealing(body.get("suite"), place)
