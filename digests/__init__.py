"""Digests: the only place that makes and reads `sha256:…`, and the register of hash algorithms.

    Digest.of(data)                        of bytes
    Digest.of_file(file)                   of an open file, to its end
    hasher = Hasher(); hasher.update(…)    of what comes in pieces; hasher.digest()
    Digest.parse(text)                     of its text form
    require(text)                          the text itself, checked

A `Digest` knows its algorithm. Its text form, algorithm, colon and lower-case hexadecimal digits, is what JSON, signed
statements, file names and database rows hold; `str` in a signature means that text. Comparing texts is right where both
sides are public; `Digest.same` takes the same time whatever differs.

A further algorithm is a module here and a line in `ALGORITHMS`. Nothing else in Casehub calls `hashlib`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from messages.problems import Problem

Buffer = bytes | bytearray | memoryview


class Hash(Protocol):
    """A running hash, as `hashlib` has them."""

    def update(self, data: Buffer, /) -> None:
        """Take in more bytes."""
        ...

    def digest(self) -> bytes:
        """The value so far."""
        ...


class File(Protocol):
    """An open binary file, as far as hashing needs one."""

    def readinto(self, buffer: bytearray, /) -> int:
        """Fill the buffer with the next bytes."""
        ...

    def readable(self) -> bool:
        """Whether it is open for reading."""
        ...


@dataclass(frozen=True)
class Algorithm:
    """A hash algorithm: its name before the colon, bytes of a value, maker of running hashes, name in RFC 9530."""

    name: str
    size: int
    new: Callable[..., Hash]
    content_digest: str


SHA256 = Algorithm("sha256", 32, hashlib.sha256, "sha-256")
"""FIPS 180-4."""

ALGORITHMS: dict[str, Algorithm] = {SHA256.name: SHA256}
"""Every algorithm that this program knows, by the name before the colon."""

UNKNOWN = "evidence.unknown-digest"
"""What is raised for a digest whose algorithm is newer than this program."""

_LEAST, _MOST = 64, 128
"""Hexadecimal digits of a digest of an algorithm that is newer than this program, as in the published schemas."""
_FORM = re.compile(r"([a-z][a-z0-9-]{0,31}):([0-9a-f]+)")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A digest: the name of its algorithm and its value. Ordered as its text form is."""

    algorithm: str
    value: bytes

    @classmethod
    def of(cls, data: Buffer, algorithm: Algorithm = SHA256) -> Digest:
        """The digest of `data`."""
        return cls(algorithm.name, algorithm.new(data).digest())

    @classmethod
    def of_file(cls, file: File, algorithm: Algorithm = SHA256) -> Digest:
        """The digest of a file from its current position to its end."""
        new: Callable[[], Any] = algorithm.new
        return cls(algorithm.name, hashlib.file_digest(file, new).digest())

    @classmethod
    def parse(cls, text: Any, place: str = "") -> Digest:
        """Read the text form. Raises `Problem` `evidence.bad-digest` for another form, `evidence.unknown-digest` for an
        algorithm that this program does not know."""
        name, digits = _parts(text, place)
        return cls(name, bytes.fromhex(digits))

    def same(self, other: Digest) -> bool:
        """Whether both are equal, in a time that does not depend on where they differ."""
        return self.algorithm == other.algorithm and equal(self.value, other.value)

    @property
    def hex(self) -> str:
        """The value in lower-case hexadecimal digits."""
        return self.value.hex()

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value.hex()}"


class Hasher:
    """The digest of what comes in pieces. `update` is the hash's own, so a piece costs what it costs there."""

    __slots__ = ("_running", "algorithm", "update")

    def __init__(self, algorithm: Algorithm = SHA256) -> None:
        self.algorithm = algorithm
        self._running = algorithm.new()
        self.update: Callable[[Buffer], None] = self._running.update

    @classmethod
    def like(cls, text: str, place: str = "") -> Hasher:
        """A hasher of the algorithm that a digest's text names. Raises what `Digest.parse` raises."""
        return cls(algorithm_of(text, place))

    def digest(self) -> Digest:
        """The digest of what came so far."""
        return Digest(self.algorithm.name, self._running.digest())


def require(text: Any, place: str = "", algorithm: Algorithm | None = None) -> str:
    """`text` itself when it is the text form of a digest, of `algorithm` when one is given.

    Raises what `Digest.parse` raises, and `evidence.bad-digest` for another algorithm than the one given.
    """
    name, _ = _parts(text, place)
    if algorithm is not None and name != algorithm.name:
        raise Problem("evidence.bad-digest", place)
    return str(text)


def is_digest(text: Any) -> bool:
    """Whether this is the text form of a digest, of an algorithm that this program knows or of a newer one."""
    try:
        _parts(text, "")
    except Problem as problem:
        return problem.code == UNKNOWN
    return True


def is_known(text: Any) -> bool:
    """Whether this is the text form of a digest of an algorithm that this program knows."""
    try:
        _parts(text, "")
    except Problem:
        return False
    return True


def algorithm_of(text: Any, place: str = "") -> Algorithm:
    """The algorithm that a digest's text names. Raises what `Digest.parse` raises."""
    return ALGORITHMS[_parts(text, place)[0]]


def equal(one: bytes, other: bytes) -> bool:
    """Whether both are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def holds(text: str, data: Buffer) -> bool:
    """Whether `data` has the digest whose text form is `text`. Raises what `Digest.parse` raises."""
    expected = Digest.parse(text)
    return expected.same(Digest.of(data, ALGORITHMS[expected.algorithm]))


def _parts(text: Any, place: str) -> tuple[str, str]:
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Problem("evidence.bad-digest", place)
    name, digits = found[1], found[2]
    algorithm = ALGORITHMS.get(name)
    if algorithm is None and _LEAST <= len(digits) <= _MOST:
        raise Problem(UNKNOWN, place, algorithm=name)
    if algorithm is None or len(digits) != 2 * algorithm.size:
        raise Problem("evidence.bad-digest", place)
    return name, digits


__all__ = [
    "ALGORITHMS",
    "SHA256",
    "UNKNOWN",
    "Algorithm",
    "Buffer",
    "Digest",
    "File",
    "Hash",
    "Hasher",
    "algorithm_of",
    "equal",
    "holds",
    "is_digest",
    "is_known",
    "require",
]
