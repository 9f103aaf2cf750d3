"""What no mark binds is told as not bound: bundles with genuine pieces exchanged, left out, or put beside others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence import statements
from evidence.bundles import cli
from evidence.bundles.bundle import BundleContents
from evidence.bundles.report import Report
from evidence.bundles.verify import NOTHING, Brought, verify_bundle
from evidence.canonical import canonical, digest
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.cosignatures import Witness, cosign
from evidence.log.policy import parse_policy
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import (
    DESCRIPTOR,
    RECORD,
    Trail,
    annex,
    as_file,
    descriptor,
    envelope,
    receipt,
    uid,
    walked,
)

FAULTS = Path(__file__).with_name("faults")
TRAIL = walked()
OTHER_RECORD = canonical({"schema": "casehub/record/v1", "case": {"name": "李某示例诈骗案"}})
SECOND = envelope(TRAIL, record_digest=digest(OTHER_RECORD), volumes=[])
FOREIGN = statements.sign("descriptor", {**DESCRIPTOR, "volume_id": uid(78)}, TRAIL.police)
OTHER_COUNT = statements.sign("descriptor", {**DESCRIPTOR, "pages": 9}, TRAIL.police)
CASE = uid(50)


def cosigned(trail: Trail = TRAIL) -> bytes:
    note = parse_checkpoint(trail.checkpoint())[1]
    return note.encode() + cosign(note.text, POLICE, trail.police, after(100)).line().encode()


def bundle(*enclosed: statements.SignedStatement, private: bool = True, **more: Any) -> BundleContents:
    """A bundle that is witnessed, with these statements."""
    marks = TRAIL.bundled(private=private)
    return TRAIL.contents(**{"statements": enclosed, "marks": marks, "checkpoint": cosigned(), **more})


def verified(contents: BundleContents, brought: Brought = NOTHING) -> Report:
    return verify_bundle(as_file(contents), TRAIL.trusted(), brought=brought)


def test_the_genuine_pieces_are_bound_each_with_its_marks() -> None:
    genuine = (receipt(TRAIL), envelope(TRAIL), annex(TRAIL), descriptor(TRAIL))
    for private in (True, False):
        report = verified(bundle(*genuine, private=private, records={TRAIL.transfer_id: RECORD}))
        assert (report.verdict, report.level, report.unbound, report.warnings) == ("VALID", "witnessed", (), ())
        bound = {each["kind"]: each["marks"] for each in report.bound}
        assert bound["receipt"] == ["marks/000004.json"]
        assert "marks/000004.json" in bound["envelope"]
        assert "marks/000004.json" in bound["record"]
        assert bound["annex"] == ["marks/000004.json"]
        assert bound["descriptor"] == [f"marks/{number:06}.json" for number in (2, 3, 4, 9)]


OTHERS: dict[str, tuple[Callable[[], BundleContents], str, list[str]]] = {
    # a bundle, its verdict, what is not bound or why it is INVALID
    "a second envelope beside the genuine one": (
        lambda: bundle(receipt(TRAIL), envelope(TRAIL), SECOND, records={TRAIL.transfer_id: OTHER_RECORD}),
        "INVALID",
        ["evidence.enclosure-disagrees", "evidence.enclosure-twice", "evidence.enclosure-twice"],
    ),
    "two envelopes, the receipt left out": (
        lambda: bundle(envelope(TRAIL), SECOND, private=False),
        "INVALID",
        ["evidence.enclosure-twice", "evidence.enclosure-twice"],
    ),
    "the second envelope instead of the genuine one": (
        lambda: bundle(receipt(TRAIL), SECOND, private=False),
        "INVALID",
        ["evidence.enclosure-disagrees"],
    ),
    "the second envelope alone, the receipt left out": (
        lambda: bundle(SECOND, private=False, records={TRAIL.transfer_id: OTHER_RECORD}),
        "LESS",
        ["envelope", "record"],
    ),
    "two receipts of one transfer": (
        lambda: bundle(receipt(TRAIL), receipt(TRAIL, envelope_digest=SECOND.digest), private=False),
        "INVALID",
        ["evidence.enclosure-twice", "evidence.enclosure-twice"],
    ),
    "a descriptor of a volume that no mark names": (lambda: bundle(FOREIGN), "LESS", ["descriptor"]),
    "a second envelope that names a foreign descriptor": (
        lambda: bundle(
            envelope(TRAIL, volumes=[{"volume_id": uid(78), "descriptor_digest": FOREIGN.digest}]),
            FOREIGN,
            private=False,
        ),
        "LESS",
        ["envelope", "descriptor"],
    ),
    "a second descriptor of the volume, the same parts": (
        lambda: bundle(descriptor(TRAIL), OTHER_COUNT),
        "INVALID",
        ["evidence.enclosure-twice", "evidence.enclosure-twice"],
    ),
    "another descriptor of the volume than the envelope names": (
        lambda: bundle(receipt(TRAIL), envelope(TRAIL), OTHER_COUNT),
        "INVALID",
        ["evidence.enclosure-disagrees"],
    ),
    "an annex without what names it": (lambda: bundle(annex(TRAIL), private=False), "LESS", ["annex"]),
    "an attachment": (lambda: bundle(attachments={"note.pdf": b"%PDF-1.7"}), "LESS", ["attachment"]),
    "a case that nothing signed says": (
        lambda: bundle(subject={"transfer_ids": [TRAIL.transfer_id], "case_uid": CASE}),
        "LESS",
        ["subject"],
    ),
    "a transfer of which nothing is shown": (
        lambda: bundle(subject={"transfer_ids": [TRAIL.transfer_id, uid(2)]}),
        "LESS",
        ["subject"],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_no_mark_binds_never_passes(name: str) -> None:
    contents, verdict, found = OTHERS[name]
    report = verified(contents())
    assert report.verdict == verdict, report.to_json()
    if report.failed is None:
        assert [each["kind"] for each in report.unbound] == found
        assert not {each["name"] for each in report.bound} & {each["name"] for each in report.unbound}
    else:
        assert sorted({problem.code for problem in report.failed.problems}) == sorted(set(found))


def test_the_case_is_what_signed_statements_say() -> None:
    told = receipt(TRAIL, case_uid=CASE)
    subject = {"transfer_ids": [TRAIL.transfer_id], "case_uid": CASE}
    report = verified(bundle(told, private=False, subject=subject))
    assert (report.verdict, report.subject) == ("VALID", subject)
    silent = verified(bundle(told, private=False, subject={}))
    assert (silent.verdict, silent.subject, silent.claimed) == ("VALID", subject, {})


def test_nothing_shown_is_never_valid() -> None:
    report = verified(bundle(marks=[]))
    assert (report.verdict, report.level) == ("NOTHING", "none")


@pytest.mark.parametrize(
    ("name", "code", "verdict", "level"),
    [("second-envelope-beside-genuine", 1, "INVALID", "none"), ("zero-marks", 3, "NOTHING", "none")],
)
def test_bundles_that_were_taken_for_valid(name: str, code: int, verdict: str, level: str) -> None:
    report, _ = cli.verify_file(FAULTS / f"{name}.zip", cli.read_keys([FAULTS / "keys.json"]), NOTHING)
    assert (cli.EXIT_CODES[report.verdict], report.verdict, report.level) == (code, verdict, level)


def forged() -> Trail:
    """A log that the hub invented with its own keys alone."""
    trail = Trail()
    for action in ("received", "converted", "offered", "fetched"):
        trail.mark(action, HUB)
    return trail


def test_the_hubs_own_keys_alone_never_reach_green() -> None:
    trail = forged()
    note = parse_checkpoint(trail.checkpoint())[1]
    by_hub = note.encode() + cosign(note.text, PROCURATORATE, trail.hub, after(100)).line().encode()
    own = {HUB: trail.histories[HUB]}
    for keys in (trail.trusted(HUB), trail.trusted()):
        report = verify_bundle(as_file(trail.contents(checkpoint=by_hub, key_histories=own)), keys)
        assert (report.verdict, report.level, report.witnessing.independent) == ("LESS", "signed", False)


def test_a_policy_that_names_the_hub_as_witness_is_not_fulfilled_by_it() -> None:
    note = parse_checkpoint(TRAIL.checkpoint())[1]
    by_hub = note.encode() + cosign(note.text, "watcher", TRAIL.hub, after(100)).line().encode()
    policy = parse_policy(f"witness w {Witness('watcher', TRAIL.hub.public).vkey}\nquorum w\n".encode())
    report = verified(bundle(checkpoint=by_hub), Brought(policy=policy))
    assert (report.verdict, report.level) == ("LESS", "signed")


def test_a_policy_that_asks_for_no_witness_is_met_by_signatures() -> None:
    policy = Brought(policy=parse_policy(b"quorum none\n"))
    report = verified(bundle(checkpoint=TRAIL.checkpoint()), policy)
    assert (report.verdict, report.level) == ("VALID", "signed")
    trail = forged()
    report = verify_bundle(as_file(trail.contents()), trail.trusted(), brought=policy)
    assert (report.verdict, report.level) == ("LESS", "signed")


def test_keys_that_came_from_the_hub_itself_never_reach_green() -> None:
    report = verified(bundle(), Brought(keys_of_hub=True))
    assert (report.verdict, report.level) == ("LESS", "witnessed")
