"""A hub that works and whose log is silent: what no answer means once it lasts.

A hub that is away gives nothing to anybody. One that answers this agency while its log gives no checkpoint, no tile and
no proof hides what they would show. The first time is noted, since a log may be busy or just starting; when it lasts
longer than `Limits.withheld_wait`, it is an alarm with what was asked and what came instead.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from adapters.auditing import complaints
from adapters.client.hub import HubAway, Refused, segment
from adapters.keys.trust import Alarm
from adapters.station import Station
from evidence.identifiers import parse_timestamp, timestamp
from messages.problems import Problem

CODE = "trust.log-withheld"
KEY = "log-withheld"


def answered(station: Station) -> None:
    """The log has given all that it was asked for."""
    if station.state.get(KEY):
        station.state.put(KEY, "")


def silent(station: Station, away: HubAway, now: datetime, note: bytes | None) -> Alarm | None:
    """The log has not answered; `note` is the checkpoint that is remembered. The alarm once it has lasted too long."""
    if not _works(station):
        return None
    kept = station.state.get(KEY)
    if not kept:
        station.state.put(KEY, json.dumps({"since": timestamp(now)}))
        station.noted("log-withheld", code=away.code, place=away.place)
        return None
    since = str(json.loads(kept)["since"])
    if parse_timestamp(since) + timedelta(seconds=station.client.limits.withheld_wait) > now:
        return None
    body: dict[str, Any] = {
        "code": CODE,
        "since": since,
        "asked": away.place,
        "answered": {"code": away.code, **away.params},
        "remembered": None if note is None else note.decode("utf-8", "replace"),
    }
    return complaints.alarmed(station, CODE, since, f"{CODE}-{since}", body, asked=away.place)


def _works(station: Station) -> bool:
    """Whether the hub answers what is no matter of the log: the directory's entry of this agency."""
    kind, code = station.home.agency.type, station.home.agency.code
    try:
        station.client.request("GET", f"/v1/directory/{segment(kind)}/{segment(code)}", attempts=1)
    except Refused:
        return True
    except Problem:
        return False
    return True
