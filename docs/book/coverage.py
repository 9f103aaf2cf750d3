"""Every part of the standard belongs to exactly one specification."""

from __future__ import annotations

import dataclasses
from collections import Counter
from importlib import resources

import codebooks
import hub.limits
from docs.book import protocol
from docs.book.model import Book
from standards import agencies
from standards.documents import document_types
from standards.documents.volumes import AGENCY_TYPES
from standards.nodes import catalogue
from standards.record.names import names
from standards.schemas import names as schemas

NATIVE = tuple(
    each
    for each in agencies.types().values()
    if resources.files(f"adapters.{each.native}").joinpath("mapping.csv").is_file()
)
"""The types whose native format has a mapping of its own."""


def parts() -> list[str]:
    """Everything that the standard consists of, as `kind` or `kind:argument`."""
    release = codebooks.load()
    return [
        "terms",
        "versions",
        "programs",
        "routes",
        "errors",
        "marks",
        "states",
        "deadlines",
        "readings",
        "pauses",
        "calendar",
        "rules",
        "volumes",
        "metrics",
        "conformance",
        "identifiers",
        "coverage",
        "catalogue-columns",
        "node-list",
        *(f"limits:{name}" for name in ("standards", "hub")),
        *(f"agency:{each}" for each in sorted(AGENCY_TYPES)),
        *sorted({f"nodes:{node.code}" for node in catalogue()}),
        *(f"items:{name}" for name in names()),
        *(f"schema:{name}" for name in schemas()),
        *(f"table:{each}" for each in release.systems()),
        *(f"crosswalk:{name}" for name in sorted(release.crosswalks)),
        *sorted({f"documents:{code[:3]}" for code in document_types()}),
        *(f"mapping:{each.name}" for each in NATIVE),
        *(f"{page}:{number}" for page in ("protocol", "security") for number in protocol.sections(page)),
    ]


def faults(book: Book, known: list[str] | None = None) -> list[str]:
    """Parts that belong to no specification or to several, and parts of specifications that do not exist."""
    existing = parts() if known is None else known
    claimed: Counter[str] = Counter()
    found = []
    for specification in book.specifications:
        for claim in specification.parts:
            taken = matching(claim, existing)
            if not taken:
                found.append(f"{specification.number}: part {claim} does not exist")
            claimed.update(taken)
    found += [f"{part}: belongs to no specification" for part in existing if not claimed[part]]
    found += [f"{part}: belongs to {count} specifications" for part, count in claimed.items() if count > 1]
    return found


def matching(claim: str, existing: list[str]) -> list[str]:
    """The parts that a claim means: itself, or with a `*` at its end all that begin so."""
    if claim.endswith("*"):
        return [part for part in existing if part.startswith(claim[:-1])]
    return [claim] if claim in existing else []


def hub_limits() -> list[tuple[str, object]]:
    """The hub's limits by name."""
    limits = hub.limits.Limits()
    return [(each.name, getattr(limits, each.name)) for each in dataclasses.fields(limits)]
