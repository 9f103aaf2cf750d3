"""Reads a single page: fetches only the segments of the file that contains it, and leaves the mark `opened`."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adapters.client.answers import Anything
from adapters.client.hub import segment
from adapters.receiving import incoming
from adapters.state.held import HeldVolume
from adapters.station import Station
from adapters.transfers.volumes import VolumeSource
from dossier.contents import PageLocation, SealedFile
from dossier.reading import SealedReader
from messages.problems import Problem


@dataclass(frozen=True)
class Page:
    """Where the page is. `page_in_file` counts from 1 and is None for a paper slip that stands for a recording."""

    transfer_id: str
    volume: str
    page: int
    title: str
    file: str
    media_type: str
    page_in_file: int | None
    bytes: int
    fetched_bytes: int
    out: str

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return asdict(self)


def page(
    station: Station, transfer_id: str, volume_number: str, number: int, out: Path, *, handler: str | None = None
) -> Page:
    """Write the file with page `number` of a volume to `out` and leave an `opened` mark.

    The file appears under its name only when its digest is right. Raises `adapter.out-exists`,
    `adapter.unknown-volume`, what `dossier.reading` raises, and `HubAway`.
    """
    if out.exists():
        raise Problem("adapter.out-exists", str(out))
    if handler is not None:
        # What lies here already is for the handlers of the case only: the hub knows them, and marks who is refused. Of
        # what has the same door, proofs alone leave no mark: `opened` is the mark of this look.
        station.client.ask(Anything, f"/v1/transfers/{segment(transfer_id)}/proofs", handler=handler)
    volume = _volume(station, transfer_id, volume_number, handler)
    source = VolumeSource(station, volume)
    reader = SealedReader(volume.descriptor, station.held.volume_key(volume), source.read_part, source.read_range)
    found = reader.locate(number)
    _write(station, volume, reader, found.file, out)
    _mark(station, volume, found, number, handler)
    return Page(
        transfer_id=transfer_id,
        volume=volume.descriptor.number,
        page=number,
        title=found.item.title,
        file=found.file.name,
        media_type=found.file.media_type,
        page_in_file=found.page_in_file,
        bytes=found.file.length,
        fetched_bytes=source.fetched,
        out=str(out),
    )


def _volume(station: Station, transfer_id: str, number: str, handler: str | None) -> HeldVolume:
    """The volume as held; a transfer that was not pulled yet is looked at first."""
    if not station.held.of_transfer(transfer_id):
        arrived = incoming.fetch(station, transfer_id, handler=handler)
        for place, volume in enumerate(arrived.volumes):
            station.held.keep(place, volume)
    return station.held.find(transfer_id, number)


def _write(station: Station, volume: HeldVolume, reader: SealedReader, file: SealedFile, out: Path) -> None:
    partial = out.with_name(f".{out.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        held = station.held.opened_whole(volume, station.agency)
        if not (held and station.store.copy_out(file.sha256, partial)):
            with partial.open("xb") as handle:
                for piece in reader.read_file(file):
                    handle.write(piece)
        shutil.move(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _mark(
    station: Station, volume: HeldVolume, found: PageLocation[SealedFile], number: int, handler: str | None
) -> None:
    station.marks.make(
        transfer_id=volume.transfer_id,
        node=volume.node,
        action="opened",
        occurred_at=station.clock(),
        digests={volume.volume_id: volume.descriptor.sealed_digest},
        private={"volume": volume.descriptor.number, "page": number, "file": found.file.path, "handler": handler or ""},
    )
    station.flush_marks()
