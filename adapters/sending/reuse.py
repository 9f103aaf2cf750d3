"""Reuses volumes of an earlier transfer (一次录入, 多方使用): which of them are sent with a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.state.held import HeldVolume
from adapters.station import Station
from messages.findings import Finding
from messages.problems import Problem
from standards.documents import volumes

OWN_DOCUMENTS = "V00"


@dataclass(frozen=True)
class Reused:
    """A held volume that goes along by reference to the transfer that carried it here."""

    held: HeldVolume

    @property
    def number(self) -> str:
        """`V20-01`"""
        return self.held.descriptor.number


def choose(station: Station, wishes: Iterable[str], receiver: str) -> list[Reused]:
    """The volumes that the `--reuse` wishes (`ID` or `ID:VOLUME`) stand for, each once, in order.

    A whole transfer stands for its current volumes: without those that a later volume supersedes, those that may not go
    to `receiver`, and the transfer's own documents (V00), which are new with every transfer. What is left out is said.
    A volume that is named must be able to go. Raises `adapter.unknown-transfer`, `adapter.unknown-volume`,
    `rule.D-06-receiver`, `adapter.reuse-superseded`, `adapter.number-twice`.
    """
    chosen: dict[str, HeldVolume] = {}
    for wish in wishes:
        transfer_id, _, number = wish.partition(":")
        found = [station.held.find(transfer_id, number)] if number else _whole(station, transfer_id, receiver)
        if number:
            _require_may_go(station, found[0], receiver)
        for volume in found:
            chosen.setdefault(volume.volume_id, volume)
    numbers: set[str] = set()
    for volume in chosen.values():
        if volume.descriptor.number in numbers:
            raise Problem("adapter.number-twice", volume.descriptor.number)
        numbers.add(volume.descriptor.number)
    return [Reused(volume) for volume in chosen.values()]


def _whole(station: Station, transfer_id: str, receiver: str) -> list[HeldVolume]:
    found = station.held.of_transfer(transfer_id)
    if not found:
        raise Problem("adapter.unknown-transfer", transfer_id)
    superseded = station.held.superseded(volume.volume_id for volume in found)
    kept = []
    for volume in found:
        number = volume.descriptor.number
        if volume.descriptor.kind == OWN_DOCUMENTS:
            continue
        if volume.volume_id in superseded:
            station.say(Finding("adapter.reuse-superseded", "D", number))
        elif not may_go(station, volume, receiver):
            station.say(Finding("adapter.reuse-left-out", "D", number, params={"receiver": receiver}))
        else:
            kept.append(volume)
    return kept


def _require_may_go(station: Station, volume: HeldVolume, receiver: str) -> None:
    number = volume.descriptor.number
    if station.held.superseded([volume.volume_id]):
        raise Problem("adapter.reuse-superseded", number)
    if not may_go(station, volume, receiver):
        raise Problem("rule.D-06-receiver", number, volume=number, receiver=receiver.partition(":")[0])


def may_go(station: Station, volume: HeldVolume, receiver: str) -> bool:
    """Whether the matrix lets this volume go to `receiver`; one that the receiver holds already may always go back."""
    back = receiver in station.held.parties(volume.volume_id)
    sender_type, receiver_type = station.home.agency.type, receiver.partition(":")[0]
    return volumes.may_send(volume.descriptor.kind, sender_type, receiver_type, returned=back)
