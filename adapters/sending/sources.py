"""The sources of record and volumes of a push, stored in the journal so that a restart can read them again.

case_dir     a CASE_DIR; without it the record is that of the transfer being answered
answers      the transfer whose record and case it is
case_no      our own number for that case
reasons      [document or "", page or null, text]: why something is returned
documents    [type, file]: further documents for V00
replaces     [volume number, volume id that it supersedes]
readdress    a transfer of ours that could not be delivered and goes out anew as it was
again        true: to be sent although the same content was sent at this node already
stamp        what tells one use of an outbox folder's name from the next
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.sending import again
from adapters.sending.package import Package, Source, read_package
from adapters.sending.push import Read
from adapters.sending.reuse import Reused
from adapters.state.journal import Request
from adapters.station import Station
from dossier.loose import type_of
from evidence.identifiers import uuid7
from messages.problems import Problem
from standards import agencies
from standards.times import BEIJING


def reader(station: Station, request: Request) -> Read:
    """Reads the request's source as it is now. What it raises is `package.read_package`'s."""

    def read(chosen: Sequence[Reused]) -> Package:
        return read_package(station, _source(station, request), request.node, request.receiver, chosen)

    return read


def _source(station: Station, request: Request) -> Source:
    body = request.source
    if old := body.get("readdress"):
        return Source(record=_sent_record(station, old), volumes=again.own_documents(station, old))
    answered = body.get("answers")
    case_dir = Path(body["case_dir"]) if body.get("case_dir") else None
    if case_dir is not None and not case_dir.is_dir():
        raise Problem("adapter.no-case-dir", str(case_dir))
    return Source(
        case_dir=case_dir,
        record=None if case_dir is not None or answered is None else _answer(station, request, answered),
        documents=tuple((kind, Path(name)) for kind, name in body.get("documents", ())),
        answered_case=_case_of(station, answered or request.in_reply_to),
        replaces=dict(body.get("replaces", ())),
    )


def _case_of(station: Station, transfer_id: str | None) -> str | None:
    """The case of a transfer that was offered to us; the hub judges `in_reply_to` itself."""
    found = station.inbox.find(transfer_id) if transfer_id else None
    return found.case_uid if found else None


def _sent_record(station: Station, transfer_id: str) -> dict[str, Any]:
    record = station.journal.record(transfer_id)
    if record is None:
        raise Problem("adapter.unknown-transfer", transfer_id)
    return record


def _answer(station: Station, request: Request, transfer_id: str) -> dict[str, Any]:
    """The record that was pulled, with our own case number, our reasons and the documents that go along."""
    record = station.inbox.record(transfer_id)
    refs = list(record["case"].get("refs", ()))
    for kind, value in _own_numbers(station, request, record["case"]["case_uid"]):
        ref = {"agency": station.agency, "kind": kind, "value": value}
        if ref not in refs:
            refs.append(ref)
    answer = {**record, "case": {**record["case"], "refs": refs}}
    decisions = [*record.get("decisions", ()), *(_reason(station, request, *item) for item in _reasons(request))]
    documents = [*record.get("documents", ()), *(_document(station, *item) for item in _documents(request))]
    if decisions:
        answer["decisions"] = decisions
    if documents:
        answer["documents"] = documents
    return answer


def _own_numbers(station: Station, request: Request, case_uid: str) -> list[tuple[str, str]]:
    number = request.source.get("case_no")
    if not number:
        return []
    kind = agencies.require_known(station.home.agency.type).number_kind(number.strip())
    known = station.numbers.case_of(kind, number)
    if known not in (None, case_uid):
        raise Problem("adapter.number-taken", kind)
    return [(kind, number.strip())]


def _reasons(request: Request) -> list[tuple[str, int | None, str]]:
    return [(document, page, text) for document, page, text in request.source.get("reasons", ())]


def _documents(request: Request) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name in request.source.get("documents", ())]


def _reason(station: Station, request: Request, document: str, page: int | None, text: str) -> dict[str, Any]:
    terms = {**({"document": document} if document else {}), **({"page": page} if page else {})}
    decided = station.clock().astimezone(BEIJING).replace(microsecond=0).isoformat()
    return {
        "decision_uid": uuid7(),
        "node": request.node,
        "kind": "reason",
        "result": text,
        "decided_at": decided,
        **({"terms": terms} if terms else {}),
    }


def _document(station: Station, doc_type: str, name: str) -> dict[str, Any]:
    agency = station.home.agency
    return {
        "doc_uid": uuid7(),
        "doc_type": doc_type,
        "title": Path(name).stem,
        "issuing_organ": agency.to_json(),
        "issue_date": station.clock().astimezone(BEIJING).date().isoformat(),
    }


def parse_reason(text: str) -> tuple[str, int | None, str]:
    """`[DOC[:PAGE]=]TEXT`, where DOC is a document number such as `V20-01-02-007` or a volume's."""
    found = re.fullmatch(r"(?:(V\d{2}-\d{2}(?:-\d+)*)(?::(\d+))?=)?(.+)", text, re.DOTALL)
    if found is None:
        raise Problem("adapter.bad-reason", text[:40])
    return found[1] or "", int(found[2]) if found[2] else None, found[3]


def parse_document(text: str) -> tuple[str, str]:
    """`TYPE=FILE`, TYPE being a code or the type's Chinese name.

    Raises `adapter.bad-document`, and `adapter.file-unreadable` when there is no such file.
    """
    named, separator, name = text.partition("=")
    kind = type_of(named)
    if not separator or kind is None:
        raise Problem("adapter.bad-document", text[:80])
    path = Path(name).resolve()
    if not path.is_file():
        raise Problem("adapter.file-unreadable", name)
    return kind, str(path)
