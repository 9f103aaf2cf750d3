"""What a sender submits: one envelope, one record, the descriptors of its volumes and its own two marks.

`Package.read` checks form only (types, sizes, statement structure); whether anything in it is true is `receive`'s work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evidence.canonical import canonical, digest
from evidence.statements import SignedStatement
from hub.limits import LIMITS
from messages.problems import Problem, ProblemList
from standards.record import Record
from standards.record.agreement import require_agreement
from standards.record.envelope import Envelope
from standards.schemas import violations


@dataclass(frozen=True)
class Package:
    """A submission whose parts have the right form; nothing is verified yet."""

    envelope: SignedStatement
    as_sent: Mapping[str, Any]  # the record as its sender signed it: what digests are made of, and what is kept
    descriptors: tuple[SignedStatement, ...]
    marks: tuple[SignedStatement, ...]

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The envelope's body as claimed, of whatever form: for the steps before `require_schema`, which types it."""
        return self.envelope.unverified_body

    @cached_property
    def record(self) -> Record:
        """What the record says. Ask once the schema has been held against it (step 5)."""
        return Record.read(self.as_sent)

    @property
    def transfer_id(self) -> str:
        """The transfer's id as claimed by the envelope; empty when the envelope has none."""
        claimed = self.claims.get("transfer_id")
        return claimed if isinstance(claimed, str) else ""

    @classmethod
    def read(cls, body: Any) -> Package:
        """Read the JSON of `POST /v1/transfers`.

        Raises `package.malformed` naming the missing or wrong member, or the statement parser's own problems with the
        member's JSON pointer as place.
        """
        if not isinstance(body, dict):
            raise Problem("package.malformed", "", member="envelope")
        record = body.get("record")
        if not isinstance(record, dict):
            raise Problem("package.malformed", "/record", member="record")
        return cls(
            envelope=_statement(body.get("envelope"), "envelope", "/envelope"),
            as_sent=record,
            descriptors=_statements(body.get("descriptors"), "descriptor", "/descriptors"),
            marks=_statements(body.get("marks"), "mark", "/marks"),
        )


def _statement(data: Any, kind: str, place: str) -> SignedStatement:
    statement = SignedStatement.from_json(data, place)
    if statement.kind != kind:
        raise Problem("package.malformed", place, member=kind)
    return statement


def _statements(data: Any, kind: str, place: str) -> tuple[SignedStatement, ...]:
    if not isinstance(data, list) or len(data) > LIMITS.volumes_per_transfer:
        raise Problem("package.malformed", place, member=place.strip("/"))
    return tuple(_statement(item, kind, f"{place}/{index}") for index, item in enumerate(data))


def require_schema(package: Package) -> Envelope:
    """The envelope, once nothing of the package violates the published schemas.

    Raises every violation at once: `ProblemList("package.schema")` whose members carry JSON pointers into the
    submission; `http.too-large` for a record beyond the limit; `record.digest` when the envelope names another record;
    and what `require_agreement` raises.
    """
    documents: list[tuple[str, str, Any]] = [
        ("envelope-v1.1", "/envelope", package.claims),
        ("record-v1.1", "/record", package.as_sent),
    ]
    documents += [
        ("descriptor-v1.1", f"/descriptors/{index}", item.unverified_body)
        for index, item in enumerate(package.descriptors)
    ]
    documents += [("mark-v1.1", f"/marks/{index}", item.unverified_body) for index, item in enumerate(package.marks)]
    problems = [
        Problem("package.schema-violation", where + found.place, zh=found.message_zh, en=found.message_en)
        for schema, where, document in documents
        for found in violations(schema, document)
    ]
    if problems:
        raise ProblemList("package.schema", problems)
    record = canonical(dict(package.as_sent))
    if len(record) > LIMITS.record_bytes:
        raise Problem("http.too-large", "/record", limit=LIMITS.record_bytes)
    envelope = Envelope.read(package.claims)
    if digest(record) != envelope.record_digest:
        raise Problem("record.digest", "/record")
    require_agreement(package.record, envelope)
    return envelope
