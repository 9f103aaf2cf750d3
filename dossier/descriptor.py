"""The descriptor (封装清单): what everybody may know about a sealed volume, signed by the agency that sealed it.

It names the volume, counts its documents by type code, lists the digests of its encrypted parts and commits to its key.
It contains no title, name or digest of plaintext. It is sent unchanged when the volume is forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from digests import Algorithm
from dossier import suites
from dossier.keys import Purpose
from dossier.limits import LIMITS, Limits
from dossier.stream import PART, Layout
from evidence.canonical import digest_of, require_digest
from evidence.identifiers import parse_timestamp, require_agency, require_uuid
from evidence.suites import VERSION, WRITTEN
from messages.problems import Problem

NUMBER = re.compile(r"(V[0-9]{2})-([0-9]{2})")
"""A volume's number: kind and running number."""
DOC_TYPE = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_COMMITMENT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an encrypted stream, by the digest of its ciphertext."""

    digest: str
    size: int


@dataclass(frozen=True)
class SealedStream:
    """One encrypted stream: its ciphertext bytes and its parts in order, all of 16 MiB but the last."""

    size: int
    parts: tuple[Part, ...]

    @property
    def layout(self) -> Layout:
        """Where its segments lie."""
        return Layout.of_ciphertext(self.size)

    @property
    def digests(self) -> list[str]:
        """The parts' digests in order."""
        return [part.digest for part in self.parts]

    def to_json(self) -> dict[str, Any]:
        """The stream as in the descriptor."""
        return {"size": self.size, "parts": [{"digest": p.digest, "size": p.size} for p in self.parts]}


@dataclass(frozen=True)
class DocumentCount:
    """How many files and content pages of one document type a volume holds."""

    doc_type: str
    files: int
    pages: int


@dataclass(frozen=True)
class Descriptor:
    """One sealed volume. `pages` are content pages; audio and video are counted in `av_files`, never in pages."""

    volume_id: str
    kind: str
    number: str
    sealed_by: str
    sealed_at: str
    documents: tuple[DocumentCount, ...]
    books: int
    items: int
    files: int
    pages: int
    av_files: int
    pack: SealedStream
    catalogue: SealedStream
    key_commitment: str
    supersedes: str | None = None
    av_seconds: int | None = None
    suite: str = WRITTEN

    def stream(self, purpose: Purpose) -> SealedStream:
        """One of the two streams."""
        return self.pack if purpose == "pack" else self.catalogue

    @property
    def sealed_digest(self) -> str:
        """The digest by which marks name this sealed volume."""
        return sealed_digest(self.pack.digests, self.catalogue.digests, suites.sealing(self.suite).digest)

    def to_body(self) -> dict[str, Any]:
        """The body of the signed statement of kind `descriptor`."""
        body: dict[str, Any] = {
            "suite": self.suite,
            "v": VERSION,
            "volume_id": self.volume_id,
            "kind": self.kind,
            "number": self.number,
            "sealed_by": self.sealed_by,
            "sealed_at": self.sealed_at,
            "documents": [{"doc_type": d.doc_type, "files": d.files, "pages": d.pages} for d in self.documents],
            "books": self.books,
            "items": self.items,
            "files": self.files,
            "pages": self.pages,
            "av_files": self.av_files,
            "pack": self.pack.to_json(),
            "catalogue": self.catalogue.to_json(),
            "key_commitment": self.key_commitment,
            "supersedes": self.supersedes,
        }
        return body if self.av_seconds is None else {**body, "av_seconds": self.av_seconds}

    @classmethod
    def parse(cls, body: Any, place: str = "", limits: Limits = LIMITS) -> Descriptor:
        """Read the body of a descriptor whose signature was checked elsewhere.

        Guarantees a known suite, well-formed members, streams whose parts add up and have the sizes that the format
        gives them, parts named by the suite's digests, and counts that agree: Σ files and Σ pages of the documents are
        the totals. Raises `Problem("dossier.descriptor")` with the member as place, `dossier.descriptor-counts` for
        totals, and what `suites.sealing` raises.
        """
        return _Reader(body, place, limits).descriptor()


def sealed_digest(pack: Iterable[str], catalogue: Iterable[str], algorithm: Algorithm) -> str:
    """The digest of a sealed volume, taken over the digests of its parts."""
    return digest_of({"pack": list(pack), "catalogue": list(catalogue)}, algorithm)


class _Reader:
    """Reads one body; `place` grows into a JSON pointer."""

    def __init__(self, body: Any, place: str, limits: Limits) -> None:
        self.place, self.limits = place, limits
        if not isinstance(body, Mapping):
            raise self.refusal("")
        self.body = body

    def refusal(self, pointer: str) -> Problem:
        return Problem("dossier.descriptor", self.place + pointer)

    def descriptor(self) -> Descriptor:
        body = self.body
        sealing = suites.of_body(body, self.place + "/suite")
        number = self.text("number", NUMBER)
        if body.get("kind") != number[:3]:
            raise self.refusal("/kind")
        found = Descriptor(
            volume_id=require_uuid(body.get("volume_id"), self.place + "/volume_id"),
            kind=number[:3],
            number=number,
            sealed_by=require_agency(body.get("sealed_by"), self.place + "/sealed_by"),
            sealed_at=self.instant("sealed_at"),
            documents=self.documents(),
            **{name: self.count(body.get(name), f"/{name}") for name in ("books", "items", "files", "pages")},
            av_files=self.count(body.get("av_files"), "/av_files"),
            av_seconds=self.count(body["av_seconds"], "/av_seconds") if "av_seconds" in body else None,
            pack=self.stream("pack", sealing.digest),
            catalogue=self.stream("catalogue", sealing.digest),
            key_commitment=self.text("key_commitment", _COMMITMENT),
            supersedes=self.supersedes(),
            suite=sealing.name,
        )
        _check_counts(found, self.place)
        return found

    def text(self, name: str, form: re.Pattern[str]) -> str:
        value = self.body.get(name)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise self.refusal(f"/{name}")
        return value

    def instant(self, name: str) -> str:
        parse_timestamp(self.body.get(name), f"{self.place}/{name}")
        return str(self.body[name])

    def count(self, value: Any, pointer: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
            raise self.refusal(pointer)
        return value

    def entries(self, value: Any, pointer: str, most: int) -> list[Mapping[str, Any]]:
        if not isinstance(value, list) or len(value) > most or not all(isinstance(v, Mapping) for v in value):
            raise self.refusal(pointer)
        return value

    def documents(self) -> tuple[DocumentCount, ...]:
        found: dict[str, DocumentCount] = {}
        for index, entry in enumerate(
            self.entries(self.body.get("documents"), "/documents", self.limits.document_types)
        ):
            at = f"/documents/{index}"
            doc_type = entry.get("doc_type")
            if not isinstance(doc_type, str) or not DOC_TYPE.fullmatch(doc_type) or doc_type in found:
                raise self.refusal(f"{at}/doc_type")
            files = self.count(entry.get("files"), f"{at}/files")
            found[doc_type] = DocumentCount(doc_type, files, self.count(entry.get("pages"), f"{at}/pages"))
        return tuple(found.values())

    def stream(self, purpose: str, algorithm: Algorithm) -> SealedStream:
        value = self.body.get(purpose)
        if not isinstance(value, Mapping):
            raise self.refusal(f"/{purpose}")
        size = self.count(value.get("size"), f"/{purpose}/size")
        if size > self.limits.volume_bytes:
            raise self.refusal(f"/{purpose}/size")
        layout = Layout.of_ciphertext(size, f"{self.place}/{purpose}/size")
        entries = self.entries(value.get("parts"), f"/{purpose}/parts", self.limits.parts_per_stream)
        if len(entries) != layout.parts:
            raise self.refusal(f"/{purpose}/parts")
        parts = []
        for index, entry in enumerate(entries):
            at = f"/{purpose}/parts/{index}"
            digest = require_digest(entry.get("digest"), f"{self.place}{at}/digest", algorithm)
            if self.count(entry.get("size"), f"{at}/size") != min(PART, size - index * PART):
                raise self.refusal(f"{at}/size")
            parts.append(Part(digest, entry["size"]))
        return SealedStream(size, tuple(parts))

    def supersedes(self) -> str | None:
        value = self.body.get("supersedes")
        return None if value is None else require_uuid(value, self.place + "/supersedes")


def _check_counts(found: Descriptor, place: str) -> None:
    totals = {
        "files": sum(document.files for document in found.documents),
        "pages": sum(document.pages for document in found.documents),
    }
    for name, total in totals.items():
        if getattr(found, name) != total:
            raise Problem("dossier.descriptor-counts", f"{place}/{name}", stated=getattr(found, name), counted=total)
    if not found.books <= found.items <= found.files or found.av_files > found.files:
        raise Problem("dossier.descriptor-counts", f"{place}/items", stated=found.items, counted=found.files)
