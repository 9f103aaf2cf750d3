"""The Python API: the operations of `casehub-adapter` as methods of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from adapters import folders
from adapters.auditing import monitor as monitoring
from adapters.auditing import reconcile as reconciling
from adapters.auditing import settling
from adapters.auditing.auditor import attached
from adapters.auditing.contact import ProofReport
from adapters.client.hub import HubAway
from adapters.home import Agency
from adapters.joining import cases, enrolment, rotation
from adapters.joining import handlers as access
from adapters.keys.alarms import Noted
from adapters.limits import DEFAULT, Limits
from adapters.receiving import page as pages
from adapters.receiving import pull as pulling
from adapters.sending import receivers
from adapters.sending.again import by_reference
from adapters.sending.formats import Shown, own_format
from adapters.sending.package import Package
from adapters.sending.push import Pushed, push
from adapters.sending.queued import Sent, drop, send_queued
from adapters.sending.reuse import choose
from adapters.sending.sources import parse_document, parse_reason, reader
from adapters.state.journal import Outgoing, Request
from adapters.station import Gauge, Station, open_station
from adapters.transfers import inbox
from evidence.identifiers import utc_now
from messages.findings import Finding
from messages.problems import Problem
from standards.times import BEIJING


class Adapter:
    """One agency's adapter, opened on its home.

    `say` hears what is noticed on the way (first use of a peer's key, a volume that was resealed …); `gauge` hears
    progress; `transport` replaces the network (see `adapters.client.transport`). All methods raise `Problem`; `HubAway`
    means that the hub cannot be reached and what was to be sent is queued. Close it, or use it in a `with`.
    """

    def __init__(
        self,
        home: Path | str,
        *,
        passphrase: bytes | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        say: Callable[[Finding], None] = lambda _notice: None,
        gauge: Gauge | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.station: Station = open_station(
            Path(home), passphrase=passphrase, transport=transport, clock=clock, say=say, gauge=gauge, limits=limits
        )
        self._auditor = attached(self.station)

    @staticmethod
    def init(
        home: Path | str,
        *,
        agency: str,
        code: str,
        name: str,
        hub: str,
        passphrase: bytes | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> str:
        """Make a home with new keys and `enrolment.json`; returns the agency's fingerprint."""
        keyring = enrolment.init(Path(home), Agency(agency, code, name), hub, clock(), passphrase)
        return keyring.fingerprint

    @staticmethod
    def start_again(
        home: Path | str, *, passphrase: bytes | None = None, clock: Callable[[], datetime] = utc_now
    ) -> str:
        """New keys that nobody vouches for, in place of lost or stolen ones; `enrolment.json` is made anew.

        The operator revokes the old keys and admits the new request; `enrol` then goes on with this home. Returns the
        new fingerprint. Interrupted, it is to be called again.
        """
        return enrolment.start_again(Path(home), clock(), passphrase).fingerprint

    def enrol(self, admission: Path | str, hub_fingerprint: str) -> dict[str, Any]:
        """Pin the hub named in the operator's admission, if its fingerprint matches the one given."""
        return enrolment.enrol(self.station, Path(admission), hub_fingerprint)

    def check(self, case_dir: Path | str, *, node: str, to: str | None = None, reuse: Sequence[str] = ()) -> Package:
        """Read and check a CASE_DIR for a node; nothing leaves. Without `to`: any of the receiver's type."""
        from standards import nodes  # noqa: PLC0415 - the catalogue is only needed here

        receiver = to or f"{nodes.catalogue().get(node).receiver}:000000"
        request = Request(node, receiver, {"case_dir": str(Path(case_dir).resolve())}, reuse=tuple(reuse))
        return reader(self.station, request)(choose(self.station, request.reuse, receiver))

    def format(self, element: str | None = None) -> list[Shown]:
        """This agency's native format: all of it, or one element with the words and codes that it may have."""
        return own_format(self.station, element)

    def push(
        self,
        case_dir: Path | str,
        *,
        node: str,
        to: str,
        in_reply_to: str | None = None,
        reuse: Sequence[str] = (),
        handler: str | None = None,
        supersedes: str | None = None,
        replaces: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Pushed:
        """Send a CASE_DIR at a node. Called again with the same arguments after a failure, it continues.

        The same content is sent at a node once: `Pushed.earlier` tells of the transfer that carried it. With `again`,
        it is sent anew.
        """
        source: dict[str, Any] = {
            "case_dir": str(Path(case_dir).resolve()),
            "replaces": [list(item) for item in (replaces or {}).items()],
            **({"again": True} if again else {}),
        }
        return self._send(Request(node, to, source, in_reply_to, tuple(reuse), handler, supersedes))

    def reply(
        self,
        transfer: str,
        *,
        node: str,
        case_dir: Path | str | None = None,
        case_no: str | None = None,
        reasons: Sequence[str] = (),
        documents: Sequence[str] = (),
        reuse: Sequence[str] = (),
        handler: str | None = None,
        again: bool = False,
    ) -> Pushed:
        """Answer a transfer that was pulled. `reasons` are `[DOC[:PAGE]=]TEXT`, `documents` are `TYPE=FILE`; `again` as
        in `push`."""
        received = self.station.inbox.get(transfer)
        source = {
            "case_dir": None if case_dir is None else str(Path(case_dir).resolve()),
            "answers": transfer,
            "case_no": case_no,
            "reasons": [list(parse_reason(text)) for text in reasons],
            "documents": [list(parse_document(text)) for text in documents],
            **({"again": True} if again else {}),
        }
        return self._send(Request(node, received.sender, source, transfer, tuple(reuse), handler))

    def readdress(self, transfer: str, *, to: str | None = None) -> Pushed:
        """Send an undeliverable transfer again, its volumes by reference, encrypted for the current keys."""
        station = self.station
        old = station.journal.get(transfer)
        request = Request(
            old.request.node,
            to or old.request.receiver,
            {"readdress": transfer},
            old.request.in_reply_to,
            by_reference(station, transfer),
            old.request.handler,
            transfer,
        )
        pushed = self._send(request)
        station.journal.settle(transfer, "superseded")
        return pushed

    def resume(self) -> Sent:
        """Send everything that is queued. Raises `HubAway` again while the hub is away."""
        done = send_queued(self.station)
        self.station.after_work()
        return done

    def queue(self) -> list[Outgoing]:
        """What is still to be sent, oldest first."""
        return self.station.journal.queue()

    def drop(self, transfer: str) -> Outgoing:
        """Take a transfer out of the queue; it will not be sent."""
        return drop(self.station, transfer)

    def agencies(self) -> list[dict[str, Any]]:
        """The agencies enrolled at the hub: `agency`, `type`, `code`, `name`, `revoked`."""
        return receivers.agencies(self.station)

    def _send(self, request: Request) -> Pushed:
        station = self.station
        pushed = push(station, request, reader(station, request))
        station.after_work()
        return pushed

    def contact(self) -> ProofReport | None:
        """What follows every piece of work; returns what the log showed, None when the hub is away. Raises `Alarm`."""
        self.station.contact()
        return self._auditor.report

    def inbox(self) -> list[dict[str, Any]]:
        """What the hub has for this agency and is not answered yet; news of sent transfers is said on the way."""
        found = inbox.listing(self.station)
        reconciling.refresh_deliveries(self.station)
        self.station.after_work()
        return found

    def pull(
        self, into: Path | str, *, transfer: str | None = None, on_item: pulling.OnItem | None = None
    ) -> pulling.Haul:
        """Pull everything that waits, or one transfer, into folders of `into`."""
        haul = pulling.pull(self.station, Path(into), transfer=transfer, on_item=on_item)
        self.station.after_work()
        return haul

    def follow(self, into: Path | str, *, on_item: pulling.OnItem | None = None) -> Iterator[pulling.Haul]:
        """Pull for ever; one haul for each answer of the hub. Break out of the loop to stop."""
        return pulling.follow(self.station, Path(into), on_item=on_item)

    def page(self, transfer: str, volume: str, page: int, out: Path | str, *, handler: str | None = None) -> pages.Page:
        """Write the file that holds a page of a volume, fetching only the segments that it needs."""
        return pages.page(self.station, transfer, volume, page, Path(out), handler=handler)

    def look(self, outbox: Path | str, inbox: Path | str) -> folders.Round:
        """One round over the watched folders; `casehub-adapter watch` repeats it."""
        return folders.look(self.station, Path(outbox), Path(inbox))

    def handlers(self) -> list[dict[str, Any]]:
        """This agency's handlers."""
        return access.handlers(self.station)

    def add_handler(self, handler: str, role: str = "handler") -> dict[str, Any]:
        """Make a handler known to the hub."""
        return access.add_handler(self.station, handler, role)

    def remove_handler(self, handler: str) -> dict[str, Any]:
        """End a handler's access."""
        return access.remove_handler(self.station, handler)

    def grant(self, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
        """Let a handler see a case."""
        return access.grant(self.station, case, handler, by=by)

    def revoke(self, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
        """Take a case away from a handler."""
        return access.revoke(self.station, case, handler, by=by)

    def case(self, case: str, *, handler: str | None = None) -> dict[str, Any]:
        """A case: its numbers, its parties, and the transfers of it that this agency sent or received."""
        return cases.read_case(self.station, case, handler=handler).to_json()

    def trail(self, case: str, *, handler: str | None = None) -> dict[str, Any]:
        """The marks of a case, or of one transfer of ours, in the order of the log, and its findings."""
        return cases.trail(self.station, case, handler=handler)

    def rotate(self, purpose: str) -> dict[str, Any]:
        """New keys: `hpke` or `identity`."""
        verbs = {"hpke": rotation.rotate_hpke, "identity": rotation.rotate_identity}
        if purpose not in verbs:
            raise Problem("adapter.bad-purpose", purpose)
        return verbs[purpose](self.station)

    def trust_accept(self, agency: str, fingerprint: str) -> dict[str, Any]:
        """Pin an agency that began a new chain of keys, once a person has compared its fingerprint."""
        return self.station.accept(agency, fingerprint)

    def trust_export(self) -> dict[str, Any]:
        """The KEYS file for `casehub-verify`: the pinned hub, the pinned agencies and this one."""
        return self.station.trust.export(self.station.own_entries())

    def reconcile(self, day: date | None = None) -> reconciling.Reconciled:
        """Compare a day (today in China by default) with the hub."""
        today = self.station.clock().astimezone(BEIJING).date()
        found = reconciling.reconcile(self.station, day or today)
        self.station.after_work()
        return found

    def monitor(self, *, on_mark: monitoring.OnMark | None = None) -> monitoring.Monitored:
        """Read and verify everything new in the hub's log; what concerns this agency is in the result, or passed to
        `on_mark`. What does not verify is in the result too.
        """
        return monitoring.monitor(self.station, on_mark=on_mark)

    def alarms(self) -> list[Noted]:
        """Every alarm of this home, settled or not, in the order in which they were first met."""
        return self.station.alarm_book.all()

    def settle_alarm(self, number: int, *, by: str, reason: str) -> Noted:
        """Keep and mark a person's decision about an alarm. Raises as `settling.settle` does."""
        return settling.settle(self.station, number, by=by, reason=reason)

    def close(self) -> None:
        """Close files and connections."""
        self.station.close()

    def __enter__(self) -> Adapter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.station.untold.clear()  # whoever asked may not have heard what was sent
        self.close()


__all__ = ["Adapter", "HubAway"]
