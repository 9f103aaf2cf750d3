"""Independent evidence for a bundle's checkpoint: witnesses that cosigned it, and time stamps.

Both cover the checkpoint's body, so neither depends on anything else in the bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from evidence.bundles.bundle import Bundle, BundledStamp
from evidence.bundles.report import Tally
from evidence.bundles.signers import Signers
from evidence.identifiers import is_hub, parse_timestamp, timestamp
from evidence.keys import KeyEntry, TrustedKeys
from evidence.log import checkpoints, cosignatures, merkle, notes, timestamps
from evidence.log.checkpoints import Checkpoint
from evidence.log.cosignatures import Cosigned, Witness
from evidence.log.policy import Policy
from messages.problems import Problem

TOLERANCE = timedelta(seconds=300)
"""How far a signer's clock may be ahead of the authority's: as far as the hub lets requests be ahead of its own."""


def check_cosignatures(
    tally: Tally, shown: Sequence[tuple[str, bytes]], signers: Signers, policy: Policy | None
) -> None:
    """Check that the cosignatures of known witnesses are valid, and whether they satisfy the policy, if there is one.

    Known witnesses are those of the policy; without one, the agencies of the trusted keys under their ids, which are
    then listed but not judged. A key of the hub is nobody's witness. Too few cosignatures are less than was asked for.
    """
    witnesses = _agencies(signers.anchored) if policy is None else dict.fromkeys(policy.witnesses.values())
    hubs = {entry.public for entry in signers.claimed if is_hub(entry.owner)}
    witnesses = {witness: entry for witness, entry in witnesses.items() if witness.public not in hubs}
    found: dict[Witness, Cosigned] = {}
    for name, note in shown:
        tally.run(name, _cosigned, note, witnesses, policy, found)
    tally.facts += [{"witness": item.witness.name, "at": timestamp(item.at)} for item in found.values()]
    tally.count = len(tally.facts)
    if policy is not None and not policy.holds(found):
        missing = ", ".join(policy.missing(found))
        tally.less.append(Problem("evidence.policy-not-fulfilled", "checkpoint", missing=missing))
    if policy is None:
        tally.skipped = "no-policy"


def _agencies(trusted: TrustedKeys) -> dict[Witness, KeyEntry | None]:
    entries = [entry for entry in trusted if entry.purpose == "identity" and not is_hub(entry.owner)]
    return {Witness(entry.owner, entry.public, entry.kty): entry for entry in entries}


def _cosigned(
    data: bytes,
    witnesses: Mapping[Witness, KeyEntry | None],
    policy: Policy | None,
    found: dict[Witness, Cosigned],
) -> None:
    """Add the cosignatures of one checkpoint, each witness at its earliest."""
    note = notes.parse_note(data)
    for item in cosignatures.verify_cosignatures(note, witnesses):
        if _counts(item, witnesses) and (item.witness not in found or item.at < found[item.witness].at):
            found[item.witness] = item
    if policy is not None and policy.logs:
        notes.verify_note(note, policy.logs)


def _counts(item: Cosigned, witnesses: Mapping[Witness, KeyEntry | None]) -> bool:
    entry = witnesses[item.witness]
    return entry is None or entry.counts_at(item.at)


LogSigned = Callable[[bytes], object]
"""Raises `Problem` unless the checkpoint is signed by the key of the bundle's log."""


@dataclass
class Stamps:
    """The time stamps of one bundle, held against its checkpoint and its marks.

    1. Each stamped checkpoint is of this log, signed by its key, and consistent with the bundle's.
    2. Its token holds under the authorities that the verifier brings.
    3. Of two trees the larger has no older token, and no mark in a tree says that it was made after the tree's token
       (`TOLERANCE` aside): otherwise somebody's clock was set back or ahead.

    Without authorities, or without the library, 2 and 3 are not looked at.
    """

    bundle: Bundle
    checkpoint: Checkpoint
    authorities: Sequence[timestamps.Certificate]
    log_signed: LogSigned
    marks: Sequence[tuple[str, int, datetime]]
    """Name, index and stated time of each mark."""
    _told: list[tuple[str, int, datetime]] = field(default_factory=list)

    def check(self, tally: Tally) -> None:
        """Look at all of them."""
        found: list[tuple[str, BundledStamp]] = []
        tally.run("stamps", lambda: found.extend(self.bundle.stamps()))
        tally.count -= 1
        tally.skipped = self._skipped(found)
        for name, stamp in found:
            tally.run(name, self._stamp, name, stamp)
        self._told.sort(key=lambda told: told[1])
        for earlier, later in zip(self._told, self._told[1:], strict=False):
            tally.run(later[0], _require_order, earlier, later)
            tally.count -= 1
        for name, index, at in self.marks:
            tally.run(name, self._require_before, index, at)
            tally.count -= 1
        for _, size, at in self._told:
            covered = sum(1 for _, index, _ in self.marks if index < size)
            tally.facts.append({"size": size, "at": timestamp(at), "marks": covered})

    def _skipped(self, found: Sequence[object]) -> str:
        if not found:
            return "no-stamps"
        if not self.authorities:
            return "no-authorities"
        return "" if timestamps.available() else "no-library"

    def _stamp(self, name: str, stamp: BundledStamp) -> None:
        # Step 1
        self.log_signed(stamp.checkpoint)
        stamped = checkpoints.parse_checkpoint(stamp.checkpoint)[0]
        if stamped.origin != self.checkpoint.origin:
            raise Problem("evidence.stamp-other-log", origin=stamped.origin)
        small, large = sorted((stamped, self.checkpoint), key=lambda each: each.size)
        merkle.verify_consistency(small.size, large.size, small.root, large.root, stamp.path)
        # Step 2
        if self.authorities and timestamps.available():
            token = timestamps.verify_token(stamp.answer, stamped.body(), self.authorities)
            self._told.append((name, stamped.size, token.at))

    # Step 3

    def _require_before(self, index: int, at: datetime) -> None:
        covering = [told for told in self._told if told[1] > index]
        if covering and at > min(told[2] for told in covering) + TOLERANCE:
            raise Problem("evidence.mark-after-stamp", at=timestamp(at), stamped=timestamp(covering[0][2]))


def _require_order(earlier: tuple[str, int, datetime], later: tuple[str, int, datetime]) -> None:
    if later[2] < earlier[2] and later[1] > earlier[1]:
        raise Problem("evidence.stamp-order", at=timestamp(later[2]), before=timestamp(earlier[2]))


def marked_times(marks: Mapping[str, Any], indexes: Mapping[str, int]) -> list[tuple[str, int, datetime]]:
    """Name, index and stated time of marks that were read."""
    return [
        (name, indexes[name], parse_timestamp(mark.unverified_body["occurred_at"]))
        for name, mark in marks.items()
        if name in indexes
    ]
