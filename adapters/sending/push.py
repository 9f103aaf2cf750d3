"""Pushes a case: check, journal, seal and upload, submit. After an interruption at any point it continues where it
stopped.

1. The package is read and checked; nothing leaves while anything refuses it.
2. The journal names the transfer; the same request on the same source finds its row again.
3. The receiver's keys come from the hub's directory and must agree with the pins.
4. Volumes are sealed and their parts uploaded (`sealing`); a changed source is sealed anew and said so.
5. Envelope, marks and record are composed and kept (`submission`), and those exact bytes are sent.
6. The hub's receipt is verified; what was sent is held for later re-use; the log's promise is noted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.client import door
from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Peer
from adapters.sending import reuse
from adapters.sending.ending import ending
from adapters.sending.package import Package
from adapters.sending.receivers import require_receiver
from adapters.sending.sameness import content_of, same_as_sent, same_case
from adapters.sending.sealing import SealedNew, SourceChanged, Uploads, seal_new
from adapters.sending.submission import FINAL, Carried, comes_anew, compose, deliver
from adapters.state.contents import adopt_volume
from adapters.state.journal import QUEUED, Content, Outgoing, Request
from adapters.station import Station
from digests import Digest
from dossier.reading import read_catalogue
from evidence.identifiers import uuid7
from evidence.statements import SignedStatement
from messages.findings import Finding
from messages.problems import Problem
from messages.rendering import finding_json
from standards.record.envelope import Envelope

MAX_RESEALS = 3

Read = Callable[[Sequence[reuse.Reused]], Package]
"""Reads and checks the source, given what goes along by reference. Called again when the source changed meanwhile."""


@dataclass(frozen=True)
class Pushed:
    """A transfer that the hub has accepted. Bytes are plaintext bytes of new volumes, seconds wall-clock time.

    `earlier`: it was sent before, with exactly this content, and nothing was sent now.
    """

    transfer_id: str
    node: str
    receiver: str
    case_uid: str
    volumes: tuple[dict[str, Any], ...]
    pages: int
    files: int
    bytes: int
    uploaded_bytes: int
    seconds: float
    findings: tuple[dict[str, Any], ...]
    receipt: dict[str, Any] = field(repr=False)
    earlier: bool = False

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {"status": "sent", **self.__dict__, "volumes": list(self.volumes), "findings": list(self.findings)}


def push(station: Station, request: Request, read: Read, *, once: bool = False) -> Pushed:
    """Push what `read` gives to `request.receiver`.

    An earlier answer is given only for the same content: to the same request while nobody may have seen it (with
    `once`, ever), and to any request for the same node, receiver and answered transfer unless its source says `again`.
    `Pushed.earlier` and a finding say so. What is queued for the same request goes on when it is
    of the same case; where other content stands in its place, it stays queued and this is a transfer of its own.

    Raises the package's own problems before anything leaves, `Alarm`, `Refused`, and `HubAway` when the transfer
    stays queued in the journal.
    """
    started = time.monotonic()
    station.tell_sent()
    seen = {row.transfer_id for row in station.journal.sent(request)}
    with station.home.lock(f"push-{Digest.parse(request.key).hex[:32]}"):
        chosen = reuse.choose(station, request.reuse, request.receiver)
        package = read(chosen)
        for row in station.journal.sent(request):
            # Untold: by a process that was killed before it could say so. Unseen: by whoever held the lock meanwhile.
            wanted = once or not row.told or row.transfer_id not in seen
            if wanted and same_as_sent(station, row, package, chosen):
                return _earlier(station, row, "adapter.earlier-answer")
        for row in _alike(station, request, package):
            if same_as_sent(station, row, package, chosen):
                return _earlier(station, row, "adapter.already-sent")
        content = content_of(package, chosen, request)
        queued = _queued(station, request, package, content)
        if queued is not None and queued.status == "submitting":
            again = _resubmit(station, queued, started)
            if again is not None:
                return again
        row, peer = _begun(station, request, content, queued)
        with ending(station, row):
            submission, body, uploaded = _send(station, row, package, chosen, peer, read)
        station.untold.append(row.transfer_id)
        return _pushed(row, submission, body, uploaded, time.monotonic() - started)


def go_on(station: Station, row: Outgoing, read: Read) -> Pushed | None:
    """Send what `row` queued, and nothing else; None when it was sent meanwhile.

    Raises as `push` does, and `adapter.queued-changed` when the source is no longer what was queued.
    """
    started = time.monotonic()
    station.tell_sent()
    with station.home.lock(f"push-{Digest.parse(row.request.key).hex[:32]}"):
        row = station.journal.get(row.transfer_id)
        if row.status not in QUEUED:
            return None
        if row.status == "submitting" and (again := _resubmit(station, row, started)) is not None:
            return again

        def unchanged(chosen: Sequence[reuse.Reused]) -> Package:
            package = read(chosen)
            if row.pinned and content_of(package, chosen, row.request).pinned != row.pinned:
                raise Problem("adapter.queued-changed", row.transfer_id)
            return package

        with ending(station, row):
            chosen = reuse.choose(station, row.request.reuse, row.request.receiver)
            package, peer = unchanged(chosen), require_receiver(station, row.request.receiver)
            submission, body, uploaded = _send(station, row, package, chosen, peer, unchanged)
        station.untold.append(row.transfer_id)
        return _pushed(row, submission, body, uploaded, time.monotonic() - started)


def _queued(station: Station, request: Request, package: Package, content: Content) -> Outgoing | None:
    """The row that goes on with this content. One whose submission is kept is only for exactly that; one that nothing
    left for yet may be corrected, as long as it is of the same case."""
    record = package.record.to_json()
    for row in station.journal.unfinished(request):
        same = row.pinned in {content.pinned, ""}
        if row.status == "open":
            same = same or same_case(station.journal.record(row.transfer_id), record)
        if same:
            return row
        station.say(Finding("adapter.queued-beside", "W", row.transfer_id))
    return None


def _resubmit(station: Station, row: Outgoing, started: float) -> Pushed | None:
    """Send the kept submission, byte for byte; None when it must be composed anew: the hub lacks parts of it, or can
    never take what was signed when it was."""
    assert row.submission is not None
    station.say(Finding("adapter.resubmitted", "D", row.transfer_id))
    try:
        body = deliver(station, row, row.submission)
    except Refused as refused:
        if not comes_anew(refused):
            raise
        return None
    station.untold.append(row.transfer_id)
    return _pushed(row, row.submission, body, 0, time.monotonic() - started)


def _begun(station: Station, request: Request, content: Content, row: Outgoing | None) -> tuple[Outgoing, Peer]:
    """The journal's row, and the receiver. Only a hub that is away, or refuses every request for now (a wrong clock),
    leaves a row behind without its receiver known."""

    def begin() -> Outgoing:
        return row or station.journal.begin(request, uuid7(), station.clock(), content)

    try:
        peer = require_receiver(station, request.receiver)
    except (HubAway, Refused) as problem:
        if isinstance(problem, HubAway) or problem.status not in FINAL:
            begin()
        raise
    return begin(), peer


def _send(  # noqa: PLR0917 - the pieces of one push
    station: Station,
    row: Outgoing,
    package: Package,
    chosen: Sequence[reuse.Reused],
    peer: Peer,
    read: Read,
) -> tuple[bytes, dict[str, Any], int]:
    """Steps 4 to 6. Returns submission, answer and uploaded bytes."""
    with Uploads(station) as uploads:
        for _ in range(MAX_RESEALS):
            station.journal.keep_record(row.transfer_id, content_of(package, chosen, row.request))
            station.gauge.expect(package.bytes, package.pages)
            try:
                sealed = [
                    seal_new(station, row.transfer_id, volume, uploads, package.supersedes.get(volume.number))
                    for volume in package.volumes
                ]
                break
            except SourceChanged as changed:
                station.say(Finding("adapter.resealed", "W", changed.place, params=changed.params))
                station.noted("resealed", transfer_id=row.transfer_id, **changed.params)
                package = read(chosen)
        else:
            raise Problem("adapter.source-restless", row.request.node)
        uploads.drain()
        uploaded = uploads.bytes
    station.gauge.finish()
    carried = _carried(station, sealed, chosen)
    # An agency may have enrolled a moment ago by the hub's clock, which ours is behind.
    recipient = peer.recipient(max(station.signing_time(), station.client.time.now()))
    submission = compose(station, row, package, carried, recipient)
    body = deliver(station, row, submission)
    for volume in sealed:
        _adopt(station, volume)
    return submission, body, uploaded


def _carried(station: Station, sealed: Sequence[SealedNew], chosen: Sequence[reuse.Reused]) -> list[Carried]:
    new = [Carried(volume.statement, volume.descriptor, volume.volume_key) for volume in sealed]
    again = [
        Carried(item.held.statement, item.held.descriptor, station.held.volume_key(item.held), item.held.transfer_id)
        for item in chosen
    ]
    return new + again


def _adopt(station: Station, volume: SealedNew) -> None:
    """Keep the sent files by digest, so that a return of this volume moves no byte."""

    def part(purpose: str, index: int) -> bytes | None:
        return station.store.read(volume.descriptor.catalogue.parts[index].digest) if purpose == "catalogue" else None

    catalogue = read_catalogue(volume.descriptor, volume.volume_key, part)
    adopt_volume(station.store, volume.source, catalogue.volume)


def _alike(station: Station, request: Request, package: Package) -> list[Outgoing]:
    """What is under way or arrived at the same node, to the same receiver, in answer to the same transfer: the same
    content there is an oversight, unless it is wanted `again` or replaces a transfer."""
    if request.source.get("again") or request.supersedes:
        return []
    wanted = (request.node, request.receiver, request.in_reply_to)
    return [
        row
        for row in station.journal.of_case(package.case_uid)
        if (row.request.node, row.request.receiver, row.request.in_reply_to) == wanted
    ]


def _earlier(station: Station, row: Outgoing, code: str) -> Pushed:
    """The answer that the hub gave to this transfer, which is said to be an earlier one."""
    station.say(Finding(code, "W", row.transfer_id, params={"sent_at": row.sent_at}))
    assert row.submission is not None
    assert row.answer is not None
    station.untold.append(row.transfer_id)
    return replace(_pushed(row, row.submission, json.loads(row.answer), 0, 0.0), earlier=True)


def _pushed(row: Outgoing, submission: bytes, body: dict[str, Any], uploaded: int, seconds: float) -> Pushed:
    sent = json.loads(submission)
    envelope = Envelope.read(SignedStatement.from_json(sent["envelope"]).unverified_body)
    bodies = [SignedStatement.from_json(item).unverified_body for item in sent["descriptors"]]
    reused = {claim.volume_id: claim.reused_from for claim in envelope.volumes}
    shown = tuple(
        {
            "volume_id": volume["volume_id"],
            "number": volume["number"],
            "pages": volume["pages"],
            "files": volume["files"],
            "bytes": volume["pack"]["size"],
            "reused_from": reused[volume["volume_id"]],
        }
        for volume in bodies
    )
    return Pushed(
        transfer_id=row.transfer_id,
        node=row.request.node,
        receiver=row.request.receiver,
        case_uid=envelope.case_uid,
        volumes=shown,
        pages=sum(volume["pages"] for volume in shown),
        files=sum(volume["files"] for volume in shown),
        bytes=sum(volume["bytes"] for volume in shown),
        uploaded_bytes=uploaded,
        seconds=round(seconds, 3),
        findings=_findings(envelope, door.findings(body["findings"])),
        receipt=body["receipt"],
    )


def _findings(envelope: Envelope, answered: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """What was declared, and what the hub found; a hub that knows of the first has told it among its own."""
    own = [finding for finding in answered if not finding.get("by")]
    return (*(finding_json(finding) for finding in envelope.declared), *own)
