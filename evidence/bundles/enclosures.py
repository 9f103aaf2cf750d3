"""Statements enclosed in a bundle: who must have signed each, and how it must agree with the marks.

Bodies are read defensively, because a bundle can come from anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from evidence.canonical import digest, digest_of, parse_canonical
from evidence.dsse import KINDS
from evidence.encoding import read_base64
from evidence.identifiers import agency_name, parse_timestamp
from evidence.log import merkle
from evidence.mark_bodies import ACTIONS, FOLDED
from evidence.marks import commit
from evidence.newer import is_known_suite
from evidence.statements import SignedStatement
from evidence.suites import WRITTEN, suite
from messages.problems import Problem
from standards.actions import Role

HUB_KINDS = ("receipt", "annex", "admission", "release")
TIMES = ("created_at", "sealed_at", "issued_at", "received_at", "admitted_at")
"""Members that say when a statement was signed, the first that is there counts."""

PARTIES_TOLD = ("envelope", "receipt")

ABOUT = {"envelope": "transfer_id", "receipt": "transfer_id", "annex": "transfer_id", "descriptor": "volume_id"}
"""The member that says what a statement is of, for the kinds of which a bundle encloses one for each."""

BOUND_KINDS = ("envelope", "receipt", "annex")
"""Kinds of which a private part may name the digest, as `<kind>_digest` or `<kind>`; a receipt names two of them."""


def sealed_digest(descriptor: Mapping[str, Any]) -> str:
    """The sealed digest of a volume, as marks carry it, from its descriptor's body: the digest of the canonical JSON of
    `{"pack": [part digests], "catalogue": [part digests]}`. Raises `Problem("evidence.enclosure-malformed")`."""
    try:
        parts = {stream: [part["digest"] for part in descriptor[stream]["parts"]] for stream in ("pack", "catalogue")}
        return digest_of(parts, suite(descriptor.get("suite", WRITTEN)).digest)
    except (KeyError, TypeError) as error:
        raise Problem("evidence.enclosure-malformed") from error


class Enclosures:
    """The enclosed statements of one bundle, held against its marks (already read, signatures checked elsewhere)."""

    def __init__(self, marks: Iterable[SignedStatement], hub: str | None, case_uid: Any = None) -> None:
        self._marks = [(mark.unverified_body, merkle.leaf_digest(mark.encode())) for mark in marks]
        self._hub = hub
        self._case_uid = case_uid  # of which the bundle says that it speaks
        self._statements: list[SignedStatement] = []

    def signer_and_time(self, statement: SignedStatement) -> tuple[str | None, datetime]:
        """Who had to sign the statement, and the instant at which the key must have counted.

        Who had to sign a kind that is newer than this program is not known (None): one of the parties, whoever's key it
        names. Such a statement may tell its instant in another way: then it is that of the last mark, before which its
        key must not have ended or been revoked.

        An instant that the statement does not tell is that of the hub's `received` mark of its transfer. Raises
        `Problem` for a kind that is not enclosed so, a malformed body, or a time that nothing tells.
        """
        body = statement.unverified_body
        if statement.kind not in KINDS or not is_known_suite(body):
            return None, self._time_of_newer(body)
        owner: Any = self._hub
        if statement.kind == "envelope":
            owner = body.get("sender")
        elif statement.kind == "descriptor":
            owner = body.get("sealed_by")
        elif statement.kind == "enrolment":
            owner = _agency_of(body)
        elif statement.kind not in HUB_KINDS:
            raise Problem("evidence.wrong-kind", kind=statement.kind, expected="envelope")
        if not isinstance(owner, str):
            raise Problem("evidence.enclosure-malformed")
        return owner, self._time_of(body)

    def _time_of(self, body: Mapping[str, Any]) -> datetime:
        for member in TIMES:
            if member in body:
                return parse_timestamp(body[member])
        for mark, _ in self._marks:
            if mark["action"] == "received" and mark["transfer_id"] == body.get("transfer_id"):
                return parse_timestamp(mark["occurred_at"])
        raise Problem("evidence.enclosure-malformed")

    def _time_of_newer(self, body: Mapping[str, Any]) -> datetime:
        try:
            return self._time_of(body)
        except Problem:
            if not self._marks:
                raise
            return max(parse_timestamp(mark["occurred_at"]) for mark, _ in self._marks)

    def add(self, statement: SignedStatement) -> None:
        """Take a statement whose signature holds."""
        self._statements.append(statement)

    def check(self, statement: SignedStatement) -> None:
        """What the statement says agrees with the marks and with the other statements.

        An envelope names the enclosed descriptors by their digest; a descriptor's parts give the sealed digest that the
        marks carry; a receipt names the hub's `received` mark of its transfer, and the envelope and annex that are
        enclosed. Envelope and receipt say who is sender and who receiver: nobody else made their marks. Both speak of
        the bundle's case. Of a transfer there is one envelope, one receipt, one annex, of a volume one descriptor: of
        two, a reader could take the wrong one. Raises `Problem` `evidence.enclosure-disagrees`, `enclosure-twice`.
        """
        body = statement.unverified_body
        self._require_one(statement)
        if statement.kind == "descriptor":
            self._check_sealed(body)
            return
        if statement.kind == "envelope":
            self._check_volumes(body)
        elif statement.kind == "receipt":
            self._check_promise(body)
            self._check_named(body, body.get("transfer_id"), ("envelope", "annex"))
        if statement.kind in PARTIES_TOLD:
            self._check_parties(body)
            if self._case_uid is not None and body.get("case_uid", self._case_uid) != self._case_uid:
                raise Problem("evidence.enclosure-disagrees", what="case_uid")

    def _require_one(self, statement: SignedStatement) -> None:
        about = ABOUT.get(statement.kind)
        if about is None:
            return
        told = statement.unverified_body.get(about)
        others = [each for each in self._of(statement.kind) if each.unverified_body.get(about) == told]
        if len({each.digest for each in others}) > 1:
            raise Problem("evidence.enclosure-twice", kind=statement.kind, about=str(told)[:80])

    def _check_promise(self, receipt: Mapping[str, Any]) -> None:
        promised = receipt.get("mark_leaf_hash")
        mark = next((mark for mark, hashed in self._marks if hashed == promised), None)
        if mark is None or (mark["action"], mark["transfer_id"]) != ("received", receipt.get("transfer_id")):
            raise Problem("evidence.enclosure-disagrees", what="mark_leaf_hash")

    def _check_parties(self, told: Mapping[str, Any]) -> None:
        parties: dict[Role, Any] = {"sender": told.get("sender"), "receiver": told.get("receiver")}
        for mark, _ in self._marks:
            action, actor = mark["action"], mark["actor"]["agency"]
            allowed = ACTIONS[action].signers(parties) if action in ACTIONS else ()
            ours = mark["transfer_id"] == told.get("transfer_id") and None not in allowed
            if ours and allowed and actor not in allowed:
                raise Problem("evidence.enclosure-disagrees", what=f"actor of {action}")

    def _check_volumes(self, envelope: Mapping[str, Any]) -> None:
        enclosed = {str(item.unverified_body.get("volume_id")): item.digest for item in self._of("descriptor")}
        volumes = envelope.get("volumes")
        for volume in volumes if isinstance(volumes, list) else []:
            if not isinstance(volume, dict):
                raise Problem("evidence.enclosure-malformed")
            known = enclosed.get(str(volume.get("volume_id")))
            if known is not None and known != volume.get("descriptor_digest"):
                raise Problem("evidence.enclosure-disagrees", what="descriptor_digest")

    def _check_sealed(self, descriptor: Mapping[str, Any]) -> None:
        sealed, volume_id = sealed_digest(descriptor), descriptor.get("volume_id")
        if not isinstance(volume_id, str):
            raise Problem("evidence.enclosure-malformed")
        for mark, _ in self._marks:
            if volume_id != FOLDED and mark["digests"].get(volume_id, sealed) != sealed:
                raise Problem("evidence.enclosure-disagrees", what="digests")

    def check_record(self, transfer_id: str, record: bytes) -> None:
        """The record's bytes are those whose digest the transfer's envelope names. Raises
        `Problem("evidence.enclosure-disagrees")`, also when no envelope of the transfer is enclosed."""
        named = [e.unverified_body.get("record_digest") for e in self._of("envelope", transfer_id)]
        if not named or any(each != digest(record) for each in named):
            raise Problem("evidence.enclosure-disagrees", what="record_digest")

    def check_private(self, mark: SignedStatement | None, opening: bytes) -> dict[str, Any]:
        """The private part, which with its salt opens the mark's commitment; the digests that it names are those of the
        enclosed statements. Raises `Problem` `evidence.commitment-mismatch` or `evidence.enclosure-disagrees`."""
        data = parse_canonical(opening)
        if not isinstance(data, dict) or set(data) != {"private", "salt"} or not isinstance(data["private"], dict):
            raise Problem("evidence.enclosure-malformed")
        private, body = data["private"], mark.unverified_body if mark else {}
        if body.get("commitment") != commit(private, read_base64(data["salt"])):
            raise Problem("evidence.commitment-mismatch")
        self._check_named(private, body["transfer_id"], BOUND_KINDS)
        return dict(private)

    def _check_named(self, naming: Mapping[str, Any], transfer_id: Any, kinds: Iterable[str]) -> None:
        for kind in kinds:
            named = naming.get(f"{kind}_digest", naming.get(kind))
            enclosed = [item.digest for item in self._of(kind, transfer_id)]
            if isinstance(named, str) and any(named != each for each in enclosed):
                raise Problem("evidence.enclosure-disagrees", what=kind)

    def _of(self, kind: str, transfer_id: str | None = None) -> Iterator[SignedStatement]:
        for statement in self._statements:
            wanted = transfer_id is None or statement.unverified_body.get("transfer_id") == transfer_id
            if statement.kind == kind and wanted:
                yield statement


def _agency_of(body: Mapping[str, Any]) -> str:
    agency = body.get("agency")
    if not isinstance(agency, dict):
        raise Problem("evidence.enclosure-malformed")
    return agency_name(str(agency.get("type")), str(agency.get("code")))
