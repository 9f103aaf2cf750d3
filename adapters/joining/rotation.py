"""Key rotation: new keys are registered at the hub with statements signed by the current identity key."""

from __future__ import annotations

from typing import Any

from adapters.client.answers import KeyAdded
from adapters.client.hub import Refused
from adapters.joining.enrolment import write_request
from adapters.station import Station
from evidence.statements import SignedStatement

REPLACED = "evidence.key-not-valid"
"""What the hub answers to a request that is signed with a key whose successor it has."""


def rotate_hpke(station: Station) -> dict[str, Any]:
    """Make and announce a new HPKE key; the old one stays for reading. Raises `HubAway`: then run it again.

    `enrolment.json` is written anew, so that it always holds the whole chain.
    """
    statement = station.keyring.pending("hpke") or station.keyring.rotate_hpke(station.clock())
    _register(station, statement)
    station.keyring.announced(statement)
    write_request(station.home, station.keyring, station.clock())
    station.noted("key-rotated", purpose="hpke", key_id=station.keyring.hpke.key_id)
    return {"purpose": "hpke", "key_id": station.keyring.hpke.key_id}


def rotate_identity(station: Station) -> dict[str, Any]:
    """Make a new identity key, signed by the old one, and use it once the hub has it. Raises `HubAway`: run it again.

    The HPKE key stays: the old identity vouched for it, and the chain stays whole. `enrolment.json` is written anew,
    for an operator who wants to take the new key by hand.
    """
    pending = station.keyring.pending("identity")
    statement = pending or station.keyring.prepare_identity(station.clock())
    try:
        _register(station, statement)
    except Refused as refused:
        if pending is None or refused.code != REPLACED:
            raise
        # The hub took the new key an earlier time and its answer was lost: the old one signs nothing any more.
    station.keyring.take_identity()
    station.keyring.announced(statement)
    write_request(station.home, station.keyring, station.clock())
    station.noted("key-rotated", purpose="identity", key_id=station.keyring.identity.key_id)
    return {"purpose": "identity", "key_id": station.keyring.identity.key_id}


def _register(station: Station, statement: SignedStatement) -> None:
    station.client.submit(KeyAdded, "POST", "/v1/directory/keys", {"key": statement.to_json()})
