"""Suite intl-1: SHA-256, Ed25519 (RFC 8032), HKDF-SHA256 (RFC 5869), AES-256-GCM (NIST SP 800-38D)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import digests
from evidence.suites import INTL1, Suite
from messages.problems import Problem

KEY = 32


class Ed25519Key:
    """A private key."""

    alg = "ed25519"

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.object = private
        self.public = private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes over `message`."""
        return self.object.sign(message)

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """See `PrivateKey.to_pem`."""
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            protection = serialization.BestAvailableEncryption(passphrase)
        return self.object.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)

    def __repr__(self) -> str:
        return "Ed25519Key(not shown)"


class Ed25519:
    """See `Signatures`."""

    alg = Ed25519Key.alg
    public_bytes, signature_bytes = 32, 64
    note, cosignature = 0x01, 0x04

    def generate(self) -> Ed25519Key:
        """See `Signatures.generate`."""
        return Ed25519Key(Ed25519PrivateKey.generate())

    def from_seed(self, seed: bytes) -> Ed25519Key:
        """The key of a 32-byte seed."""
        return Ed25519Key(Ed25519PrivateKey.from_private_bytes(seed))

    def from_pem(self, data: bytes, passphrase: bytes | None) -> Ed25519Key:
        """See `Signatures.from_pem`."""
        try:
            private = serialization.load_pem_private_key(data, passphrase)
        except TypeError as error:
            raise Problem("evidence.bad-passphrase") from error
        except Exception as error:
            code = "evidence.bad-passphrase" if passphrase is not None else "evidence.bad-key-file"
            raise Problem(code) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise Problem("evidence.bad-key-file")
        return Ed25519Key(private)

    def holds(self, public: bytes, signature: bytes, message: bytes) -> bool:
        """See `Signatures.holds`."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def derive(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    """HKDF-SHA256, 32 bytes."""
    return HKDF(algorithm=SHA256(), length=KEY, salt=salt, info=info).derive(key)


SUITE = Suite(
    name=INTL1,
    digest=digests.SHA256,
    signatures={Ed25519.alg: Ed25519()},
    reader_keys={"mlkem768-x25519": 1184 + 32},
    derive=derive,
    aead=AESGCM,
    refusals=(InvalidTag, ValueError),
)
