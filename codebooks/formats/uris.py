"""URNs for our tables, crosswalks and terms, where a format requires a URI. They do not resolve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from codebooks.concepts import OPEN_START, CodeSystem, Concept

ROOT = "urn:casehub:"


def system_uri(system: str) -> str:
    """The canonical URI of a code system, all its versions together."""
    return f"{ROOT}codesystem:{system}"


def system_of_uri(uri: str) -> str:
    """The system's name in its URI; anything else is taken as the name itself."""
    return uri.partition("|")[0].removeprefix(f"{ROOT}codesystem:")


def crosswalk_uri(name: str) -> str:
    """The canonical URI of a crosswalk."""
    return f"{ROOT}crosswalk:{name}"


def keyed(system: CodeSystem) -> Iterator[tuple[str, Concept]]:
    """The concepts of a system in file order, each with a key that is its own: the code, and where a code was given out
    again to another meaning, the code with the day from which it had this one (`350104@1982-03-01`)."""
    uses = Counter(concept.code for concept in system.concepts)
    for concept in system.concepts:
        again = uses[concept.code] > 1
        since = "" if concept.valid_from == OPEN_START else concept.valid_from.isoformat()
        yield (f"{concept.code}@{since}" if again else concept.code), concept
