"""Receiving a transfer, as numbered steps. Pure: facts in, a decision out; `desk` loads the one and writes the other.

 1. authenticate            the request's signature (hub.auth, before the body is looked at)
 2. seen before             the stored answer for the same id, sender and envelope; 409 for another envelope; 404 for
                            another sender
 3. signature               envelope, marks and new descriptors are the sender's own, by keys that count, and none is
                            dated in the future (hub.exchange.decisions.vouching)
 4. case access             an existing case is open only to its parties; one own case number leads to one case
 5. schema                  envelope, record, descriptors and marks against the published schemas; digests agree
 6. parts present           every part of every new volume is stored and leased by the sender; reused volumes come from
                            a transfer that the sender is party to
 7. sender and receiver     fit the node (D-02), both enrolled, and every volume key is wrapped for both
 8. completeness            D-04 to D-06 on what the descriptors declare
 9. procedure               findings; only a feedback that answers no open request is refused (D-03)
10. convert codes           the annex (hub.exchange.decisions.conversion); every outcome that is not equivalent is a
    finding
11. one transaction         transfer, case, marks, inbox and the signed receipt (hub.exchange.desk)

Only the package can be refused. Whatever is late, unmet or unmapped goes through with its finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier import inspection
from evidence.mark_bodies import MarkBody
from evidence.marks import check_chain
from hub.access.rights import may_open_new_case, may_see
from hub.callers import Caller
from hub.exchange.decisions.known import Facts, SeenBefore
from hub.exchange.decisions.package import Package, require_schema
from hub.exchange.decisions.vouching import Signer, require_agreement, require_digests
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from standards.judging import completeness, procedure
from standards.judging.facts import CaseFacts
from standards.nodes import Node, NodeCatalogue
from standards.record.envelope import Envelope


@dataclass(frozen=True)
class Acceptance:
    """The package is accepted: what must be written, except signatures and places in the log."""

    envelope: Envelope
    node: Node
    findings: tuple[Finding, ...]
    new_volumes: tuple[str, ...]
    declaration: tuple[Mapping[str, Any], ...]
    suppressed: tuple[Finding, ...] = ()  # hits that a recorded excuse covers: for the audit only


def declared(package: Package, envelope: Envelope, facts: Facts) -> list[dict[str, Any]]:
    """The volumes as their descriptors declare them, with `reused` and `returned` (the receiver held it before)."""
    reused = frozenset(item.volume_id for item in envelope.volumes if item.reused_from)
    found = inspection.declaration([item.unverified_body for item in package.descriptors], reused=reused)
    for volume in found:
        known = facts.known_volumes.get(volume["volume_id"])
        volume["returned"] = known is not None and envelope.receiver in known.holders
    return found


def seen_before(seen: SeenBefore | None, caller: Caller, package: Package) -> bool:
    """Step 2. True when the stored answer is due.

    Raises `transfer.id-reused` (409) for another envelope of the same sender and `transfer.unknown` (404) when the id
    belongs to another sender.
    """
    if seen is None:
        return False
    if seen.sender != caller.agency:
        raise Problem("transfer.unknown")
    if seen.envelope_digest != package.envelope.digest:
        raise Problem("transfer.id-reused")
    return True


def accept(caller: Caller, package: Package, nodes: NodeCatalogue, facts: Facts) -> Acceptance:
    """Steps 3 to 9. Raises `Problem` or `ProblemList` with everything that is wrong in the first failing step."""
    marks = require_signatures(caller, package, facts)
    require_access(caller, package, facts)
    envelope = require_schema(package)
    declaration = declared(package, envelope, facts)
    new_volumes = require_parts(caller, package, envelope, facts)
    require_marks_agree(package, marks, new_volumes)
    node = require_agencies(caller, envelope, nodes, facts)
    require_complete(envelope, node, declaration, facts)
    types = completeness.declared_types(declaration)
    known = CaseFacts(node, facts.history, package.record, facts.now, declared=types, previous=facts.previous)
    examined = procedure.examine(known, enrolled=facts.enrolled, calendar=facts.calendar)
    found = (*completeness.findings(node, declaration), *examined.findings)
    return Acceptance(envelope, node, found, new_volumes, tuple(declaration), examined.suppressed)


def require_signatures(caller: Caller, package: Package, facts: Facts) -> tuple[MarkBody, ...]:
    """Step 3. The envelope, the marks and the new descriptors are the caller's own. Returns what the marks say."""
    if package.claims.get("sender") != caller.agency:
        raise Problem("envelope.sender", "/envelope/sender")
    if package.claims.get("handler") != caller.handler:
        raise Problem("envelope.handler", "/envelope/handler")
    sender = Signer(caller.agency, facts.sender_keys, facts.now)
    sender.require(package.envelope, "envelope", "/envelope")
    marks: list[MarkBody] = []
    for index, mark in enumerate(package.marks):
        marks.append(sender.require_mark(mark, f"/marks/{index}"))
        require_agreement(marks[-1], f"/marks/{index}", package.transfer_id, package.claims.get("node"))
    if [mark.action for mark in marks] != ["sealed", "submitted"]:
        raise Problem("package.marks", "/marks")
    _require_chain(package)
    for index, descriptor in enumerate(package.descriptors):
        place = f"/descriptors/{index}"
        body = descriptor.unverified_body
        known = facts.known_volumes.get(str(body.get("volume_id", "")))
        if known is None:
            if body.get("sealed_by") != caller.agency:
                raise Problem("descriptor.sealed-by-other", f"{place}/sealed_by")
            sender.require(descriptor, "descriptor", place)
        elif known.descriptor_digest != descriptor.digest:
            raise Problem("descriptor.altered", place, volume=str(body.get("number", "")))
    return tuple(marks)


def _require_chain(package: Package) -> None:
    try:
        check_chain(package.marks)
    except Problem as problem:
        raise Problem("mark.out-of-order", "/marks", **problem.params) from problem


def require_marks_agree(package: Package, marks: Sequence[MarkBody], new_volumes: Sequence[str]) -> None:
    """Step 6 as well: `sealed` names the new volumes' ciphertext, `submitted` that of all."""
    sealed = {
        item.unverified_body["volume_id"]: inspection.sealed_digest(item.unverified_body)
        for item in package.descriptors
    }
    told = ({volume_id: sealed[volume_id] for volume_id in new_volumes}, sealed)
    for index, (mark, volumes) in enumerate(zip(marks, told, strict=True)):
        require_digests(mark, f"/marks/{index}", volumes, whole=True)


def require_access(caller: Caller, package: Package, facts: Facts) -> None:
    """Step 4. Strangers to a case learn nothing of it; the same own case number never opens a second case."""
    claims = package.claims
    case_uid = str(claims.get("case_uid", ""))
    if facts.case is None:
        if not may_open_new_case(caller):
            raise Problem("case.unknown")
        if facts.case_of_own_ref not in (None, case_uid):
            raise Problem("case.uid-differs", "/envelope/case_uid", case_uid=facts.case_of_own_ref)
    elif not may_see(caller, facts.case):
        raise Problem("case.unknown")
    for member in ("in_reply_to", "supersedes"):
        named = claims.get(member)
        if named is None:
            continue
        earlier = facts.earlier.get(str(named))
        if earlier is None or not earlier.involves(caller.agency) or earlier.case_uid != case_uid:
            raise Problem("transfer.unknown", f"/envelope/{member}")
    superseded = claims.get("supersedes")
    if superseded is not None:
        earlier = facts.earlier[str(superseded)]
        if earlier.sender != caller.agency or earlier.status != "undeliverable":
            raise Problem("transfer.not-superseded", "/envelope/supersedes", status=earlier.status)


def require_parts(caller: Caller, package: Package, envelope: Envelope, facts: Facts) -> tuple[str, ...]:
    """Step 6. Envelope and descriptors name the same volumes, and every byte they promise is here.

    Returns the volume ids that are new with this transfer.
    """
    entries = {item.volume_id: item for item in envelope.volumes}
    bodies = {item.unverified_body["volume_id"]: item for item in package.descriptors}
    listed = (len(envelope.volumes), len(package.descriptors))
    if set(entries) != set(bodies) or listed != (len(bodies), len(bodies)):
        raise Problem("package.volumes-differ", "/descriptors")
    numbers = [item.unverified_body["number"] for item in package.descriptors]
    if len(set(numbers)) != len(numbers):  # the receiver names folders by them
        raise Problem("volume.number-twice", "/descriptors", volume=max(numbers, key=numbers.count))
    problems: list[Problem] = []
    fresh: list[str] = []
    for index, (volume_id, entry) in enumerate(entries.items()):
        place = f"/envelope/volumes/{index}"
        descriptor = bodies[volume_id]
        number = descriptor.unverified_body["number"]
        if descriptor.digest != entry.descriptor_digest:
            problems.append(Problem("descriptor.digest", f"{place}/descriptor_digest", volume=number))
        known = facts.known_volumes.get(volume_id)
        source = entry.reused_from
        if source is not None:
            earlier = facts.earlier.get(source)
            carried = known is not None and source in known.transfers
            if earlier is None or not earlier.involves(caller.agency) or not carried:
                raise Problem("transfer.unknown", f"{place}/reused_from")
            continue
        if known is not None:
            problems.append(Problem("volume.not-new", f"{place}/volume_id", volume=number))
        fresh.append(volume_id)
        absent = [
            digest for digest in inspection.part_digests(descriptor.unverified_body) if digest in facts.missing_parts
        ]
        if absent:
            problems.append(Problem("part.missing", place, volume=number, count=len(absent), first=absent[0]))
    _raise_all(problems, "package.parts")
    return tuple(fresh)


def require_agencies(caller: Caller, envelope: Envelope, nodes: NodeCatalogue, facts: Facts) -> Node:
    """Step 7. Both agencies fit the node (D-02), the receiver is enrolled, every key is wrapped for both sides."""
    try:
        node = nodes.get(envelope.node)
    except Problem as problem:
        raise Problem(problem.code, "/envelope/node", **problem.params) from problem
    if envelope.domain != node.domain:
        raise Problem("envelope.domain", "/envelope/domain", node=node.id, found=envelope.domain, expected=node.domain)
    receiver = envelope.receiver
    receiver_type = receiver.partition(":")[0]
    if (caller.agency_type, receiver_type) != (node.sender, node.receiver):
        raise Problem(
            "rule.D-02", "/envelope/node", node=node.id, expected_sender=node.sender, expected_receiver=node.receiver
        )
    if facts.receiver_hpke_keys is None:
        raise Problem("agency.not-enrolled", "/envelope/receiver", agency=receiver)
    for index, entry in enumerate(envelope.volumes):
        recipients = {(key.recipient, key.recipient_key_id) for key in entry.keys}
        _require_wrapped(recipients, receiver, facts.receiver_hpke_keys, index)
        _require_wrapped(recipients, caller.agency, facts.sender_hpke_keys, index)
    return node


def _require_wrapped(recipients: set[tuple[str, str]], agency: str, known: frozenset[str], index: int) -> None:
    if not any(name == agency and key_id in known for name, key_id in recipients):
        raise Problem("envelope.key-recipient", f"/envelope/volumes/{index}/keys", agency=agency)


def require_complete(envelope: Envelope, node: Node, declaration: Sequence[Mapping[str, Any]], facts: Facts) -> None:
    """Steps 8 and 9's refusals: D-04 to D-06 on the declaration, D-03 for a feedback without its request."""
    problems = completeness.refusals(node, declaration, sender=envelope.sender, receiver=envelope.receiver)
    _raise_all(problems, "package.incomplete")
    answers = procedure.answers_open_request(
        node, facts.history, sender=envelope.sender, receiver=envelope.receiver, in_reply_to=envelope.in_reply_to
    )
    if not answers:
        raise Problem("rule.D-03", "/envelope/in_reply_to", node=node.id, requests="、".join(node.replies_to))


def _raise_all(problems: Sequence[Problem], code: str) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemList(code, problems)
