"""Enrolment at a hub: the request that an operator admits, and pinning the hub by its fingerprint."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.home import Agency, Home, create, open_home
from adapters.keys.keyring import Keyring
from adapters.station import Station
from dossier.durable import write_durably
from evidence import enrolment as statements
from evidence.statements import SignedStatement
from messages.problems import Problem

REQUEST = "enrolment.json"
ADMISSION = "admission"
"""Who has shown the checkpoint that an admission names."""
MAX_ADMISSION = 4 * 2**20


def init(path: Path, agency: Agency, hub_url: str, now: datetime, passphrase: bytes | None = None) -> Keyring:
    """Make home, keys and `enrolment.json`. Raises what `home.create` raises."""
    home = create(path, agency, hub_url)
    keyring = Keyring.create(home, now, passphrase)
    write_request(home, keyring, now)
    return keyring


def start_again(path: Path, now: datetime, passphrase: bytes | None = None) -> Keyring:
    """New keys in an existing home, and their request. Raises what `open_home` and reading keys raise."""
    home = open_home(path)
    with home.lock("keys"):
        keyring = Keyring.start_again(home, now, passphrase)
        write_request(home, keyring, now)
    return keyring


def write_request(home: Home, keyring: Keyring, now: datetime) -> None:
    """Write `enrolment.json` with every key statement so far, signed by the current identity key."""
    request = statements.request_enrolment(home.agency.to_json(), keyring.statements, now, keyring.identity)
    write_durably(home.path / REQUEST, json.dumps(request.to_json(), indent=1).encode("utf-8"))


def enrol(station: Station, admission: Path, hub_fingerprint: str) -> dict[str, Any]:
    """Pin the hub's identity and log keys from the operator's answer, and keep its checkpoint for the first contact.

    1. The file is an admission whose chain begins with the key whose fingerprint the operator told.
    2. It answers this agency and the key of this adapter's request.

    Raises `adapter.bad-admission-file`, `adapter.other-agency` and what `evidence.enrolment.read_admission` raises.
    """
    # Step 1
    try:
        if admission.stat().st_size > MAX_ADMISSION:
            raise Problem("adapter.bad-admission-file", str(admission))
        body = json.loads(admission.read_bytes())
    except (OSError, ValueError) as error:
        raise Problem("adapter.bad-admission-file", str(admission)) from error
    home, keyring = station.home, station.keyring
    found = statements.read_admission(SignedStatement.from_json(body), hub_fingerprint, keyring.fingerprint)
    # Step 2
    named = (found.agency["type"], found.agency["code"])
    if named != (home.agency.type, home.agency.code):
        raise Problem("adapter.other-agency", f"{named[0]}:{named[1]}")
    station.trust.pin_hub(
        name=found.hub_name,
        url=found.hub_url,
        origin=found.log_origin,
        vkey=found.log_vkey,
        chain=found.statements,
    )
    if found.checkpoint is not None:
        station.promises.heard(ADMISSION, found.checkpoint)
    return {"hub": found.hub_name, "fingerprint": found.fingerprint, "log": found.log_origin}
