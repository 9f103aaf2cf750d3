"""The made-up suite, how it wraps: HPKE with X25519, HKDF-SHA512, ChaCha20-Poly1305. For tests only."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from dossier.suites import Sealing
from messages.problems import Problem
from tests.dossier.second.evidence_side import SUITE

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA512, AEAD.CHACHA20_POLY1305)


class Recipient:
    def __init__(self, public: bytes) -> None:
        self._key = X25519PublicKey.from_public_bytes(public)

    def wrap(self, volume_key: bytes, info: bytes) -> bytes:
        return _HPKE.encrypt(volume_key, self._key, info=info)


class Reader:
    kty = "x25519"

    def __init__(self, private: X25519PrivateKey) -> None:
        self._key, self.public = private, private.public_key().public_bytes_raw()

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        return bytes(_HPKE.decrypt(wrapped, self._key, info=info))

    def to_pem(self, passphrase: bytes | None) -> bytes:
        assert passphrase is None
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(data: bytes, passphrase: bytes | None) -> Reader:
    try:
        private = load_pem_private_key(data, passphrase)
    except ValueError as error:
        raise Problem("dossier.bad-key-file") from error
    if not isinstance(private, X25519PrivateKey):
        raise Problem("dossier.bad-key-file")
    return Reader(private)


SEALING = Sealing(SUITE, Recipient, lambda: Reader(X25519PrivateKey.generate()), from_pem)
