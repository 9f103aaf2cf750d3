"""Adapters that do not do what they should: each function tampers with the program of the process it runs in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.client.hub import HubClient
from adapters.limits import DEFAULT
from adapters.sending import submission
from adapters.station import Station
from dossier.keys import Recipient

_wrap = Recipient.wrap


def damaged_keys() -> None:
    """The wrapped key for the receiver is damaged on its way into the envelope, which the hub cannot see."""

    def wrap(self: Recipient, volume_key: bytes, info: bytes) -> bytes:
        wrapped = bytearray(_wrap(self, volume_key, info))
        wrapped[-1] ^= 1
        return bytes(wrapped)

    _for_others(wrap)


def keys_of_another_volume() -> None:
    """The receiver gets a key that unwraps and is not the volume's."""

    def wrap(self: Recipient, _volume_key: bytes, info: bytes) -> bytes:
        return _wrap(self, bytes(32), info)

    _for_others(wrap)


def keys_for_somebody_else() -> None:
    """The key is wrapped for another transfer: the receiver's own private key does not open it."""

    def wrap(self: Recipient, volume_key: bytes, info: bytes) -> bytes:
        return _wrap(self, volume_key, info + b" ")

    _for_others(wrap)


def impatient() -> None:
    """One attempt at everything."""
    real = HubClient.__init__

    def init(self: HubClient, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **{**kwargs, "limits": replace(DEFAULT, attempts=1)})

    HubClient.__init__ = init  # type: ignore[method-assign]


def interrupted() -> None:
    """Ctrl-C comes when the hub has answered and nobody has been told yet."""

    def contact(_self: Station) -> None:
        raise KeyboardInterrupt

    Station.contact = contact  # type: ignore[assignment]


def _for_others(wrap: Any) -> None:
    """Only what goes to others is tampered with; the sender's own copy stays sound."""

    class Tampered:
        @staticmethod
        def from_entry(entry: Any) -> Any:
            recipient = Recipient.from_entry(entry)
            made = {"suite": recipient.suite, "wrap": lambda _self, key, info: wrap(recipient, key, info)}
            found = type("Wrapping", (), made)
            return found()

    vars(submission)["Recipient"] = Tampered
