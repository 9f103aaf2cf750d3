"""What can be known about sealed volumes without a key: what the hub sees.

Every function takes bodies of descriptors whose signatures were checked elsewhere, and raises what `Descriptor.parse`
raises for one that is malformed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dossier.descriptor import Descriptor


def declaration(bodies: Iterable[Mapping[str, Any]], reused: Collection[str] = ()) -> list[dict[str, Any]]:
    """The volumes as `standards.judging.completeness` wants them; `reused` are the volume ids that are carried by
    reference.
    """
    return [_declared(Descriptor.parse(body, f"/descriptors/{n}"), reused) for n, body in enumerate(bodies)]


def _declared(descriptor: Descriptor, reused: Collection[str]) -> dict[str, Any]:
    return {
        "volume_id": descriptor.volume_id,
        "number": descriptor.number,
        "kind": descriptor.kind,
        "documents": [{"doc_type": d.doc_type, "files": d.files, "pages": d.pages} for d in descriptor.documents],
        "files": descriptor.files,
        "pages": descriptor.pages,
        "reused": descriptor.volume_id in reused,
    }


def part_digests(body: Mapping[str, Any]) -> list[str]:
    """The digests of all parts, the pack's before the catalogue's."""
    descriptor = Descriptor.parse(body)
    return [*descriptor.pack.digests, *descriptor.catalogue.digests]


def sealed_digest(body: Mapping[str, Any]) -> str:
    """The digest by which marks name the sealed volume."""
    return Descriptor.parse(body).sealed_digest


def totals(bodies: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Sums over volumes: `volumes books items files pages av_files`, and the ciphertext's `bytes` and `parts`."""
    sums = dict.fromkeys(("volumes", "books", "items", "files", "pages", "av_files", "bytes", "parts"), 0)
    for body in bodies:
        descriptor = Descriptor.parse(body)
        sums["volumes"] += 1
        for name in ("books", "items", "files", "pages", "av_files"):
            sums[name] += getattr(descriptor, name)
        for stream in (descriptor.pack, descriptor.catalogue):
            sums["bytes"] += stream.size
            sums["parts"] += len(stream.parts)
    return sums
