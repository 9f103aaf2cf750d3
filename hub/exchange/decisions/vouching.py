"""Checks signature, owner and time of the statements that an agency submits, against the hub's clock. Pure.

A statement is accepted if its agency signed it with a key that was valid at the time that the statement gives, if that
key has not been revoked since, and if the time is not in the future. Statements signed before a rotation therefore
remain valid, and the log never contains one that an offline verifier, which has only that time, would call invalid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import TrustedKeys
from evidence.mark_bodies import ACTIONS, MarkBody, fold_digests
from evidence.marks import body_of, check_mark
from evidence.statements import SignedStatement, verify
from hub.limits import LIMITS
from messages.problems import Problem

TOLD_BY: Final = {"envelope": "created_at", "descriptor": "sealed_at", "mark": "occurred_at"}
"""The member that tells when a statement of this kind was made."""


@dataclass(frozen=True)
class Signer:
    """The agency that hands something in, with its keys, at the hub's `now`."""

    agency: str
    keys: TrustedKeys
    now: datetime

    def require(self, statement: SignedStatement, kind: str, place: str) -> dict[str, Any]:
        """The body of a statement that this agency made.

        1. It states when it was made, at most the allowed skew ahead of now.
        2. The agency signed it, with a key that was valid then.
        3. That key has not been revoked since.

        Raises `statement.from-future` and what `evidence.statements.verify` raises, at `place`.
        """
        member = TOLD_BY[kind]
        # Step 1
        made_at = parse_timestamp(statement.unverified_body.get(member), f"{place}/{member}")
        ahead = (made_at - self.now).total_seconds()
        if ahead > LIMITS.request_age:
            raise Problem("statement.from-future", f"{place}/{member}", seconds=round(ahead), limit=LIMITS.request_age)
        # Step 2
        try:
            body = verify(statement, kind, self.keys, made_at, owner=self.agency)
        except Problem as problem:
            raise Problem(problem.code, place, **problem.params) from problem
        # Step 3
        entry = self.keys.find(statement.keyid)
        if entry is not None and entry.revoked_at is not None and entry.revoked_at <= self.now:
            raise Problem("evidence.key-revoked", place, key_id=entry.key_id, revoked_at=timestamp(entry.revoked_at))
        return body

    def require_mark(self, mark: SignedStatement, place: str) -> MarkBody:
        """The body of a well-formed mark that this agency made in its own name.

        Raises what `require` and `evidence.marks.check_mark` raise, and `mark.other-actor`.
        """
        check_mark(mark, place)
        self.require(mark, "mark", place)
        body = body_of(mark)
        if body.actor != self.agency:
            raise Problem("mark.other-actor", f"{place}/actor/agency")
        return body


def require_agreement(mark: MarkBody, place: str, transfer_id: str, node: object) -> None:
    """Check that the mark names this transfer and its node. Raises `mark.other-transfer` and `mark.differs`."""
    if mark.transfer_id != transfer_id:
        raise Problem("mark.other-transfer", f"{place}/transfer_id")
    if mark.node not in (None, node):
        raise Problem("mark.differs", f"{place}/node", member="node")


def require_signer(mark: MarkBody, place: str, *, sender: str, receiver: str) -> None:
    """The table of actions lets the mark's actor sign this action on a transfer between these two. Raises
    `mark.other-signer`, which names who may."""
    signers = ACTIONS[mark.action].signers({"sender": sender, "receiver": receiver})
    if mark.actor not in signers:
        raise Problem("mark.other-signer", f"{place}/action", action=mark.action, signers=", ".join(signers))


def require_digests(mark: MarkBody, place: str, sealed: Mapping[str, str], *, whole: bool = False) -> None:
    """Digests in the mark are those of the sealed volumes in `sealed`, by volume id; with `whole`, of all of them.

    Raises `mark.differs`.
    """
    told = mark.digests
    if told != fold_digests(sealed) and (whole or not told.items() <= sealed.items()):
        raise Problem("mark.differs", f"{place}/digests", member="digests")
