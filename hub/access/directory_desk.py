"""The key directory, and the admission of agencies by an operator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from evidence.enrolment import Enrolment, admit, normal_fingerprint
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import accept_key_chain
from evidence.statements import SignedStatement
from hub import marking
from hub.access.rights import agency_named
from hub.callers import Caller
from hub.limits import LIMITS
from hub.log import proofs
from hub.runtime import Hub
from hub.store import agencies
from hub.store.database import Connection
from messages.problems import Problem


def listing(hub: Hub) -> dict[str, Any]:
    """All agencies with their names, for choosing a receiver."""
    with hub.database.transaction(write=False) as connection:
        found = agencies.every(connection)
    return {
        "agencies": [
            {**item.to_json(), "agency": item.agency, "revoked": item.revoked_at is not None} for item in found
        ]
    }


def keys(hub: Hub, agency: str) -> dict[str, Any]:
    """The agency's key statements and revocations. Raises `agency.unknown` (404)."""
    with hub.database.transaction(write=False) as connection:
        found = agencies.get(connection, agency_named(agency))
        if found is None:
            raise Problem("agency.unknown", agency)
        chain = agencies.key_statements(connection, agency)
        revoked = agencies.revocations(connection, agency)
    return {
        "agency": found.to_json(),
        "keys": [statement.to_json() for statement in chain],
        "revoked": [{"key_id": key_id, "revoked_at": timestamp(at)} for key_id, at in revoked.items()],
    }


def add(hub: Hub, who: Caller, body: Any) -> dict[str, Any]:
    """Append a key statement of the caller to its chain.

    Raises `agency.bad-key` if it does not fit the chain, `agency.key-from-future`, and `evidence.key-revoked` if the
    caller's key was revoked since the request was authenticated: a revoked key cannot appoint a successor.
    """
    with marking.refusals(hub, who):
        statement = SignedStatement.from_json(body.get("key") if isinstance(body, dict) else None, "/key")
        with hub.database.transaction() as connection:
            _append(connection, hub, who, statement)
    hub.log.wake()
    return {"key_id": str(statement.unverified_body["key_id"])}


def _append(connection: Connection, hub: Hub, who: Caller, statement: SignedStatement) -> None:
    agencies.hold(connection, who.agency)
    calling = agencies.identity_key(connection, who.key_id)
    if calling is None:
        raise Problem("evidence.unknown-key", key_id=who.key_id)
    calling.require_counts_at(hub.clock())
    chain = agencies.key_statements(connection, who.agency)
    if statement.digest not in {item.digest for item in chain}:
        _require_chain(connection, who.agency, [*chain, statement])
        _require_begun([statement], hub.clock(), "/key")
    if agencies.add_key(connection, who.agency, statement, hub.clock()):
        body = statement.unverified_body
        private = {"agency": who.agency, "key_id": body["key_id"], "purpose": body["purpose"]}
        marking.leave(connection, hub, "key-added", about=who.agency, private=private)


def _require_begun(statements: Sequence[SignedStatement], now: datetime, place: str) -> None:
    """Nobody could work with a key that begins tomorrow, and none that was made before it could replace it."""
    for statement in statements:
        begins = parse_timestamp(statement.unverified_body.get("valid_from"), place)
        ahead = (begins - now).total_seconds()
        if ahead > LIMITS.request_age:
            told = {"begins": timestamp(begins), "now": timestamp(now), "limit": LIMITS.request_age}
            raise Problem("agency.key-from-future", place, **told)


def _require_chain(connection: Connection, agency: str, chain: list[SignedStatement]) -> None:
    try:
        entries = accept_key_chain(chain, agencies.revocations(connection, agency))
    except Problem as problem:
        raise Problem("agency.bad-key", "/key", reason=problem.code) from problem
    if entries[-1].owner != agency or entries[-1].purpose not in ("identity", "hpke"):
        raise Problem("agency.bad-key", "/key", reason="owner")


def admit_agency(hub: Hub, enrolment: Enrolment, request: SignedStatement, fingerprint: str) -> SignedStatement:
    """Enrol an agency whose fingerprint the operator compared. Returns the signed admission for its adapter.

    Admitting the same request again gives the admission of the first time. Raises `agency.wrong-fingerprint`,
    `agency.already-admitted` and `agency.key-from-future`.
    """
    if normal_fingerprint(fingerprint) != enrolment.fingerprint:
        raise Problem("agency.wrong-fingerprint", actual=enrolment.fingerprint)
    with hub.database.transaction() as connection:
        agencies.hold(connection, enrolment.owner)
        known = agencies.get(connection, enrolment.owner)
        if known is not None and known.revoked_at is None:
            stored = agencies.admission(connection, enrolment.owner)
            if known.fingerprint != enrolment.fingerprint or stored is None:
                raise Problem("agency.already-admitted", enrolment.owner)
            return stored
        if enrolment.fingerprint in agencies.revocations(connection, enrolment.owner):
            raise Problem("agency.key-was-revoked", enrolment.owner)
        now = hub.clock()
        _require_begun(enrolment.statements, now, enrolment.owner)
        newest = proofs.latest(connection)
        admission = admit(
            enrolment,
            hub_name=hub.settings.name,
            hub_url=hub.settings.public_url,
            hub_keys=hub.keys.statements,
            admitted_at=now,
            identity=hub.keys.identity,
            checkpoint=None if newest is None else newest.note,
        )
        agencies.admit(
            connection,
            agency=enrolment.agency,
            keys=enrolment.statements,
            enrolment=request,
            admission=admission,
            now=now,
        )
        private = {"agency": enrolment.owner, "fingerprint": enrolment.fingerprint}
        marking.leave(connection, hub, "agency-admitted", about=enrolment.owner, private=private)
    return admission


def extend_chain(hub: Hub, enrolment: Enrolment) -> list[str]:
    """Append what is new in an agency's key chain to the chain that the hub holds. Returns the new key ids.

    Raises `agency.unknown`, and `agency.bad-key` unless the chain begins with exactly what the hub holds.
    """
    with hub.database.transaction() as connection:
        agencies.hold(connection, enrolment.owner)
        held = [item.digest for item in agencies.key_statements(connection, enrolment.owner)]
        if not held:
            raise Problem("agency.unknown", enrolment.owner)
        if [item.digest for item in enrolment.statements[: len(held)]] != held:
            raise Problem("agency.bad-key", enrolment.owner, reason="chain")
        fresh = enrolment.statements[len(held) :]
        _require_chain(connection, enrolment.owner, list(enrolment.statements))
        for statement in fresh:
            agencies.add_key(connection, enrolment.owner, statement, hub.clock())
            private = {"agency": enrolment.owner, "key_id": statement.unverified_body["key_id"]}
            marking.leave(connection, hub, "key-added", about=enrolment.owner, private=private)
    return [str(item.unverified_body["key_id"]) for item in fresh]


def revoke(hub: Hub, agency: str, key_id: str | None, at: datetime) -> list[str]:
    """Revoke one key, or the agency with all its keys. Returns the revoked key ids. Raises `agency.unknown`."""
    with hub.database.transaction() as connection:
        agencies.hold(connection, agency)
        if agencies.get(connection, agency) is None:
            raise Problem("agency.unknown", agency)
        before = set(agencies.revocations(connection, agency))
        if key_id is None:
            agencies.revoke(connection, agency, at)
        else:
            agencies.revoke_key(connection, agency, key_id, at)
        revoked = [name for name in agencies.revocations(connection, agency) if name not in before]
        for name in revoked:
            marking.leave(connection, hub, "key-revoked", about=agency, private={"agency": agency, "key_id": name})
    return revoked
