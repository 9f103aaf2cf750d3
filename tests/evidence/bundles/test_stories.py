"""Bundles of a hub that tells another story with genuine pieces: every signature holds, and the pieces do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evidence import marks, statements
from evidence.bundles.bundle import BundleContents
from evidence.bundles.verify import verify_bundle
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.evidence import DESCRIPTOR, Trail, annex, as_file, descriptor, envelope, receipt, uid, walked

CASE, OTHER_CASE = uid(50), uid(51)


def enclosing(*enclosed: statements.SignedStatement, trail: Trail | None = None, **more: Any) -> BundleContents:
    """A bundle of `trail` with these statements, private parts left out."""
    told = trail or walked()
    return told.contents(statements=enclosed, marks=told.bundled(private=False), **more)


def acknowledged_by(actor: str, action: str = "acknowledged") -> Trail:
    """The hub logs an answer, or a submission, of somebody who had none to give."""
    trail = Trail()
    for mark in walked().marks[:8]:
        trail.add(mark, {})
    trail.mark(action, actor)
    return trail


def pointing(index: int) -> statements.SignedStatement:
    """A receipt for the mark at `index` of the log."""
    trail = walked()
    return receipt(trail, mark_leaf_hash=marks.leaf_hash(trail.marks[index]))


def of_two_transfers() -> BundleContents:
    """The receipt of one transfer promises the mark of another."""
    trail = walked()
    other = trail.mark("received", HUB, transfer_id=uid(2), seq=1, prev=None)
    subject = {"transfer_ids": [trail.transfer_id, uid(2)]}
    return enclosing(receipt(trail, mark_leaf_hash=marks.leaf_hash(other)), trail=trail, subject=subject)


STORIES: dict[str, tuple[Callable[[], BundleContents], str, str]] = {
    "receipt for the hub's conversion": (lambda: enclosing(pointing(4)), "statements", "enclosure-disagrees"),
    "receipt for the sender's own mark": (lambda: enclosing(pointing(2)), "statements", "enclosure-disagrees"),
    "receipt for the mark of another transfer": (of_two_transfers, "statements", "enclosure-disagrees"),
    "acknowledged by the sender": (
        lambda: enclosing(envelope(walked()), trail=acknowledged_by(POLICE)),
        "statements",
        "enclosure-disagrees",
    ),
    "submitted by the receiver": (
        lambda: enclosing(envelope(walked()), trail=acknowledged_by(PROCURATORATE, "submitted")),
        "statements",
        "enclosure-disagrees",
    ),
    "acknowledged by the sender, and only the receipt to show it": (
        lambda: enclosing(
            receipt(walked(), sender=POLICE, receiver=PROCURATORATE), trail=acknowledged_by(POLICE, "declined")
        ),
        "statements",
        "enclosure-disagrees",
    ),
    "marks of another transfer than the bundle says": (
        lambda: enclosing(subject={"transfer_ids": [uid(999)]}),
        "signatures",
        "enclosure-disagrees",
    ),
    "a receipt of another case than the bundle says": (
        lambda: enclosing(receipt(walked(), case_uid=OTHER_CASE), subject={"transfer_ids": [uid(1)], "case_uid": CASE}),
        "statements",
        "enclosure-disagrees",
    ),
    "a receipt for a list": (
        lambda: enclosing(receipt(walked(), mark_leaf_hash=[])),
        "statements",
        "enclosure-disagrees",
    ),
    "a descriptor whose volume is a list": (
        lambda: enclosing(statements.sign("descriptor", {**DESCRIPTOR, "volume_id": []}, walked().police)),
        "statements",
        "enclosure-malformed",
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_pieces_that_do_not_fit_are_found(name: str) -> None:
    contents, check, code = STORIES[name]
    report = verify_bundle(as_file(contents()), walked().trusted())
    assert report.verdict == "INVALID", report.to_json()
    assert report.failed is not None
    assert report.failed.name == check, report.to_json()
    assert report.failed.problems[0].code == f"evidence.{code}"


def test_the_same_pieces_in_their_places_are_valid() -> None:
    trail = walked()
    trail.mark("opened", POLICE)  # a sender may look at what it sent
    enclosed = (
        envelope(trail),
        descriptor(trail),
        receipt(trail, case_uid=CASE, sender=POLICE, receiver=PROCURATORATE),
        annex(trail),
    )
    subject = {"transfer_ids": [trail.transfer_id], "case_uid": CASE}
    assert verify_bundle(as_file(enclosing(*enclosed, trail=trail, subject=subject)), trail.trusted()).verdict == "LESS"
