"""The receiving desk: the one place where a submission meets the stores. The steps are those of `receive`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from dossier import inspection
from evidence import statements
from evidence.canonical import canonical, digest_of
from evidence.identifiers import is_uuid, timestamp
from evidence.statements import SignedStatement
from hub.exchange import conversion, facts, marking, receive
from hub.exchange.access import INTAKE, Caller
from hub.exchange.package import Package
from hub.runtime import Hub
from hub.store import cases, grants, inbox, marks, parts, persons, transfers, volumes
from hub.store.persons import PersonInCase
from hub.store.transfers import Contents, Transfer
from standards.findings import Finding
from standards.messages import message
from standards.nodes import Node
from standards.problems import Problem


@dataclass(frozen=True)
class Accepted:
    """A package that stands, with what the hub adds to it."""

    package: Package
    facts: receive.Facts
    acceptance: receive.Acceptance
    annex: SignedStatement
    findings: tuple[Finding, ...]

    @property
    def node(self) -> Node:
        """The node at which it was sent."""
        return self.acceptance.node


def submit(hub: Hub, who: Caller, body: Any) -> tuple[bytes, bool]:
    """Receive `POST /v1/transfers`. Returns the answer's bytes and whether the transfer is new.

    Raises what `receive` refuses; each refusal has left its mark before it is raised.
    """
    package: Package | None = None
    try:
        package = Package.read(body)
        with hub.database.transaction() as connection:
            answer, new = _receive(connection, hub, who, package)
    except Problem as problem:
        _mark_refusal(hub, who, package, problem)
        raise
    if new:
        hub.metrics.transfers.labels(package.claims["node"], "accepted").inc()
        hub.log.wake()
    return answer, new


def _receive(connection: Connection, hub: Hub, who: Caller, package: Package) -> tuple[bytes, bool]:
    # Step 2
    transfer_id = package.transfer_id
    if not is_uuid(transfer_id):
        raise Problem("package.malformed", "/envelope/transfer_id", member="transfer_id")
    transfers.hold(connection, transfer_id)
    seen = transfers.seen(connection, transfer_id)
    known = None if seen is None else receive.SeenBefore(seen.sender, seen.envelope_digest)
    if receive.seen_before(known, who, package):
        return transfers.answer(connection, hub.vault, transfer_id), False
    # Steps 3 to 9
    loaded = facts.load(connection, hub, who, package)
    acceptance = receive.accept(who, package, hub.nodes, loaded)
    # Step 10
    body = conversion.annex_body(package.claims, package.record, hub.release, loaded.now)
    annex = statements.sign("annex", body, hub.keys.identity)
    found = (*acceptance.findings, *conversion.findings(body["entries"]))
    # Step 11
    return _write(connection, hub, who, Accepted(package, loaded, acceptance, annex, found)), True


def _write(connection: Connection, hub: Hub, who: Caller, accepted: Accepted) -> bytes:
    package, claims, now = accepted.package, accepted.package.claims, accepted.facts.now
    case_uid, receiver, transfer_id = claims["case_uid"], claims["receiver"], claims["transfer_id"]
    _write_case(connection, hub, who, accepted)
    for mark in package.marks:
        marks.accept(connection, hub.vault, mark, now=now, case_uid=case_uid)
    sealed = {
        item.unverified_body["volume_id"]: inspection.sealed_digest(item.unverified_body)
        for item in package.descriptors
    }
    context: dict[str, Any] = {"transfer_id": transfer_id, "node": accepted.node.id, "case_uid": case_uid}
    private = {
        "envelope": package.envelope.digest,
        "record": claims["record_digest"],
        "case_uid": case_uid,
        "sender": claims["sender"],
        "receiver": receiver,
        "handler": who.handler,
        "findings": [finding.code for finding in accepted.findings],
    }
    received = marking.leave(connection, hub, "received", digests=sealed, private=private, **context)
    marking.leave(connection, hub, "converted", private={"annex": accepted.annex.digest}, **context)
    receipt = _receipt(hub, accepted, received)
    answer = canonical(
        {
            "receipt": receipt.to_json(),
            "annex": accepted.annex.to_json(),
            "findings": [shown(finding) for finding in accepted.findings],
        }
    )
    _write_transfer(connection, hub, accepted, receipt, answer, sealed)
    position = inbox.offer(connection, receiver, transfer_id, now)
    marking.leave(connection, hub, "offered", private={"receiver": receiver, "position": position}, **context)
    return answer


def _write_case(connection: Connection, hub: Hub, who: Caller, accepted: Accepted) -> None:
    claims, record, now = accepted.package.claims, accepted.package.record, accepted.facts.now
    case_uid = claims["case_uid"]
    cases.open_case(connection, hub.vault, case_uid, opened_by=who.agency, name=record["case"].get("name"), now=now)
    refs = [ref for ref in claims["case_refs"] if ref["agency"] == who.agency]
    cases.add_refs(connection, hub.vault, case_uid, refs, now)
    for agency in (who.agency, claims["receiver"]):
        cases.add_party(connection, case_uid, agency, now)
    if who.handler != INTAKE:
        grants.grant(connection, case_uid, who.agency, who.handler, by=who.handler, now=now)
    for person in record.get("persons", []):
        known = PersonInCase(person["person_uid"], case_uid)
        persons.add_refs(connection, hub.vault, known, _person_numbers(person, who.agency), now)
    for link in record["case"].get("links", []):
        # Ends may also be told by case number, which must not stand in the clear, and only this case's links are ours.
        if is_uuid(link["from"]) and is_uuid(link["to"]) and case_uid in (link["from"], link["to"]):
            cases.add_link(connection, link["from"], link["to"], link["type"], now)


def _person_numbers(person: Mapping[str, Any], agency: str) -> list[dict[str, str]]:
    """The sender's own numbers of the person, and the certificates that everybody shares."""
    own = [dict(ref) for ref in person.get("refs", []) if ref["agency"] == agency]
    # Which certificate it is stays in the sealed record: agencies code it differently, and rows tell nothing.
    shared = [
        {"agency": "", "kind": "certificate", "value": certificate["number"]}
        for certificate in person.get("certificates", [])
    ]
    return own + shared


def _receipt(hub: Hub, accepted: Accepted, leaf_hash: str) -> SignedStatement:
    claims, now = accepted.package.claims, accepted.facts.now
    deadline = now + timedelta(seconds=hub.settings.inclusion_delay_seconds)
    body = {
        "transfer_id": claims["transfer_id"],
        "envelope_digest": accepted.package.envelope.digest,
        "node": accepted.node.id,
        "case_uid": claims["case_uid"],
        "sender": claims["sender"],
        "receiver": claims["receiver"],
        "received_at": timestamp(now),
        "annex_digest": accepted.annex.digest,
        "mark_leaf_hash": leaf_hash,
        "inclusion_deadline": timestamp(deadline),
        "log_origin": hub.settings.log_origin,
        "standard": "casehub/record/v1",
        "findings": [finding.to_json() for finding in accepted.findings],
    }
    return statements.sign("receipt", body, hub.keys.identity)


def _write_transfer(  # noqa: PLR0917 - one row's worth
    connection: Connection,
    hub: Hub,
    accepted: Accepted,
    receipt: SignedStatement,
    answer: bytes,
    sealed: Mapping[str, str],
) -> None:
    package, claims, now = accepted.package, accepted.package.claims, accepted.facts.now
    bodies = [item.unverified_body for item in package.descriptors]
    row = Transfer(
        transfer_id=claims["transfer_id"],
        node=accepted.node.id,
        sender=claims["sender"],
        receiver=claims["receiver"],
        handler=claims["handler"],
        case_uid=claims["case_uid"],
        status=transfers.OFFERED,
        envelope_digest=package.envelope.digest,
        record_digest=digest_of(package.record),
        in_reply_to=claims["in_reply_to"],
        supersedes=claims["supersedes"],
        received_at=timestamp(now),
        settled_at=timestamp(now),
        bytes=sum(body["pack"]["size"] + body["catalogue"]["size"] for body in bodies),
        pages=sum(body["pages"] for body in bodies),
    )
    contents = Contents(
        envelope=package.envelope.encode(),
        record=canonical(dict(package.record)),
        annex=accepted.annex.encode(),
        receipt=receipt.encode(),
        findings=json.dumps([shown(finding) for finding in accepted.findings], ensure_ascii=False).encode(),
        answer=answer,
    )
    transfers.insert(connection, hub.vault, row, contents)
    reused = {item["volume_id"]: item["reused_from"] for item in claims["volumes"]}
    for position, descriptor in enumerate(package.descriptors):
        body = descriptor.unverified_body
        volume_id = body["volume_id"]
        volumes.carry(
            connection,
            row.transfer_id,
            position,
            descriptor,
            sealed_digest=sealed[volume_id],
            reused_from=reused[volume_id],
            now=now,
        )
        parts.claim(connection, row.transfer_id, inspection.part_digests(body), row.sender)
    if row.supersedes is not None:
        transfers.set_status(connection, row.supersedes, transfers.SUPERSEDED, now, before=(transfers.UNDELIVERABLE,))
        earlier = accepted.facts.earlier[row.supersedes]
        marking.leave(
            connection,
            hub,
            "superseded",
            transfer_id=row.supersedes,
            node=earlier.node,
            case_uid=row.case_uid,
            private={"by": row.transfer_id},
        )


def shown(finding: Finding) -> dict[str, Any]:
    """A finding with its sentences, as API answers carry it."""
    entry = message(finding.code)
    return {**finding.to_json(), "zh": entry.text("zh", finding.params), "en": entry.text("en", finding.params)}


def _mark_refusal(hub: Hub, who: Caller, package: Package | None, problem: Problem) -> None:
    """A refusal is a mark too. A stranger's attempt on another's transfer does not enter that transfer's trail."""
    claims = {} if package is None else package.claims
    claimed = claims.get("transfer_id")
    own = is_uuid(claimed) and (problem.code, problem.place) != ("transfer.unknown", "")
    node = claims.get("node")
    known = node if isinstance(node, str) and node in hub.nodes else None
    hub.metrics.transfers.labels(known or "(unknown)", "refused").inc()
    marking.refused(hub, who, problem, transfer_id=claimed if own else None, node=known)
