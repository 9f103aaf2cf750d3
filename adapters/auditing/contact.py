"""Checks the hub's promises: the log only grows, and every receipt's mark is in it by its deadline.

At every contact:

 1. The checkpoint of the hub's round, which all witnesses are shown, is verified under the pinned log key.
 2. It must continue the last one seen: computed from the log's own tiles, else proved by the hub (`growth`).
 3. It is remembered durably, and then cosigned (`cosigning`).
 4. What other agencies have seen, and attached to their transfers, must be consistent with it too.
 5. The cosigned checkpoint is handed in at the hub. What fails here is tried again at the next contact.
 6. Pending receipts get their proof of inclusion checked against the newest checkpoint, which must continue the first.

Each step is taken at every contact, whatever the others found and whatever was found before. After a contradiction the
history that the hub shows goes on being watched, and promises are held against it; nothing of it is cosigned.

Sending and pulling never wait for any of this. A promise that is not kept by its deadline is a complaint, repeated
until the proof comes; a log that shrank, forked or signs two trees of one size is an alarm, and both notes are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.auditing import complaints, growth
from adapters.auditing.cosigning import HUB, Cosigner
from adapters.auditing.growth import Forked
from adapters.client.answers import Inclusion
from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Alarm
from adapters.state.files import StateFailed
from adapters.station import Station
from evidence.canonical import digest
from evidence.encoding import to_base64
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from messages.findings import Finding
from messages.problems import Problem

GONE = 404
COSIGNED_SECONDS = 10.0
"""How long the hub may take to take in a cosignature; it is asked once at each contact."""
RACES = 5
ROUND = {"round": "1"}
"""The checkpoint that every witness is shown for a while, so that all cosign the same tree; an older hub shows its
newest."""
HANDED_IN = "cosigned-handed-in"


@dataclass(frozen=True)
class ProofReport:
    """What the last contact showed. `alarms`: what contradicts the log; `away`: the log did not answer everything."""

    size: int
    proved: int
    pending: int
    overdue: tuple[str, ...]
    alarms: tuple[Alarm, ...] = ()
    away: HubAway | None = None

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {"size": self.size, "proved": self.proved, "pending": self.pending, "overdue": list(self.overdue)}

    def findings(self) -> list[Finding]:
        """One complaint for each promise that is overdue."""
        return [Finding("adapter.inclusion-overdue", "W", transfer) for transfer in self.overdue]


class LogContact:
    """Checks the log with what this home remembers of it. What went wrong quietly is noted in the adapter's log."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._state = station.state
        self._promises = station.promises
        self._client = station.client
        self._cosigner = Cosigner(station)
        self._noted = station.noted
        self._alarms: list[Alarm] = []
        self._away: HubAway | None = None

    def contact(self, now: datetime) -> ProofReport:
        """Fetch and check the newest checkpoint and what proofs are due: every step, and what all of them found."""
        self._alarms, self._away = [], None
        seen = self._follow()
        self._compare()
        self._hand_in()
        proved = self._prove(seen, now) if seen is not None and self._promises.unproved() else 0
        late = self._promises.late(now)
        for transfer_id in late:
            self._promises.overdue(transfer_id)
        size, pending = 0 if seen is None else seen.size, len(self._promises.unproved())
        return ProofReport(size, proved, pending, tuple(late), tuple(self._alarms), self._away)

    def _follow(self) -> Checkpoint | None:
        """Steps 1 to 3: the newest checkpoint that the log's key signed, whether or not it continues what was seen."""
        if earlier := self._state.get("checkpoint"):  # where homes of before the first cosignature remembered it
            if self._last() is None:
                self._cosigner.advance(None, earlier.encode("utf-8"))
            self._state.put("checkpoint", "")
        try:
            for _ in range(RACES):
                last, note = self._last(), self._newest(ROUND)
                if note is None:
                    if last is not None and last.size:  # it forgot what it had signed
                        self._contradicted(HUB, None, "trust.log-forked", f"{last.size}–0")
                    return Checkpoint(self._cosigner.hub.origin, 0, merkle.EMPTY_ROOT)
                new = self._verified(note)
                if new is None or self._went_on(last, new, note):
                    return new
        except HubAway as away:
            self._away = away
            return None
        self._away = HubAway("adapter.hub-away", "/log/checkpoint", reason="seen")
        return None

    def _last(self) -> Checkpoint | None:
        """What is remembered. A damaged memory is an alarm, and nothing is held against it or cosigned."""
        try:
            return self._cosigner.last()
        except Alarm as alarm:
            self._met(self._station.trust.alarm(alarm.code, alarm.place, self._station.clock()))
            return None

    def _met(self, alarm: Alarm) -> None:
        if all(
            (alarm.code, alarm.place, alarm.params) != (each.code, each.place, each.params) for each in self._alarms
        ):
            self._alarms.append(alarm)

    def _went_on(self, last: Checkpoint | None, new: Checkpoint, note: bytes) -> bool:
        """Steps 2 and 3; False when another process has moved on meanwhile."""
        try:
            if last is None and not self._agrees(new, note):
                return True
            if last is not None:
                growth.require_grown(self._client, last, new)
        except Forked as fork:
            self._contradicted(HUB, note, "trust.log-forked", fork.place, asked=fork.asked)
            self._watch(new, note)
            return True
        except HubAway as away:
            self._away = away
            return True
        if any(alarm.code == "trust.memory-damaged" for alarm in self._alarms):
            return True
        return self._cosigner.advance(last, note)

    def _agrees(self, new: Checkpoint, note: bytes) -> bool:
        """The first checkpoint that this home takes up is what the log shows, and agrees with what others have seen:
        the hub when it admitted the agency, senders in their envelopes. Until a person has settled it, one that does
        not is neither remembered nor cosigned. Raises `HubAway`, and `Forked` for tiles that give another root."""
        growth.require_shown(self._client, new)
        agrees = True
        for sender, shown in self._promises.uncompared():
            try:
                growth.require_grown(self._client, self._cosigner.verified(shown.encode("utf-8"))[0], new)
            except Forked as fork:
                found = self._contradicted(
                    sender, shown.encode("utf-8"), "trust.log-forked", fork.place, asked=[*fork.asked, _newest(note)]
                )
                agrees = agrees and not self._station.unsettled([found])
            except HubAway:
                raise
            except Problem:  # nothing that the log has signed: the sender's affair
                continue
        return agrees

    def _watch(self, new: Checkpoint, note: bytes) -> None:
        """The history that the hub shows instead must go on too; a third one is one contradiction more."""
        other = self._cosigner.other()
        try:
            if other is not None:
                growth.require_grown(self._client, other, new)
        except Forked as fork:
            self._contradicted(HUB, note, "trust.log-forked", fork.place, asked=fork.asked, beside=other)
        except HubAway as away:
            self._away = away
            return
        if other is None or new.size != other.size or new.root != other.root:
            self._cosigner.keep_other(note)

    def _newest(self, query: Mapping[str, str]) -> bytes | None:
        try:
            return self._client.request("GET", "/log/checkpoint", query=query).content
        except Refused as refused:
            if refused.status == GONE:
                return None
            raise HubAway(refused.code, "/log/checkpoint", answered=True, **refused.params) from refused
        except HubAway:
            raise
        except Problem as odd:
            raise HubAway(odd.code, "/log/checkpoint", answered=True, **odd.params) from odd

    def _verified(self, note: bytes) -> Checkpoint | None:
        """Step 1: a checkpoint that the pinned key did not sign is nothing that this hub may show."""
        try:
            return self._cosigner.verified(note)[0]
        except Problem as error:
            code = "trust.log-origin" if error.code == "log.other-origin" else "trust.log-unsigned"
            self._contradicted(HUB, note, code, error.place)
            return None

    def _contradicted(
        self,
        source: str,
        note: bytes | None,
        code: str,
        place: str,
        *,
        asked: list[dict[str, Any]] | None = None,
        beside: Checkpoint | None = None,
    ) -> Alarm:
        known = len(self._cosigner.contradictions())
        alarm = self._cosigner.contradicted(source, note, code, place, asked=asked, beside=beside)
        self._met(alarm)
        if len(self._cosigner.contradictions()) > known:
            self._state.put(HANDED_IN, "")  # the hub must see what we hold against it, whatever it had before
        return alarm

    def _compare(self) -> None:
        """Step 4. What was compared and holds is forgotten; what does not is kept, here and as proof."""
        for sender, shown in self._promises.uncompared():
            last, note = self._last(), shown.encode("utf-8")
            if last is None:
                return
            try:
                theirs = self._cosigner.verified(note)[0]
            except Problem as error:  # nothing that the log has signed: the sender's affair
                self._noted("told-checkpoint", sender=sender, code=error.code)
                self._promises.compared(sender, shown)
                continue
            try:
                growth.require_grown(self._client, last, theirs)
            except Forked as fork:
                alarm = self._contradicted(sender, note, "trust.log-forked", fork.place, asked=fork.asked)
                if not self._station.unsettled([alarm]):
                    self._promises.compared(sender, shown)  # its proof is kept, and a person has decided
            except HubAway as away:
                self._away = away
            else:
                self._promises.compared(sender, shown)

    def _hand_in(self) -> None:
        """Step 5. Nothing that happens here is the caller's business."""
        try:
            note = self._cosigner.cosigned()
            if note is None or self._state.get(HANDED_IN) == digest(note):
                return
            self._client.request(
                "POST",
                "/log/cosignatures",
                body=note,
                content_digest=digest(note),
                headers={"Content-Type": "text/plain; charset=utf-8"},
                attempts=1,
                patience=COSIGNED_SECONDS,
            )
        except StateFailed:
            raise
        except Problem as problem:
            self._noted("cosignature", code=problem.code)
        else:
            self._state.put(HANDED_IN, digest(note))
            self._noted("cosigned", size=parse_checkpoint(note)[0].size)

    def _prove(self, seen: Checkpoint, now: datetime) -> int:
        """Step 6. A proof that does not hold is an alarm, and the next is asked for."""
        proved, seen = 0, self._latest(seen)
        if not seen.size:
            return 0
        for promise in self._promises.unproved():
            leaf = promise.leaf_hash
            try:
                answer = self._client.ask(Inclusion, complaints.PROOF, leaf_hash=leaf, size=str(seen.size))
            except Refused:
                continue  # its deadline will tell
            except HubAway as away:
                self._away = away
                break
            except Problem as odd:
                self._station.tell(odd)
                continue
            try:
                index = complaints.verified_index(answer, leaf, seen)
            except Problem as problem:
                self._met(complaints.bad_proof(self._station, promise, _shown(answer, leaf, seen, problem), now))
                continue
            self._promises.proved(leaf, index, seen.size)
            proved += 1
        return proved

    def _latest(self, seen: Checkpoint) -> Checkpoint:
        """The newest checkpoint, which must continue that of the round; the latter where there is none to be had."""
        try:
            note = self._newest({})
            new = seen if note is None else self._verified(note) or seen
            growth.require_grown(self._client, seen, new)
        except Forked as fork:
            self._contradicted(HUB, note, "trust.log-forked", fork.place, asked=fork.asked)
        except HubAway as away:
            self._away = away
            return seen
        return new


def _newest(note: bytes) -> dict[str, Any]:
    return {"asked": "/log/checkpoint", "answered": {"body": note.decode("utf-8", "replace")}}


def _shown(answer: Inclusion, leaf: str, seen: Checkpoint, problem: Problem) -> dict[str, Any]:
    """What was asked and what came, that is no proof."""
    return {
        "asked": f"{complaints.PROOF}?leaf_hash={leaf}&size={seen.size}",
        "root": to_base64(seen.root),
        "answered": {"status": 200, "body": json.dumps(answer.to_json()), "holds": False, "code": problem.code},
    }
