"""Signed notes (C2SP signed-note).

A note is text that ends in a line feed, an empty line, and signature lines:

    — <key name> base64(key hash || signature)

The key hash is the first 4 bytes of SHA-256(name || LF || identifier || public key), and the identifier the byte of the
signature algorithm: 0x01 for Ed25519. A verifier key is
`<name>+<key hash, 8 hexadecimal digits>+base64(identifier || public key)`. Signatures by unknown keys are ignored; an
invalid signature by a known key makes the note invalid. Source: c2sp.org/signed-note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from digests import SHA256
from evidence import suites
from evidence.encoding import read_base64, to_base64
from evidence.keys import SigningKey
from messages.problems import Problem

DEFAULT_ALG = suites.suite(suites.WRITTEN).signature.alg
"""The signature algorithm of a key of which nothing else is said."""
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_DASH = "— "
_VKEY = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True)
class NoteVerifier:
    """A named key that notes are checked against."""

    name: str
    public: bytes
    alg: str = DEFAULT_ALG

    @property
    def key_hash(self) -> bytes:
        """The 4 bytes that mark this key's signatures."""
        return key_hash(self.name, suites.signatures_of(self.alg).note, self.public)


@dataclass(frozen=True)
class NoteSignature:
    """One signature line; `blob` is what follows the 4-byte key hash."""

    name: str
    key_hash: bytes
    blob: bytes

    def line(self) -> str:
        """The line with its line feed."""
        return f"{_DASH}{self.name} {to_base64(self.key_hash + self.blob)}\n"


@dataclass(frozen=True)
class SignedNote:
    """A note whose form has been checked, its signatures not."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode("utf-8")


def check_name(name: str) -> str:
    """A key name: not empty, no white space, no plus sign. Raises `Problem("evidence.bad-note-key")`."""
    if not name or "+" in name or any(character.isspace() for character in name) or not name.isprintable():
        raise Problem("evidence.bad-note-key")
    return name


def key_hash(name: str, identifier: int, public: bytes) -> bytes:
    """The first 4 bytes of SHA-256(name || LF || identifier || public key)."""
    return SHA256.new(name.encode("utf-8") + b"\n" + bytes([identifier]) + public).digest()[:4]


def vkey(name: str, public: bytes, alg: str = DEFAULT_ALG) -> str:
    """The verifier key as one line of text."""
    return write_vkey(name, public, suites.signatures_of(alg).note)


def write_vkey(name: str, public: bytes, identifier: int) -> str:
    """The verifier key of an algorithm's identifier as one line of text."""
    encoded = to_base64(bytes([identifier]) + public)
    return f"{check_name(name)}+{key_hash(name, identifier, public).hex()}+{encoded}"


def parse_vkey(text: str) -> NoteVerifier:
    """Read a verifier key. Raises `Problem("evidence.bad-note-key")`, also for a key hash that does not fit."""
    return NoteVerifier(*read_vkey(text, "note"))


def read_vkey(text: str, use: Literal["note", "cosignature"]) -> tuple[str, bytes, str]:
    """Name, public key and signature algorithm of a verifier key for this use. Raises as `parse_vkey` does."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise Problem("evidence.bad-note-key")
    try:
        data = read_base64(match[3])
    except Problem as error:
        raise Problem("evidence.bad-note-key") from error
    name, public = check_name(match[1]), data[1:]
    for signatures in suites.all_signatures():
        identifier = signatures.note if use == "note" else signatures.cosignature
        if (data[:1], len(public)) == (bytes([identifier]), signatures.public_bytes):
            if key_hash(name, identifier, public).hex() != match[2]:
                break
            return name, public, signatures.alg
    raise Problem("evidence.bad-note-key")


def sign_note(text: str, name: str, key: SigningKey) -> SignedNote:
    """A note with one signature. Raises `Problem("evidence.malformed-note")` for a text that no note can hold."""
    _check_text(text)
    verifier = NoteVerifier(check_name(name), key.public, key.alg)
    return SignedNote(text, (NoteSignature(name, verifier.key_hash, key.sign(text.encode("utf-8"))),))


def parse_note(data: bytes) -> SignedNote:
    """Read a note's form. Raises `Problem("evidence.malformed-note")` for invalid UTF-8, control characters, a missing
    empty line, a malformed signature line, no signature, more than 100, or more than 1,000,000 bytes."""
    if len(data) > MAX_NOTE:
        raise Problem("evidence.malformed-note")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("evidence.malformed-note") from error
    head, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise Problem("evidence.malformed-note")
    text = head + "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Problem("evidence.malformed-note")
    return SignedNote(text, tuple(_signature(line) for line in lines))


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise Problem("evidence.malformed-note")


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Problem("evidence.malformed-note")
    try:
        data = read_base64(encoded)
        check_name(name)
    except Problem as error:
        raise Problem("evidence.malformed-note") from error
    if len(data) < 5:
        raise Problem("evidence.malformed-note")
    return NoteSignature(name, data[:4], data[4:])


def verify_note(note: SignedNote, verifiers: Iterable[NoteVerifier]) -> list[NoteVerifier]:
    """The known keys that signed the note, in the order of its lines.

    Lines of unknown name and key hash are ignored, and so is a second line of the same key. Raises `Problem`
    `evidence.bad-note-signature` when a known key's signature does not hold, `evidence.note-unsigned` when no known key
    signed.
    """
    known = {(verifier.name, verifier.key_hash): verifier for verifier in verifiers}
    signers: list[NoteVerifier] = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_hash))
        if verifier is None or verifier in signers:
            continue
        signatures = suites.signatures_of(verifier.alg)
        if not signatures.holds(verifier.public, signature.blob, note.text.encode("utf-8")):
            raise Problem("evidence.bad-note-signature", name=verifier.name)
        signers.append(verifier)
    if not signers:
        raise Problem("evidence.note-unsigned")
    return signers
