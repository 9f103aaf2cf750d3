"""Agencies (单位), the chain of their key statements, and their handlers (承办人)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import KeyEntry, TrustedKeys
from evidence.newer import is_newer_key
from evidence.statements import SignedStatement
from hub.store.database import insert_if_absent, lock, upsert
from hub.store.tables import agencies, agency_keys, handlers
from hub.store.vault import Vault
from messages.problems import Problem


@dataclass(frozen=True)
class Agency:
    """One enrolled agency. `agency` is `type:code`; `role`: `agency`, `auditor`, or `maintainer` of the standards."""

    agency: str
    type: str
    code: str
    name: str
    role: str
    fingerprint: str
    admitted_at: str
    revoked_at: str | None

    def to_json(self) -> dict[str, str]:
        """`{"type", "code", "name"}`, as statements name it."""
        return {"type": self.type, "code": self.code, "name": self.name}


@dataclass(frozen=True)
class Handler:
    """One handler of an agency. `role` is `intake` or `handler`; `removed_at` is set once it may no longer act."""

    agency: str
    handler: str
    role: str
    name: str | None
    created_at: str
    removed_at: str | None


def admit(
    connection: Connection,
    *,
    agency: Mapping[str, str],
    keys: Sequence[SignedStatement],
    enrolment: SignedStatement,
    admission: SignedStatement,
    now: datetime,
    role: str = "agency",
) -> str:
    """Enrol an agency with its key statements, oldest first; the first key's id is its fingerprint.

    A revoked agency can be enrolled again: its old keys stay, revoked, so that their signatures still verify. Returns
    the agency's id. Raises `Problem("agency.already-admitted")`. The caller has verified everything.
    """
    short = f"{agency['type']}:{agency['code']}"
    row = {
        "agency": short,
        "type": agency["type"],
        "code": agency["code"],
        "name": agency["name"],
        "role": role,
        "fingerprint": str(keys[0].unverified_body["key_id"]),
        "enrolment": enrolment.encode(),
        "admission": admission.encode(),
        "admitted_at": timestamp(now),
        "revoked_at": None,
    }
    if not insert_if_absent(connection, agencies, row) and not _enrol_anew(connection, short, row):
        raise Problem("agency.already-admitted", agency=short)
    for statement in keys:
        add_key(connection, short, statement, now)
    return short


def _enrol_anew(connection: Connection, agency: str, row: Mapping[str, object]) -> bool:
    statement = update(agencies).where(agencies.c.agency == agency, agencies.c.revoked_at.is_not(None))
    return connection.execute(statement.values(dict(row))).rowcount == 1


def hold(connection: Connection, agency: str) -> None:
    """Be alone with the agency's keys until the transaction ends, so that a chain that was read is the chain."""
    lock(connection, f"agency/{agency}")


def get(connection: Connection, agency: str) -> Agency | None:
    """The agency `type:code`, or None when it is not enrolled."""
    return next(iter(_agencies(connection, agency)), None)


def every(connection: Connection) -> list[Agency]:
    """All agencies, revoked ones included, in the order of their short names."""
    return _agencies(connection, None)


def _agencies(connection: Connection, agency: str | None) -> list[Agency]:
    c = agencies.c
    query = select(c.agency, c.type, c.code, c.name, c.role, c.fingerprint, c.admitted_at, c.revoked_at)
    if agency is not None:
        query = query.where(c.agency == agency)
    return [Agency(*row) for row in connection.execute(query.order_by(c.agency))]


def admission(connection: Connection, agency: str) -> SignedStatement | None:
    """The hub's signed admission of the agency."""
    data = connection.execute(select(agencies.c.admission).where(agencies.c.agency == agency)).scalar()
    return None if data is None else SignedStatement.decode(bytes(data))


def set_role(connection: Connection, agency: str, role: str) -> bool:
    """Give an enrolled agency a role: `agency`, `auditor` or `maintainer`; False when it is not enrolled."""
    c = agencies.c
    statement = update(agencies).where(c.agency == agency, c.revoked_at.is_(None)).values(role=role)
    return connection.execute(statement).rowcount == 1


def revoke(connection: Connection, agency: str, at: datetime) -> bool:
    """Revoke an agency and all its keys at `at`; False when it was revoked before or is unknown."""
    c = agencies.c
    done = connection.execute(
        update(agencies).where(c.agency == agency, c.revoked_at.is_(None)).values(revoked_at=timestamp(at))
    ).rowcount
    if done:
        open_keys = update(agency_keys).where(agency_keys.c.agency == agency, agency_keys.c.revoked_at.is_(None))
        connection.execute(open_keys.values(revoked_at=timestamp(at)))
    return done == 1


def add_key(connection: Connection, agency: str, statement: SignedStatement, now: datetime) -> bool:
    """Append a key statement to the agency's chain; False when the key is there already, unchanged.

    Raises `Problem("agency.key-taken")` when another statement or agency holds the key. The caller has verified the
    chain, in this transaction.
    """
    body = statement.unverified_body
    # The agency's row serialises appends, so that positions have no gap and no twin.
    connection.execute(select(agencies.c.agency).where(agencies.c.agency == agency).with_for_update())
    position = select(func.count()).select_from(agency_keys).where(agency_keys.c.agency == agency)
    row = {
        "key_id": body["key_id"],
        "agency": agency,
        "position": connection.execute(position).scalar_one(),
        "purpose": body["purpose"],
        "statement": statement.encode(),
        "valid_from": body["valid_from"],
        "valid_to": body.get("valid_to"),
        "added_at": timestamp(now),
        "revoked_at": None,
    }
    if insert_if_absent(connection, agency_keys, row):
        return True
    query = select(agency_keys.c.agency, agency_keys.c.statement).where(agency_keys.c.key_id == body["key_id"])
    held = connection.execute(query).one_or_none()
    if held is None or held.agency != agency or bytes(held.statement) != row["statement"]:
        raise Problem("agency.key-taken", key_id=body["key_id"])
    return False


def revoke_key(connection: Connection, agency: str, key_id: str, at: datetime) -> bool:
    """Revoke one key of the agency at `at`; an earlier revocation is kept. False when nothing changed."""
    c = agency_keys.c
    statement = update(agency_keys).where(c.key_id == key_id, c.agency == agency, c.revoked_at.is_(None))
    return connection.execute(statement.values(revoked_at=timestamp(at))).rowcount == 1


def key_statements(connection: Connection, agency: str) -> list[SignedStatement]:
    """The chain of the agency's key statements since it was last enrolled, oldest first; empty when it never was.

    Keys from before a revocation are not in it: `key_histories` and `trusted_keys` have them all.
    """
    chain = key_histories(connection, agency)
    starts = [place for place, item in enumerate(chain) if item.keyid == item.unverified_body["key_id"]]
    return chain[starts[-1] :] if starts else []


def key_histories(connection: Connection, agency: str) -> list[SignedStatement]:
    """All key statements of the agency, oldest first: one chain for each enrolment, each begun by a key that signs
    itself."""
    query = select(agency_keys.c.statement).where(agency_keys.c.agency == agency).order_by(agency_keys.c.position)
    return [SignedStatement.decode(bytes(data), newer=True) for (data,) in connection.execute(query)]


def revocations(connection: Connection, agency: str) -> dict[str, datetime]:
    """When each revoked key of the agency was revoked, by key id."""
    c = agency_keys.c
    query = select(c.key_id, c.revoked_at).where(c.agency == agency, c.revoked_at.is_not(None)).order_by(c.position)
    return {key_id: parse_timestamp(at) for key_id, at in connection.execute(query)}


def trusted_keys(connection: Connection, only: Iterable[str] | None = None) -> TrustedKeys:
    """All keys of the agencies named in `only` (all agencies when None), with their revocations.

    An identity key that was replaced ends where its successor begins, but never before the hub had the successor: no
    agency takes back what it signed by dating a new key back. HPKE keys stay open; they are kept for reading. Keys that
    a newer program took up, of types that this one does not have, are left out.
    """
    c = agency_keys.c
    query = select(c.statement, c.added_at, c.revoked_at)
    if only is not None:
        query = query.where(c.agency.in_(list(only)))
    rows = connection.execute(query.order_by(c.agency, c.position)).all()
    statements = [SignedStatement.decode(bytes(row.statement), newer=True) for row in rows]
    bodies = [statement.unverified_body for statement in statements]
    ends = {
        body["replaces"]: max(body["valid_from"], row.added_at)  # one form of text, so the later is the greater
        for body, row in zip(bodies, rows, strict=True)
        if body["purpose"] == "identity"
    }
    return TrustedKeys(
        _entry(statement.unverified_body, row.revoked_at, ends.get(statement.unverified_body["key_id"]))
        for statement, row in zip(statements, rows, strict=True)
        if not is_newer_key(statement)
    )


def newer_signers(connection: Connection) -> frozenset[str]:
    """The agencies that have an identity key of a type which this program does not have: a newer one took it up."""
    c = agency_keys.c
    rows = connection.execute(select(c.agency, c.statement).where(c.purpose == "identity"))
    return frozenset(
        row.agency for row in rows if is_newer_key(SignedStatement.decode(bytes(row.statement), newer=True))
    )


def identity_key(connection: Connection, key_id: str) -> KeyEntry | None:
    """The identity key `key_id` of an enrolled agency as `trusted_keys` gives it; None for any other key."""
    c = agency_keys.c
    query = select(c.agency).where(c.key_id == key_id, c.purpose == "identity")
    agency = connection.execute(query).scalar()
    return None if agency is None else trusted_keys(connection, [agency]).find(key_id)


def _entry(body: Mapping[str, Any], revoked_at: str | None, replaced_at: str | None) -> KeyEntry:
    entry = KeyEntry.from_json(body)
    if replaced_at is not None:
        end = parse_timestamp(replaced_at)
        entry = replace(entry, valid_to=end if entry.valid_to is None else min(end, entry.valid_to))
    return entry if revoked_at is None else entry.revoked(parse_timestamp(revoked_at))


def put_handler(
    connection: Connection, vault: Vault, agency: str, handler: str, *, role: str, name: str | None, now: datetime
) -> None:
    """Make `handler` known to the agency, or change its role and name; a removed handler returns."""
    row = {
        "agency": agency,
        "handler": handler,
        "role": role,
        "name": vault.seal_maybe("handlers", "name", f"{agency}/{handler}", None if name is None else name.encode()),
        "created_at": timestamp(now),
        "removed_at": None,
    }
    upsert(connection, handlers, row, update=("role", "name", "removed_at"))


def remove_handler(connection: Connection, agency: str, handler: str, now: datetime) -> bool:
    """End a handler's access; False when there is none to end."""
    c = handlers.c
    statement = update(handlers).where(c.agency == agency, c.handler == handler, c.removed_at.is_(None))
    return connection.execute(statement.values(removed_at=timestamp(now))).rowcount == 1


def handler_role(connection: Connection, agency: str, handler: str) -> str | None:
    """`intake` or `handler`; None when the agency has no such handler, or no longer."""
    c = handlers.c
    query = select(c.role).where(c.agency == agency, c.handler == handler, c.removed_at.is_(None))
    return connection.execute(query).scalar()


def handlers_of(connection: Connection, vault: Vault, agency: str) -> list[Handler]:
    """The agency's handlers, removed ones included, in the order of their ids."""
    found = []
    for row in connection.execute(select(handlers).where(handlers.c.agency == agency).order_by(handlers.c.handler)):
        name = vault.open_maybe("handlers", "name", f"{agency}/{row.handler}", row.name)
        shown = None if name is None else name.decode()
        found.append(Handler(agency, row.handler, row.role, shown, row.created_at, row.removed_at))
    return found
