"""The checkpoints of a bundle whose cosignatures count for its marks: its own, and others that contain all of them.

Witnesses cosign what they are shown, so their trees differ in size. A cosignature of a tree counts for every tree that
it contains: one beside the bundle's own checkpoint counts when

 1. the log's key signed it, for the same origin,
 2. it contains every mark that the bundle shows, and
 3. it continues the bundle's checkpoint, or is continued by it.
"""

from __future__ import annotations

from collections.abc import Callable

from evidence.bundles.bundle import CHECKPOINT, Bundle, BundledCheckpoint
from evidence.bundles.report import Tally
from evidence.log import checkpoints, merkle
from evidence.log.checkpoints import Checkpoint
from messages.problems import Problem

LogSigned = Callable[[bytes], object]


def counting(tally: Tally, bundle: Bundle, own: Checkpoint | None, log_signed: LogSigned) -> list[tuple[str, bytes]]:
    """Name and note of every checkpoint whose cosignatures count; one that breaks a step fails the check."""
    found = [(CHECKPOINT, bundle.checkpoint)]
    if own is None:
        return found
    needed = 1 + max((int(item["index"]) for item in bundle.manifest["marks"]), default=-1)
    listed: list[tuple[str, BundledCheckpoint]] = []
    tally.run(CHECKPOINT, lambda: listed.extend(bundle.cosigned()))
    for name, other in listed:
        if tally.run(name, _require, other, own, needed, log_signed):
            found.append((name, other.checkpoint))
    return found


def _require(other: BundledCheckpoint, own: Checkpoint, needed: int, log_signed: LogSigned) -> None:
    # Step 1
    log_signed(other.checkpoint)
    seen = checkpoints.parse_checkpoint(other.checkpoint)[0]
    if seen.origin != own.origin:
        raise Problem("evidence.stamp-other-log", origin=seen.origin)
    # Step 2
    if seen.size < needed:
        raise Problem("evidence.proof-out-of-range", index=needed - 1, size=seen.size)
    # Step 3
    small, large = sorted((seen, own), key=lambda each: each.size)
    merkle.verify_consistency(small.size, large.size, small.root, large.root, other.path)
