"""The journal of outgoing transfers: what must be durable before the next byte leaves.

    open ──exact submission kept──▶ submitting ──hub's answer──▶ sent
      │ ◀───hub lacks parts of it──────┘
      └────────────── hub refused the package ──────────────────▶ refused

Order of writing, each durable before the step after it: transfer id and request; per volume its key (wrapped to
ourselves), salts and nonce prefixes; each part's digest, then the part; descriptor; the exact bytes of the submission,
then those bytes. A resume finds the row by its request key and by what was read (`pinned`), encrypts again with the
same secrets and compares digests in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.state.sealing import SealingJournal
from evidence.canonical import digest_of
from evidence.identifiers import timestamp
from messages.problems import Problem

QUEUED = ("open", "submitting")
"""The states of what is still to be sent."""


@dataclass(frozen=True)
class Request:
    """What a push was asked to do: enough to do it again after a restart. The same request is the same push, resumed.

    `source` says where record and volumes come from (`sources.reader` reads it).
    """

    node: str
    receiver: str
    source: Mapping[str, Any]
    in_reply_to: str | None = None
    reuse: tuple[str, ...] = ()
    handler: str | None = None
    supersedes: str | None = None

    @property
    def key(self) -> str:
        """A digest that names the request."""
        return digest_of(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The request as the journal keeps it."""
        return {
            "node": self.node,
            "receiver": self.receiver,
            "source": dict(self.source),
            "in_reply_to": self.in_reply_to,
            "reuse": list(self.reuse),
            "handler": self.handler,
            "supersedes": self.supersedes,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Request:
        """Read what `to_json` wrote."""
        return cls(**{**body, "reuse": tuple(body["reuse"])})


@dataclass(frozen=True)
class Content:
    """What was read for a transfer: its case, the canonical record, and the digest of record, sizes and times."""

    case_uid: str
    record: bytes
    pinned: str


@dataclass(frozen=True)
class Outgoing:
    """One row of the journal."""

    transfer_id: str
    request: Request
    status: str
    created_at: str
    sent_at: str
    told: bool
    case_uid: str
    delivery: str
    submission: bytes | None
    answer: bytes | None
    problem: str | None
    pinned: str = ""


class Journal(SealingJournal):
    """The table `outgoing`, and those of what is being sealed."""

    def begin(self, request: Request, transfer_id: str, now: datetime, content: Content) -> Outgoing:
        """Open a row for what was read, durably."""
        self._state.run(
            "INSERT INTO outgoing (transfer_id, request_key, request, status, created_at, case_uid, record, pinned)"
            " VALUES (?, ?, ?, 'open', ?, ?, ?, ?)",
            transfer_id,
            request.key,
            json.dumps(request.to_json(), ensure_ascii=False),
            timestamp(now),
            content.case_uid,
            content.record,
            content.pinned,
        )
        return self.get(transfer_id)

    def get(self, transfer_id: str) -> Outgoing:
        """The row of a transfer. Raises `adapter.unknown-transfer`."""
        row = self._state.one("SELECT * FROM outgoing WHERE transfer_id = ?", transfer_id)
        if row is None:
            raise Problem("adapter.unknown-transfer", transfer_id)
        return _outgoing(row)

    def knows(self, transfer_id: str) -> bool:
        """Whether it is a transfer of ours."""
        return self._state.one("SELECT 1 FROM outgoing WHERE transfer_id = ?", transfer_id) is not None

    def touches(self, transfer_id: str) -> bool:
        """Whether we sent the transfer, were offered it, or signed a mark on it."""
        sql = (
            "SELECT 1 FROM outgoing WHERE transfer_id = ?1 UNION SELECT 1 FROM received WHERE transfer_id = ?1"
            " UNION SELECT 1 FROM own_mark WHERE transfer_id = ?1"
        )
        return self._state.one(sql, transfer_id) is not None

    def unfinished(self, request: Request) -> list[Outgoing]:
        """The rows of the same request that are neither sent nor refused, newest first; what each read may differ."""
        rows = self._state.all(
            "SELECT * FROM outgoing WHERE request_key = ? AND status IN ('open', 'submitting')"
            " ORDER BY transfer_id DESC",
            request.key,
        )
        return [_outgoing(row) for row in rows]

    def sent(self, request: Request) -> list[Outgoing]:
        """The same request as it was sent already, newest first."""
        rows = self._state.all(
            "SELECT * FROM outgoing WHERE request_key = ? AND status = 'sent' ORDER BY transfer_id DESC", request.key
        )
        return [_outgoing(row) for row in rows]

    def of_case(self, case_uid: str) -> list[Outgoing]:
        """What was sent of a case and neither came back undeliverable nor was superseded, newest first."""
        rows = self._state.all(
            "SELECT * FROM outgoing WHERE case_uid = ? AND status = 'sent'"
            " AND delivery NOT IN ('undeliverable', 'superseded') ORDER BY transfer_id DESC",
            case_uid,
        )
        return [_outgoing(row) for row in rows]

    def queue(self) -> list[Outgoing]:
        """Everything that is still to be sent, oldest first, without the bytes of submissions and answers."""
        rows = self._state.all(
            "SELECT transfer_id, request, status, created_at, sent_at, told, case_uid, delivery, NULL AS submission,"
            " NULL AS answer, problem, pinned FROM outgoing WHERE status IN ('open', 'submitting')"
            " ORDER BY created_at, transfer_id"
        )
        return [_outgoing(row) for row in rows]

    def all(self) -> list[Outgoing]:
        """Every row, oldest first."""
        return [_outgoing(row) for row in self._state.all("SELECT * FROM outgoing ORDER BY created_at, transfer_id")]

    def keep_record(self, transfer_id: str, content: Content) -> None:
        """What is about to be sent."""
        self._state.run(
            "UPDATE outgoing SET case_uid = ?, record = ?, pinned = ? WHERE transfer_id = ?",
            content.case_uid,
            content.record,
            content.pinned,
            transfer_id,
        )

    def record(self, transfer_id: str) -> dict[str, Any] | None:
        """The record of an outgoing transfer."""
        row = self._state.one("SELECT record FROM outgoing WHERE transfer_id = ?", transfer_id)
        return None if row is None or row["record"] is None else json.loads(row["record"])

    def keep_submission(self, transfer_id: str, submission: bytes) -> None:
        """The exact bytes of `POST /v1/transfers`, durable before they leave."""
        self._state.run(
            "UPDATE outgoing SET submission = ?, status = 'submitting' WHERE transfer_id = ?", submission, transfer_id
        )

    def reopen(self, transfer_id: str, *, unsigned: bool = False) -> None:
        """The submission never took effect and parts must go up again; a new envelope of the same transfer follows.

        With `unsigned` what was signed on the way there is forgotten too: the descriptors, but no key and no part.
        """
        with self._state.transaction():
            self._state.run("UPDATE outgoing SET status = 'open' WHERE transfer_id = ?", transfer_id)
            if unsigned:
                self._state.run("UPDATE sealing SET descriptor = NULL WHERE transfer_id = ?", transfer_id)

    def settle(self, transfer_id: str, delivery: str) -> bool:
        """The receiver's answer (`acknowledged`, `undeliverable`, `superseded`); True when it is news."""
        sql = "UPDATE outgoing SET delivery = ?1 WHERE transfer_id = ?2 AND delivery != ?1"
        return bool(self._state.run(sql, delivery, transfer_id))

    def finish(self, transfer_id: str, answer: bytes, sent_at: str) -> None:
        """The hub's stored answer, and when its receipt says that it received the transfer."""
        self._state.run(
            "UPDATE outgoing SET status = 'sent', answer = ?, sent_at = ?, problem = NULL WHERE transfer_id = ?",
            answer,
            sent_at,
            transfer_id,
        )

    def tell(self, transfer_id: str) -> None:
        """Whoever asked for the transfer has its answer: the same request from now on is a new one."""
        self._state.run("UPDATE outgoing SET told = 1 WHERE transfer_id = ?", transfer_id)

    def refuse(self, transfer_id: str, problem: str) -> None:
        """The hub refused the package for good; a corrected push is a new transfer."""
        self._state.run(
            "UPDATE outgoing SET status = 'refused', problem = ? WHERE transfer_id = ?", problem, transfer_id
        )


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(
        transfer_id=row["transfer_id"],
        request=Request.from_json(json.loads(row["request"])),
        status=row["status"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        told=bool(row["told"]),
        case_uid=row["case_uid"],
        delivery=row["delivery"],
        submission=row["submission"],
        answer=row["answer"],
        problem=row["problem"],
        pinned=row["pinned"],
    )
