"""What marks bind: for each statement, record and private part of a bundle, the marks that commit to its bytes.

A signature says who made a statement; only a mark in the log says that it was handed in. So a statement that is signed
and that no mark reaches is *not bound*, whoever signed it.

 1. A receipt is bound by the hub's `received` mark whose leaf hash it names.
 2. A private part is bound by the commitment of its mark.
 3. An envelope, an annex is bound if a bound receipt or private part of its transfer names its digest.
 4. A descriptor is bound if a mark names its volume with its sealed digest, alone or in the digest of all volumes, and
    each bound envelope that names the volume names this descriptor.
 5. A record is bound if a bound envelope, or a private part, of its transfer names its digest.
 6. An attachment is bound by nothing; nor is what the manifest claims of case and transfers and no signed statement
    says.

Admissions, enrolments and releases are about agencies and codebooks. They count as the statements of who signed them,
and are listed on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.bundles.enclosures import sealed_digest
from evidence.canonical import digest
from evidence.log import merkle
from evidence.mark_bodies import FOLDED, fold_digests
from evidence.statements import SignedStatement
from messages.problems import Problem

SUBJECT = "manifest.json"
NAMED = ("envelope", "annex")
"""Kinds of which a receipt or a private part names the digest, as `<kind>_digest` or `<kind>`."""


@dataclass(frozen=True)
class Held:
    """What passed the checks before: each under the name of its member. `marks` are those read, `openings` the private
    parts that open their mark's commitment, `records` are by transfer."""

    marks: Mapping[str, SignedStatement]
    statements: Iterable[tuple[str, SignedStatement]]
    records: Mapping[str, tuple[str, bytes]]
    openings: Mapping[str, Mapping[str, Any]]
    attachments: Iterable[str]
    claimed: Mapping[str, Any]


@dataclass
class Binding:
    """The bindings of one bundle."""

    held: Held
    bound: list[dict[str, Any]] = field(default_factory=list)
    unbound: list[dict[str, Any]] = field(default_factory=list)
    _said: dict[tuple[Any, str], dict[str, set[str]]] = field(default_factory=dict)
    """The digests that marks reach, of a transfer's kind, each with the marks that reach it."""
    _cases: dict[Any, set[str]] = field(default_factory=dict)
    _named: dict[Any, set[Any]] = field(default_factory=dict)
    """The descriptor digests that bound envelopes name, by volume."""

    def __post_init__(self) -> None:
        self._bodies = {name: mark.unverified_body for name, mark in self.held.marks.items()}
        self._of = {
            kind: [(name, each) for name, each in self.held.statements if each.kind == kind]
            for kind in ("receipt", "envelope", "annex", "descriptor")
        }
        self._private()
        self._receipts()
        for kind in NAMED:
            for name, statement in self._of[kind]:
                self._statement(kind, name, statement)
        for name, statement in self._of["descriptor"]:
            self._tell("descriptor", name, statement.digest, self._sealed_by(statement))
        for transfer_id, (name, data) in self.held.records.items():
            hashed = digest(data)
            self._tell("record", name, hashed, self._said.get((transfer_id, "record"), {}).get(hashed, set()))
        for name in self.held.attachments:
            self._tell("attachment", name, "", set())
        self._claims()

    @property
    def subject(self) -> dict[str, Any]:
        """What signed statements say that the bundle is about: its transfers, and their case if they say one."""
        transfers = sorted({body["transfer_id"] for body in self._bodies.values() if body["transfer_id"] is not None})
        told: dict[str, Any] = {"transfer_ids": transfers}
        cases = set().union(*(self._cases.get(each, set()) for each in transfers)) if transfers else set()
        return told | ({"case_uid": cases.pop()} if len(cases) == 1 else {})

    def _private(self) -> None:
        for name, private in self.held.openings.items():
            body = self._bodies[name]
            member = name.replace("marks/", "private/", 1)
            self._tell("private", member, str(body["commitment"]), {name})
            self._says(private, body["transfer_id"], {name}, (*NAMED, "record"))

    def _receipts(self) -> None:
        leaves = {merkle.leaf_digest(mark.encode()): name for name, mark in self.held.marks.items()}
        for name, statement in self._of["receipt"]:
            body = statement.unverified_body
            by = leaves.get(str(body.get("mark_leaf_hash")))
            self._tell("receipt", name, statement.digest, {by} if by else set())
            if by:
                self._says(body, _text(body, "transfer_id"), {by}, NAMED)

    def _says(self, naming: Mapping[str, Any], transfer_id: Any, by: set[str], kinds: Iterable[str]) -> None:
        for kind in kinds:
            named = naming.get(f"{kind}_digest", naming.get(kind))
            if isinstance(named, str):
                self._said.setdefault((transfer_id, kind), {}).setdefault(named, set()).update(by)
        if isinstance(naming.get("case_uid"), str):
            self._cases.setdefault(transfer_id, set()).add(naming["case_uid"])

    def _statement(self, kind: str, name: str, statement: SignedStatement) -> None:
        body = statement.unverified_body
        by = self._said.get((_text(body, "transfer_id"), kind), {}).get(statement.digest, set())
        self._tell(kind, name, statement.digest, by)
        if kind != "envelope" or not by:
            return
        self._says(body, _text(body, "transfer_id"), by, ("record",))
        for volume in _volumes(body):
            self._named.setdefault(_text(volume, "volume_id"), set()).add(_text(volume, "descriptor_digest"))

    def _sealed_by(self, descriptor: SignedStatement) -> set[str]:
        body = descriptor.unverified_body
        volume_id, sealed = body.get("volume_id"), sealed_digest(body)
        named = self._named.get(volume_id)
        if named is not None and named != {descriptor.digest}:
            return set()
        alone = {name for name, mark in self._bodies.items() if mark["digests"].get(volume_id) == sealed}
        return alone or {name for name, mark in self._bodies.items() if volume_id in self._folded(mark)}

    def _folded(self, mark: Mapping[str, Any]) -> set[Any]:
        """The volumes of a mark that names all in one digest, if the bundle encloses all of their descriptors."""
        if FOLDED not in mark["digests"]:
            return set()
        bodies = [descriptor.unverified_body for _, descriptor in self._of["descriptor"]]
        sealed = {body["volume_id"]: sealed_digest(body) for body in bodies}
        for _, envelope in self._of["envelope"]:
            body = envelope.unverified_body
            volumes = {_text(volume, "volume_id") for volume in _volumes(body)}
            theirs = {volume: told for volume, told in sealed.items() if volume in volumes}
            if body.get("transfer_id") == mark["transfer_id"] and fold_digests(theirs) == mark["digests"]:
                return set(theirs)
        return set(sealed) if fold_digests(sealed) == mark["digests"] else set()

    def _tell(self, kind: str, name: str, hashed: str, by: set[str]) -> None:
        told = {"name": name, "kind": kind, **({"digest": hashed} if hashed else {})}
        if by:
            self.bound.append({**told, "marks": sorted(by)})
        else:
            self.unbound.append(told)

    def _claims(self) -> None:
        shown = {body["transfer_id"] for body in self._bodies.values()}
        listed, case = self.held.claimed.get("transfer_ids"), self.held.claimed.get("case_uid")
        for transfer_id in listed if isinstance(listed, list) else ():
            if transfer_id not in shown:
                self.unbound.append({"name": SUBJECT, "kind": "subject", "claim": str(transfer_id)[:80]})
        silent = [each for each in shown - {None} if case not in self._cases.get(each, set())]
        if case is not None and (silent or shown <= {None}):
            self.unbound.append({"name": SUBJECT, "kind": "subject", "claim": str(case)[:80]})

    def require_one_case(self) -> None:
        """Raises `Problem("evidence.enclosure-disagrees")` where a bound statement says another case than the manifest,
        or two of one transfer say different ones."""
        case = self.held.claimed.get("case_uid")
        for told in self._cases.values():
            if len(told) > 1 or (case is not None and told != {case}):
                raise Problem("evidence.enclosure-disagrees", what="case_uid")


def _text(body: Mapping[str, Any], member: str) -> str | None:
    """A member that is a text; anything else names nothing."""
    value = body.get(member)
    return value if isinstance(value, str) else None


def _volumes(envelope: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The volumes of an envelope whose form was checked."""
    found = envelope.get("volumes")
    return found if isinstance(found, list) else []
