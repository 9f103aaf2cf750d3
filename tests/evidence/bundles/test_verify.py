"""Verification of bundles: what holds, and each attack with the check that finds it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import marks, statements
from evidence.bundles import bundle
from evidence.bundles.bundle import BundleContents, BundledMark, Limits, write_bundle
from evidence.bundles.report import CHECKS, MAX_PROBLEMS, Report
from evidence.bundles.verify import verify_bundle
from evidence.canonical import canonical, digest
from evidence.identifiers import timestamp
from evidence.keys import TrustedKeys
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import DESCRIPTOR, RECORD, Trail, annex, as_file, descriptor, envelope, receipt, uid, walked
from tests.scene.keys import ORIGIN, identity, key, log_key

TRAIL = walked()
ENCLOSED = (envelope(TRAIL), descriptor(TRAIL), receipt(TRAIL), annex(TRAIL))
FULL = TRAIL.contents(statements=ENCLOSED, records={TRAIL.transfer_id: RECORD}, attachments={"report.pdf": b"%PDF-1.7"})


def verified(contents: BundleContents, trusted: TrustedKeys | None = None) -> Report:
    return verify_bundle(as_file(contents), TRAIL.trusted() if trusted is None else trusted)


def codes(report: Report) -> list[str]:
    assert report.failed is not None
    return [problem.code.removeprefix("evidence.") for problem in report.failed.problems]


def test_a_whole_bundle_is_valid() -> None:
    report = verified(FULL)
    assert report.verdict == "LESS", report.to_json()
    assert [(check.number, check.name) for check in report.checks] == list(enumerate(CHECKS, 1))
    assert [check.count for check in report.checks] == [38, 3, 1, 10, 10, 4, 5, 10, 0, 0, 0]
    assert report.checkpoint == Checkpoint(ORIGIN, 10, merkle.root_of(map(merkle.leaf_hash, TRAIL.leaves)))
    assert [mark["action"] for mark in report.marks][:3] == ["agency-admitted", "sealed", "submitted"]
    assert report.subject == {"transfer_ids": [TRAIL.transfer_id]}
    assert json.loads(json.dumps(report.to_json()))["failed_check"] is None


def test_a_bundle_without_what_is_optional_is_valid() -> None:
    assert verified(TRAIL.contents(marks=TRAIL.bundled(private=False))).verdict == "LESS"


def test_equal_contents_give_equal_bytes() -> None:
    assert as_file(FULL).getvalue() == as_file(FULL).getvalue()


def test_marks_without_a_transfer_may_be_shown_in_part() -> None:
    some = [mark for index, mark in enumerate(TRAIL.bundled()) if index != 0]
    assert verified(TRAIL.contents(marks=some)).verdict == "LESS"


def test_trust_in_first_keys_reaches_keys_that_they_vouch_for() -> None:
    roots = TrustedKeys([entry for entry in TRAIL.trusted() if entry.purpose == "identity"])
    assert verified(FULL, roots).verdict == "LESS"


def test_without_trusted_keys_a_bundle_is_coherent_but_unanchored() -> None:
    report = verified(FULL, TrustedKeys())
    assert report.verdict == "UNANCHORED"
    assert report.failed is None
    outcomes = {check.name: check.outcome for check in report.checks}
    assert {name for name, outcome in outcomes.items() if outcome == "unanchored"} == {
        "keys",
        "checkpoint",
        "signatures",
        "statements",
    }
    assert report.to_json()["checks"][3]["unanchored"][0] == "marks/000001.json"


@pytest.mark.parametrize("owner", [POLICE, PROCURATORATE, HUB])
def test_each_party_must_be_trusted(owner: str) -> None:
    others = {POLICE, PROCURATORATE, HUB} - {owner}
    assert verified(FULL, TRAIL.trusted(*others)).verdict == "UNANCHORED"


def rebuilt(**keys: Any) -> Trail:
    """The same story told with other keys, as a hub could that forges."""
    trail = Trail(**keys)
    for mark in TRAIL.marks:
        body = marks.body_of(mark)
        signer = trail.signer(body.actor)
        before = [m for m in trail.marks if marks.chain_of(m) == marks.chain_of(mark)]
        seq, prev = marks.next_link(before[-1] if before else None)
        trail.add(marks.make_mark(replace(body, seq=seq, prev=prev), signer), {})
    return trail


def test_a_hub_that_signs_for_an_agency_with_a_key_of_its_own_anchors_nothing() -> None:
    forged = rebuilt(police=key("forged police"))
    contents = forged.contents(marks=forged.bundled(private=False))
    report = verified(contents)
    assert report.verdict == "UNANCHORED"
    assert report.checks[1].unanchored == (f"keys.json/{POLICE}",)
    assert report.checks[3].unanchored == ("marks/000002.json", "marks/000003.json")


def test_a_hub_that_says_its_forged_key_follows_the_agencys_is_invalid() -> None:
    forged = rebuilt(police=key("forged police"))
    rotation = identity(
        POLICE, forged.police, signer=forged.police, replaces=TRAIL.police.key_id, valid_from=after(-500)
    )
    histories = {**TRAIL.histories, POLICE: [TRAIL.histories[POLICE][0], rotation]}
    report = verified(forged.contents(marks=forged.bundled(private=False), key_histories=histories))
    assert (report.verdict, report.failed and report.failed.name) == ("INVALID", "keys")


def with_marks(change: Callable[[list[BundledMark]], list[BundledMark]]) -> BundleContents:
    return TRAIL.contents(marks=change(TRAIL.bundled()))


def changed(mark: BundledMark, **changes: Any) -> BundledMark:
    return BundledMark(**{**mark.__dict__, **changes})


def resigned(index: int, signing: Any, **changes: Any) -> bytes:
    return marks.leaf_bytes(marks.make_mark(replace(marks.body_of(TRAIL.marks[index]), **changes), signing))


def relogged(index: int, leaf: bytes) -> BundleContents:
    """A trail whose hub replaced one leaf and signed a new checkpoint over it."""
    trail = walked()
    trail.leaves[index] = leaf
    return trail.contents(marks=trail.bundled(private=False))


def double_extend() -> BundleContents:
    bundled = TRAIL.bundled()
    return TRAIL.contents(marks=[bundled[0], changed(bundled[1], index=1), changed(bundled[1], index=5), *bundled[6:]])


def other_tree() -> BundleContents:
    trail = walked()
    trail.mark("viewed", HUB, transfer=False)
    return TRAIL.contents(checkpoint=trail.checkpoint())


def revoked(owner: str, at: Any) -> TrustedKeys:
    trusted = TRAIL.trusted()
    return trusted.with_entries(entry.revoked(at) for entry in trusted.of(owner, "identity"))


def stolen(owner: str, **more: Any) -> TrustedKeys:
    trusted = TRAIL.trusted()
    return trusted.with_entries(entry.revoked(more["at"]) for entry in trusted.of(owner, "log"))


def private_of(index: int, **changes: Any) -> BundleContents:
    return with_marks(lambda ms: [changed(m, **changes) if m.index == index else m for m in ms])


def swapped_descriptor(**changes: Any) -> BundleContents:
    other = statements.sign("descriptor", {**DESCRIPTOR, **changes}, TRAIL.police)
    return TRAIL.contents(statements=[envelope(TRAIL), other])


SECOND_RECEIPT = receipt(TRAIL, mark_leaf_hash=digest(b"never logged"))
FOREIGN_HUB = "hub:jiangsu"
ATTACKS: dict[str, tuple[Callable[[], BundleContents], TrustedKeys | None, str, str]] = {
    # what, keys trusted, check that finds it, code
    "key history signed by a thief": (
        lambda: TRAIL.contents(
            key_histories={**TRAIL.histories, POLICE: [TRAIL.histories[POLICE][0], log_key(key("thief"), key("x"))]}
        ),
        None,
        "keys",
        "broken-key-chain",
    ),
    "key history under another name": (
        lambda: TRAIL.contents(key_histories={**TRAIL.histories, "court:1": TRAIL.histories[POLICE]}),
        None,
        "keys",
        "wrong-owner",
    ),
    "a key of the police claimed by the hub": (
        lambda: TRAIL.contents(
            key_histories={
                POLICE: TRAIL.histories[POLICE],
                HUB: [*TRAIL.histories[HUB], identity(HUB, TRAIL.police, signer=TRAIL.hub, replaces=TRAIL.hub.key_id)],
            }
        ),
        None,
        "keys",
        "wrong-owner",
    ),
    "key history no statements": (
        lambda: TRAIL.contents(key_histories={POLICE: [statements.sign("receipt", {}, TRAIL.police)]}),
        None,
        "keys",
        "broken-key-chain",
    ),
    "checkpoint by a thief": (
        lambda: TRAIL.contents(checkpoint=TRAIL.checkpoint(key("thief"))),
        None,
        "checkpoint",
        "note-unsigned",
    ),
    "checkpoint signature damaged": (
        lambda: TRAIL.contents(checkpoint=TRAIL.checkpoint()[:-5] + b"AAA=\n"),
        None,
        "checkpoint",
        "bad-note-signature",
    ),
    "log key stolen and revoked": (lambda: FULL, stolen(HUB, at=NOW), "checkpoint", "key-revoked"),
    "checkpoint of another tree": (other_tree, None, "inclusion", "bad-inclusion-proof"),
    "mark of the police re-signed by the hub": (
        lambda: relogged(1, resigned(1, TRAIL.hub)),
        None,
        "signatures",
        "wrong-owner",
    ),
    "hub mark signed by the police": (
        lambda: relogged(3, resigned(3, TRAIL.police)),
        None,
        "signatures",
        "wrong-owner",
    ),
    "hub mark in the name of another hub": (
        lambda: relogged(3, resigned(3, TRAIL.hub, actor=FOREIGN_HUB)),
        None,
        "signatures",
        "wrong-actor",
    ),
    "mark by a key that nobody brings": (
        lambda: relogged(1, resigned(1, key("thief"))),
        None,
        "signatures",
        "unknown-key",
    ),
    "mark after its key was revoked": (lambda: FULL, revoked(PROCURATORATE, after(9)), "signatures", "key-revoked"),
    "mark dated before its key": (
        lambda: relogged(1, resigned(1, TRAIL.police, occurred_at=timestamp(after(-5000)))),
        None,
        "signatures",
        "key-not-valid",
    ),
    "leaf that is no mark": (lambda: relogged(1, b"not a mark"), None, "signatures", "not-canonical"),
    "leaf of another kind": (
        lambda: relogged(1, statements.sign("receipt", {}, TRAIL.police).encode()),
        None,
        "signatures",
        "wrong-kind",
    ),
    "one byte of a leaf": (
        lambda: with_marks(
            lambda ms: [changed(m, leaf=m.leaf.replace(b"e", b"f", 1)) if m.index == 4 else m for m in ms]
        ),
        None,
        "signatures",
        "not-canonical",
    ),
    "proof of a neighbour": (
        lambda: with_marks(lambda ms: [changed(m, path=ms[3].path) if m.index == 2 else m for m in ms]),
        None,
        "inclusion",
        "bad-inclusion-proof",
    ),
    "proof emptied": (
        lambda: with_marks(lambda ms: [changed(m, path=()) if m.index == 2 else m for m in ms]),
        None,
        "inclusion",
        "bad-inclusion-proof",
    ),
    "index beyond the tree": (
        lambda: with_marks(lambda ms: [changed(m, index=99) if m.index == 9 else m for m in ms]),
        None,
        "inclusion",
        "proof-out-of-range",
    ),
    "marks exchanged": (
        lambda: with_marks(
            lambda ms: [changed(ms[1], index=2, path=ms[2].path), changed(ms[2], index=1, path=ms[1].path), *ms[3:]]
        ),
        None,
        "inclusion",
        "bad-inclusion-proof",
    ),
    "a mark deleted": (lambda: with_marks(lambda ms: [m for m in ms if m.index != 4]), None, "chains", "broken-chain"),
    "the first mark deleted": (
        lambda: with_marks(lambda ms: [m for m in ms if m.index != 1]),
        None,
        "chains",
        "broken-chain",
    ),
    "a mark without transfer deleted": (
        lambda: three_views(),  # noqa: PLW0108 - defined below
        None,
        "chains",
        "broken-chain",
    ),
    "a mark twice": (double_extend, None, "inclusion", "bad-inclusion-proof"),
    "a mark signed anew by its owner": (
        lambda: relogged(1, resigned(1, TRAIL.police, occurred_at=timestamp(after(0.5)))),
        None,
        "chains",
        "broken-chain",
    ),
    "envelope signed by the hub": (
        lambda: TRAIL.contents(statements=[statements.sign("envelope", ENCLOSED[0].unverified_body, TRAIL.hub)]),
        None,
        "statements",
        "wrong-owner",
    ),
    "receipt signed by the police": (
        lambda: TRAIL.contents(statements=[statements.sign("receipt", ENCLOSED[2].unverified_body, TRAIL.police)]),
        None,
        "statements",
        "wrong-owner",
    ),
    "receipt for a mark that is not there": (
        lambda: TRAIL.contents(statements=[SECOND_RECEIPT]),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "receipt for another envelope": (
        lambda: TRAIL.contents(statements=[receipt(TRAIL, envelope_digest=digest(b"other")), envelope(TRAIL)]),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "receipt for another annex": (
        lambda: TRAIL.contents(statements=[receipt(TRAIL, annex_digest=digest(b"other")), annex(TRAIL)]),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "annex of a transfer without marks": (
        lambda: TRAIL.contents(statements=[statements.sign("annex", {"transfer_id": uid(999)}, TRAIL.hub)]),
        None,
        "statements",
        "enclosure-malformed",
    ),
    "descriptor of other parts": (
        lambda: swapped_descriptor(pack={"parts": [{"digest": digest(b"other")}]}),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "descriptor signed anew": (
        lambda: swapped_descriptor(books=2),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "descriptor without parts": (lambda: swapped_descriptor(pack=[]), None, "statements", "enclosure-malformed"),
    "descriptor of nobody": (lambda: swapped_descriptor(sealed_by=7), None, "statements", "enclosure-malformed"),
    "envelope with a volume that is none": (
        lambda: TRAIL.contents(statements=[envelope(TRAIL, volumes=[7])]),
        None,
        "statements",
        "enclosure-malformed",
    ),
    "a mark among the statements": (
        lambda: TRAIL.contents(statements=[TRAIL.marks[1]]),
        None,
        "statements",
        "wrong-kind",
    ),
    "an enrolment of nobody": (
        lambda: TRAIL.contents(statements=[statements.sign("enrolment", {"agency": "x"}, TRAIL.police)]),
        None,
        "statements",
        "enclosure-malformed",
    ),
    "record of another case": (
        lambda: TRAIL.contents(statements=ENCLOSED, records={TRAIL.transfer_id: RECORD.replace(b"1", b"2")}),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "record without its envelope": (
        lambda: TRAIL.contents(records={TRAIL.transfer_id: RECORD}),
        None,
        "statements",
        "enclosure-disagrees",
    ),
    "another private part": (
        lambda: private_of(5, private={"note": "changed"}),
        None,
        "private",
        "commitment-mismatch",
    ),
    "another salt": (lambda: private_of(5, salt=bytes(32)), None, "private", "commitment-mismatch"),
    "short salt": (lambda: private_of(5, salt=b"x"), None, "private", "bad-salt"),
    "envelope exchanged for another that was signed": (
        lambda: TRAIL.contents(statements=[envelope(TRAIL, case_uid=uid(3)), descriptor(TRAIL)]),
        None,
        "private",
        "enclosure-disagrees",
    ),
}


def three_views() -> BundleContents:
    trail = walked()
    trail.mark("viewed", HUB, transfer=False)
    return trail.contents(marks=[m for m in trail.bundled() if m.index != 6])


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_found_by_the_check_meant_for_them(name: str) -> None:
    contents, trusted, check, code = ATTACKS[name]
    report = verified(contents(), trusted)
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name == check, report.to_json()
    assert code in codes(report)
    assert report.to_json()["failed_check"] == CHECKS.index(check) + 1


def test_an_enrolment_and_an_admission_may_be_enclosed() -> None:
    body = {"agency": {"type": "police", "code": "350102000000", "name": "示例"}, "created_at": timestamp(NOW)}
    enclosed = [
        statements.sign("enrolment", body, TRAIL.police),
        statements.sign("admission", {"admitted_at": timestamp(NOW)}, TRAIL.hub),
    ]
    assert verified(TRAIL.contents(statements=enclosed)).verdict == "LESS"


def test_an_envelope_need_not_name_volumes() -> None:
    trail = walked()
    alone = envelope(trail, volumes=None)
    contents = trail.contents(statements=[alone], marks=trail.bundled(private=False))
    assert verified(contents).verdict == "LESS"


def test_a_log_key_that_followed_another_is_found() -> None:
    second = key("log 2")
    histories = {**TRAIL.histories, HUB: [*TRAIL.histories[HUB], log_key(TRAIL.hub, second)]}
    contents = TRAIL.contents(key_histories=histories, checkpoint=TRAIL.checkpoint(second))
    assert verified(contents).verdict == "LESS"


def test_many_problems_are_counted_but_not_all_kept() -> None:
    trail = Trail()
    for _ in range(30):
        trail.mark("viewed", HUB, transfer=False)
    contents = trail.contents(marks=[changed(mark, path=()) for mark in trail.bundled()])
    check = verify_bundle(as_file(contents), trail.trusted()).checks[4]
    assert (check.outcome, check.count, len(check.problems)) == ("failed", 30, MAX_PROBLEMS)


# The container


def repacked(edit: Callable[[dict[str, bytes]], None], *, relist: bool = True) -> io.BytesIO:
    """The full bundle with edited members; `relist` mends the manifest's list of files, as a forger would."""
    with zipfile.ZipFile(as_file(FULL)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    if relist and bundle.MANIFEST in members:
        manifest = json.loads(members[bundle.MANIFEST])
        listed = [{"name": n, "digest": digest(d), "size": len(d)} for n, d in members.items() if n != bundle.MANIFEST]
        members[bundle.MANIFEST] = canonical({**manifest, "files": listed})
    return zipped(members.items())


def zipped(members: Any, compression: int = zipfile.ZIP_STORED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=compression)
    file.seek(0)
    return file


def manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        members[bundle.MANIFEST] = canonical({**json.loads(members[bundle.MANIFEST]), **changes})

    return edit


def put(name: str, data: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: data})


def drop(name: str) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        del members[name]

    return edit


def bomb() -> io.BytesIO:
    return zipped([(bundle.MANIFEST, b"0" * 50_000_000)], zipfile.ZIP_DEFLATED)


def duplicate() -> io.BytesIO:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped([(bundle.MANIFEST, b"{}"), (bundle.MANIFEST, b"{}")])


def claiming(offset_from_end: int, value: bytes) -> io.BytesIO:
    data = bytearray(as_file(FULL).getvalue())
    data[len(data) - offset_from_end : len(data) - offset_from_end + len(value)] = value
    return io.BytesIO(bytes(data))


def crc_broken() -> io.BytesIO:
    data = as_file(FULL).getvalue()
    place = data.index(b"%PDF-1.7")
    return io.BytesIO(data[:place] + b"!" + data[place + 1 :])


def listed_marks(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        body = json.loads(members[bundle.MANIFEST])
        members[bundle.MANIFEST] = canonical({**body, "marks": change(body["marks"])})

    return edit


CONTAINERS: dict[str, tuple[Callable[[], io.BytesIO], str]] = {
    "empty file": (io.BytesIO, "bundle-malformed"),
    "no archive": (lambda: io.BytesIO(b"hello" * 100), "bundle-malformed"),
    "cut off": (lambda: io.BytesIO(as_file(FULL).getvalue()[:-30]), "bundle-malformed"),
    "head cut off": (lambda: io.BytesIO(as_file(FULL).getvalue()[500:]), "bundle-not-one"),
    "empty archive": (lambda: zipped([]), "bundle-malformed"),
    "compressed": (
        lambda: zipped([(bundle.MANIFEST, b"{}")], zipfile.ZIP_DEFLATED),
        "bundle-malformed",
    ),
    "bomb": (bomb, "bundle-malformed"),
    "name twice": (duplicate, "bundle-name"),
    "byte flipped": (crc_broken, "bundle-malformed"),
    "directory far away": (lambda: claiming(6, b"\xff\xff\xff\x7f"), "bundle-not-one"),
    "traversal": (lambda: repacked(put("../x")), "bundle-name"),
    "traversal inside": (lambda: repacked(put("marks/../../x")), "bundle-name"),
    "absolute": (lambda: repacked(put("/etc/passwd")), "bundle-name"),
    "folder": (lambda: repacked(put("marks/", b"")), "bundle-name"),
    "foreign file": (lambda: repacked(put("readme.txt")), "bundle-name"),
    "upper case": (lambda: repacked(put("Manifest.json")), "bundle-name"),
    "attachment hidden": (lambda: repacked(put("attachments/.ssh")), "bundle-name"),
    "no manifest": (lambda: repacked(drop("manifest.json")), "bundle-malformed"),
    "no checkpoint": (lambda: repacked(drop("checkpoint")), "bundle-malformed"),
    "no keys": (lambda: repacked(drop("keys.json")), "bundle-malformed"),
    "manifest not canonical": (lambda: repacked(put("manifest.json", b"{ }"), relist=False), "not-canonical"),
    "manifest a list": (lambda: repacked(put("manifest.json", b"[]"), relist=False), "bundle-malformed"),
    "other format": (lambda: repacked(manifest(format="casehub/bundle/v2")), "bundle-malformed"),
    "files no list": (lambda: repacked(manifest(files={}), relist=False), "bundle-malformed"),
    "files no objects": (lambda: repacked(manifest(files=[1]), relist=False), "bundle-malformed"),
    "file not listed": (lambda: repacked(put("attachments/x"), relist=False), "bundle-altered"),
    "listed file missing": (lambda: repacked(drop("attachments/report.pdf"), relist=False), "bundle-altered"),
    "member altered": (lambda: repacked(put("attachments/report.pdf"), relist=False), "bundle-altered"),
    "listed name no text": (
        lambda: repacked(manifest(files=[{"name": 1}] * 38), relist=False),
        "bundle-altered",
    ),
    "mark altered": (lambda: repacked(put("marks/000001.json")), "bundle-altered"),
    "proof missing": (lambda: repacked(drop("proofs/000003.tlog-proof")), "bundle-altered"),
    "mark left over": (lambda: repacked(put("marks/000011.json")), "bundle-altered"),
    "private part of no mark": (lambda: repacked(put("private/000011.json")), "bundle-altered"),
    "marks no list": (lambda: repacked(manifest(marks=7)), "bundle-malformed"),
    "marks no objects": (lambda: repacked(manifest(marks=[7])), "bundle-malformed"),
    "marks not in the order of the log": (
        lambda: repacked(listed_marks(lambda ms: [{**ms[0], "index": 5}, *ms[1:]])),
        "bundle-altered",
    ),
    "index true": (lambda: repacked(listed_marks(lambda ms: [{**ms[0], "index": True}, *ms[1:]])), "bundle-altered"),
    "index a text": (lambda: repacked(listed_marks(lambda ms: [{**ms[0], "index": "0"}, *ms[1:]])), "bundle-altered"),
    "listed leaf hash of another": (
        lambda: repacked(listed_marks(lambda ms: [{**ms[0], "leaf_hash": ms[1]["leaf_hash"]}, *ms[1:]])),
        "bundle-altered",
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_that_are_refused(name: str) -> None:
    make, code = CONTAINERS[name]
    report = verify_bundle(make(), TRAIL.trusted())
    assert report.verdict == "INVALID"
    assert (report.failed and report.failed.name, codes(report)) == ("container", [code])
    assert {check.outcome for check in report.checks[1:]} == {"not-checked"}


INSIDE: dict[str, tuple[Callable[[dict[str, bytes]], None], str, str]] = {
    "keys not canonical": (put("keys.json", b"{ }"), "keys", "not-canonical"),
    "keys a list": (put("keys.json", b"[]"), "keys", "broken-key-chain"),
    "a history no list": (put("keys.json", canonical({POLICE: 7})), "keys", "broken-key-chain"),
    "a history of numbers": (put("keys.json", canonical({POLICE: [7]})), "keys", "malformed-statement"),
    "checkpoint nonsense": (put("checkpoint", b"nonsense"), "checkpoint", "malformed-note"),
    "checkpoint not the proofs'": (
        put("checkpoint", sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), TRAIL.log)),
        "inclusion",
        "malformed-proof",
    ),
    "proof nonsense": (put("proofs/000001.tlog-proof"), "inclusion", "malformed-proof"),
    "statement nonsense": (put("statements/000001.json"), "statements", "not-canonical"),
    "private part nonsense": (put("private/000001.json"), "private", "not-canonical"),
    "private part a list": (put("private/000001.json", b"[]"), "private", "enclosure-malformed"),
    "private part of numbers": (
        put("private/000001.json", canonical({"private": 1, "salt": ""})),
        "private",
        "enclosure-malformed",
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_members_that_are_listed_but_wrong(name: str) -> None:
    edit, check, code = INSIDE[name]
    report = verify_bundle(repacked(edit), TRAIL.trusted())
    assert (report.verdict, report.failed and report.failed.name) == ("INVALID", check)
    assert code in codes(report)


def test_a_private_part_whose_mark_cannot_be_read() -> None:
    report = verified(relogged(1, b"not a mark"))
    assert report.verdict == "INVALID"
    assert len(report.marks) == len(TRAIL.marks) - 1
    trail = walked()
    trail.leaves[1] = b"not a mark"
    report = verified(trail.contents())
    assert report.checks[7].problems[0].code == "evidence.commitment-mismatch"


@pytest.mark.parametrize(
    "limits",
    [Limits(members=5), Limits(member_bytes=100), Limits(total_bytes=100)],
    ids=["members", "one member", "all"],
)
def test_limits(limits: Limits) -> None:
    report = verify_bundle(as_file(FULL), TRAIL.trusted(), limits)
    assert codes(report) == ["bundle-too-large"]


def test_stored_members_that_overlap_are_refused() -> None:
    data = as_file(FULL).getvalue()
    directory = data.index(b"PK\x01\x02")
    first = data[directory : data.index(b"PK\x01\x02", directory + 4)]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        count = len(archive.infolist())
    # Every entry of the directory points at the first member, under names of its own.
    entries = b"".join(
        first.replace(b"manifest.json", f"attachments/{number:04}".encode()).replace(
            len("manifest.json").to_bytes(2, "little") + bytes(2), (16).to_bytes(2, "little") + bytes(2), 1
        )
        for number in range(count * 30)
    )
    end = data.index(b"PK\x05\x06")
    total = (count * 30).to_bytes(2, "little") * 2
    tail = data[end : end + 8] + total + len(entries).to_bytes(4, "little") + data[end + 16 :]
    report = verify_bundle(io.BytesIO(data[:directory] + entries + tail), TRAIL.trusted())
    assert codes(report) == ["bundle-malformed"]


@settings(max_examples=120)
@given(st.data())
def test_no_flipped_byte_goes_unseen_and_none_makes_the_verifier_fail(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    report = verify_bundle(io.BytesIO(bytes(whole)), TRUSTED)
    if report.verdict != "LESS":
        assert report.failed is not None or report.verdict == "UNANCHORED"
        return
    # What a flip may change is the archive's own bookkeeping (times, versions, attributes), never a member.
    assert same_members(bytes(whole))


WHOLE = as_file(TRAIL.contents(statements=ENCLOSED)).getvalue()
TRUSTED = TRAIL.trusted()


def same_members(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as one, zipfile.ZipFile(io.BytesIO(WHOLE)) as other:
        return {n: one.read(n) for n in one.namelist()} == {n: other.read(n) for n in other.namelist()}


@settings(max_examples=60)
@given(st.data())
def test_a_flipped_byte_in_a_member_is_found_even_when_the_manifest_is_mended(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(EVIDENCE))

    def flip(members: dict[str, bytes]) -> None:
        changed_member = bytearray(members[name])
        place = data.draw(st.integers(0, len(changed_member) - 1))
        changed_member[place] ^= 1 << data.draw(st.integers(0, 7))
        members[name] = bytes(changed_member)

    assert verify_bundle(repacked(flip), TRUSTED).verdict in ("INVALID", "UNANCHORED")


with zipfile.ZipFile(as_file(FULL)) as _archive:
    EVIDENCE = [name for name in _archive.namelist() if not name.startswith(("attachments", "manifest"))]


def test_writing_refuses_what_cannot_be_a_bundle() -> None:
    one, two = TRAIL.bundled()[:2]
    for contents, code in (
        (TRAIL.contents(marks=[one, changed(two, index=one.index)]), "bundle-mark-twice"),
        (TRAIL.contents(attachments={"../x": b""}), "bundle-name"),
        (TRAIL.contents(checkpoint=b"nonsense"), "malformed-note"),
    ):
        with pytest.raises(Problem, match=code):
            write_bundle(contents, io.BytesIO())
