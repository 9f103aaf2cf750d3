"""All limits on the size of records and statements. The schema files repeat them; a test compares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Counts of list members, lengths in code points, and what JSON itself may hold."""

    text: int = 20_000  # long text: brief facts, grounds, feature of a thing
    name: int = 200  # names and titles (case_fields: 案件名称 ≤ 200)
    code: int = 64  # codes, numbers of documents, native ids
    codings: int = 16  # codings of one coded value
    small: int = 256  # lists that a person reads: aliases, circumstances, articles
    refs: int = 64  # native numbers of one case or person
    persons: int = 2_000
    charges: int = 10_000
    measures: int = 10_000
    property: int = 20_000
    documents: int = 100_000
    decisions: int = 10_000
    volumes: int = 2_000  # volumes of one envelope
    keys: int = 64  # wrapped keys of one volume
    parts: int = 65_536  # parts of one pack: 1 TiB
    types: int = 1_000  # document types that one descriptor counts
    findings: int = 10_000
    declared: int = 1_000  # findings that an envelope declares
    entries: int = 100_000  # entries of one annex
    organs: int = 50_000  # rows of one table of organs: a province with every police station
    organ_bytes: int = 16 * 1024 * 1024  # and its file
    depth: int = 32  # nesting of any document
    integer: int = 2**53 - 1  # RFC 8785 section 3.2.2.3: what every JSON reader holds exactly
    count: int = 10**12  # a count or a size in bytes


LIMITS = Limits()
