"""All limits of the hub.

Sizes are bytes, times are seconds unless the name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What the hub accepts at most; anything beyond is refused with a problem, never cut short."""

    part_bytes: int = 16 * MIB
    """One part of a pack or catalogue: 16 segments of 1 MiB of ciphertext."""
    record_bytes: int = 8 * MIB
    """The record of one transfer as canonical JSON."""
    submission_bytes: int = 32 * MIB
    """The body of a submission with record and descriptors, the largest of all but the upload of a part."""
    body_bytes: int = MIB
    """The body of a request for which `BODIES` names no other limit."""
    bodies_of_agency: int = 64 * MIB
    """Bodies of one agency in memory at once."""
    bodies_of_all: int = 128 * MIB
    """Bodies of all agencies in memory at once."""
    json_values: int = 500_000
    """Values in one JSON text, however small each is; a list of nothing costs 56 bytes of memory."""
    json_depth: int = 64
    """How deep JSON may nest."""
    digests_per_question: int = 20_000
    """Digests in one question after missing parts (300 GB of dossier)."""
    volumes_per_transfer: int = 2_000
    marks_per_request: int = 1_000
    position: int = 2**53 - 1
    """Largest inbox position and log size that a caller may name; every JSON reader holds it exactly."""
    inbox_page: int = 200
    """Items in one answer of the inbox."""
    inbox_wait: int = 30
    """How long a long poll of the inbox may last."""
    request_age: int = 300
    """How far a request's `created` may be from the hub's clock, either way."""
    nonce_seconds: int = 900
    """How long a used nonce is remembered; more than twice `request_age`."""
    lease_seconds: int = 7 * 24 * 3600
    """How long an uploaded part waits for its transfer before it may be collected."""
    staging_seconds: int = 24 * 3600
    """How long an unfinished upload may lie in the store before it is swept away."""
    retry_seconds: int = 30
    """When somebody should ask again whom the hub told that it is not ready."""
    ready_seconds: int = 5
    """How long what was found of the hub's readiness is told again before it is looked at anew."""
    noise_seconds: int = 3_600
    """How often unauthenticated requests are summed up in one mark."""
    sweep_page: int = 10
    """Cases that the sweep judges in one transaction; other writers of SQLite wait meanwhile."""
    sweep_first: int = 60
    """How long after its start a hub first sweeps."""
    findings_page: int = 200
    """Findings in one answer."""
    sequencer_batch: int = 1_000
    """Marks that are given their place in one transaction."""


LIMITS = Limits()

BODIES: Mapping[str, int] = {
    "submit_transfer": LIMITS.submission_bytes,
    "find_missing_parts": 2 * MIB,
    "hand_in_marks": 8 * MIB,
    "edit_draft": 8 * MIB,
    "import_into_draft": 8 * MIB,
    "translate_batch": 8 * MIB,
}
"""Bytes of the body of an operation, by its id in the OpenAPI document."""
