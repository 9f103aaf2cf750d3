"""Keys of a volume: its secrets, the commitment to them, and wrapping them for a reader (HPKE, RFC 9180).

The volume key is 32 random bytes that seal the two streams of one volume. It travels only wrapped: once for each
receiver and once for the sender itself, in HPKE base mode with the post-quantum hybrid KEM. GCM does not commit to its
key, so one pack could be built that opens under two keys to two plaintexts; the descriptor therefore carries
`commitment(volume_key)`, and a reader compares it before it opens anything.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from dossier.stream import KEY, StreamCipher, StreamHeader
from evidence.canonical import canonical
from evidence.encoding import read_base64, to_base64
from evidence.keys import KeyEntry, key_id_of
from evidence.statements import SUITE
from messages.problems import Problem

Purpose = Literal["pack", "catalogue"]
PURPOSES: tuple[Purpose, Purpose] = ("pack", "catalogue")

KTY = "mlkem768-x25519"
PUBLIC = 1184 + 32
"""Bytes of a public key: ML-KEM-768, then X25519."""
WRAPPED = 1168
"""Bytes of a wrapped volume key: encapsulation (1,088 + 32), key (32), tag (16)."""
COMMIT_INFO = b"casehub/commit/v1"

_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PEM_END = b"-----END"


def associated_data(volume_id: str, purpose: Purpose) -> bytes:
    """What a stream is bound to: suite, volume, purpose; never case or receiver, for cases are split and merged."""
    return canonical({"suite": SUITE, "volume_id": volume_id, "purpose": purpose})


def commitment(volume_key: bytes) -> str:
    """HKDF-SHA256(volume key, no salt, info "casehub/commit/v1"), 32 bytes in lower-case hexadecimal."""
    if len(volume_key) != KEY:
        raise Problem("dossier.volume-key")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=COMMIT_INFO).derive(volume_key).hex()


def check_commitment(volume_key: bytes, expected: str, place: str = "") -> None:
    """Raises `Problem("dossier.key-commitment")` unless the descriptor commits to this very key."""
    if not hmac.compare_digest(commitment(volume_key).encode(), expected.encode("utf-8", "replace")):
        raise Problem("dossier.key-commitment", place)


@dataclass(frozen=True, repr=False)
class VolumeSecrets:
    """Volume key and the headers of both streams.

    With the same secrets and the same files, sealing yields the same bytes, so an interrupted push can compare. They
    may never meet another plaintext: where a source changed, generate new ones.
    """

    volume_key: bytes
    pack: StreamHeader
    catalogue: StreamHeader

    def __post_init__(self) -> None:
        if len(self.volume_key) != KEY:
            raise Problem("dossier.volume-key")

    @classmethod
    def generate(cls) -> VolumeSecrets:
        """New secrets from the operating system's randomness."""
        return cls(secrets.token_bytes(KEY), StreamHeader.generate(), StreamHeader.generate())

    def header(self, purpose: Purpose) -> StreamHeader:
        """The header of one of the streams."""
        return self.pack if purpose == "pack" else self.catalogue

    def cipher(self, volume_id: str, purpose: Purpose) -> StreamCipher:
        """The cipher of one of the streams."""
        return StreamCipher(self.volume_key, self.header(purpose), associated_data(volume_id, purpose))

    def to_json(self) -> dict[str, Any]:
        """In the clear, for a journal that seals it itself."""
        return {
            "volume_key": to_base64(self.volume_key),
            "pack": {"salt": to_base64(self.pack.salt), "prefix": to_base64(self.pack.prefix)},
            "catalogue": {"salt": to_base64(self.catalogue.salt), "prefix": to_base64(self.catalogue.prefix)},
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> VolumeSecrets:
        """Read what `to_json` wrote. Raises `Problem("dossier.volume-key")`."""
        try:
            headers = [
                StreamHeader(read_base64(body[purpose]["salt"]), read_base64(body[purpose]["prefix"]))
                for purpose in PURPOSES
            ]
            return cls(read_base64(body["volume_key"]), headers[0], headers[1])
        except (KeyError, TypeError, ValueError, Problem) as error:
            raise Problem("dossier.volume-key") from error

    def __repr__(self) -> str:
        return "VolumeSecrets(not shown)"


def wrap_info(transfer_id: str, volume_id: str, recipient: str, recipient_key_id: str) -> bytes:
    """HPKE `info`: ties a wrapped key to its transfer, volume and reader, so that it opens nowhere else."""
    return canonical(
        {
            "suite": SUITE,
            "transfer_id": transfer_id,
            "volume_id": volume_id,
            "recipient": recipient,
            "recipient_key_id": recipient_key_id,
        }
    )


class Recipient:
    """A reader's public key: 1,216 bytes, ML-KEM-768 then X25519. Raises `Problem("dossier.bad-public-key")`."""

    def __init__(self, public: bytes) -> None:
        if len(public) != PUBLIC:
            raise Problem("dossier.bad-public-key")
        try:
            self._key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
            )
        except ValueError as error:
            raise Problem("dossier.bad-public-key") from error
        self.public = public
        self.key_id = key_id_of(KTY, public)

    @classmethod
    def from_entry(cls, entry: KeyEntry) -> Recipient:
        """The reader of a key entry. Raises `Problem("dossier.bad-public-key")` unless it is an HPKE key."""
        if entry.purpose != "hpke" or entry.kty != KTY:
            raise Problem("dossier.bad-public-key", key_id=entry.key_id)
        return cls(entry.public)

    def wrap(self, volume_key: bytes, info: bytes) -> bytes:
        """1,168 bytes that only this reader, and only with the same `info`, unwraps."""
        if len(volume_key) != KEY:
            raise Problem("dossier.volume-key")
        return _HPKE.encrypt(volume_key, self._key, info=info)


class Identity:
    """A reader's private key. Old ones are kept, for reading what was wrapped to them."""

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        self._mlkem, self._x25519 = mlkem, x25519
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        self.recipient = Recipient(public)
        self.public, self.key_id = public, self.recipient.key_id

    @classmethod
    def generate(cls) -> Identity:
        """A new key from the operating system's randomness."""
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    def unwrap(self, wrapped: bytes, info: bytes, place: str = "") -> bytes:
        """The volume key. Raises `Problem("dossier.key-not-unwrapped")` when it was wrapped for another key, transfer
        or volume, or is damaged: HPKE does not tell these apart."""
        try:
            volume_key = bytes(_HPKE.decrypt(wrapped, self._key, info=info))
        except (InvalidTag, ValueError) as error:
            raise Problem("dossier.key-not-unwrapped", place, key_id=self.key_id) from error
        if len(volume_key) != KEY:
            raise Problem("dossier.key-not-unwrapped", place, key_id=self.key_id)
        return volume_key

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """Two PKCS #8 blocks, ML-KEM-768 then X25519, encrypted when a passphrase is given. The file gets mode 0600."""
        protection: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            protection = BestAvailableEncryption(passphrase)
        return self._mlkem.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection) + self._x25519.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, protection
        )

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> Identity:
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
        return f"Identity({self.key_id[:19]}…, private part not shown)"


def _two_blocks(data: bytes) -> tuple[bytes, bytes]:
    end = data.find(b"\n", data.find(_PEM_END) + 1)
    if data.count(_PEM_END) != 2 or end < 0:
        raise Problem("dossier.bad-key-file")
    return data[: end + 1], data[end + 1 :]
