"""The sealed parts of a held volume: those stored here, and the rest from the hub."""

from __future__ import annotations

from adapters.state.held import HeldVolume
from adapters.station import Station
from dossier.keys import Purpose
from dossier.stream import PART
from evidence.canonical import digest


class VolumeSource:
    """The parts of one held volume: catalogue parts from the store or the hub, ranges of the pack from the hub."""

    def __init__(self, station: Station, volume: HeldVolume) -> None:
        self._station = station
        self._descriptor = volume.descriptor
        self.fetched = 0

    def read_part(self, purpose: Purpose, index: int) -> bytes | None:
        """A whole part; None when the hub does not have it."""
        wanted = self._descriptor.stream(purpose).parts[index].digest
        if purpose == "catalogue" and (held := self._station.store.read(wanted)) is not None:
            return held
        data = self._station.client.get_part(wanted)
        if data is None:
            return None
        self.fetched += len(data)
        if purpose == "catalogue" and digest(data) == wanted:
            self._station.store.put(data, wanted)
        return data

    def read_range(self, purpose: Purpose, offset: int, length: int) -> bytes | None:
        """Ciphertext bytes of the stream, from as many parts as they lie in."""
        pieces = []
        end = offset + length
        while offset < end:
            index, start = divmod(offset, PART)
            count = min(end - offset, PART - start)
            part = self._descriptor.stream(purpose).parts[index].digest
            piece = self._station.client.get_part_range(part, start, count)
            if piece is None:
                return None
            pieces.append(piece)
            self.fetched += count
            offset += count
        return b"".join(pieces)
