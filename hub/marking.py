"""The hub's own marks: signed, chained, inserted in the business transaction; the log gives them their place later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hub.callers import Caller
from hub.runtime import Hub
from hub.store import marks
from hub.store.database import Connection
from hub.store.transfers import Transfer
from messages import message
from messages.problems import Problem

HUB_FAILED = 500


def leave(
    connection: Connection,
    hub: Hub,
    action: str,
    *,
    transfer_id: str | None = None,
    node: str | None = None,
    case_uid: str | None = None,
    about: str | None = None,
    digests: Mapping[str, str] | None = None,
    private: Mapping[str, Any] | None = None,
) -> str:
    """Write one mark of the hub and return its leaf hash.

    `private` is committed to with a salt and stored encrypted; `about`, the agency concerned, is stored only in the
    row. Raises `hub.clock-behind`.
    """
    stored = marks.append(
        connection,
        hub.vault,
        hub.keys.identity,
        signer=hub.settings.owner,
        action=action,
        now=hub.dating.now(connection),
        transfer_id=transfer_id,
        case_uid=case_uid,
        about=about,
        node=node,
        digests=digests,
        private=private or {},
    )
    return stored.leaf_hash


def is_refusal(problem: Problem) -> bool:
    """Whether the caller was refused; False when the hub itself failed."""
    return message(problem.code).status < HUB_FAILED


class Marked(Problem):
    """A problem whose mark is written already."""


class Subject:
    """The transfer that a request is about, once the caller was shown to have a right to it."""

    transfer: Transfer | None = None


@contextmanager
def refusals(hub: Hub, who: Caller) -> Iterator[Subject]:
    """Mark what is refused inside, on the trail of the subject's transfer when there is one. Open no transaction here
    but inside."""
    subject = Subject()
    try:
        yield subject
    except Marked:
        raise
    except Problem as problem:
        found = subject.transfer
        of = (None, None, None) if found is None else (found.transfer_id, found.node, found.case_uid)
        refused(hub, who, problem, transfer_id=of[0], node=of[1], case_uid=of[2])
        raise


def refused(
    hub: Hub,
    who: Caller,
    problem: Problem,
    *,
    transfer_id: str | None,
    node: str | None,
    case_uid: str | None = None,
) -> None:
    """Record a refusal as a mark, in a separate transaction, because the business transaction was rolled back.

    A failure of the hub itself is not a refusal: the sender will try again, and the process log records it.
    """
    if not is_refusal(problem):
        return
    hub.metrics.refusals.labels(problem.code).inc()
    private = {"agency": who.agency, "handler": who.handler, "problem": problem.code, "place": problem.place}
    with hub.database.transaction() as connection:
        leave(
            connection,
            hub,
            "refused",
            transfer_id=transfer_id,
            node=node,
            case_uid=case_uid,
            about=who.agency,
            private=private,
        )
    hub.log.wake()


def access_refused(hub: Hub, who: Caller, what: str, target: str) -> None:
    """Mark a look that was refused. `what` is `transfer`, `case`, `part` …; `target` is what was asked for."""
    hub.metrics.refusals.labels("access").inc()
    private = {"agency": who.agency, "handler": who.handler, "what": what, "target": target}
    with hub.database.transaction() as connection:
        leave(connection, hub, "access-refused", about=who.agency, private=private)
    hub.log.wake()
