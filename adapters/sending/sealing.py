"""Sealing volumes and sending their parts while the next are being sealed.

For every part, in this order: its digest is written to the journal durably, and only then it leaves. A resume first
makes the parts of the journal again and compares them, unless the hub has them all; what it has is not sent again.
Where a source file changed since, nothing more leaves under the volume's key: it is forgotten, and the caller seals
anew under a fresh one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Semaphore
from types import TracebackType

from adapters.state.sealing import VolumeJournal
from adapters.station import Station
from dossier.contents import SourceFile, Volume
from dossier.descriptor import Descriptor
from dossier.keys import PURPOSES, Purpose, VolumeSecrets
from dossier.seal import SealedVolume, seal_volume
from dossier.stream import StreamHeader
from evidence.encoding import read_base64, to_base64
from evidence.identifiers import timestamp, uuid7
from evidence.statements import SignedStatement, sign
from evidence.suites import INTL1
from messages.problems import Problem

SUITE = "suite"
"""Name under which the journal keeps the suite beside a volume's headers; rows without it are older than others."""
CHANGED = "dossier.source-changed"


class SourceChanged(Problem):
    """A volume was given up because a file is no longer what it was; nothing that differs has left."""


@dataclass(frozen=True)
class SealedNew:
    """A volume sealed here for this transfer, all its parts at the hub."""

    statement: SignedStatement
    descriptor: Descriptor
    volume_key: bytes
    source: Volume[SourceFile]


class Uploads:
    """Parts on their way to the hub, a few at once; `put` waits for a free place, which bounds the memory."""

    def __init__(self, station: Station) -> None:
        self._client = station.client
        places = station.client.limits.uploads
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="casehub-upload")
        self._places = Semaphore(places + 1)
        self._under_way: list[Future[None]] = []
        self.bytes = 0
        self.parts = 0

    def put(self, digest: str, data: memoryview) -> None:
        """Send a part. Raises what an earlier part met."""
        self._places.acquire()
        done = [future for future in self._under_way if future.done()]
        self._under_way = [future for future in self._under_way if not future.done()]
        for future in done:
            future.result()
        self.bytes += len(data)
        self.parts += 1
        self._under_way.append(self._pool.submit(self._send, digest, data))

    def _send(self, digest: str, data: memoryview) -> None:
        try:
            self._client.put_part(digest, data)
        finally:
            # The HTTP library's request and answer refer to each other: without this, their 16 MiB would wait for the
            # garbage collector, which counts objects and not bytes.
            with suppress(BufferError):
                data.release()
            self._places.release()

    def drain(self) -> None:
        """Wait until every part has arrived. Raises what the first failing one met."""
        under_way, self._under_way = self._under_way, []
        for future in under_way:
            future.result()

    def __enter__(self) -> Uploads:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)


def seal_new(
    station: Station,
    transfer_id: str,
    volume: Volume[SourceFile],
    uploads: Uploads,
    supersedes: str | None = None,
) -> SealedNew:
    """Seal `volume` for `transfer_id`, resuming what an earlier run began.

    Raises `SourceChanged` after giving the volume up, `HubAway`, and what sealing raises.
    """
    row = station.journal.volume(transfer_id, volume.number)
    if row is None:
        secrets, row = _begin(station, transfer_id, volume.number)
    else:
        secrets = _secrets_of(station, transfer_id, row)
    expected = _expected(row)
    present = _present(station, row)
    if present != frozenset(row.parts.values()):
        _compare(station, row, volume, secrets)

    def on_part(purpose: Purpose, index: int, digest: str, data: memoryview) -> None:
        if (purpose, index) not in row.parts:
            station.journal.keep_part(row.volume_id, purpose, index, digest)
        if purpose == "catalogue":
            station.store.put(bytes(data), digest)
        size = len(data)
        if digest not in present:
            uploads.put(digest, data)  # which lets go of the data once it has arrived
        station.gauge.advance(size, volume.pages if purpose == "catalogue" and index == 0 else 0)

    with _giving_up(station, row):
        sealed = seal_volume(volume, row.volume_id, secrets, on_part, expected)
    statement = _descriptor(station, row, sealed, supersedes)
    descriptor = Descriptor.parse(statement.unverified_body)
    return SealedNew(statement, descriptor, secrets.volume_key, volume)


@contextmanager
def _giving_up(station: Station, row: VolumeJournal) -> Iterator[None]:
    """Where the source changed, the volume's key is forgotten before the caller hears of it."""
    try:
        yield
    except Problem as problem:
        if problem.code != CHANGED:
            raise
        station.journal.abandon(row.volume_id)
        raise SourceChanged(problem.code, problem.place, volume=row.number) from problem


class _Compared(Exception):  # noqa: N818 - an early end, no error
    """Every part of the journal has been made again and is the same."""


def _compare(station: Station, row: VolumeJournal, volume: Volume[SourceFile], secrets: VolumeSecrets) -> None:
    """Make the parts of an earlier run again, sending none: only when all agree may those that the hub lacks leave."""
    last = max(row.parts, key=lambda place: (PURPOSES.index(place[0]), place[1]))

    def on_part(purpose: Purpose, index: int, _digest: str, _data: memoryview) -> None:
        if (purpose, index) == last:
            raise _Compared

    with suppress(_Compared), _giving_up(station, row):
        seal_volume(volume, row.volume_id, secrets, on_part, _expected(row))


def _begin(station: Station, transfer_id: str, number: str) -> tuple[VolumeSecrets, VolumeJournal]:
    secrets, volume_id = VolumeSecrets.generate(), uuid7()
    key_id, wrapped = station.keyring.wrap_for_self(secrets.volume_key, transfer_id, volume_id, station.clock())
    headers = {name: secrets.header(name).encode() for name in PURPOSES}
    row = station.journal.begin_volume(
        transfer_id=transfer_id,
        volume_id=volume_id,
        number=number,
        secrets={SUITE: secrets.suite} | {name: to_base64(header) for name, header in headers.items()},
        self_key_id=key_id,
        wrapped_self=wrapped,
    )
    return secrets, row


def _secrets_of(station: Station, transfer_id: str, row: VolumeJournal) -> VolumeSecrets:
    key = station.keyring.unwrap(row.wrapped_self, transfer_id, row.volume_id, row.self_key_id, row.number)
    pack, catalogue = (StreamHeader.decode(read_base64(row.secrets[name])) for name in PURPOSES)
    return VolumeSecrets(key, pack, catalogue, row.secrets.get(SUITE, INTL1))


def _expected(row: VolumeJournal) -> Mapping[Purpose, list[str]]:
    found: dict[Purpose, list[str]] = {}
    for purpose in PURPOSES:
        numbers = sorted(index for kind, index in row.parts if kind == purpose)
        found[purpose] = [row.parts[purpose, index] for index in numbers]
    return found


def _present(station: Station, row: VolumeJournal) -> frozenset[str]:
    """Parts of an earlier run that the hub still has; it keeps them for us from now on."""
    digests = sorted(set(row.parts.values()))
    return frozenset(digests) - station.client.missing_parts(digests) if digests else frozenset()


def _descriptor(station: Station, row: VolumeJournal, sealed: SealedVolume, supersedes: str | None) -> SignedStatement:
    if row.descriptor is not None:
        kept = SignedStatement.from_json(json.loads(row.descriptor))
        if Descriptor.parse(kept.unverified_body).sealed_digest == sealed.sealed_digest:
            return kept
    now = station.signing_time()
    body = sealed.descriptor(station.agency, timestamp(now), supersedes).to_body()
    statement = sign("descriptor", body, station.keyring.signer(now))
    station.journal.keep_descriptor(row.volume_id, json.dumps(statement.to_json()))
    return statement
