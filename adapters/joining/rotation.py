"""Key rotation: new keys are registered at the hub with statements signed by the current identity key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapters.client.answers import KeyAdded
from adapters.client.hub import Refused
from adapters.joining.enrolment import write_request
from adapters.station import Station
from evidence.dating import dated
from evidence.identifiers import timestamp
from evidence.statements import SignedStatement
from messages.problems import Problem

REPLACED = "evidence.key-not-valid"
"""What the hub answers to a request that is signed with a key whose successor it has."""
AHEAD = "agency.key-from-future"
"""What it answers to a key that begins later than the difference of clocks which it bears."""


def rotate_hpke(station: Station) -> dict[str, Any]:
    """Make and announce a new HPKE key; the old one stays for reading. Raises `HubAway`: then run it again.

    `enrolment.json` is written anew, so that it always holds the whole chain. Raises `adapter.key-not-begun`, and what
    `Station.signing_time` raises.
    """
    now = _from(station)
    statement = station.keyring.pending("hpke") or station.keyring.rotate_hpke(now)
    statement = _announce(station, statement, now)
    station.keyring.announced(statement)
    write_request(station.home, station.keyring, now)
    station.noted("key-rotated", purpose="hpke", key_id=station.keyring.hpke.key_id)
    return {"purpose": "hpke", "key_id": station.keyring.hpke.key_id}


def rotate_identity(station: Station) -> dict[str, Any]:
    """Make a new identity key, signed by the old one, and use it once the hub has it. Raises `HubAway`: run it again.

    The HPKE key stays: the old identity vouched for it, and the chain stays whole. `enrolment.json` is written anew,
    for an operator who wants to take the new key by hand. Raises `adapter.key-not-begun`, and what
    `Station.signing_time` raises.
    """
    now = _from(station)
    pending = station.keyring.pending("identity")
    statement = pending or station.keyring.prepare_identity(now)
    try:
        statement = _announce(station, statement, now)
    except Refused as refused:
        if pending is None or refused.code != REPLACED:
            raise
        # The hub took the new key an earlier time and its answer was lost: the old one signs nothing any more.
    station.keyring.take_identity()
    station.keyring.announced(statement)
    write_request(station.home, station.keyring, now)
    station.noted("key-rotated", purpose="identity", key_id=station.keyring.identity.key_id)
    return {"purpose": "identity", "key_id": station.keyring.identity.key_id}


def _from(station: Station) -> datetime:
    """When a new key may begin: not before the key that vouches for it, or nobody could follow the chain."""
    now, begins = station.signing_time(), station.keyring.begins
    at = dated(now, [begins])
    if at is None:
        raise Problem("adapter.key-not-begun", own=timestamp(now), begins=timestamp(begins))
    return at


def _announce(station: Station, statement: SignedStatement, now: datetime) -> SignedStatement:
    """Tell the hub the key; the statement as the hub has it. One that was made while the clock was ahead, and that the
    hub refused for it, is made anew."""
    try:
        _register(station, statement)
    except Refused as refused:
        if refused.code != AHEAD:
            raise
        statement = station.keyring.redated(statement, now)
        _register(station, statement)
    return statement


def _register(station: Station, statement: SignedStatement) -> None:
    station.client.submit(KeyAdded, "POST", "/v1/directory/keys", {"key": statement.to_json()})
