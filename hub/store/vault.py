"""Encryption at rest: AES-256-GCM over whole values, and keyed blind indexes to look them up by.

A sealed value is `0x01 | key number (4 bytes, big endian) | nonce (12) | ciphertext and tag`. The associated data is
JCS `["casehub/vault/v1", table, column, row]`, so that a value moved to another row, column or table does not open.
Subkeys come from the master keys by HKDF-SHA256. The newest master key seals; older ones keep opening, so that a
rotation needs no rewriting at once. Blind indexes always use the oldest master key, since they must stay comparable.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.canonical import canonical
from messages.problems import Problem

MASTER_KEY_BYTES = 32
_VERSION = b"\x01"
_HEADER = 1 + 4 + 12
_NEXT = 100


class Vault:
    """Seals and opens what the database must not hold in the clear. It never shows its keys."""

    def __init__(self, masters: Mapping[int, bytes], again: Callable[[], Mapping[int, bytes]] | None = None) -> None:
        """`masters` are master keys of 32 bytes by their number; the highest number seals.

        `again` reads them once more. It is asked when a value was sealed with a number that is not among them: another
        process has a new key already, and this one seals with it too from then on.
        """
        self._again = again
        self._take(masters)
        self._index_key = _subkey(masters[min(masters)], b"casehub/vault/blind-index/v1")

    def seal(self, table: str, column: str, row: str, value: bytes) -> bytes:
        """`value` encrypted for exactly this place. Every call gives other bytes."""
        nonce = os.urandom(12)
        sealed = self._ciphers[self._current].encrypt(nonce, value, _place(table, column, row))
        return _VERSION + self._current.to_bytes(4, "big") + nonce + sealed

    def open(self, table: str, column: str, row: str, value: bytes) -> bytes:
        """The plaintext. Raises `Problem("hub.sealed-value-damaged")` for altered or moved bytes or an unknown key."""
        cipher = self._cipher(int.from_bytes(value[1:5], "big")) if value[:1] == _VERSION else None
        if cipher is None or len(value) < _HEADER + 16:
            raise Problem("hub.sealed-value-damaged", f"{table}.{column}")
        try:
            return cipher.decrypt(value[5:_HEADER], value[_HEADER:], _place(table, column, row))
        except InvalidTag as error:
            raise Problem("hub.sealed-value-damaged", f"{table}.{column}") from error

    def _take(self, masters: Mapping[int, bytes]) -> None:
        if not masters or any(len(key) != MASTER_KEY_BYTES for key in masters.values()):
            raise Problem("hub.master-key-invalid")
        self._ciphers = {number: AESGCM(_subkey(key, b"casehub/vault/seal/v1")) for number, key in masters.items()}
        self._current = max(masters)

    def _cipher(self, number: int) -> AESGCM | None:
        # A damaged value may name any number; only one of the next can be a key that was made meanwhile.
        if 0 < number - self._current <= _NEXT and self._again is not None:
            self._take(self._again())
        return self._ciphers.get(number)

    def seal_maybe(self, table: str, column: str, row: str, value: bytes | None) -> bytes | None:
        """`seal`, with absent staying absent."""
        return None if value is None else self.seal(table, column, row, value)

    def open_maybe(self, table: str, column: str, row: str, value: bytes | None) -> bytes | None:
        """`open`, with absent staying absent."""
        return None if value is None else self.open(table, column, row, value)

    def blind_index(self, kind: str, value: str) -> str:
        """HMAC-SHA256 of `kind` and the normalised `value` in hexadecimal: equal values have equal indexes."""
        return hmac.new(self._index_key, canonical([kind, value]), "sha256").hexdigest()

    def __repr__(self) -> str:
        return f"Vault({len(self._ciphers)} keys, not shown)"


def _place(table: str, column: str, row: str) -> bytes:
    return canonical(["casehub/vault/v1", table, column, row])


def _subkey(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(master)
