"""Loads what `receive` decides on, inside the transaction that will write the outcome.

The package is unverified at this point: every claim is read with care for its form, and a claim of the wrong form
simply finds nothing, so that the schema step can name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evidence.canonical import require_digest
from evidence.identifiers import is_uuid
from hub.access.looking import case_access
from hub.access.rights import agency_named, may_see
from hub.callers import Caller
from hub.exchange.decisions.known import EarlierTransfer, Facts, KnownVolume
from hub.exchange.decisions.package import Package
from hub.runtime import Hub
from hub.store import agencies, cases, parts, supervision, transfers, volumes
from hub.store.database import Connection
from hub.supervision import case_facts
from hub.supervision.calendar import calendar_in_use
from messages.problems import Problem
from standards import plain


def load(connection: Connection, hub: Hub, who: Caller, package: Package) -> Facts:
    """The facts for one submission; holds the case and its numbers against concurrent submissions."""
    claims = package.claims
    case_uid, receiver_name = _uuid(claims, "case_uid"), agency_named(claims.get("receiver"))
    refs = [ref for ref in _objects(claims.get("case_refs")) if _is_reference(ref)]
    cases.hold(connection, hub.vault, case_uid, refs)
    keys = agencies.trusted_keys(connection, [who.agency, receiver_name])
    bodies = [item.unverified_body for item in package.descriptors]
    known = volumes.known(connection, [_uuid(body, "volume_id") for body in bodies])
    receiver = agencies.get(connection, receiver_name)
    now = hub.dating.now(connection)
    case = case_access(connection, who.agency, case_uid)
    # to a stranger's package the case answers like one that is not there, and as fast
    history = transfers.history(connection, case_uid) if case is not None and may_see(who, case) else []
    return Facts(
        now=now,
        sender_keys=keys,
        receiver_hpke_keys=None
        if receiver is None or receiver.revoked_at
        else frozenset(entry.key_id for entry in keys.of(receiver.agency, "hpke") if entry.counts_at(now)),
        sender_hpke_keys=frozenset(entry.key_id for entry in keys.of(who.agency, "hpke") if entry.counts_at(now)),
        case=case,
        case_of_own_ref=_case_of_own_ref(connection, hub, who, refs),
        history=history,
        previous=case_facts.previous(connection, hub, history),
        enrolled=supervision.enrolled_types(connection, now),
        calendar=calendar_in_use(hub),
        earlier=_earlier(connection, claims),
        known_volumes={
            volume_id: KnownVolume(volume.descriptor_digest, volume.holders, volume.transfers)
            for volume_id, volume in known.items()
        },
        missing_parts=_missing(
            connection, hub, who, [body for body in bodies if _uuid(body, "volume_id") not in known]
        ),
    )


def _missing(connection: Connection, hub: Hub, who: Caller, bodies: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Parts of these new volumes that the sender has not brought, or that the store does not hold any more.

    The second is looked at because a receipt speaks of what is durable, and of nothing else.
    """
    sizes = dict(part for body in bodies for part in _parts(body))
    absent = parts.absent(connection, sizes, who.agency)
    lost = {digest for digest, size in sizes.items() if digest not in absent and hub.blobs.size(digest) != size}
    return absent | lost


def _case_of_own_ref(connection: Connection, hub: Hub, who: Caller, refs: Iterable[Mapping[str, Any]]) -> str | None:
    for ref in refs:
        if ref["agency"] == who.agency:
            known = cases.cases_of_ref(connection, hub.vault, who.agency, ref["value"])
            if known:
                return known[0]
    return None


def _earlier(connection: Connection, claims: Mapping[str, Any]) -> dict[str, EarlierTransfer]:
    named = {_uuid(claims, "in_reply_to"), _uuid(claims, "supersedes")}
    named |= {_uuid(item, "reused_from") for item in _objects(claims.get("volumes"))}
    found = transfers.get_many(connection, named - {""})
    return {
        key: EarlierTransfer(key, row.case_uid, row.sender, row.receiver, row.node, row.status)
        for key, row in found.items()
    }


def _parts(descriptor: Mapping[str, Any]) -> list[tuple[str, int]]:
    try:
        return [
            (require_digest(part["digest"]), int(part["size"]))
            for stream in ("pack", "catalogue")
            for part in descriptor[stream]["parts"]
        ]
    except (KeyError, TypeError, ValueError, Problem):
        return []


def _is_reference(ref: Mapping[str, Any]) -> bool:
    texts = [ref.get(member) for member in ("agency", "kind", "value")]
    return all(isinstance(text, str) for text in texts) and not any(plain.faults(texts))


def _uuid(body: Mapping[str, Any], member: str) -> str:
    value = body.get(member)
    return str(value) if is_uuid(value) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
