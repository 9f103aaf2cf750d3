"""All limits for native XML."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class ExportLimits:
    """Limits of one native export; sizes in bytes, counts in pieces.

    An export of a case is text: the largest real ones (hundreds of suspects) stay under a few MiB, so the defaults
    leave an order of magnitude and still keep a hostile file from costing more than a few times `max_bytes` of memory.
    """

    max_bytes: int = 32 * MIB
    max_depth: int = 64
    max_elements: int = 1_000_000
    max_attributes: int = 256
    max_reported: int = 1_000
    feed_bytes: int = 4 * 1024


LIMITS = ExportLimits()
