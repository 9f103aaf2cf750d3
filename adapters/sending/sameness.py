"""Whether what is to be sent now is what was read for an earlier transfer: by content, not by the name of a folder.

Two records are the same when they differ in nothing but identifiers that this program made and in the moments at which
it wrote an answer down. Files are the same when names, places in the catalogue, pages and bytes agree: sizes and times
pin what is only queued, the digests of the sealed catalogue what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from adapters.sending.package import Package
from adapters.sending.reuse import Reused
from adapters.state.contents import file_digest
from adapters.state.held import HeldVolume
from adapters.state.journal import Content, Outgoing, Request
from adapters.station import Station
from adapters.transfers.volumes import VolumeSource
from dossier.contents import File, Item, SealedFile, SourceFile, Volume
from dossier.reading import read_catalogue
from evidence.canonical import canonical, digest_of

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = tuple(field.name for field in fields(File))
_ITEM = tuple(field.name for field in fields(Item) if field.name != "files")


def content_of(package: Package, chosen: Sequence[Reused], request: Request) -> Content:
    """What was read, with the digest that pins it: of the record, and of every file with its size and time."""
    record = package.record.to_json()
    pinned = digest_of(
        {
            "record": plain(record, request),
            "volumes": [[volume.number, _listed(volume), _times(volume)] for volume in package.volumes],
            "reused": sorted(item.held.volume_id for item in chosen),
            "supersedes": dict(package.supersedes),
        }
    )
    return Content(package.case_uid, canonical(record), pinned)


def plain(record: Mapping[str, Any], request: Request) -> Any:
    """The record with identifiers numbered in order of appearance, without the times that a reply writes by itself."""
    names: dict[str, str] = {}

    def numbered(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: numbered(value[key]) for key in sorted(value)}
        if isinstance(value, list | tuple):
            return [numbered(item) for item in value]
        if isinstance(value, str) and _UUID.fullmatch(value):
            return names.setdefault(value, f"#{len(names)}")
        return value

    return numbered(_without_times(record, request))


def _without_times(record: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """A reply without an export dates its reasons and documents with the moment at which it is written."""
    body, source = dict(record), request.source
    if source.get("case_dir") or not source.get("answers"):
        return body
    given = {(kind, Path(name).stem) for kind, name in source.get("documents", ())}
    reasons = {text for _, _, text in source.get("reasons", ())}
    for name, time in (("decisions", "decided_at"), ("documents", "issue_date")):
        if name in body:
            body[name] = [
                {key: value for key, value in each.items() if key != time}
                if each.get("result") in reasons or (each.get("doc_type"), each.get("title")) in given
                else each
                for each in body[name]
            ]
    return body


def same_case(first: Mapping[str, Any] | None, second: Mapping[str, Any]) -> bool:
    """Whether two records are of one case: by its identifier, else by every number; True where nothing is kept yet."""
    if first is None:
        return True
    one, other = first["case"], second["case"]
    refs = [sorted((ref["agency"], ref["kind"], ref["value"]) for ref in each.get("refs", ())) for each in (one, other)]
    return bool(one["case_uid"] == other["case_uid"] or (refs[0] and refs[0] == refs[1]))


def same_as_sent(station: Station, row: Outgoing, package: Package, chosen: Sequence[Reused]) -> bool:
    """Whether the transfer `row`, which was sent, carried exactly this. Reads the files when all else agrees.

    Raises `adapter.file-unreadable`, and `HubAway` when a catalogue is no longer kept here.
    """
    record = station.journal.record(row.transfer_id)
    if record is None or plain(record, row.request) != plain(package.record.to_json(), row.request):
        return False
    reused = {item.held.volume_id for item in chosen}
    held = station.held.of_transfer(row.transfer_id)
    if not reused <= {volume.volume_id for volume in held}:
        return False
    sent = {volume.descriptor.number: volume for volume in held if volume.volume_id not in reused}
    if [*sorted(sent)] != sorted(volume.number for volume in package.volumes):
        return False
    pairs = [(volume, _catalogue(station, sent[volume.number])) for volume in package.volumes]
    return all(
        _listed(volume) == _listed(kept)
        and sent[volume.number].descriptor.supersedes == package.supersedes.get(volume.number)
        for volume, kept in pairs
    ) and all(
        file_digest(Path(volume.root, file.source), known.sha256) == known.sha256
        for volume, kept in pairs
        for file, known in zip(volume.files, kept.files, strict=True)
    )


def _catalogue(station: Station, held: HeldVolume) -> Volume[SealedFile]:
    source = VolumeSource(station, held)
    return read_catalogue(held.descriptor, station.held.volume_key(held), source.read_part).volume


def _listed(volume: Volume[Any]) -> list[Any]:
    return [
        [
            [_plain(getattr(item, name)) for name in _ITEM],
            [[getattr(file, name) for name in _FILE] for file in item.files],
        ]
        for item in volume.items
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _times(volume: Volume[SourceFile]) -> list[str]:
    return [str(file.mtime_ns) for file in volume.files]
