"""Whom a transfer may go to is known before the journal begins it: one that can never leave must not stay queued."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from adapters.client.answers import Directory
from adapters.keys.trust import Peer
from adapters.station import Station
from messages.problems import Problem

NEAR = 3
SIMILAR = 0.75


def agencies(station: Station) -> list[dict[str, Any]]:
    """The agencies enrolled at the hub, revoked ones included, by type and code."""
    return [each.to_json() for each in station.client.ask(Directory, "/v1/directory").agencies]


def require_receiver(station: Station, agency: str) -> Peer:
    """The receiver whose keys directory and pins agree on, with a key to encrypt for.

    Raises `Alarm`, `adapter.unknown-receiver` naming agencies of a similar code, `adapter.no-recipient-key`,
    `adapter.recipient-key-newer`, and `HubAway`.
    """
    station.require_own_entry()
    try:
        peer = station.peer(agency)
    except Problem as problem:
        if problem.code != "adapter.unknown-agency":
            raise
        raise Problem("adapter.unknown-receiver", agency, near=_near(station, agency)) from problem
    peer.recipient(max(station.clock(), station.client.time.now()))
    return peer


def _near(station: Station, agency: str) -> str:
    known = {item["agency"]: item["name"] for item in agencies(station) if not item["revoked"]}
    found = get_close_matches(agency, sorted(set(known) - {station.agency}), NEAR, SIMILAR)
    return "、".join(f"{name}（{known[name]}）" for name in found) or "—"
