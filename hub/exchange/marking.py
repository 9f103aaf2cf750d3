"""The hub's own marks: signed, chained, inserted in the business transaction; the log gives them their place later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.exchange.access import Caller
from hub.runtime import Hub
from hub.store import marks
from standards.problems import Problem


def leave(
    connection: Connection,
    hub: Hub,
    action: str,
    *,
    transfer_id: str | None = None,
    node: str | None = None,
    case_uid: str | None = None,
    digests: Mapping[str, str] | None = None,
    private: Mapping[str, Any] | None = None,
) -> str:
    """Write one mark of the hub and return its leaf hash. `private` is committed to with a salt and kept sealed."""
    stored = marks.append(
        connection,
        hub.vault,
        hub.keys.identity,
        signer=hub.settings.owner,
        action=action,
        now=hub.clock(),
        transfer_id=transfer_id,
        case_uid=case_uid,
        node=node,
        digests=digests,
        private=private or {},
    )
    return stored.leaf_hash


def refused(
    hub: Hub, who: Caller, problem: Problem, *, transfer_id: str | None, node: str | None, case_uid: str | None = None
) -> None:
    """Mark a refused submission in a transaction of its own, since the business transaction was rolled back."""
    hub.metrics.refusals.labels(problem.code).inc()
    with hub.database.transaction() as connection:
        private = {"agency": who.agency, "handler": who.handler, "problem": problem.code, "place": problem.place}
        leave(connection, hub, "refused", transfer_id=transfer_id, node=node, case_uid=case_uid, private=private)
    hub.log.wake()


def access_refused(hub: Hub, who: Caller, what: str, target: str) -> None:
    """Mark a look that was refused. `what` is `transfer`, `case`, `part` …; `target` is what was asked for."""
    hub.metrics.refusals.labels("access").inc()
    with hub.database.transaction() as connection:
        private = {"agency": who.agency, "handler": who.handler, "what": what, "target": target}
        leave(connection, hub, "access-refused", private=private)
    hub.log.wake()
