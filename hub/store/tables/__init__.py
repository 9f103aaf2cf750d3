"""All tables of the hub. Ids are UUIDv7 text, digests `sha256:…` text, agencies `type:code` text."""

from __future__ import annotations

from hub.store.tables.cases import case_links, case_parties, case_refs, cases, grants, person_refs
from hub.store.tables.codebooks import codebook_drafts, codebook_edits, codebook_files, codebook_releases
from hub.store.tables.columns import metadata
from hub.store.tables.identities import identity_events, identity_members, identity_proposals, identity_ties
from hub.store.tables.log import checkpoints, log_cosignatures, log_state, log_tiles, marks, meta, time_stamps
from hub.store.tables.parties import agencies, agency_keys, handlers, nonces
from hub.store.tables.supervision import case_findings, case_sweeps, sweep_state
from hub.store.tables.transfers import (
    blob_claims,
    blob_leases,
    blobs,
    descriptors,
    inbox,
    inbox_counters,
    transfer_volumes,
    transfers,
    volume_holders,
)

__all__ = [
    "agencies",
    "agency_keys",
    "blob_claims",
    "blob_leases",
    "blobs",
    "case_findings",
    "case_links",
    "case_parties",
    "case_refs",
    "case_sweeps",
    "cases",
    "checkpoints",
    "codebook_drafts",
    "codebook_edits",
    "codebook_files",
    "codebook_releases",
    "descriptors",
    "grants",
    "handlers",
    "identity_events",
    "identity_members",
    "identity_proposals",
    "identity_ties",
    "inbox",
    "inbox_counters",
    "log_cosignatures",
    "log_state",
    "log_tiles",
    "marks",
    "meta",
    "metadata",
    "nonces",
    "person_refs",
    "sweep_state",
    "time_stamps",
    "transfer_volumes",
    "transfers",
    "volume_holders",
]
