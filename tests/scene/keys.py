"""Keys that are the same in every run, and the statements that make them known."""

from __future__ import annotations

import hashlib
from typing import Any

from evidence.keys import SigningKey, key_statement
from evidence.statements import SignedStatement
from tests.scene.agencies import HUB
from tests.scene.clocks import after

ORIGIN = "test/casehub-log"
"""The name of the test hub's log."""
HPKE_BYTES = bytes(1216)


def key(name: str) -> SigningKey:
    """The key of a name."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


HUB_KEY, POLICE_KEY, LOG_KEY = key("hub"), key("police"), key("log")


def identity(owner: str, signing: SigningKey, **more: Any) -> SignedStatement:
    """The statement of an identity key, the first unless `signer` and `replaces` are given."""
    given = {"valid_from": after(-1000), "signer": signing, **more}
    return key_statement(owner=owner, kty="ed25519", public=signing.public, purpose="identity", **given)


def hpke(owner: str, signer: SigningKey, **more: Any) -> SignedStatement:
    """The statement of an HPKE key."""
    given = {"public": HPKE_BYTES, "valid_from": after(-1000), **more}
    return key_statement(owner=owner, kty="mlkem768-x25519", purpose="hpke", signer=signer, **given)


def log_key(signer: SigningKey, signing: SigningKey, **more: Any) -> SignedStatement:
    """The statement of the hub's log key."""
    given = {"valid_from": after(-1000), "origin": ORIGIN, **more}
    return key_statement(owner=HUB, kty="ed25519", public=signing.public, purpose="log", signer=signer, **given)
