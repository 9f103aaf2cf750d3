"""The keys of a volume: its secrets, the commitment to them, and wrapping for a reader (HPKE, RFC 9180).

The volume key is 32 random bytes that seal the two streams of one volume. It is only sent wrapped: once for each
receiver and once for the sender itself, as the suite wraps (`dossier.suites`; today HPKE in base mode with the
post-quantum hybrid KEM). GCM does not commit to its key, so a pack could be built that decrypts under two keys to two
plaintexts. The descriptor therefore contains `commitment(volume_key)`, which a reader compares before it opens
anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from digests import equal
from dossier.stream import KEY, StreamCipher, StreamHeader
from dossier.suites import PrivateReader, all_sealings, sealing
from evidence import suites
from evidence.canonical import canonical
from evidence.encoding import read_base64, to_base64
from evidence.keys import KeyEntry, key_id_of
from evidence.suites import INTL1, WRITTEN
from messages.problems import Problem

Purpose = Literal["pack", "catalogue"]
PURPOSES: tuple[Purpose, Purpose] = ("pack", "catalogue")

COMMIT_INFO = b"casehub/commit/v1"


def associated_data(volume_id: str, purpose: Purpose, suite: str = WRITTEN) -> bytes:
    """What a stream is bound to: suite, volume, purpose; never case or receiver, for cases are split and merged."""
    return canonical({"suite": suite, "volume_id": volume_id, "purpose": purpose})


def commitment(volume_key: bytes, suite: str = WRITTEN) -> str:
    """The suite's HKDF(volume key, no salt, info "casehub/commit/v1"), 32 bytes in lower-case hexadecimal."""
    if len(volume_key) != KEY:
        raise Problem("dossier.volume-key")
    return suites.suite(suite).derive(volume_key, None, COMMIT_INFO).hex()


def check_commitment(volume_key: bytes, expected: str, place: str = "", suite: str = WRITTEN) -> None:
    """Raises `Problem("dossier.key-commitment")` unless the descriptor commits to this very key."""
    if not equal(commitment(volume_key, suite).encode(), expected.encode("utf-8", "replace")):
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
    suite: str = WRITTEN

    def __post_init__(self) -> None:
        if len(self.volume_key) != KEY:
            raise Problem("dossier.volume-key")

    @classmethod
    def generate(cls, suite: str = WRITTEN) -> VolumeSecrets:
        """New secrets from the operating system's randomness."""
        return cls(secrets.token_bytes(KEY), StreamHeader.generate(), StreamHeader.generate(), suite)

    def header(self, purpose: Purpose) -> StreamHeader:
        """The header of one of the streams."""
        return self.pack if purpose == "pack" else self.catalogue

    def cipher(self, volume_id: str, purpose: Purpose) -> StreamCipher:
        """The cipher of one of the streams."""
        bound = associated_data(volume_id, purpose, self.suite)
        return StreamCipher(self.volume_key, self.header(purpose), bound, self.suite)

    def to_json(self) -> dict[str, Any]:
        """In the clear, for a journal that seals it itself."""
        return {
            "suite": self.suite,
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
            return cls(read_base64(body["volume_key"]), headers[0], headers[1], body.get("suite", INTL1))
        except (KeyError, TypeError, ValueError, Problem) as error:
            raise Problem("dossier.volume-key") from error

    def __repr__(self) -> str:
        return "VolumeSecrets(not shown)"


def wrap_info(transfer_id: str, volume_id: str, recipient: str, recipient_key_id: str, suite: str = WRITTEN) -> bytes:
    """HPKE `info`: ties a wrapped key to its transfer, volume and reader, so that it opens nowhere else."""
    return canonical(
        {
            "suite": suite,
            "transfer_id": transfer_id,
            "volume_id": volume_id,
            "recipient": recipient,
            "recipient_key_id": recipient_key_id,
        }
    )


class Recipient:
    """A reader's public key, of the suite to which its type belongs. Raises `Problem("dossier.bad-public-key")`."""

    def __init__(self, public: bytes, kty: str = suites.suite(WRITTEN).reader_key) -> None:
        self.suite = suites.of_key(kty).name
        try:
            self._key = sealing(self.suite).recipient(public)
        except ValueError as error:
            raise Problem("dossier.bad-public-key") from error
        self.public = public
        self.key_id = key_id_of(kty, public)

    @classmethod
    def from_entry(cls, entry: KeyEntry) -> Recipient:
        """The reader of a key entry. Raises `Problem("dossier.bad-public-key")` unless it is an HPKE key."""
        if entry.purpose != "hpke":
            raise Problem("dossier.bad-public-key", key_id=entry.key_id)
        return cls(entry.public, entry.kty)

    def wrap(self, volume_key: bytes, info: bytes) -> bytes:
        """Bytes that only this reader, and only with the same `info`, unwraps."""
        if len(volume_key) != KEY:
            raise Problem("dossier.volume-key")
        return self._key.wrap(volume_key, info)


class Identity:
    """A reader's private key. Old ones are kept, for reading what was wrapped to them."""

    def __init__(self, private: PrivateReader) -> None:
        self._private = private
        self.kty, self.public = private.kty, private.public
        self.recipient = Recipient(self.public, self.kty)
        self.suite, self.key_id = self.recipient.suite, self.recipient.key_id

    @classmethod
    def generate(cls, suite_name: str = WRITTEN) -> Identity:
        """A new key from the operating system's randomness."""
        return cls(sealing(suite_name).generate())

    def unwrap(self, wrapped: bytes, info: bytes, place: str = "") -> bytes:
        """The volume key. Raises `Problem("dossier.key-not-unwrapped")` when it was wrapped for another key, transfer
        or volume, or is damaged: HPKE does not tell these apart."""
        try:
            volume_key = self._private.unwrap(wrapped, info)
        except sealing(self.suite).suite.refusals as error:
            raise Problem("dossier.key-not-unwrapped", place, key_id=self.key_id) from error
        if len(volume_key) != KEY:
            raise Problem("dossier.key-not-unwrapped", place, key_id=self.key_id)
        return volume_key

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS #8 blocks, encrypted when a passphrase is given. The file gets mode 0600."""
        return self._private.to_pem(passphrase)

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> Identity:
        """Read what `to_pem` wrote, of any suite that is available here.

        Raises `Problem` `dossier.bad-passphrase` or `dossier.bad-key-file`.
        """
        return cls(suites.first_read(partial(each.from_pem, data, passphrase) for each in all_sealings()))

    def __repr__(self) -> str:
        return f"Identity({self.key_id[:19]}…, private part not shown)"
