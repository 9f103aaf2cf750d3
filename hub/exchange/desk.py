"""Receives submissions: the only place where a submission is loaded from and written to the stores. The steps are those
of `receive`.
"""

from __future__ import annotations

from typing import Any

from codebooks import Release
from evidence import statements
from evidence.identifiers import is_uuid
from hub import marking
from hub.callers import Caller
from hub.exchange import loading, writing
from hub.exchange.decisions import conversion, receive
from hub.exchange.decisions.known import SeenBefore
from hub.exchange.decisions.package import Package
from hub.runtime import Hub
from hub.store import transfers
from hub.store.database import Connection
from messages.problems import Problem


def submit(hub: Hub, who: Caller, body: Any) -> tuple[bytes, bool]:
    """Receive `POST /v1/transfers`. Returns the answer's bytes and whether the transfer is new.

    Raises what `receive` refuses; each refusal has left its mark before it is raised.
    """
    package: Package | None = None
    try:
        package = Package.read(body)
        release = hub.release  # looked up before the transaction: it may ask the database over a connection of its own
        with hub.database.transaction() as connection:
            answer, node = _receive(connection, hub, who, package, release)
    except Problem as problem:
        _mark_refusal(hub, who, package, problem)
        raise
    if node is not None:
        hub.metrics.transfers.labels(node, "accepted").inc()
        hub.log.wake()
    return answer, node is not None


def _receive(
    connection: Connection, hub: Hub, who: Caller, package: Package, release: Release
) -> tuple[bytes, str | None]:
    """The answer's bytes, and the node of the transfer when it is new."""
    # Step 2
    transfer_id = package.transfer_id
    if not is_uuid(transfer_id):
        raise Problem("package.malformed", "/envelope/transfer_id", member="transfer_id")
    transfers.hold(connection, transfer_id)
    seen = transfers.seen(connection, transfer_id)
    known = None if seen is None else SeenBefore(seen.sender, seen.envelope_digest)
    if receive.seen_before(known, who, package):
        return transfers.answer(connection, hub.vault, transfer_id), None
    # Steps 3 to 9
    loaded = loading.load(connection, hub, who, package)
    acceptance = receive.accept(who, package, hub.nodes, loaded)
    # Step 10
    key = hub.keys.identity
    annex = conversion.annex_of(acceptance.envelope, package.as_sent, release, loaded.now, key.suite.name)
    signed = statements.sign("annex", annex.to_json(), key)
    found = (*acceptance.findings, *conversion.findings(annex.entries))
    # Step 11
    accepted = writing.Accepted(package, loaded, acceptance, annex, signed, found)
    return writing.write(connection, hub, who, accepted), acceptance.node.id


def _mark_refusal(hub: Hub, who: Caller, package: Package | None, problem: Problem) -> None:
    """A refusal is a mark too. A stranger's attempt on another's transfer does not enter that transfer's trail."""
    claims = {} if package is None else package.claims
    claimed = claims.get("transfer_id")
    own = is_uuid(claimed) and (problem.code, problem.place) != ("transfer.unknown", "")
    node = claims.get("node")
    known = node if isinstance(node, str) and node in hub.nodes else None
    if marking.is_refusal(problem):
        hub.metrics.transfers.labels(known or "(unknown)", "refused").inc()
    marking.refused(hub, who, problem, transfer_id=claimed if own else None, node=known)
