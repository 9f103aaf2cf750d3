"""Suite intl-1: HPKE (RFC 9180) in base mode, KEM ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from dossier.suites import Sealing
from evidence.suites import intl1
from messages.problems import Problem

KTY = intl1.SUITE.reader_key
PUBLIC = intl1.SUITE.reader_keys[KTY]
"""Bytes of a public key: ML-KEM-768 (1,184), then X25519."""
WRAPPED = 1168
"""Bytes of a wrapped volume key: encapsulation (1,088 + 32), key (32), tag (16)."""

_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PEM_END = b"-----END"


class HpkeRecipient:
    """A public key: 1,216 bytes, ML-KEM-768 then X25519. Raises `ValueError` for other bytes."""

    def __init__(self, public: bytes) -> None:
        if len(public) != PUBLIC:
            raise ValueError
        self._key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
        )

    def wrap(self, volume_key: bytes, info: bytes) -> bytes:
        """1,168 bytes that only this reader, and only with the same `info`, unwraps."""
        return _HPKE.encrypt(volume_key, self._key, info=info)


class HpkeReader:
    """A private key."""

    kty = KTY

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        self._mlkem, self._x25519 = mlkem, x25519
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> HpkeReader:
        """A new key from the operating system's randomness."""
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """See `PrivateReader.unwrap`."""
        return bytes(_HPKE.decrypt(wrapped, self._key, info=info))

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """Two PKCS #8 blocks, ML-KEM-768 then X25519."""
        protection: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            protection = BestAvailableEncryption(passphrase)
        return self._mlkem.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection) + self._x25519.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, protection
        )

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None) -> HpkeReader:
        """Read what `to_pem` wrote. Raises `Problem` `dossier.bad-passphrase` or `dossier.bad-key-file`."""
        first, second = _two_blocks(data)
        try:
            mlkem = load_pem_private_key(first, passphrase)
            x25519 = load_pem_private_key(second, passphrase)
        except TypeError as error:  # a passphrase is missing, or stands where none is needed
            raise Problem("dossier.bad-passphrase") from error
        except Exception as error:
            raise Problem("dossier.bad-passphrase" if passphrase is not None else "dossier.bad-key-file") from error
        if not isinstance(mlkem, MLKEM768PrivateKey) or not isinstance(x25519, X25519PrivateKey):
            raise Problem("dossier.bad-key-file")
        return cls(mlkem, x25519)

    def __repr__(self) -> str:
        return "HpkeReader(not shown)"


def _two_blocks(data: bytes) -> tuple[bytes, bytes]:
    end = data.find(b"\n", data.find(_PEM_END) + 1)
    if data.count(_PEM_END) != 2 or end < 0:
        raise Problem("dossier.bad-key-file")
    return data[: end + 1], data[end + 1 :]


SEALING = Sealing(intl1.SUITE, HpkeRecipient, HpkeReader.generate, HpkeReader.from_pem)
