"""Reads and checks what is to be sent, before anything is sent.

 1. The native export is read by the hardened parser against the agency's XSD and mapped to a record with its
    identifiers.
 2. The record is held against the published schema, and is of the node's domain.
 3. The folder is read: names, links, catalogue against files, all page counts.
 4. The whole package is held against the node: sender and receiver (D-02), required documents and volumes (D-04), sums
    (D-05), and who may send what to whom (D-06).

All that refuses is raised together as `ProblemList("adapter.check")`; all that is only noticed comes along as findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters import native
from adapters.sending.reuse import Reused
from adapters.station import Station
from adapters.transfers.matching import settle
from dossier.contents import SourceFile, Volume
from dossier.folder import look_at_case_folder
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from standards import nodes
from standards.judging import completeness
from standards.record import Record
from standards.record.agreement import require_domain
from standards.record.declared import declarable
from standards.schemas import violations

CASE_XML = "case.xml"


@dataclass(frozen=True)
class Source:
    """Where a package comes from. Without `case_dir`, `record` stands for the export. `documents` join V00; `volumes`
    are ready to be sealed."""

    case_dir: Path | None = None
    record: Mapping[str, Any] | None = None
    documents: tuple[tuple[str, Path], ...] = ()
    volumes: tuple[Volume[SourceFile], ...] = ()
    answered_case: str | None = None
    replaces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """A record and its new volumes, checked. `supersedes` maps a volume's number to the volume id that it replaces."""

    record: Record
    volumes: tuple[Volume[SourceFile], ...]
    findings: tuple[Finding, ...]
    supersedes: Mapping[str, str] = field(default_factory=dict)
    declared: tuple[Mapping[str, Any], ...] = ()
    """What the envelope tells the hub and the receiver of the findings."""

    @property
    def case_uid(self) -> str:
        """The case."""
        return self.record.case.case_uid

    @property
    def bytes(self) -> int:
        """Plaintext bytes of the new volumes."""
        return sum(volume.bytes for volume in self.volumes)

    @property
    def pages(self) -> int:
        """Pages of the new volumes."""
        return sum(volume.pages for volume in self.volumes)

    @property
    def files(self) -> int:
        """Files of the new volumes."""
        return sum(volume.file_count for volume in self.volumes)


def read_package(station: Station, source: Source, node_id: str, receiver: str, chosen: Sequence[Reused]) -> Package:
    """Read and check. Raises `ProblemList("adapter.check")` with everything found, and `node.unknown`."""
    node = nodes.catalogue().get(node_id)
    problems: list[Problem] = []
    record, findings = _record(station, source, node.domain, problems)
    look = look_at_case_folder(source.case_dir, source.documents)
    new = [*look.volumes, *source.volumes]
    problems += [*look.problems, *_numbers(new, chosen)]
    declaration = [*map(declared, new), *(declared_reused(station, item, receiver) for item in chosen)]
    if not look.problems:
        problems += completeness.refusals(node, declaration, sender=station.agency, receiver=receiver)
    if problems:
        raise ProblemList("adapter.check", problems, str(source.case_dir or ""))
    told = declarable([*findings, *(replace(each, place=look.documents.get(each.place, "")) for each in look.findings)])
    findings += [*look.findings, *completeness.findings(node, declaration)]
    return Package(record, tuple(new), tuple(findings), dict(source.replaces), tuple(told))


def _record(station: Station, source: Source, domain: str, problems: list[Problem]) -> tuple[Record, list[Finding]]:
    if source.case_dir is None:
        assert source.record is not None
        record, findings = Record.read(source.record), []
    else:
        try:
            native_file = source.case_dir / CASE_XML
            case = native.load(station.home.agency.type, native_file, names=station.codebooks.display)
        except Problem as problem:
            problems += problem.problems if isinstance(problem, ProblemList) else [problem]
            return Record.read({}), []
        if case.agency not in ("", station.agency):
            problems.append(Problem("adapter.other-agency-export", CASE_XML, agency=case.agency))
        record, matched = settle(case, station.agency, station.numbers, source.answered_case)
        findings = [*case.findings, *matched]
    problems += [
        Problem("package.schema-violation", "/record" + found.place, zh=found.message_zh, en=found.message_en)
        for found in violations("record-v1.1", record.to_json())
    ]
    try:
        require_domain(record, domain)
        record.require_understood("/record")
    except Problem as problem:
        problems.append(problem)
    return record, findings


def _numbers(found: Sequence[Volume[SourceFile]], chosen: Sequence[Reused]) -> list[Problem]:
    reused = {item.number for item in chosen}
    return [Problem("adapter.number-twice", volume.number) for volume in found if volume.number in reused]


def declared(volume: Volume[SourceFile]) -> dict[str, Any]:
    """A new volume as `standards.judging.completeness` wants it."""
    return {
        "number": volume.number,
        "kind": volume.kind,
        "documents": [{"doc_type": d.doc_type, "files": d.files, "pages": d.pages} for d in volume.documents],
        "books": volume.books,
        "files": volume.file_count,
        "pages": volume.pages,
        "reused": False,
        "returned": False,
    }


def declared_reused(station: Station, item: Reused, receiver: str) -> dict[str, Any]:
    """A volume that goes along by reference, likewise."""
    descriptor = item.held.descriptor
    return {
        "number": descriptor.number,
        "kind": descriptor.kind,
        "documents": [{"doc_type": d.doc_type, "files": d.files, "pages": d.pages} for d in descriptor.documents],
        "books": descriptor.books,
        "files": descriptor.files,
        "pages": descriptor.pages,
        "reused": True,
        "returned": receiver in station.held.parties(descriptor.volume_id),
    }
