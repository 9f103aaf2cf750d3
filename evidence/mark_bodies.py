"""What a mark says: the body of a statement of kind `mark`, made, read and checked. Signing and chains are in `marks`.

    {suite, v, mark_id, transfer_id|null, seq, prev|null, node|null, action, occurred_at,
     actor: {agency}, digests: {volume_id: sealed digest}, commitment|null, vocabulary?}

`vocabulary` is the number of the least vocabulary that has its action, and absent for the first. No name, number,
charge or digest of personal content stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digests import is_digest
from evidence import statements
from evidence.canonical import digest_of, require_digest
from evidence.identifiers import is_hub, parse_timestamp, require_party, require_uuid, timestamp
from evidence.suites import VERSION, WRITTEN
from messages.problems import Problem
from standards import actions
from standards.actions import Action
from standards.members import Members, TypedObject, names_of, spelt

MAX_DIGESTS = 256
"""Volumes named one by one in a mark; more are folded into one digest, see `fold_digests`."""

FOLDED = "all"
_FRAME = frozenset(["mark_id", "transfer_id", "seq", "prev", "occurred_at", "actor"])
_OPTIONAL = frozenset(["vocabulary", "must_understand"])

ACTIONS: Mapping[str, Action] = actions.actions()
"""The vocabulary of actions, from `standards/actions.toml`, in the order in which a transfer meets it."""


def _agency_of(actor: Any) -> str:
    return Members(actor).text("agency")  # the form of a mark allows no other member here


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkBody(TypedObject):
    """What one mark says, read once its form was checked (`body_of`). `actor` is the party that signed it; `more` holds
    members that this program does not know."""

    suite: str
    v: int
    mark_id: str
    transfer_id: str | None
    seq: int
    prev: str | None
    node: str | None
    action: str
    occurred_at: str
    actor: str = field(metadata=spelt(read=_agency_of, write=lambda agency: {"agency": agency}))
    digests: Mapping[str, str]
    commitment: str | None


_MEMBERS = names_of(MarkBody)


def mark_body(
    *,
    mark_id: str,
    action: str,
    actor: str,
    occurred_at: datetime,
    transfer_id: str | None = None,
    seq: int = 1,
    prev: str | None = None,
    node: str | None = None,
    digests: Mapping[str, str] | None = None,
    commitment: str | None = None,
    suite: str = WRITTEN,
) -> MarkBody:
    """The body of a mark, checked. Raises `Problem("evidence.bad-mark")` naming the member."""
    needed = ACTIONS[action].vocabulary if action in ACTIONS else 1
    body = MarkBody(
        suite=suite,
        v=VERSION,
        mark_id=mark_id,
        transfer_id=transfer_id,
        seq=seq,
        prev=prev,
        node=node,
        action=action,
        occurred_at=timestamp(occurred_at),
        actor=actor,
        digests=fold_digests(digests or {}),
        commitment=commitment,
        more={"vocabulary": needed} if needed > 1 else {},
    )
    check_body(body.to_json())
    return body


def fold_digests(digests: Mapping[str, str]) -> dict[str, str]:
    """The sealed digests as a mark carries them: one by one up to 256 volumes, beyond that `{"all": digest}` of the
    canonical JSON of the whole map, so that a mark with a thousand volumes still fits a leaf."""
    if len(digests) <= MAX_DIGESTS:
        return dict(digests)
    return {FOLDED: digest_of(dict(digests))}


def check_body(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` unless `body` is a well-formed mark of which this program knows everything: members, vocabulary,
    who may sign the action, forms. Whoever signs a mark or takes one in asks this."""
    statements.require_understood(body, place)
    if set(body) - _OPTIONAL != _MEMBERS:
        raise Problem("evidence.bad-mark", place, member="")
    action = ACTIONS.get(body["action"]) if isinstance(body["action"], str) else None
    if action is None:
        raise Problem("evidence.unknown-action", f"{place}/action", action=str(body["action"])[:40])
    if body.get("vocabulary", 1) < action.vocabulary:
        raise Problem("evidence.bad-mark", f"{place}/vocabulary", member="vocabulary")
    check_form(body, place)
    for volume_id, sealed in body["digests"].items():
        require_digest(sealed, f"{place}/digests/{volume_id}")


def check_form(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` unless `body` has the form of a mark: its members, others beside them left alone; any action,
    and of one that is known, who may sign it; digests of any algorithm, for volumes of a newer suite are named too."""
    if not set(body) >= _MEMBERS:
        raise Problem("evidence.bad-mark", place, member="")
    if not actions.has_form(body["action"]):
        raise Problem("evidence.bad-mark", f"{place}/action", member="action")
    check_frame(body, place)
    action = ACTIONS.get(body["action"])
    if action is not None:
        _check_role(body, action, place)
    _check_digests(body["digests"], place)
    if body["commitment"] is not None:
        require_digest(body["commitment"], f"{place}/commitment")
    node = body["node"]
    if node is not None and not (isinstance(node, str) and 0 < len(node) <= 64):
        raise Problem("evidence.bad-mark", f"{place}/node", member="node")


def check_frame(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` unless `body` has what every leaf has for good, whatever its kind, version and suite: id, actor,
    instant, transfer, and the link to the mark before it."""
    if not set(body) >= _FRAME:
        raise Problem("evidence.bad-mark", place, member="")
    require_uuid(body["mark_id"], f"{place}/mark_id")
    parse_timestamp(body["occurred_at"], f"{place}/occurred_at")
    actor = body["actor"]
    if not isinstance(actor, dict) or set(actor) != {"agency"}:
        raise Problem("evidence.bad-mark", f"{place}/actor", member="actor")
    require_party(actor["agency"], f"{place}/actor/agency")
    _check_link(body, place)


def _check_role(body: Mapping[str, Any], action: Action, place: str) -> None:
    party = str(body["actor"]["agency"])
    if is_hub(party) != (action.role == "hub"):
        raise Problem("evidence.wrong-actor", f"{place}/actor/agency", action=action.name, actor=party)
    if action.on_transfer and body["transfer_id"] is None:
        raise Problem("evidence.bad-mark", f"{place}/transfer_id", member="transfer_id")


def _check_link(body: Mapping[str, Any], place: str) -> None:
    seq, prev, transfer_id = body["seq"], body["prev"], body["transfer_id"]
    if transfer_id is not None:
        require_uuid(transfer_id, f"{place}/transfer_id")
    if isinstance(seq, bool) or not isinstance(seq, int) or seq < 1:
        raise Problem("evidence.bad-mark", f"{place}/seq", member="seq")
    if (prev is None) != (seq == 1):
        raise Problem("evidence.bad-mark", f"{place}/prev", member="prev")
    if prev is not None:
        require_digest(prev, f"{place}/prev")


def _check_digests(digests: Any, place: str) -> None:
    if not isinstance(digests, dict) or len(digests) > MAX_DIGESTS:
        raise Problem("evidence.bad-mark", f"{place}/digests", member="digests")
    for volume_id, sealed in digests.items():
        if volume_id != FOLDED or len(digests) != 1:
            require_uuid(volume_id, f"{place}/digests")
        if not is_digest(sealed):
            raise Problem("evidence.bad-digest", f"{place}/digests/{volume_id}")
