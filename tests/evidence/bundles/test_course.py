"""Order, times and key ends: what can be arranged although every signature and place holds is warned of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from evidence.bundles.report import Report
from evidence.bundles.verify import verify_bundle
from evidence.keys import TrustedKeys
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.cosignatures import cosign
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import Trail, as_file, walked
from tests.scene.keys import identity, key

SUCCESSOR = key("police after a rotation")


def verified(trail: Trail, trusted: TrustedKeys | None = None, *, rotated_at: float | None = None) -> Report:
    note = parse_checkpoint(trail.checkpoint())[1]
    witnessed = note.encode() + cosign(note.text, PROCURATORATE, trail.procuratorate, after(9000)).line().encode()
    histories = trail.histories
    if rotated_at is not None:
        first = histories[POLICE][0]
        later = identity(
            POLICE, SUCCESSOR, signer=trail.police, replaces=trail.police.key_id, valid_from=after(rotated_at)
        )
        histories = {**histories, POLICE: [first, later]}
    contents = trail.contents(checkpoint=witnessed, marks=trail.bundled(private=False), key_histories=histories)
    return verify_bundle(as_file(contents), trusted or trail.trusted())


def codes(report: Report) -> list[tuple[str, str]]:
    return [(problem.code.removeprefix("evidence."), problem.place) for problem in report.warnings]


def acknowledgement_alone() -> Trail:
    trail = Trail()
    trail.mark("acknowledged", PROCURATORATE)
    return trail


def received_before_submitted() -> Trail:
    trail = Trail()
    trail.mark("sealed", POLICE)
    trail.mark("received", HUB)
    trail.mark("submitted", POLICE)
    return trail


def back_in_time() -> Trail:
    trail = walked()
    trail.mark("opened", PROCURATORATE, at=after(-400))
    return trail


def ahead_of_the_hub() -> Trail:
    trail = Trail()
    trail.mark("sealed", POLICE, at=after(4000))
    trail.mark("submitted", POLICE, at=after(4000))
    trail.mark("received", HUB)
    return trail


DOUBTFUL: dict[str, tuple[Callable[[], Trail], list[tuple[str, str]]]] = {
    "an acknowledgement alone": (acknowledgement_alone, [("step-missing", "marks/000001.json")]),
    "received before it was submitted": (received_before_submitted, [("step-order", "marks/000002.json")]),
    "a signer whose time goes back": (back_in_time, [("time-back", "marks/000011.json")]),
    "a time after the hub's mark behind it": (
        ahead_of_the_hub,
        [("time-ahead", "marks/000002.json"), ("time-ahead", "marks/000001.json")],
    ),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_an_order_or_time_that_cannot_be_is_warned_of(name: str) -> None:
    make, expected = DOUBTFUL[name]
    report = verified(make())
    assert (codes(report), report.verdict, report.level) == (expected, "LESS", "witnessed")


def test_a_whole_course_has_no_warning() -> None:
    report = verified(walked())
    assert (report.warnings, report.verdict) == ((), "VALID")


def test_a_mark_that_enters_behind_the_end_of_its_key_may_be_dated_back() -> None:
    """The key was revoked after the hub's last mark but one; its mark behind that says that it was made before."""
    trail = walked()
    hub_at = trail.marks[7].unverified_body["occurred_at"]
    late = trail.mark("opened", POLICE, at=after(3))
    revoked = trail.trusted().with_entries(entry.revoked(after(5)) for entry in trail.trusted().of(POLICE, "identity"))
    report = verified(trail, revoked)
    assert report.failed is None, report.to_json()
    assert codes(report) == [("key-ended", f"marks/{len(trail.marks):06}.json")]
    assert report.warnings[0].params["at"] == hub_at > late.unverified_body["occurred_at"]
    assert report.verdict == "LESS"


def test_a_key_that_was_replaced_the_day_before_is_warned_of() -> None:
    """Whoever took the old key signs on with it; the history in the bundle shows that it has a successor."""
    report = verified(walked(), rotated_at=-1)
    assert codes(report) == [("key-ended", "marks/000002.json"), ("key-ended", "marks/000003.json")]
    assert report.verdict == "LESS"
    assert verified(walked(), rotated_at=600).verdict == "VALID"


def test_where_the_verifiers_own_keys_say_the_end_that_one_counts() -> None:
    trail = walked()
    trusted = trail.trusted()
    ended = trusted.with_entries(replace(e, valid_to=after(3600)) for e in trusted.of(POLICE, "identity"))
    assert verified(trail, ended, rotated_at=-1).warnings == ()
