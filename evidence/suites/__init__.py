"""Suites (密码套件): which digest, signatures and keys belong together, one module per suite.

Descriptors, envelopes, key statements and all other signed statements name their suite; it is looked up here and never
compared with a name. A suite's module is imported on first use, so that its library is needed only if the suite is
used.

    suite("intl-1")                 the suite, for what it does
    of_key("ed25519")               the suite to which a type of key belongs

To add a suite, add a module beside `intl1.py`, one beside `dossier/suites/intl1.py`, its digest in `digests`, and its
lines in the registers. Nothing outside this package makes or checks a signature, derives a key or opens a stream's
segment; what seals is in `dossier.suites`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, TypeVar

from digests import Algorithm, Buffer
from messages.problems import Problem

T = TypeVar("T")
INTL1 = "intl-1"
WRITTEN = INTL1
"""The suite in which this program writes when nothing else is asked for."""
VERSION = 1
"""Version of what a suite's statements look like, `v` beside `suite`."""


class PrivateKey(Protocol):
    """A private signing key of some suite."""

    @property
    def alg(self) -> str:
        """The signature algorithm, which is the type of the key as well."""
        ...

    @property
    def public(self) -> bytes:
        """The public key's bytes."""
        ...

    @property
    def object(self) -> Any:
        """The key as its library holds it."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`."""
        ...

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """PKCS #8 PEM, encrypted when a passphrase is given."""
        ...


class Signatures(Protocol):
    """One signature algorithm: makes keys, reads them, checks signatures.

    `note` and `cosignature` are the algorithm's identifier bytes in signed notes (c2sp.org/signed-note).
    """

    @property
    def alg(self) -> str:
        """Its name in statements, and the type of its keys."""
        ...

    @property
    def public_bytes(self) -> int:
        """Length of a public key."""
        ...

    @property
    def signature_bytes(self) -> int:
        """Length of a signature."""
        ...

    @property
    def note(self) -> int:
        """Identifier of its signatures of notes."""
        ...

    @property
    def cosignature(self) -> int:
        """Identifier of its cosignatures of checkpoints."""
        ...

    def generate(self) -> PrivateKey:
        """A new key from the operating system's randomness."""
        ...

    def from_seed(self, seed: bytes) -> PrivateKey:
        """The key of a seed, for worked examples and tests."""
        ...

    def from_pem(self, data: bytes, passphrase: bytes | None) -> PrivateKey:
        """Read PKCS #8 PEM. Raises `Problem` `evidence.bad-passphrase` or `evidence.bad-key-file`."""
        ...

    def holds(self, public: bytes, signature: bytes, message: bytes) -> bool:
        """Whether the signature is that key's over `message`. False for a malformed key, too."""
        ...


class Aead(Protocol):
    """A cipher with a 12-byte nonce and a 16-byte tag at the end of the ciphertext."""

    def encrypt_into(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer) -> int:
        """Write ciphertext and tag into `buf`; returns their length."""
        ...

    def decrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None) -> bytes:
        """The plaintext. Raises one of the suite's `refusals`."""
        ...

    def decrypt_into(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer) -> int:
        """Write the plaintext into `buf`; returns its length. Raises one of the suite's `refusals`."""
        ...


@dataclass(frozen=True)
class Suite:
    """The algorithms of a suite. New keys are made with the first signature algorithm.

    `reader_keys` are the types of keys for which volumes are sealed, with the length of the public key (what they do is
    in `dossier.suites`). `derive(key, salt, info)` gives 32 bytes, `aead(key)` the cipher of a stream's segments, which
    raises one of `refusals` for altered bytes.
    """

    name: str
    digest: Algorithm
    signatures: Mapping[str, Signatures]
    reader_keys: Mapping[str, int]
    derive: Callable[[bytes, bytes | None, bytes], bytes]
    aead: Callable[[bytes], Aead]
    refusals: tuple[type[Exception], ...]

    @property
    def signature(self) -> Signatures:
        """The signature algorithm with which new keys are made."""
        return next(iter(self.signatures.values()))

    @property
    def reader_key(self) -> str:
        """The type of new keys for which volumes are sealed."""
        return next(iter(self.reader_keys))

    def key_length(self, kty: str, purpose: str) -> int | None:
        """Bytes of a public key of this type that serves this purpose; None when the type does not serve it."""
        if purpose in ("identity", "log"):
            return self.signatures[kty].public_bytes if kty in self.signatures else None
        return self.reader_keys.get(kty) if purpose == "hpke" else None


@dataclass(frozen=True)
class Known:
    """A suite that this program knows by name: the module that holds it as `SUITE`, and its types of keys."""

    module: str
    key_types: tuple[str, ...]


KNOWN: dict[str, Known] = {INTL1: Known("evidence.suites.intl1", ("ed25519", "mlkem768-x25519"))}
"""The register."""


def suite(name: Any, place: str = "") -> Suite:
    """The suite of this name.

    Raises `Problem` `evidence.unknown-suite` when it is newer than this program, `evidence.suite-unavailable` when the
    library that it needs is not installed here.
    """
    known = KNOWN.get(name) if isinstance(name, str) else None
    if known is None:
        raise Problem("evidence.unknown-suite", place, suite=str(name)[:40], v=str(VERSION))
    found: Suite = load(known.module, "SUITE", name, place)
    return found


def load(module: str, member: str, name: str, place: str = "") -> Any:
    """A member of a suite's module. Raises `Problem("evidence.suite-unavailable")`."""
    try:
        return getattr(import_module(module), member)
    except ImportError as error:
        raise Problem("evidence.suite-unavailable", place, suite=name) from error


def of_body(body: Mapping[str, Any], place: str = "") -> Suite:
    """The suite that a statement's body names. Raises what `suite` raises, and `evidence.unknown-suite` for another
    version."""
    version = body.get("v")
    if version != VERSION or isinstance(version, bool):
        raise Problem("evidence.unknown-suite", place, suite=str(body.get("suite"))[:40], v=str(version)[:10])
    return suite(body.get("suite"), place)


def of_key(kty: Any, place: str = "") -> Suite:
    """The suite to which a type of key belongs. Raises `Problem("evidence.unknown-key-type")`, and
    `evidence.suite-unavailable` as `suite` does."""
    for name, known in KNOWN.items():
        if kty in known.key_types:
            return suite(name, place)
    raise Problem("evidence.unknown-key-type", place, kty=str(kty)[:40])


def available() -> list[Suite]:
    """The suites whose libraries are installed here."""
    found: list[Suite] = []
    for name in KNOWN:
        with suppress(Problem):
            found.append(suite(name))
    return found


def first_read(readers: Iterable[Callable[[], T]]) -> T:
    """What the first of the suites' readers makes of a key file that does not say its suite. Raises the first one's
    `Problem` when none can read it."""
    refused: Problem | None = None
    for read in readers:
        try:
            return read()
        except Problem as problem:
            refused = refused or problem
    assert refused is not None
    raise refused


def all_signatures() -> list[Signatures]:
    """Every signature algorithm of the suites that are available here."""
    return [signatures for each in available() for signatures in each.signatures.values()]


def of_signature(alg: Any) -> Suite | None:
    """The suite of a signature algorithm, whatever is given as its name; None where this program does not have it."""
    return next((each for each in available() if alg in tuple(each.signatures)), None)


def signatures_of(kty: Any, place: str = "") -> Signatures:
    """The algorithm of a signing key's type. Raises as `of_key` does, also for a key that does not sign."""
    found = of_key(kty, place).signatures.get(kty)
    if found is None:
        raise Problem("evidence.unknown-key-type", place, kty=str(kty)[:40])
    return found
