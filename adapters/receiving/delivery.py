"""Delivering one checked transfer into a folder: `DIR/<transfer id>/`, there whole or not there at all.

    bag/            every volume, those carried by reference included (BagIt), with an opening of each: see
                    `evidence.bundles.openings`
    case.xml        the case in this agency's own native form, with its own codes where the annex has them
    record.json     what the sender signed, unchanged
    annex.json      the hub's conversions beside it
    receipt.json    the hub's signed receipt
    findings.json   what was noticed on the way

It grows in `DIR/.<transfer id>.partial`, which a later run goes on with, and gets its name when all of it is durable.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters import native
from adapters.client import door
from adapters.receiving.incoming import Incoming
from adapters.state.held import HeldVolume
from adapters.station import Station
from adapters.transfers.matching import tie_own_numbers
from adapters.transfers.receipts import keep_receipt
from adapters.transfers.volumes import VolumeSource
from dossier.bags import Bag
from dossier.contents import SealedFile
from dossier.durable import sync_folder, write_durably
from dossier.pages import Counts
from dossier.paging import Recount, recount, weighed
from dossier.unseal import disk_errors, unseal_volume
from evidence.bundles.openings import FOLDER, Opening
from evidence.statements import SignedStatement
from messages.findings import Finding
from messages.problems import Problem

REASON = "reason"


@dataclass(frozen=True)
class Delivered:
    """A transfer that stands whole in `folder`. Bytes are plaintext bytes, `fetched_bytes` what came from the hub."""

    transfer_id: str
    node: str
    sender: str
    case_uid: str
    folder: str
    volumes: int
    pages: int
    files: int
    bytes: int
    fetched_bytes: int
    seconds: float
    findings: tuple[dict[str, Any], ...]
    reasons: tuple[dict[str, str], ...] = ()
    """Why something was returned or refused, as its sender gave it: `text`, and `place`, the document and page."""

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        told = {"findings": list(self.findings), "reasons": list(self.reasons)}
        return {"status": "acknowledged", **self.__dict__, **told}


def deliver(station: Station, arrived: Incoming, into: Path) -> Delivered:
    """Unseal, write and remember a transfer. Raises what unsealing raises; what is whole stays for the next run."""
    started = time.monotonic()
    final = into / arrived.transfer_id
    partial = into / f".{arrived.transfer_id}.partial"
    descriptors = [volume.descriptor for volume in arrived.volumes]
    size, pages = sum(item.pack.layout.plaintext for item in descriptors), sum(item.pages for item in descriptors)
    station.gauge.expect(size, pages)
    findings = [told for told in door.findings(arrived.answered.receipt.findings) if not told.get("by")]
    fetched, counted = 0, list[Recount]()
    if not final.exists():
        with disk_errors(into):
            partial.mkdir(parents=True, exist_ok=True)
            fetched, counted = _bag(station, arrived, partial / "bag")
            findings = [*_weighed(arrived, counted), *findings]
            findings += [finding.to_json() for finding in _papers(station, arrived, partial, findings)]
            sync_folder(partial)
            partial.rename(final)
            sync_folder(into)
    else:
        findings = [*_weighed(arrived, counted), *findings]
    _remember(station, arrived, final)
    station.gauge.finish()
    return Delivered(
        transfer_id=arrived.transfer_id,
        node=arrived.node,
        sender=arrived.sender,
        case_uid=arrived.case_uid,
        folder=str(final),
        volumes=len(descriptors),
        pages=pages,
        files=sum(item.files for item in descriptors),
        bytes=size,
        fetched_bytes=fetched,
        seconds=round(time.monotonic() - started, 3),
        findings=tuple(findings),
        reasons=tuple(_reasons(arrived)),
    )


def _weighed(arrived: Incoming, counted: Sequence[Recount]) -> list[dict[str, Any]]:
    return [finding.to_json() for finding in weighed(arrived.declared, counted)]


def _reasons(arrived: Incoming) -> Iterator[dict[str, str]]:
    for decision in arrived.record.decisions:
        if decision.node == arrived.node and decision.kind == REASON and decision.result:
            terms = decision.terms or {}
            found = [str(terms[name]) for name in ("document", "page") if name in terms]
            yield {"text": str(decision.result), "place": " ".join(found) or "-"}


def discard(transfer_id: str, into: Path) -> None:
    """Remove what an unfinished delivery left."""
    shutil.rmtree(into / f".{transfer_id}.partial", ignore_errors=True)


def _bag(station: Station, arrived: Incoming, final: Path) -> tuple[int, list[Recount]]:
    """The bag; one that stands already was finished by an earlier run.

    Returns the bytes fetched from the hub, and what the receiver's own count of the pages shows (D-05): a volume that
    came with its signatures intact is delivered, but its sender's count is not taken on trust.
    """
    if final.exists():
        return 0, []
    bag = Bag(final)
    fetched = 0
    recounts: list[Recount] = []
    openings: dict[str, bytes] = {}
    counts = Counts()

    def on_file(file: SealedFile, path: Path) -> None:
        station.store.adopt(path, file.sha256)
        station.gauge.advance(file.length, file.pages)

    for volume in arrived.volumes:
        source = VolumeSource(station, volume)
        folder = bag.volume_folder(volume.descriptor.number)
        unsealed = unseal_volume(
            volume.descriptor,
            station.held.volume_key(volume),
            source.read_part,
            folder,
            have=station.store.path if station.held.opened_whole(volume, station.agency) else None,
            on_file=on_file,
            ahead=station.client.limits.downloads,
        )
        bag.add_volume(unsealed.catalogue)
        openings[f"{FOLDER}/{volume.descriptor.number}.json"] = _opening(station, volume, source)
        if source.fetched:  # what was held before was counted when it came
            recounts.append(recount(unsealed.catalogue.volume, str(folder), counts))
        fetched += source.fetched
    bag.finish(
        [
            ("Source-Organization", arrived.sender),
            ("External-Identifier", arrived.transfer_id),
            ("Internal-Sender-Identifier", arrived.node),
        ],
        openings,
    )
    return fetched, recounts


def _opening(station: Station, volume: HeldVolume, source: VolumeSource) -> bytes:
    """What shows somebody else that these files are what was sealed. Its catalogue's parts are held by now."""
    parts = [source.read_part("catalogue", index) for index in range(len(volume.descriptor.catalogue.parts))]
    key = station.held.volume_key(volume)
    return Opening(volume.statement, [part or b"" for part in parts], key).encode()


def _papers(station: Station, arrived: Incoming, folder: Path, findings: Sequence[dict[str, Any]]) -> list[Finding]:
    """The files beside the bag. A record that our own format cannot carry whole is a finding, not a failure: it lies
    beside, whole, as record.json."""
    answered = arrived.answered
    entries = [entry.to_json() for entry in answered.annex.entries]
    more: list[Finding] = []
    try:
        composed = native.compose(station.home.agency.type, arrived.as_sent, entries, station.agency)
        write_durably(folder / "case.xml", composed.data)
        more += composed.findings
    except Problem as problem:
        more.append(Finding("adapter.native-unwritten", "D", problem.place, params={"code": problem.code}))
    shown = [*findings, *(finding.to_json() for finding in more)]
    write_durably(folder / "record.json", _json(arrived.as_sent))
    write_durably(folder / "annex.json", _json(_opened(answered.signed_annex)))
    write_durably(folder / "receipt.json", _json(_opened(answered.signed_receipt)))
    write_durably(folder / "findings.json", _json({"findings": shown}))
    return more


def _opened(statement: SignedStatement) -> dict[str, Any]:
    """A statement with its body beside it, to be read."""
    return {"body": statement.unverified_body, "statement": statement.to_json()}


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _remember(station: Station, arrived: Incoming, folder: Path) -> None:
    """Everything is durable: volumes are held, the case is known, the hub's promise is noted."""
    with station.state.transaction():
        for place, volume in enumerate(arrived.volumes):
            station.held.keep(place, volume)
        station.numbers.keep_record(arrived.case_uid, arrived.transfer_id, arrived.as_sent)
        tie_own_numbers(station, arrived.record)
        keep_receipt(station, arrived.transfer_id, arrived.answered)
        station.inbox.delivered(arrived.transfer_id, str(folder), arrived.as_sent, arrived.answered.annex)
