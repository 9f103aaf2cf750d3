"""`casehub agency admit | list | revoke | rotate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from evidence.enrolment import normal_fingerprint, read_enrolment
from evidence.statements import SignedStatement
from hub.access import directory_desk
from hub.commands.adding import Adder
from hub.runtime import Hub, open_hub
from hub.store import agencies
from messages import text
from messages.commandline import DONE, Console
from messages.problems import Problem
from standards import times


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("agency")
    for name, run in (("admit", admit), ("rotate", rotate)):
        parser = group.command(name, run)
        parser.add_argument("request", type=Path, metavar="REQUEST", help=group.words("cli.hub.agency.request"))
        parser.add_argument(
            "--fingerprint", required=True, metavar="FP", help=group.words("cli.hub.agency.fingerprint")
        )
    group.command("list", listing)
    parser = group.command("revoke", revoke)
    parser.add_argument("agency", metavar="TYPE:CODE", help=group.words("cli.hub.agency.name"))
    parser.add_argument("--key", metavar="KEY_ID", help=group.words("cli.hub.agency.key"))


def admit(options: argparse.Namespace, console: Console) -> int:
    """Enrol an agency and write its admission into `H/admissions/`."""
    request = _request(options.request)
    enrolment = read_enrolment(request)
    hub = open_hub(options.home)
    try:
        admission = directory_desk.admit_agency(hub, enrolment, request, options.fingerprint)
        path = _write_admission(hub, enrolment.owner, admission)
        fingerprint = hub.keys.fingerprint
    finally:
        hub.stop()
    console.say("cli.hub.agency.admitted", agency=enrolment.owner, path=path, fingerprint=fingerprint)
    console.result({"agency": enrolment.owner, "admission": str(path), "hub_fingerprint": fingerprint})
    return DONE


def rotate(options: argparse.Namespace, console: Console) -> int:
    """Take an agency's new identity key: its new request must carry the old chain, the new key signed by the old."""
    enrolment = read_enrolment(_request(options.request))
    current = [entry for entry in enrolment.entries if entry.purpose == "identity"][-1]
    if normal_fingerprint(options.fingerprint) != current.key_id:
        raise Problem("agency.wrong-fingerprint", actual=current.key_id)
    hub = open_hub(options.home)
    try:
        added = directory_desk.extend_chain(hub, enrolment)
    finally:
        hub.stop()
    console.say("cli.hub.agency.rotated", agency=enrolment.owner, count=len(added))
    console.result({"agency": enrolment.owner, "added": added})
    return DONE


def listing(options: argparse.Namespace, console: Console) -> int:
    """All enrolled agencies."""
    hub = open_hub(options.home)
    try:
        with hub.database.transaction(write=False) as connection:
            found = agencies.every(connection)
    finally:
        hub.stop()
    if not found:
        console.say("cli.hub.agency.none")
    else:
        states = [
            text("cli.hub.agency.revoked" if item.revoked_at else "cli.hub.agency.active", console.lang)
            for item in found
        ]
        rows = [
            (item.agency, item.name, times.shown_day(item.admitted_at), state, item.fingerprint)
            for item, state in zip(found, states, strict=True)
        ]
        console.table([f"cli.hub.agency.column.{name}" for name in ("agency", "name", "since", "state", "key")], rows)
    console.result({"agencies": [_shown(item) for item in found]})
    return DONE


def revoke(options: argparse.Namespace, console: Console) -> int:
    """Revoke one key, or an agency with all its keys, from now on. What they signed before keeps counting."""
    hub = open_hub(options.home)
    try:
        revoked = directory_desk.revoke(hub, options.agency, options.key, hub.clock())
    finally:
        hub.stop()
    console.say("cli.hub.agency.revoke.done", agency=options.agency, count=len(revoked))
    console.result({"agency": options.agency, "revoked": revoked})
    return DONE


def _request(path: Path) -> SignedStatement:
    try:
        return SignedStatement.from_json(json.loads(path.read_bytes()))
    except OSError as error:
        raise Problem("hub.file-unreadable", str(path), reason=error.strerror or "") from error
    except ValueError as error:
        raise Problem("package.not-json", str(path)) from error


def _write_admission(hub: Hub, agency: str, admission: SignedStatement) -> Path:
    folder = hub.home.path / "admissions"
    folder.mkdir(exist_ok=True)
    path = folder / f"{agency.replace(':', '-')}.json"
    path.write_text(json.dumps(admission.to_json(), indent=2) + "\n", "utf-8")
    return path


def _shown(item: agencies.Agency) -> dict[str, Any]:
    return {
        "agency": item.agency,
        "name": item.name,
        "fingerprint": item.fingerprint,
        "admitted_at": item.admitted_at,
        "revoked_at": item.revoked_at,
    }
