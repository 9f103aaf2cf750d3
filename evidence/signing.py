"""The private signing key, and the name of a key."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.canonical import digest_of
from evidence.encoding import to_base64
from messages.problems import Problem


def key_id_of(kty: str, public: bytes) -> str:
    """The digest of `{"kty", "public"}` in canonical JSON, the public key in padded base64."""
    return digest_of({"kty": kty, "public": to_base64(public)})


class SigningKey:
    """An Ed25519 private key (RFC 8032). It never shows itself; whoever writes `to_pem` to a file sets mode 0600."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.key_id = key_id_of("ed25519", self.public)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of a 32-byte seed, for worked examples and tests."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> SigningKey:
        """Read PKCS #8 PEM. Raises `Problem` `evidence.bad-passphrase` or `evidence.bad-key-file`."""
        try:
            private = serialization.load_pem_private_key(data, passphrase)
        except TypeError as error:
            raise Problem("evidence.bad-passphrase") from error
        except Exception as error:
            code = "evidence.bad-passphrase" if passphrase is not None else "evidence.bad-key-file"
            raise Problem(code) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise Problem("evidence.bad-key-file")
        return cls(private)

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS #8 PEM, encrypted when a passphrase is given."""
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            protection = serialization.BestAvailableEncryption(passphrase)
        return self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key object itself, for libraries that sign on their own (RFC 9421)."""
        return self._private

    def sign(self, message: bytes) -> bytes:
        """64 bytes over `message`."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id[:19]}…, private part not shown)"
