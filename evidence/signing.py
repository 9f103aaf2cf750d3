"""The private signing key, and the name of a key."""

from __future__ import annotations

from functools import partial
from typing import Any

from evidence.canonical import digest_of
from evidence.encoding import to_base64
from evidence.suites import WRITTEN, PrivateKey, all_signatures, first_read, of_key, suite


def key_id_of(kty: str, public: bytes) -> str:
    """The digest of `{"kty", "public"}` in canonical JSON, the public key in padded base64, by the suite of the key.

    Raises `Problem("evidence.unknown-key-type")`."""
    body = {"kty": kty, "public": to_base64(public)}
    return digest_of(body, of_key(kty).digest)


class SigningKey:
    """A private key of one suite. Its `repr` never shows it; a caller that writes `to_pem` to a file must set mode
    0600.
    """

    def __init__(self, private: PrivateKey) -> None:
        self._private = private
        self.alg, self.public = private.alg, private.public
        self.suite = of_key(self.alg)
        self.key_id = key_id_of(self.alg, self.public)

    @classmethod
    def generate(cls, suite_name: str = WRITTEN) -> SigningKey:
        """A new key from the operating system's randomness."""
        return cls(suite(suite_name).signature.generate())

    @classmethod
    def from_seed(cls, seed: bytes, suite_name: str = WRITTEN) -> SigningKey:
        """The key of a 32-byte seed, for worked examples and tests."""
        return cls(suite(suite_name).signature.from_seed(seed))

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> SigningKey:
        """Read PKCS #8 PEM of any suite that is available here.

        Raises `Problem` `evidence.bad-passphrase` or `evidence.bad-key-file`.
        """
        return cls(first_read(partial(each.from_pem, data, passphrase) for each in all_signatures()))

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS #8 PEM, encrypted when a passphrase is given."""
        return self._private.to_pem(passphrase)

    @property
    def private(self) -> Any:
        """The key object itself, as the suite's library holds it."""
        return self._private.object

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id[:19]}…, private part not shown)"
