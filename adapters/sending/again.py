"""Sends an undeliverable transfer again: its volumes by reference, its own documents sealed again.

The node's own documents (V00) are new with every transfer, so their files are taken from the store by digest.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from adapters.sending.reuse import OWN_DOCUMENTS
from adapters.state.contents import file_digest
from adapters.state.held import HeldVolume
from adapters.station import Station
from adapters.transfers.volumes import VolumeSource
from dossier.contents import File, Item, SealedFile, SourceFile, Volume
from dossier.reading import read_catalogue
from messages.problems import Problem


def by_reference(station: Station, transfer_id: str) -> tuple[str, ...]:
    """The `--reuse` wishes that stand for every volume of the transfer but its own documents."""
    held = station.held.of_transfer(transfer_id)
    return tuple(f"{transfer_id}:{v.descriptor.number}" for v in held if v.descriptor.kind != OWN_DOCUMENTS)


def own_documents(station: Station, transfer_id: str) -> tuple[Volume[SourceFile], ...]:
    """The transfer's V00 as files in the store. Raises `adapter.not-kept` naming a file that is not there unchanged."""
    held = station.held.of_transfer(transfer_id)
    return tuple(_from_store(station, volume) for volume in held if volume.descriptor.kind == OWN_DOCUMENTS)


def _from_store(station: Station, held: HeldVolume) -> Volume[SourceFile]:
    source = VolumeSource(station, held)
    volume = read_catalogue(held.descriptor, station.held.volume_key(held), source.read_part).volume
    items = tuple(_item(station, item) for item in volume.items)
    return Volume(volume.number, volume.title, items, volume.number)


def _item(station: Station, item: Item[SealedFile]) -> Item[SourceFile]:
    members: dict[str, Any] = {field.name: getattr(item, field.name) for field in fields(item)}
    members["files"] = tuple(_file(station, file) for file in item.files)
    return Item(**members)


def _file(station: Station, file: SealedFile) -> SourceFile:
    path = station.store.path(file.sha256)
    if not path.is_file() or file_digest(path, file.sha256) != file.sha256:
        raise Problem("adapter.not-kept", file.path)
    known: dict[str, Any] = {field.name: getattr(file, field.name) for field in fields(File)}
    return SourceFile(**known, source=str(path), mtime_ns=path.stat().st_mtime_ns)
