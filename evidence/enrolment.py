"""Enrolment and admission: how an agency and a hub come to trust each other's keys.

The adapter writes an *enrolment* that holds its key statements, signed by its identity key. An operator compares the
fingerprint that the agency gives through another channel, and issues an *admission*: the hub's key statements, signed
by the hub's identity key, which the adapter pins by the hub's fingerprint. No key is trusted unless a fingerprint
identifies it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digests import SHA256
from evidence import statements
from evidence.canonical import require_digest
from evidence.identifiers import agency_name, is_hub, parse_timestamp, timestamp
from evidence.keys import KeyEntry, SigningKey, TrustedKeys, accept_key_chain
from evidence.log import notes
from evidence.statements import SignedStatement
from messages.problems import Problem
from standards import agencies

MAX_KEY_STATEMENTS = 64


@dataclass(frozen=True)
class Enrolment:
    """A checked request: the agency, its short name, its keys, and the fingerprint to compare before it is admitted."""

    agency: Mapping[str, str]
    owner: str
    entries: tuple[KeyEntry, ...]
    statements: tuple[SignedStatement, ...]
    created_at: datetime

    @property
    def fingerprint(self) -> str:
        """The key id of the agency's first identity key."""
        return self.entries[0].key_id


MAX_CHECKPOINT = 65_536
"""Characters of the checkpoint in an admission."""


@dataclass(frozen=True)
class Admission:
    """A checked admission: what the adapter pins."""

    agency: Mapping[str, str]
    agency_key_id: str
    admitted_at: datetime
    hub_name: str
    hub_url: str
    entries: tuple[KeyEntry, ...]
    statements: tuple[SignedStatement, ...]
    log_origin: str
    log_vkey: str
    checkpoint: str | None = None
    """What the hub had signed of its log when it admitted the agency; an older hub says nothing of it."""

    @property
    def fingerprint(self) -> str:
        """The key id of the hub's first identity key."""
        return self.entries[0].key_id

    @property
    def owner(self) -> str:
        """The hub's short name, `hub:<name>`."""
        return self.entries[0].owner


def request_enrolment(
    agency: Mapping[str, str], keys: Sequence[SignedStatement], created_at: datetime, identity: SigningKey
) -> SignedStatement:
    """The request of `agency` ({type, code, name}) with its key statements, signed by its current identity key."""
    agencies.require_known(agency["type"], "/agency/type")
    agency_name(agency["type"], agency["code"])
    body = {
        "agency": {name: agency[name] for name in ("type", "code", "name")},
        "keys": [key.to_json() for key in keys],
        "created_at": timestamp(created_at),
    }
    return statements.sign("enrolment", body, identity)


def read_enrolment(request: SignedStatement) -> Enrolment:
    """Check a request against itself; whether it is the agency's shows only the fingerprint.

    1. The statement is an enrolment, of an agency whose type is known.
    2. Its key statements form one chain.
    3. The chain belongs to the agency named, and holds an HPKE key.
    4. The chain's current identity key signed the request.

    Raises `Problem("evidence.bad-enrolment")` and what the parts raise.
    """
    # Step 1
    body = _body(request, "enrolment", {"agency", "keys", "created_at"})
    agency = _agency(body["agency"])
    agencies.require_known(agency["type"], "/agency/type")
    # Step 2
    chain = _statements(body["keys"])
    entries = accept_key_chain(chain)
    # Step 3
    owner = agency_name(agency["type"], agency["code"])
    if entries[0].owner != owner or not any(entry.purpose == "hpke" for entry in entries):
        raise Problem("evidence.bad-enrolment", "/keys")
    # Step 4
    created_at = parse_timestamp(body["created_at"], "/created_at")
    _require_signed_by_chain(request, entries, created_at)
    return Enrolment(agency, owner, tuple(entries), tuple(chain), created_at)


def admit(
    enrolment: Enrolment,
    *,
    hub_name: str,
    hub_url: str,
    hub_keys: Sequence[SignedStatement],
    admitted_at: datetime,
    identity: SigningKey,
    checkpoint: str | None = None,
) -> SignedStatement:
    """The hub's answer to a request whose fingerprint the operator has compared, signed by the hub's identity key.

    `checkpoint` is the log's newest one, with which the agency's first contact must agree. `hub_keys` are the hub's
    identity and log key statements. Raises `Problem("evidence.bad-admission")` when they hold no log key.
    """
    log = _log_entry(accept_key_chain(hub_keys))
    body = {
        "agency": dict(enrolment.agency),
        "agency_key_id": enrolment.fingerprint,
        "admitted_at": timestamp(admitted_at),
        "hub": {"name": hub_name, "url": hub_url},
        "keys": [key.to_json() for key in hub_keys],
        "log": {"origin": log.origin, "vkey": notes.vkey(str(log.origin), log.public, log.kty)},
    }
    shown = {} if checkpoint is None else {"checkpoint": checkpoint}
    return statements.sign("admission", {**body, **shown}, identity)


def read_admission(answer: SignedStatement, hub_fingerprint: str, agency_key_id: str | None = None) -> Admission:
    """Check an admission against the fingerprint of the hub that came by another way.

    1. The statement is an admission.
    2. The hub's key statements form one chain that begins with the key of that fingerprint.
    3. The chain's current identity key signed the admission.
    4. It admits the agency key asked for, when one is given.
    5. The log named is the one of the chain's log key.

    Raises `Problem` `evidence.wrong-fingerprint`, `evidence.bad-admission` and what the parts raise.
    """
    # Step 1
    body = _body(answer, "admission", {"agency", "agency_key_id", "admitted_at", "hub", "keys", "log"})
    # Step 2
    chain = _statements(body["keys"])
    entries = accept_key_chain(chain)
    if entries[0].key_id != normal_fingerprint(hub_fingerprint):
        raise Problem("evidence.wrong-fingerprint", "/keys", found=entries[0].key_id)
    hub = _hub(body["hub"])
    if entries[0].owner != f"hub:{hub['name']}":
        raise Problem("evidence.bad-admission", "/hub/name")
    # Step 3
    admitted_at = parse_timestamp(body["admitted_at"], "/admitted_at")
    _require_signed_by_chain(answer, entries, admitted_at)
    # Step 4
    if agency_key_id is not None and body["agency_key_id"] != agency_key_id:
        raise Problem("evidence.bad-admission", "/agency_key_id")
    # Step 5
    log = _log_entry(entries)
    vkey = notes.vkey(str(log.origin), log.public, log.kty)
    if body["log"] != {"origin": log.origin, "vkey": vkey}:
        raise Problem("evidence.bad-admission", "/log")
    checkpoint = body.get("checkpoint")
    if checkpoint is not None and not (isinstance(checkpoint, str) and len(checkpoint) <= MAX_CHECKPOINT):
        raise Problem("evidence.bad-admission", "/checkpoint")
    return Admission(
        agency=_agency(body["agency"]),
        agency_key_id=require_digest(body["agency_key_id"], "/agency_key_id"),
        admitted_at=admitted_at,
        hub_name=hub["name"],
        hub_url=hub["url"],
        entries=tuple(entries),
        statements=tuple(chain),
        log_origin=str(log.origin),
        log_vkey=vkey,
        checkpoint=checkpoint,
    )


def normal_fingerprint(text: str) -> str:
    """A fingerprint as people type it (spaces, hyphens, capitals, without `sha256:`) in its one form.

    Raises `Problem("evidence.bad-digest")`.
    """
    bare = re.sub(r"[\s-]", "", text).lower()
    return require_digest(bare if ":" in bare else f"{SHA256.name}:{bare}")


def _body(statement: SignedStatement, kind: str, members: set[str]) -> dict[str, Any]:
    if statement.kind != kind:
        raise Problem("evidence.wrong-kind", kind=statement.kind, expected=kind)
    body = statement.unverified_body
    if not members <= set(body):
        raise Problem(f"evidence.bad-{kind}")
    return body


def _agency(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) != {"type", "code", "name"}:
        raise Problem("evidence.bad-enrolment", "/agency")
    if not all(isinstance(text, str) and 0 < len(text) <= 200 for text in value.values()):
        raise Problem("evidence.bad-enrolment", "/agency")
    return dict(value)


def _hub(value: Any) -> dict[str, str]:
    if isinstance(value, dict) and {"name", "url"} <= set(value) and all(isinstance(v, str) for v in value.values()):
        return dict(value)
    raise Problem("evidence.bad-admission", "/hub")


def _statements(value: Any) -> list[SignedStatement]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_KEY_STATEMENTS:
        raise Problem("evidence.broken-key-chain", "/keys")
    return [SignedStatement.from_json(item, f"/keys/{index}") for index, item in enumerate(value)]


def _log_entry(entries: Sequence[KeyEntry]) -> KeyEntry:
    """The newest log key of a hub's chain."""
    logs = [entry for entry in entries if entry.purpose == "log"]
    if not logs or not is_hub(logs[-1].owner):
        raise Problem("evidence.bad-admission", "/keys")
    return logs[-1]


def _require_signed_by_chain(statement: SignedStatement, entries: Sequence[KeyEntry], at: datetime) -> None:
    identities = [entry for entry in entries if entry.purpose == "identity"]
    statements.verify(statement, statement.kind, TrustedKeys(identities[-1:]), at, entries[0].owner)
