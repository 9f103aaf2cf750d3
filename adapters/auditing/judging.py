"""The monitor's checks of one mark: form, signature, place in its chain, and whether it concerns this agency.

 1. The leaf is a mark in its one form; what in it is newer than this program (`evidence.newer`) is told, no fault.
 2. Its actor signed it, when this adapter has the actor's keys: the hub's, its own, and those of agencies pinned. A
    mark of another agency is counted as unknown; one whose key had ended or been revoked by then, as not counting.
 3. A mark in this agency's name is in the journal of marks that this adapter made, and stands in the log once.
 4. The marks of each signer on each of this agency's transfers, and the hub's and this agency's own outside transfers,
    go on without gap.
 5. A mark that a receipt promised is the hub's `received` of that transfer.

A newer mark is held against every step all the same: NEWER is one of which nothing failed, and whose signature holds or
is of an algorithm that is not available here; of an agency that is pinned, only when it announced such a key. Each step
that fails gives a `Fault`; reading goes on. Shown are marks of this agency's transfers, marks that it signed, what the
hub noted of agencies and keys (whom the last concern stands in their private part, so all of them are), and what is
newer, which may be such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.keys.trust import Alarm, Peer
from adapters.state.logbook import Fault, LogBook
from adapters.station import Station
from evidence import mark_bodies, marks, statements
from evidence.identifiers import is_hub, parse_timestamp
from evidence.keys import TrustedKeys
from evidence.log import merkle
from evidence.newer import is_checkable
from evidence.statements import SignedStatement
from messages.problems import Problem

DIRECTORY = frozenset(name for name, action in mark_bodies.ACTIONS.items() if action.directory)
NOT_COUNTING = frozenset({"evidence.key-not-valid", "evidence.key-revoked"})
VERIFIED, UNKNOWN, LAPSED, NEWER, FAULTY = "verified", "unknown", "lapsed", "newer", "faulty"


@dataclass(frozen=True)
class Judged:
    """One entry of the log. `signature` is one of the five words above; `shown` whether it concerns this agency;
    `newer` are the codes of what in it is newer than this program."""

    index: int
    leaf_hash: str
    signature: str
    shown: bool
    body: dict[str, Any]
    faults: tuple[Fault, ...]
    newer: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        body = self.body
        return {
            "leaf_index": self.index,
            "leaf_hash": self.leaf_hash,
            "occurred_at": body.get("occurred_at"),
            "action": body.get("action"),
            "actor": (body.get("actor") or {}).get("agency"),
            "transfer_id": body.get("transfer_id"),
            "node": body.get("node"),
            "seq": body.get("seq"),
            "signature": self.signature,
            "newer": list(self.newer),
        }


class Judge:
    """Judges marks in the order of the log. `offered`: transfers that the hub lists for us and are not pulled yet."""

    def __init__(self, station: Station, book: LogBook, offered: frozenset[str] = frozenset()) -> None:
        self._station = station
        self._book = book
        self._offered = offered
        hub = station.trust.hub
        self._keys = {hub.party: hub.keys, station.agency: TrustedKeys(station.own_entries())}
        self._asked: set[str] = set()
        self._no_newer: set[str] = set()
        """Agencies of which the keys are pinned, none of a type that is not available here."""

    def judge(self, index: int, leaf: bytes, hashed: bytes) -> Judged:
        """The verdict, and the memory that the next ones need. The caller holds the book's transaction."""
        leaf_hash = merkle.text_of(hashed)
        try:
            mark, newer = marks.look_at_mark(leaf)
        except Problem as error:
            fault = Fault("monitor.malformed-mark", index, "", {"reason": error.code})
            return Judged(index, leaf_hash, FAULTY, True, {}, (fault,))
        body = mark.unverified_body
        signature, faults = self._signature(mark, body, index)
        actor, transfer_id = str(body["actor"]["agency"]), body["transfer_id"] or ""
        ours = bool(transfer_id) and self._is_ours(transfer_id)
        if actor == self._station.agency:
            faults += self._own(body, index, leaf_hash)
        if ours or (not transfer_id and (is_hub(actor) or actor == self._station.agency)):
            faults += self._chain(body, index, leaf_hash)
        faults += self._promised(body, index, leaf_hash)
        shown = ours or actor == self._station.agency or body.get("action") in DIRECTORY or bool(faults or newer)
        if newer and signature == VERIFIED:
            signature = NEWER
        return Judged(index, leaf_hash, signature, shown, body, tuple(faults), tuple(each.code for each in newer))

    def _signature(self, mark: SignedStatement, body: dict[str, Any], index: int) -> tuple[str, list[Fault]]:
        """Step 2."""
        actor, at = str(body["actor"]["agency"]), parse_timestamp(body["occurred_at"])
        keys = self._keys_of(actor)
        if keys is None:
            return UNKNOWN, []
        if keys.find(mark.keyid) is None and actor not in self._asked:
            keys = self._newer_keys(actor) or keys
        if not is_checkable(mark) and keys.find(mark.keyid) is None and actor not in self._no_newer:
            return NEWER, []  # a key of another suite, whose algorithm is not available here
        try:
            statements.authenticate(mark, keys, at, actor)
        except Problem as error:
            if error.code in NOT_COUNTING:
                return LAPSED, []
            params = {"actor": actor, "reason": error.code}
            return FAULTY, [Fault("monitor.bad-signature", index, body["transfer_id"] or "", params)]
        return VERIFIED, []

    def _keys_of(self, actor: str) -> TrustedKeys | None:
        if actor not in self._keys:
            pinned = None if is_hub(actor) else self._station.trust.pinned(actor)
            if pinned is None:
                return None
            self._learn(pinned)
        return self._keys[actor]

    def _learn(self, peer: Peer) -> None:
        self._keys[peer.agency] = peer.signers
        (self._no_newer.discard if peer.newer_signer else self._no_newer.add)(peer.agency)

    def _newer_keys(self, actor: str) -> TrustedKeys | None:
        """A pinned agency may have new keys since: the directory is asked once, and must vouch for them."""
        self._asked.add(actor)
        if is_hub(actor) or actor == self._station.agency:
            return None
        try:
            self._learn(self._station.peer(actor))
        except Alarm:
            raise
        except Problem:
            return None
        return self._keys[actor]

    def _is_ours(self, transfer_id: str) -> bool:
        if transfer_id in self._offered:
            return True
        return self._station.journal.touches(transfer_id)

    def _own(self, body: dict[str, Any], index: int, leaf_hash: str) -> list[Fault]:
        """Step 3."""
        transfer_id, found = body["transfer_id"] or "", []
        if self._station.marks.by_leaf(leaf_hash) is None:
            found.append(Fault("monitor.not-ours", index, transfer_id, {"action": body.get("action")}))
        before = self._book.place(leaf_hash)
        if before is not None and before != index:
            found.append(Fault("monitor.mark-twice", index, transfer_id, {"first": before}))
        self._book.keep_place(leaf_hash, index)
        return found

    def _chain(self, body: dict[str, Any], index: int, leaf_hash: str) -> list[Fault]:
        """Step 4. Of a transfer that we did not send, marks may have been read before it was offered to us."""
        actor, transfer_id = str(body["actor"]["agency"]), body["transfer_id"] or ""
        last = self._book.last_of(actor, transfer_id)
        stated = (body["seq"], body["prev"])
        expected: tuple[Any, Any]
        if last is not None:
            expected = (last[0] + 1, last[1])
        elif not transfer_id or self._station.journal.knows(transfer_id):
            expected = (1, None)
        else:
            expected = stated
        if last is None or body["seq"] > last[0]:
            self._book.extend(actor, transfer_id, body["seq"], leaf_hash)
        if stated == expected:
            return []
        params = {"actor": actor, "seq": body["seq"], "expected": expected[0], "action": body.get("action")}
        return [Fault("monitor.out-of-order", index, transfer_id, params)]

    def _promised(self, body: dict[str, Any], index: int, leaf_hash: str) -> list[Fault]:
        """Step 5."""
        promise = self._station.promises.of(leaf_hash)
        if promise is None:
            return []
        self._book.keep_place(leaf_hash, index)
        if (body.get("action"), body["transfer_id"]) == ("received", promise.transfer_id):
            return []
        params = {"action": body.get("action"), "promised": promise.transfer_id}
        return [Fault("monitor.promised-other", index, body["transfer_id"] or "", params)]
