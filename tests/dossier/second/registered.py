"""Where a suite is registered: what a fixture undoes and what a later release keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import digests
import dossier.suites
import evidence.suites
from tests.dossier.second.evidence_side import DIGEST, NAME


def lines() -> Iterator[tuple[dict[str, Any], str, Any]]:
    """The second suite's lines: register, name, entry."""
    yield digests.ALGORITHMS, DIGEST.name, DIGEST
    yield evidence.suites.KNOWN, NAME, evidence.suites.Known("tests.dossier.second.evidence_side", ("ed448", "x25519"))
    yield dossier.suites.KNOWN, NAME, "tests.dossier.second.dossier_side"
