"""Everything that the operations of one adapter share: home folder, keys, state, trust and the client of the hub.

What goes along with the exchange without being part of it attaches itself as a `Companion`: the station knows none.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.client.answers import AgencyKeys, LeafHashes
from adapters.client.codebooks import fetch_new
from adapters.client.hub import HubAway, HubClient, Refused, segment
from adapters.client.patience import Patience
from adapters.companions import Companion, Gauge, Silence
from adapters.home import Home, open_home
from adapters.keys.alarms import AlarmBook
from adapters.keys.keyring import Keyring
from adapters.keys.trust import Alarm, Peer, Trust
from adapters.limits import DEFAULT, Limits
from adapters.state.codebooks import HeldCodebooks
from adapters.state.contents import LEFT_SECONDS, ContentStore
from adapters.state.database import State
from adapters.state.deliveries import Deliveries
from adapters.state.files import StateFailed
from adapters.state.held import HeldVolumes
from adapters.state.journal import Journal
from adapters.state.numbers import Numbers
from adapters.state.own_marks import OwnMarks, require_dated
from adapters.state.promises import Promises
from adapters.state.received import Inbox
from evidence.identifiers import timestamp, utc_now
from evidence.keys import KeyEntry, TrustedKeys, accept_key_chain
from evidence.marks import body_of, leaf_hash
from evidence.statements import SignedStatement
from messages.findings import Finding
from messages.logfiles import RotatedFile
from messages.problems import Problem
from standards import actions

NOT_KNOWN_YET = frozenset({"evidence.newer-vocabulary", "evidence.unknown-action", "mark.not-accepted"})
"""What a hub says of a mark whose action came after it."""


@dataclass
class Station:
    """One open home. Close it when done; everything that matters is on disk already."""

    home: Home
    keyring: Keyring
    state: State
    trust: Trust
    client: HubClient
    clock: Callable[[], datetime] = utc_now
    say: Callable[[Finding], None] = lambda _notice: None
    gauge: Gauge = field(default_factory=Silence)

    def __post_init__(self) -> None:
        self.journal = Journal(self.state)
        self.deliveries = Deliveries(self.state)
        self.held = HeldVolumes(self.state, self.keyring)
        self.numbers = Numbers(self.state)
        self.inbox = Inbox(self.state)
        self.promises = Promises(self.state)
        self.marks = OwnMarks(self.state, self.home.agency.short, self.keyring)
        self.store = ContentStore(self.home.path / "store")
        with suppress(OSError, Problem):  # a disk that is full now is said by what needs it
            self.store.sweep(time.time() - LEFT_SECONDS)
        self.patience = Patience()
        self.codebooks = HeldCodebooks(self.home, self.clock)
        self.untold: list[str] = []
        self.companions: list[Companion] = []
        """What goes along with every contact, envelope and receipt, in this order."""
        self._told: set[tuple[str, str]] = set()
        self.alarm_book = AlarmBook(self.home)
        self.alarms: list[Alarm] = []
        """Each alarm once that was told and is no reason to stop exchanging."""
        self.log = _logger(self.home.path / "log" / "adapter.log")

    def signing_time(self) -> datetime:
        """The instant for what is signed now; asked for before anything is signed.

        No farther from the hub's time, as last told, than the hub bears, and not before our first key. Raises
        `adapter.clock-off` and `adapter.clock-behind`, with both times, and `HubAway`.
        """
        if self.client.time.ahead is None:
            self.client.request("GET", "/healthz")
        now = self.clock()
        if notice := self.client.time.difference(now):
            self.say(notice)
        return require_dated(now, self.keyring.began)

    @property
    def agency(self) -> str:
        """This agency's short name."""
        return self.home.agency.short

    def peer(self, agency: str) -> Peer:
        """The keys of another agency as the hub's directory and our pins agree on them.

        Raises `Alarm` when they do not, `adapter.unknown-agency` when it is not enrolled, and `HubAway`.
        """
        if agency == self.agency:
            return Peer(agency, self.keyring.fingerprint, TrustedKeys(self.own_entries()), first_use=False)
        peer = self.trust.learn(agency, self._entry(agency), self.clock())
        if peer.first_use:
            self.say(Finding("adapter.first-use", "W", agency, params={"fingerprint": peer.fingerprint}))
        return peer

    def _entry(self, agency: str) -> dict[str, Any]:
        kind, _, code = agency.partition(":")
        try:
            return self.client.ask(AgencyKeys, f"/v1/directory/{segment(kind)}/{segment(code)}").to_json()
        except Refused as refused:
            if refused.status == 404:
                raise Problem("adapter.unknown-agency", agency) from refused
            raise

    def accept(self, agency: str, fingerprint: str) -> dict[str, Any]:
        """Pin the chain that an agency began anew. Raises as `peer` and `Trust.accept` do."""
        peer = self.trust.accept(agency, self._entry(agency), fingerprint, self.clock())
        self.noted("trust-accepted", agency=agency, fingerprint=peer.fingerprint)
        return {"agency": agency, "fingerprint": peer.fingerprint, "earlier": len(peer.earlier)}

    def own_entries(self) -> list[KeyEntry]:
        """Every key that this adapter announced, those that it lost revoked from then on."""
        lost = [entry for chain in self.keyring.earlier for entry in chain.entries]
        return [*lost, *accept_key_chain(self.keyring.statements)]

    def require_own_entry(self) -> None:
        """Raises `Alarm` when the hub's directory has a key in our name that we did not make."""
        self.trust.require_own(self.agency, self._entry(self.agency), self.keyring.own_key_ids, self.clock())

    def flush_marks(self) -> None:
        """Hand in the marks of actions that `standards.actions` calls handed in, unless the hub has them; a hub that is
        away gets them another time.

        One that the hub refuses for good is noted in the log and not offered again. A mark outside transfers that an
        older hub does not know waits for a newer one.
        """
        waiting = self.marks.unsent(*actions.handed_in())
        for start in range(0, len(waiting), 500):
            batch = waiting[start : start + 500]
            try:
                self._hand_in(batch)
            except StateFailed:
                raise
            except HubAway:
                return
            except Problem as problem:
                self.tell(problem)
                return

    def _hand_in(self, batch: list[SignedStatement]) -> None:
        try:
            answer = self.client.submit(LeafHashes, "POST", "/v1/marks", {"marks": [mark.to_json() for mark in batch]})
        except Refused as refused:
            if refused.status == 401 and not refused.for_ever:
                raise
            if len(batch) > 1:
                for mark in batch:
                    self._hand_in([mark])
                return
            self._refused(batch[0], refused)
            return
        if list(answer.leaf_hashes) != [leaf_hash(mark) for mark in batch]:
            raise Problem("adapter.bad-answer", "/v1/marks", what="leaf_hashes")
        self.marks.confirmed(batch)

    def _refused(self, mark: SignedStatement, refused: Refused) -> None:
        body = body_of(mark)
        self.noted("mark-refused", transfer_id=body.transfer_id, code=refused.code)
        if refused.for_ever:  # goes out with the next
            self.marks.made_anew(body.transfer_id or "", body.seq, self.signing_time())
        elif body.transfer_id is not None or refused.code not in NOT_KNOWN_YET:
            self.marks.refused(mark)

    def look_at_own_entry(self) -> None:
        """Say it loudly when the directory has a key in our name that we did not make; receiving goes on."""
        with self.telling():
            self.require_own_entry()

    def contact(self) -> None:
        """After a piece of work: what goes along does its part, and new codebook releases are fetched.

        Each does its part whatever the others meet. Raises the first `Alarm` afterwards. A hub that is away is not this
        step's business.
        """
        alarms: list[Alarm] = []
        for part in (*(companion.contact for companion in self.companions), self.pick_up_codebooks):
            try:
                with suppress(HubAway):
                    part()
            except Alarm as alarm:
                alarms.append(alarm)
        if alarms:
            raise alarms[0]

    def after_work(self) -> None:
        """`contact` whose alarm is told loudly, once, and stops nothing: the exchange does not depend on it."""
        with self.telling():
            self.contact()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Work beside the exchange, which does not depend on it: what is odd is told, once, and the exchange goes on.

        Raises `HubAway`, and `StateFailed`.
        """
        try:
            yield
        except (HubAway, StateFailed):
            raise
        except Alarm as alarm:
            self.alarm(alarm)
        except Problem as problem:
            self.tell(problem)

    def tell(self, problem: Problem) -> None:
        """Tell of something that is not as it must be and stops nothing, unless it was told already."""
        if (problem.code, problem.place) not in self._told:
            self._told.add((problem.code, problem.place))
            self.say(Finding(problem.code, "W", problem.place, params=problem.params))
            self.noted("odd", code=problem.code)

    def enclosed(self) -> dict[str, Any]:
        """What the companions want to stand in an envelope that goes out."""
        members: dict[str, Any] = {}
        for companion in self.companions:
            members.update(companion.enclosed())
        return members

    def alarm(self, alarm: Alarm) -> None:
        """Note an alarm, and tell it unless this one was told already or a person has settled it."""
        self.alarm_book.note(alarm.code, alarm.place, self.clock(), **alarm.params)
        if not self.unsettled([alarm]):
            return
        if all((alarm.code, alarm.place, alarm.params) != (each.code, each.place, each.params) for each in self.alarms):
            self.alarms.append(alarm)
            self.say(Finding(alarm.code, "V", alarm.place, params=alarm.params))
            self.noted("alarm", code=alarm.code)

    def unsettled(self, alarms: Iterable[Alarm]) -> list[Alarm]:
        """Those that no person has settled."""
        return [each for each in alarms if not self.alarm_book.is_settled(each.code, each.place, each.params)]

    def pick_up_codebooks(self) -> None:
        """Fetch the codebook releases that the hub has made meanwhile. One that is not what it says is told loudly and
        not used; the work goes on with those held."""
        try:
            found = fetch_new(self.client, self.trust, self.clock, self.codebooks.held(), self.codebooks.file)
            for fetched in found:
                self.codebooks.keep(fetched)
                self.noted("codebooks", release=fetched.release.id)
        except Alarm as alarm:
            self.say(Finding(alarm.code, "V", alarm.place, params=alarm.params))

    def noted(self, event: str, **fields: Any) -> None:
        """One line in the adapter's log. Ids, counts and codes only: no name, no number of a person."""
        self.log.info(json.dumps({"at": timestamp(self.clock()), "event": event, **fields}))

    def tell_sent(self) -> None:
        """What was sent so far is known to whoever asked: an open home that is asked for more, or closed in order.

        A process that was killed before is asked again by somebody who does not know, and must not send twice.
        """
        while self.untold:
            self.journal.tell(self.untold.pop())

    def close(self) -> None:
        """Close files and connections."""
        self.tell_sent()
        self.client.close()
        self.state.close()
        for handler in list(self.log.handlers):
            handler.close()
            self.log.removeHandler(handler)


def open_station(
    path: Path,
    *,
    passphrase: bytes | None = None,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], datetime] = utc_now,
    say: Callable[[Finding], None] = lambda _notice: None,
    gauge: Gauge | None = None,
    limits: Limits = DEFAULT,
) -> Station:
    """Open the home at `path`. Raises what home, keyring and trust raise when a file is missing or broken."""
    home = open_home(path)
    keyring = Keyring(home, passphrase)
    client = HubClient(home.hub_url, keyring, clock, transport=transport, limits=limits)
    return Station(
        home=home,
        keyring=keyring,
        state=State(home.path / "state.db"),
        trust=Trust(home),
        client=client,
        clock=clock,
        say=say,
        gauge=gauge or Silence(),
    )


class _LogFile(logging.StreamHandler[RotatedFile]):
    """Closes its file, which a stream handler does not."""

    def close(self) -> None:
        self.stream.close()
        super().close()


def _logger(path: Path) -> logging.Logger:
    logger = logging.getLogger(f"casehub.adapter.{path}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = _LogFile(RotatedFile(path))
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    return logger


__all__ = ["Alarm", "Companion", "Gauge", "Silence", "Station", "open_station"]
