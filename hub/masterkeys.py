"""The file of master keys for the encryption at rest.

    {"format": "casehub/master-keys/v1", "protection": null | {"scrypt": {"n", "r", "p", "salt"}},
     "keys": [{"number": 1, "key": base64}]}

Under a passphrase each key is AES-256-GCM ciphertext, `nonce (12) | ciphertext and tag`, under the scrypt key (RFC
7914), its number as associated data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from evidence.encoding import read_base64, to_base64
from messages.problems import Problem

FORMAT = "casehub/master-keys/v1"
KEY_BYTES = 32
SCRYPT = {"n": 2**15, "r": 8, "p": 1}


def new() -> bytes:
    """A master key: 32 bytes from the operating system's randomness."""
    return os.urandom(KEY_BYTES)


def encode(keys: Mapping[int, bytes], passphrase: str | None) -> bytes:
    """The file's bytes. The caller must write them with mode 0600."""
    protection, cipher = None, None
    if passphrase is not None:
        salt = os.urandom(16)
        protection = {"scrypt": {**SCRYPT, "salt": to_base64(salt)}}
        cipher = _cipher(passphrase, salt, **SCRYPT)
    body = {
        "format": FORMAT,
        "protection": protection,
        "keys": [{"number": number, "key": _wrap(cipher, number, key)} for number, key in sorted(keys.items())],
    }
    return json.dumps(body, indent=1).encode()


def decode(data: bytes, passphrase: str | None) -> dict[int, bytes]:
    """The master keys by number.

    Raises `Problem` `evidence.bad-passphrase` for a missing, needless or wrong passphrase and
    `hub.master-key-invalid` for a file of another form.
    """
    try:
        body = json.loads(data)
        if body["format"] != FORMAT:
            raise Problem("hub.master-key-invalid")
        protection = body["protection"]
        if (protection is None) != (passphrase is None):
            raise Problem("evidence.bad-passphrase")
        cipher = None
        if protection is not None and passphrase is not None:
            given = dict(protection["scrypt"])
            cipher = _cipher(passphrase, _bytes(given.pop("salt")), **given)
        return {int(item["number"]): _unwrap(cipher, item) for item in body["keys"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem("hub.master-key-invalid") from error


def _cipher(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode()))


def _bytes(text: Any) -> bytes:
    try:
        return read_base64(text)
    except Problem as problem:  # the remedy is the file's: restore it
        raise Problem("hub.master-key-invalid") from problem


def _wrap(cipher: AESGCM | None, number: int, key: bytes) -> str:
    if cipher is not None:
        nonce = os.urandom(12)
        key = nonce + cipher.encrypt(nonce, key, str(number).encode())
    return to_base64(key)


def _unwrap(cipher: AESGCM | None, item: Mapping[str, Any]) -> bytes:
    key = _bytes(item["key"])
    if cipher is not None:
        try:
            key = cipher.decrypt(key[:12], key[12:], str(item["number"]).encode())
        except InvalidTag as error:
            raise Problem("evidence.bad-passphrase") from error
    if len(key) != KEY_BYTES:
        raise Problem("hub.master-key-invalid")
    return key
