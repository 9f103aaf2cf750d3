"""Marks that agencies submit after a transfer: the receiver's answer to it, and actions that are `handed_in`.

Each is checked in the same steps: its action is one that is taken here, it is the caller's own
(`hub.exchange.decisions.vouching`), speaks of a transfer that the caller may see, tells an action that the caller may
sign there, names that transfer's node and ciphertext, and follows the caller's last mark on it. A mark that is refused
leaves the hub's own mark of the refusal on the trail.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, cast

from evidence import marks as rules
from evidence.encoding import read_base64
from evidence.mark_bodies import MarkBody
from evidence.statements import SignedStatement
from hub import marking
from hub.access import looking
from hub.access.looking import Hidden
from hub.callers import Caller
from hub.exchange.decisions import states
from hub.exchange.decisions.vouching import Signer, require_agreement, require_digests, require_signer
from hub.limits import LIMITS
from hub.runtime import Hub
from hub.store import agencies, marks, transfers, volumes
from hub.store.database import Connection
from hub.store.transfers import Transfer
from messages.problems import Problem
from standards import actions

SETTLING: Mapping[str, states.Event] = {"acknowledged": "acknowledged", "declined": "declined"}


def acknowledge(hub: Hub, who: Caller, transfer_id: str, body: Any) -> dict[str, Any]:
    """Settle a transfer by the receiver's signed mark; the same mark again gets the same answer.

    `declined` makes the transfer undeliverable, which the hub marks too. Raises `mark.not-accepted`,
    `mark.out-of-order`, `mark.private`, `transfer.wrong-state`, what the checks of the module raise, and 404 to
    everybody but the receiver.
    """
    with marking.refusals(hub, who) as subject, looking.door(hub, who) as connection:
        transfers.hold(connection, transfer_id)
        found = subject.transfer = _addressed(connection, who, transfer_id)
        mark, private, salt = _enclosed(body)
        _require_taken(mark, "/mark", SETTLING)
        event = SETTLING[_Judge(connection, hub, who).require_fit(mark, found, "/mark").action]
        known = marks.by_leaf_hash(connection, hub.vault, rules.leaf_hash(mark))
        if known is not None:
            return {"status": found.status, "leaf_hash": known.leaf_hash}
        status = states.move(cast("states.State", found.status), event)
        now, case_uid = hub.clock(), found.case_uid
        stored = marks.accept(connection, hub.vault, mark, now=now, case_uid=case_uid, private=private, salt=salt)
        _settle(connection, hub, found, status, stored.leaf_hash)
    hub.metrics.transfers.labels(found.node, status).inc()
    hub.log.wake()
    return {"status": status, "leaf_hash": stored.leaf_hash}


def _settle(connection: Connection, hub: Hub, found: Transfer, status: str, leaf_hash: str) -> None:
    now = hub.clock()
    transfers.set_status(connection, found.transfer_id, status, now)
    if status == transfers.ACKNOWLEDGED:
        volumes.received(connection, found.transfer_id, found.receiver, now)
        return
    context: dict[str, Any] = {"transfer_id": found.transfer_id, "node": found.node, "case_uid": found.case_uid}
    private = {"declined": leaf_hash}
    marking.leave(connection, hub, "undeliverable", about=found.receiver, private=private, **context)


def hand_in(hub: Hub, who: Caller, body: Any) -> dict[str, Any]:
    """Store marks of actions that are handed in, which a party signed on transfers that it may see, or any agency
    outside transfers where the action needs none. All or none; repeats change nothing.

    Raises `mark.not-accepted`, `mark.other-signer` and what the checks of the module raise.
    """
    listed = body.get("marks") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= LIMITS.marks_per_request:
        raise Problem("http.bad-parameter", "/marks")
    hashes: dict[int, str] = {}
    with marking.refusals(hub, who) as subject, looking.door(hub, who) as connection:
        read = [SignedStatement.from_json(item, f"/marks/{index}") for index, item in enumerate(listed)]
        judge, taken = _Judge(connection, hub, who), actions.handed_in()
        # Transfers in one order for all, so that two requests never wait for each other; marks of one keep theirs.
        for index in sorted(range(len(read)), key=lambda at: str(read[at].unverified_body.get("transfer_id"))):
            mark, place = read[index], f"/marks/{index}"
            claims = _require_taken(mark, place, taken)
            found = subject.transfer = None if claims.transfer_id is None else judge.transfer(claims.transfer_id)
            judge.require_fit(mark, found, place)
            case_uid = None if found is None else found.case_uid
            hashes[index] = marks.accept(connection, hub.vault, mark, now=hub.clock(), case_uid=case_uid).leaf_hash
    hub.log.wake()
    return {"leaf_hashes": [hashes[index] for index in range(len(hashes))]}


def _require_taken(mark: SignedStatement, place: str, taken: Container[str]) -> MarkBody:
    """What a well-formed mark claims, whose action is one of those taken here. Raises `mark.not-accepted`."""
    rules.check_mark(mark, place)
    claims = rules.body_of(mark)
    if claims.action not in taken:
        raise Problem("mark.not-accepted", f"{place}/action", action=claims.action)
    return claims


def _addressed(connection: Connection, who: Caller, transfer_id: str) -> Transfer:
    """The transfer, for its receiver only."""
    found = looking.transfer_for(connection, who, transfer_id)
    if found.receiver != who.agency:
        raise Hidden("transfer", transfer_id)
    return found


class _Judge:
    """Holds marks of one request against the transfers that they speak of, each loaded once."""

    def __init__(self, connection: Connection, hub: Hub, who: Caller) -> None:
        self._connection = connection
        self._who = who
        self._signer = Signer(who.agency, agencies.trusted_keys(connection, [who.agency]), hub.clock())
        self._transfers: dict[str, Transfer] = {}
        self._sealed: dict[str, dict[str, str]] = {}

    def transfer(self, transfer_id: str) -> Transfer:
        """The transfer, if the caller may see it. Raises `Hidden`."""
        if transfer_id not in self._transfers:
            self._transfers[transfer_id] = looking.transfer_for(self._connection, self._who, transfer_id)
        return self._transfers[transfer_id]

    def require_fit(self, mark: SignedStatement, found: Transfer | None, place: str) -> MarkBody:
        """What a mark says that is the caller's own, is the caller's to sign, and agrees with the transfer, if any."""
        body = self._signer.require_mark(mark, place)
        if found is None:
            require_digests(body, place, {})
            return body
        require_agreement(body, place, found.transfer_id, found.node)
        require_signer(body, place, sender=found.sender, receiver=found.receiver)
        if found.transfer_id not in self._sealed:
            self._sealed[found.transfer_id] = volumes.sealed_digests(self._connection, found.transfer_id)
        require_digests(body, place, self._sealed[found.transfer_id])
        return body


def _enclosed(body: Any) -> tuple[SignedStatement, dict[str, Any] | None, bytes | None]:
    """The mark of an answer, and the private part and salt that may come with it."""
    if not isinstance(body, dict):
        raise Problem("http.bad-parameter", "/mark")
    mark = SignedStatement.from_json(body.get("mark"), "/mark")
    private, salt = body.get("private"), body.get("salt")
    if private is None and salt is None:
        return mark, None, None
    if not isinstance(private, dict):
        raise Problem("http.bad-parameter", "/private")
    return mark, private, read_base64(salt, "/salt")
