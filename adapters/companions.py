"""What goes along with the work of a station without being part of it: whoever is told of progress, and companions."""

from __future__ import annotations

from typing import Any, Protocol

from standards.record.envelope import Envelope
from standards.record.receipt import Receipt


class Gauge(Protocol):
    """Told how far a long piece of work is."""

    def expect(self, total_bytes: int, total_pages: int) -> None:
        """So much is to be done."""

    def advance(self, more_bytes: int, more_pages: int = 0) -> None:
        """So much more is done."""

    def finish(self) -> None:
        """It is done, or given up."""


class Silence:
    """A gauge that nobody looks at."""

    def expect(self, total_bytes: int, total_pages: int) -> None:
        """Nothing."""

    def advance(self, more_bytes: int, more_pages: int = 0) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


class Companion:
    """Goes along with the exchange. Each of these does nothing unless it is overridden."""

    def contact(self) -> None:
        """A piece of work with the hub is done. What is raised ends the contact."""

    def enclosed(self) -> dict[str, Any]:
        """Members of an envelope that goes out."""
        return {}

    def arrived(self, sender: str, envelope: Envelope) -> None:
        """An envelope came in whose signature holds."""

    def receipted(self, transfer_id: str, statement: Any, receipt: Receipt) -> None:
        """A receipt was verified and is being kept, in the same transaction: its statement as JSON, what it says."""
