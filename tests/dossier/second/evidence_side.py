"""A made-up suite, what it signs with: SHA-512, Ed448, HKDF-SHA512, ChaCha20-Poly1305. For tests only."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from digests import Algorithm
from evidence.suites import Suite
from messages.problems import Problem

NAME = "second-1"
DIGEST = Algorithm("sha512", 64, hashlib.sha512, "sha-512")


class Key:
    alg = "ed448"

    def __init__(self, private: Ed448PrivateKey) -> None:
        self.object, self.public = private, private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.object.sign(message)

    def to_pem(self, passphrase: bytes | None) -> bytes:
        sealed = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self.object.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)


class Ed448:
    alg = Key.alg
    public_bytes, signature_bytes = 57, 114
    note, cosignature = 0xF0, 0xF1

    def generate(self) -> Key:
        return Key(Ed448PrivateKey.generate())

    def from_seed(self, seed: bytes) -> Key:
        return Key(Ed448PrivateKey.from_private_bytes((seed * 2)[:57]))

    def from_pem(self, data: bytes, passphrase: bytes | None) -> Key:
        try:
            private = load_pem_private_key(data, passphrase)
        except ValueError as error:
            raise Problem("evidence.bad-key-file") from error
        if not isinstance(private, Ed448PrivateKey):
            raise Problem("evidence.bad-key-file")
        return Key(private)

    def holds(self, public: bytes, signature: bytes, message: bytes) -> bool:
        try:
            Ed448PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def derive(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(algorithm=SHA512(), length=32, salt=salt, info=info).derive(key)


SUITE = Suite(
    name=NAME,
    digest=DIGEST,
    signatures={Ed448.alg: Ed448()},
    reader_keys={"x25519": 32},
    derive=derive,
    aead=ChaCha20Poly1305,
    refusals=(InvalidTag, ValueError),
)
