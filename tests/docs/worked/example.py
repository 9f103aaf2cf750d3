"""The worked example of docs/protocol.md: one small transfer, computed from fixed seeds with the real code.

    values(wrapped)   every worked value by name, in the order of the page
    page              how values stand in the page and in docs/protocol-vectors.json

`python -m tests.docs.worked` writes both anew; the tests compare. Wrapping a key is randomised, so the two wrapped keys
are read from the vectors and only checked to open.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.docs.worked import basics, log, transfer, volume, wire, witness
from tests.docs.worked.value import Value


def values(wrapped: Mapping[str, bytes]) -> dict[str, Value]:
    """Every worked value by name. `wrapped` holds the volume key as wrapped for each of the two agencies."""
    sealed = volume.sealed()
    sent = transfer.sent(sealed, wrapped)
    grown = log.grown(sent)
    return {
        **basics.values(),
        **volume.values(sealed),
        **transfer.values(sent),
        **log.values(sent, grown),
        **witness.values(grown),
        **wire.values(sealed),
    }
