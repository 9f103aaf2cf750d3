"""Offline verification of an evidence bundle with keys that the verifier provides.

 1. container    the archive is well formed, and every member is the one that its manifest lists
 2. keys         each signer's key history is unbroken and leads to a trusted key
 3. checkpoint   the checkpoint is signed by the trusted key of its log
 4. signatures   each mark is signed by its actor, with a key that counted when it happened, and is of a transfer that
                 the bundle says it speaks of
 5. inclusion    each mark stands in the log of that checkpoint, at the index claimed
 6. chains       each signer's marks on a transfer follow one another from the first on, without gap
 7. statements   each enclosed envelope, descriptor, receipt, annex is signed by whoever had to, is the only one of its
                 transfer or volume, and agrees with the marks: their volumes, their transfer and case, who sent and
                 who received
 8. private      each private part shown is the one that its mark commits to
 9. cosignatures witnesses' cosignatures hold, and fulfil the policy that the verifier brings
10. time         each time stamped checkpoint is consistent with this one, its token holds under the authorities that
                 the verifier brings, and no mark or later token contradicts it
11. bag          the delivered folder that the verifier brings is what was sealed, and stands in these marks

A check is "not checked", with the reason, if the verifier provides no input for it or the bundle contains nothing to
check.

What is newer than this program (`evidence.newer`) is checked as far as its signature, place and chain, and whatever
else of it is known. What fails there fails. An algorithm that is not available here cannot be checked; it is taken for
newer only when the signer announced the key in its own history, under a key that can be checked.

What holds has a *level*: `none`, `signed` (trusted keys signed the marks and the log) or `witnessed` (enough witnesses
cosigned the log, so that its operator cannot show others another one). Without a policy one agency of the trusted keys
is enough; a witness whose key is the hub's never counts.

A failed check makes the bundle INVALID. If it shows no mark, it shows NOTHING. A check that passes only with keys from
the bundle itself makes it UNANCHORED. If valid content is newer than this program, the bundle is NEWER. If its level is
not the one asked for, if something in it is not bound by a mark (`evidence.bundles.binding`) or the course of its marks
is doubtful (`evidence.bundles.course`), it is LESS than asked. Otherwise it is VALID: these parties made these marks,
and they are in this log. No bundle can prove that there is no later mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from evidence.bundles import anchors, course, witnessed
from evidence.bundles import bundle as bundles
from evidence.bundles.bags import BagCheck
from evidence.bundles.binding import Binding, Held
from evidence.bundles.bundle import Bundle
from evidence.bundles.enclosures import Enclosures
from evidence.bundles.report import CHECKS, Check, Level, Report, Tally, Witnessing, shown_marks
from evidence.bundles.signers import Signers
from evidence.canonical import digest_bytes
from evidence.dsse import KINDS
from evidence.identifiers import is_hub, parse_timestamp
from evidence.keys import KeyEntry, TrustedKeys
from evidence.log import checkpoints, merkle, timestamps
from evidence.log.checkpoints import Checkpoint
from evidence.log.policy import NONE, Policy
from evidence.log.proofs import parse_proof
from evidence.marks import chains, check_chain, is_read, look_at_mark
from evidence.newer import is_known_suite, newer
from evidence.statements import SignedStatement
from messages.problems import Problem


@dataclass(frozen=True)
class Brought:
    """Optional inputs of a verifier besides trusted keys: a witness policy, root certificates of time stamping
    authorities, and the folder of a delivered bag. `keys_of_hub`: the trusted keys came from the hub itself.
    """

    policy: Policy | None = None
    authorities: Sequence[timestamps.Certificate] = ()
    bag: Path | None = None
    keys_of_hub: bool = False


NOTHING = Brought()
PASSED_KINDS = ("envelope", "receipt", "annex", "descriptor", "record")
"""Kinds that the check of the statements counts; of those that no mark binds it says so instead."""


def verify_bundle(
    source: BinaryIO,
    trusted: TrustedKeys,
    limits: bundles.Limits = bundles.DEFAULT_LIMITS,
    brought: Brought = NOTHING,
) -> Report:
    """Check a bundle as the module says. Never raises for what is in the file: everything wrong is in the report."""
    # Step 1
    try:
        bundle = bundles.read_bundle(source, limits)
    except Problem as problem:
        skipped = tuple(Check(number, name, "not-checked") for number, name in enumerate(CHECKS[1:], 2))
        return Report((Check(1, CHECKS[0], "failed", 0, (problem,)), *skipped))
    return _Verification(bundle, trusted, brought).report()


class _Verification:
    """One run over one bundle."""

    def __init__(self, bundle: Bundle, trusted: TrustedKeys, brought: Brought) -> None:
        self.bundle = bundle
        self.brought = brought
        self.signers = Signers(trusted)
        self.checkpoint: Checkpoint | None = None
        self.log_owner: str | None = None
        self.marks: dict[str, SignedStatement] = {}
        self.enclosed: list[tuple[str, SignedStatement]] = []
        self.records: dict[str, tuple[str, bytes]] = {}
        self.openings: dict[str, dict[str, Any]] = {}
        subject = bundle.manifest.get("subject")
        self.subject: dict[str, Any] = subject if isinstance(subject, dict) else {}

    def report(self) -> Report:
        about_marks = (self._keys, self._checkpoint, self._signatures, self._inclusion, self._chains)
        steps = (*about_marks, self._statements, self._private, self._cosignatures, self._time, self._bag)
        tallies: dict[str, Tally] = {}
        for name, step in zip(CHECKS[1:], steps, strict=True):
            tallies[name] = Tally()
            step(tallies[name])
        binding = self._bind(tallies["statements"])
        first = Check(1, CHECKS[0], "passed", len(self.bundle.members))
        checks = (first, *(tally.check(number) for number, tally in enumerate(tallies.values(), 2)))
        return Report(
            checks,
            binding.subject,
            self.checkpoint,
            tuple(shown_marks(self.bundle.manifest["marks"], self.marks)),
            self._witnessing(tallies["cosignatures"], checks),
            tuple(binding.bound),
            tuple(binding.unbound),
            course.warnings(self.marks, self.signers.ends()),
            self.subject,
            tuple(place.partition("/")[2] for place in tallies["keys"].unanchored),
        )

    def _bind(self, tally: Tally) -> Binding:
        """What the marks bind of all that passed; the rest is told in the check of the statements."""
        marks = {name: mark for name, mark in self.marks.items() if is_read(mark)}
        members = [name for name, _ in self.bundle.numbered("attachments")]
        attachments = [name for name in members if not name.startswith(bundles.COSIGNED)]
        openings = {name: opening for name, opening in self.openings.items() if name in marks}
        binding = Binding(Held(marks, self.enclosed, self.records, openings, attachments, self.subject))
        tally.run(bundles.MANIFEST, binding.require_one_case)
        tally.count -= 1
        tally.unbound += [each["name"] for each in binding.unbound]
        tally.count -= sum(1 for each in binding.unbound if each["kind"] in PASSED_KINDS)
        return binding

    def _witnessing(self, tally: Tally, checks: tuple[Check, ...]) -> Witnessing:
        policy = self.brought.policy
        asked: Level = "signed" if policy is not None and policy.quorum == NONE else "witnessed"
        reached = asked == "witnessed" and bool(tally.facts) and not tally.wrong and not tally.less
        agencies = any(not is_hub(mark.unverified_body["actor"]["agency"]) for mark in self.marks.values())
        sound = checks[CHECKS.index("signatures")].outcome in ("passed", "newer")
        return Witnessing(asked, reached, not self.brought.keys_of_hub and (reached or (agencies and sound)))

    # Step 2

    def _keys(self, tally: Tally) -> None:
        self.signers.read(self.bundle.members[bundles.KEYS], tally)

    # Step 3

    def _checkpoint(self, tally: Tally) -> None:
        tally.run(bundles.CHECKPOINT, self._signed_checkpoint, tally)

    def _signed_checkpoint(self, tally: Tally) -> None:
        data = self.bundle.checkpoint
        self.checkpoint = checkpoints.parse_checkpoint(data)[0]
        keys = self.signers.under_best_keys(tally, bundles.CHECKPOINT, lambda known: self._log_key(data, known))
        self.log_owner = keys.owner

    def _log_key(self, data: bytes, known: TrustedKeys) -> KeyEntry:
        """The log key that signed. A checkpoint bears no time, so a revoked key never counts."""
        for entry in known:
            if entry.purpose != "log":
                continue
            try:
                checkpoints.verify_checkpoint(data, checkpoints.log_verifiers([entry]))
            except Problem as problem:
                if problem.code != "evidence.note-unsigned":
                    raise
                continue
            if entry.revoked_at is not None:
                entry.require_counts_at(entry.revoked_at)
            return entry
        raise Problem("evidence.note-unsigned")

    # Step 4

    def _signatures(self, tally: Tally) -> None:
        for name, leaf in self.bundle.numbered("marks"):
            tally.run(name, self._signed_mark, name, leaf, tally)

    def _signed_mark(self, name: str, leaf: bytes, tally: Tally) -> None:
        mark, found = look_at_mark(leaf)
        self.marks[name] = mark
        body = mark.unverified_body
        actor, at = body["actor"]["agency"], parse_timestamp(body["occurred_at"])
        if is_hub(actor) and self.log_owner is not None and actor != self.log_owner:
            raise Problem("evidence.wrong-actor", action=str(body.get("action"))[:40], actor=actor)
        listed = self.subject.get("transfer_ids")
        if body["transfer_id"] is not None and isinstance(listed, list) and body["transfer_id"] not in listed:
            raise Problem("evidence.enclosure-disagrees", what="transfer_ids")
        self.signers.require_signed(tally, name, mark, at, actor)
        tally.meet(name, found)

    # Step 5

    def _inclusion(self, tally: Tally) -> None:
        for number, listed in enumerate(self.bundle.manifest["marks"], 1):
            name = f"proofs/{number:06}.tlog-proof"
            tally.run(name, self._included, name, listed)

    def _included(self, name: str, listed: Mapping[str, Any]) -> None:
        proof = parse_proof(self.bundle.members[name])
        if self.checkpoint is None or proof.checkpoint != self.bundle.checkpoint or proof.index != listed["index"]:
            raise Problem("evidence.malformed-proof")
        hashed = digest_bytes(listed["leaf_hash"])
        merkle.verify_inclusion(proof.index, self.checkpoint.size, hashed, proof.path, self.checkpoint.root)

    # Step 6

    def _chains(self, tally: Tally) -> None:
        for (signer, transfer_id), chain in chains(self.marks.values()).items():
            place = f"{signer} {transfer_id or ''}".strip()
            # Marks without a transfer run through the signer's whole life; a bundle shows a part of them.
            tally.run(place, check_chain, chain, from_start=transfer_id is not None)

    # Step 7

    def _statements(self, tally: Tally) -> None:
        enclosed: list[tuple[str, SignedStatement]] = []
        self.enclosures = Enclosures(self._read_marks(), self.log_owner, self.subject.get("case_uid"))
        for name, data in self.bundle.numbered("statements"):
            tally.run(name, self._enclosed, name, data, tally, enclosed)
        for name, statement in enclosed:
            if tally.run(name, self.enclosures.check, statement):
                self.enclosed.append((name, statement))
        tally.count -= len(enclosed)  # looked at twice, counted once
        for name, data in self.bundle.numbered("records"):
            if tally.run(name, self.enclosures.check_record, name[8:44], data):
                self.records[name[8:44]] = (name, data)

    def _enclosed(self, name: str, data: bytes, tally: Tally, enclosed: list[tuple[str, SignedStatement]]) -> None:
        statement = SignedStatement.decode(data, newer=True)
        signer, at = self.enclosures.signer_and_time(statement)
        self.signers.require_signed(tally, name, statement, at, signer)
        tally.meet(name, newer(statement))
        if statement.kind not in KINDS or not is_known_suite(statement.unverified_body):
            return
        self.enclosures.add(statement)
        enclosed.append((name, statement))

    # Step 8

    def _private(self, tally: Tally) -> None:
        for name, data in self.bundle.numbered("private"):
            tally.run(name, self._opened, f"marks/{name[8:14]}.json", data)

    def _opened(self, name: str, data: bytes) -> None:
        self.openings[name] = self.enclosures.check_private(self.marks.get(name), data)

    # Step 9

    def _cosignatures(self, tally: Tally) -> None:
        shown = witnessed.counting(tally, self.bundle, self.checkpoint, partial(self._stamped_by_log, tally))
        anchors.check_cosignatures(tally, shown, self.signers, self.brought.policy)

    # Step 10

    def _time(self, tally: Tally) -> None:
        if self.checkpoint is None:
            tally.skipped = "no-stamps"
            return
        listed = {f"marks/{item['number']:06}.json": item["index"] for item in self.bundle.manifest["marks"]}
        marked = anchors.marked_times(self.marks, listed)
        signed = partial(self._stamped_by_log, tally)
        anchors.Stamps(self.bundle, self.checkpoint, self.brought.authorities, signed, marked).check(tally)

    def _stamped_by_log(self, tally: Tally, note: bytes) -> None:
        self.signers.under_best_keys(tally, "stamps", lambda known: self._log_key(note, known))

    # Step 11

    def _bag(self, tally: Tally) -> None:
        if self.brought.bag is None:
            tally.skipped = "no-bag"
            return
        descriptors = [statement for _, statement in self.enclosed if statement.kind == "descriptor"]
        BagCheck(self.brought.bag, self._read_marks(), descriptors).check(tally)

    def _read_marks(self) -> list[SignedStatement]:
        """The marks of which all members are known."""
        return [mark for mark in self.marks.values() if is_read(mark)]
