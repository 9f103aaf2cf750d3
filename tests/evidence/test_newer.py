"""What is newer than this program holds or fails on what can be checked; what fails is never excused as newer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence import mark_bodies, marks, statements
from evidence.bundles import cli
from evidence.bundles.bundle import BundleContents
from evidence.bundles.report import Report
from evidence.bundles.verify import verify_bundle
from evidence.canonical import canonical, digest
from evidence.dsse import pae
from evidence.identifiers import timestamp
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain
from evidence.newer import newer
from evidence.statements import SignedStatement
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail, as_file, b64, envelope, uid, walked
from tests.scene.keys import identity, key

TRUSTED = walked().trusted()
MARK_TYPE, ORDER = "application/vnd.casehub.mark.v1+json", "application/vnd.casehub.order.v1+json"
BARE = {"suite": "intl-1", "v": 1}


def signed(body: dict[str, Any], signing: SigningKey, media_type: str = MARK_TYPE) -> SignedStatement:
    """What a newer program would sign: any body, any media type."""
    payload = canonical(body)
    data = {
        "payload": b64(payload),
        "payloadType": media_type,
        "signatures": [{"alg": "ed25519", "keyid": signing.key_id, "sig": b64(signing.sign(pae(media_type, payload)))}],
    }
    return SignedStatement.from_json(data, newer=True)


def of_suite(body: dict[str, Any], keyid: str, alg: str = "sm2", media_type: str = MARK_TYPE) -> SignedStatement:
    """A statement of a suite that is not available here."""
    payload = canonical({"suite": "cn-1", "v": 1, **body})
    signatures = [{"alg": alg, "keyid": keyid, "sig": b64(bytes(70))}]
    data = {"payload": b64(payload), "payloadType": media_type, "signatures": signatures}
    return SignedStatement.from_json(data, newer=True)


def next_body(trail: Trail, actor: str = POLICE, **more: Any) -> dict[str, Any]:
    """The body of the actor's next mark on the transfer."""
    before = [mark for mark in trail.marks if marks.chain_of(mark) == (actor, trail.transfer_id)]
    seq, prev = marks.next_link(before[-1] if before else None)
    number = len(trail.marks)
    body = {
        "suite": "intl-1", "v": 1, "mark_id": uid(1000 + number), "transfer_id": trail.transfer_id, "seq": seq,
        "prev": prev, "node": "N-ARR-001", "action": "handed-on", "occurred_at": timestamp(after(number)),
        "actor": {"agency": actor}, "digests": {}, "commitment": marks.commit({"note": "x"}, trail.salt(number)),
        "vocabulary": 99,
    }  # fmt: skip
    return {**body, **more}


def verified(trail: Trail, trusted: TrustedKeys = TRUSTED, **more: Any) -> Report:
    return verify_bundle(as_file(contents(trail, **more)), trusted)


def contents(trail: Trail, **more: Any) -> BundleContents:
    return trail.contents(marks=trail.bundled(private=False), **more)


def with_mark(change: dict[str, Any] | None = None, *, by: str = POLICE, signing: SigningKey | None = None) -> Trail:
    """A trail whose last mark is newer."""
    trail = walked()
    trail.add(signed(next_body(trail, by, **(change or {})), signing or trail.signer(by)), {"note": "x"})
    return trail


def told(report: Report, name: str = "signatures") -> list[str]:
    (check,) = [each for each in report.checks if each.name == name]
    return [problem.code for problem in check.newer]


NEWER: dict[str, tuple[dict[str, Any], list[str]]] = {
    "action and number": ({}, ["evidence.newer-vocabulary", "newer.action"]),
    "action alone": ({"vocabulary": 1}, ["newer.action"]),
    "number alone": ({"action": "opened"}, ["evidence.newer-vocabulary"]),
    "member to be understood": (
        {"action": "sealed", "vocabulary": 1, "on_behalf": 1, "must_understand": ["on_behalf"]},
        ["evidence.must-understand"],
    ),
    "version": ({"v": 2, "action": "sealed", "vocabulary": 1}, ["newer.version"]),
    "volume of a suite that is not here": (
        {"action": "sealed", "vocabulary": 1, "digests": {uid(7): "sm3:" + "0" * 64}},
        ["newer.digest"],
    ),
    "suite under a key that is here": ({"suite": "intl-2", "action": "sealed", "vocabulary": 1}, ["newer.other-suite"]),
}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_mark_that_holds_is_newer(name: str) -> None:
    change, codes = NEWER[name]
    report = verified(with_mark(change))
    assert report.verdict == "NEWER", report.to_json()
    assert told(report) == codes
    assert report.failed is None
    assert report.to_json()["checks"][3]["outcome"] == "newer"
    assert report.marks[-1]["newer"]


def test_a_member_more_that_need_not_be_understood_is_passed_over() -> None:
    report = verified(with_mark({"action": "opened", "vocabulary": 1, "remark_code": 7}))
    assert report.verdict == "LESS", report.to_json()


def test_an_agency_of_another_type_is_a_party_like_others() -> None:
    trail, signing = walked(), key("forensic")
    body = next_body(trail, "forensic:35", action="opened", vocabulary=1)
    trail.add(signed(body, signing), {"note": "x"})
    histories = {**trail.histories, "forensic:35": [identity("forensic:35", signing)]}
    trusted = TRUSTED.with_entries(accept_key_chain(histories["forensic:35"]))
    assert verified(trail, trusted, key_histories=histories).verdict == "LESS"


def test_a_mark_of_a_newer_version_of_its_kind() -> None:
    trail = walked()
    body = {name: value for name, value in next_body(trail).items() if name not in ("digests", "commitment", "node")}
    trail.add(signed(body, trail.police, "application/vnd.casehub.mark.v2+json"), {"note": "x"})
    report = verified(trail)
    assert report.verdict == "NEWER", report.to_json()
    assert told(report) == ["newer.kind", "evidence.newer-vocabulary"]
    assert report.marks[-1]["node"] is None


def altered(trail: Trail) -> Trail:
    """The last mark's action was changed after it was signed, in the log as well."""
    mark = trail.marks.pop()
    trail.leaves.pop()
    payload = mark.payload.replace(b"handed-on", b"handed-in")
    trail.add(SignedStatement(payload, mark.kind, mark.keyid, mark.alg, mark.signature), trail.private.pop())
    return trail


def with_bytes(change: dict[str, Any]) -> Trail:
    """A leaf that no reader takes, signed and logged all the same."""
    trail = walked()
    body = canonical({**next_body(trail), **change})
    signature = {"alg": "ed25519", "keyid": trail.police.key_id, "sig": b64(trail.police.sign(pae(MARK_TYPE, body)))}
    trail.leaves.append(canonical({"payload": b64(body), "payloadType": MARK_TYPE, "signatures": [signature]}))
    trail.private.append({})
    return trail


def without(member: str) -> Trail:
    trail = walked()
    body = {name: value for name, value in next_body(trail).items() if name != member}
    trail.leaves.append(signed(body, trail.police).encode())
    trail.private.append({})
    return trail


def of_kind(kind: str, body: dict[str, Any] | None = None) -> Trail:
    trail = walked()
    made = signed(body or next_body(trail), trail.police, f"application/vnd.casehub.{kind}.v1+json")
    trail.leaves.append(made.encode())
    trail.private.append({})
    return trail


def of_other_suite(keyid: str) -> Trail:
    trail = walked()
    trail.add(of_suite({**next_body(trail), "suite": "cn-1"}, keyid), {})
    return trail


def of_no_suite() -> Trail:
    trail = walked()
    leaf = json.loads(signed(next_body(trail), trail.police).encode())
    leaf["signatures"][0]["alg"] = "sm2"
    trail.leaves.append(canonical(leaf))
    trail.private.append({})
    return trail


HIDDEN: dict[str, tuple[Callable[[], Trail], str, str]] = {
    "signed by another": (lambda: with_mark(signing=key("thief")), "signatures", "unknown-key"),
    "signed by another party": (lambda: with_mark(signing=Trail().hub), "signatures", "wrong-owner"),
    "signed by a log key": (lambda: with_mark(signing=Trail().log), "signatures", "wrong-algorithm"),
    "signed when its key did not count": (
        lambda: with_mark({"occurred_at": timestamp(after(-2000))}),
        "signatures",
        "key-not-valid",
    ),
    "a signature altered": (lambda: altered(with_mark()), "signatures", "bad-signature"),
    "a place in the chain left out": (lambda: with_mark({"seq": 9}), "chains", "broken-chain"),
    "another mark before it": (lambda: with_mark({"prev": digest(b"")}), "chains", "broken-chain"),
    "begun anew": (lambda: with_mark({"seq": 1, "prev": None}), "chains", "broken-chain"),
    "of a transfer that the bundle does not speak of": (
        lambda: with_mark({"transfer_id": uid(8), "seq": 1, "prev": None}),
        "signatures",
        "enclosure-disagrees",
    ),
    "a known action by the wrong party": (lambda: with_mark({"action": "received"}), "signatures", "wrong-actor"),
    "an action of no form": (lambda: with_mark({"action": "Handed on"}), "signatures", "bad-mark"),
    "digests of no form": (lambda: with_mark({"digests": {uid(7): "x"}}), "signatures", "bad-digest"),
    "a vocabulary that is no number": (lambda: with_bytes({"vocabulary": "99"}), "signatures", "malformed-statement"),
    "a name to be understood that is not there": (
        lambda: with_bytes({"must_understand": ["ghost"]}),
        "signatures",
        "malformed-statement",
    ),
    "no link": (lambda: without("prev"), "signatures", "bad-mark"),
    "another kind that is known": (lambda: of_kind("receipt"), "signatures", "wrong-kind"),
    "a kind without the frame of a leaf": (lambda: of_kind("order", BARE), "signatures", "bad-mark"),
    "a suite that is not here, under no announced key": (
        lambda: of_other_suite(key("other suite").key_id),
        "signatures",
        "unknown-key",
    ),
    "a suite that is not here, under a key that is": (
        lambda: of_other_suite(Trail().police.key_id),
        "signatures",
        "wrong-algorithm",
    ),
    "an algorithm that is not of the suite": (of_no_suite, "signatures", "unknown-algorithm"),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_being_newer_hides_nothing(name: str) -> None:
    make, step, code = HIDDEN[name]
    report = verified(make())
    assert report.verdict == "INVALID", report.to_json()
    assert report.failed is not None
    assert (report.failed.name, report.failed.problems[0].code) == (step, f"evidence.{code}")


def test_a_newer_mark_does_not_stand_in_for_one_that_is_missing() -> None:
    trail = with_mark()
    trail.add(signed(next_body(trail), trail.police), {})
    whole = trail.bundled(private=False)
    assert verified(trail).verdict == "NEWER"
    report = verify_bundle(as_file(trail.contents(marks=[*whole[:-2], whole[-1]])), TRUSTED)
    assert report.verdict == "INVALID"
    assert [problem.code for problem in report.failed.problems if report.failed] == ["evidence.broken-chain"]  # type: ignore[union-attr]


def test_a_newer_mark_must_stand_in_the_log() -> None:
    trail, other = with_mark(), walked()
    other.add(other.marks[-1], {})
    report = verified(trail, checkpoint=trail.checkpoint(root=bytes(32)))
    assert report.verdict == "INVALID"


def test_newer_under_keys_that_nobody_vouches_for_is_unanchored() -> None:
    report = verified(with_mark(), walked().trusted(HUB, PROCURATORATE))
    assert report.verdict == "UNANCHORED"
    assert told(report)


# Enclosed statements


def enclosed(made: SignedStatement) -> Report:
    return verified(walked(), statements=[made])


def test_a_statement_of_a_newer_kind() -> None:
    made = signed(BARE, Trail().police, ORDER)
    report = enclosed(made)
    assert report.verdict == "NEWER", report.to_json()
    assert told(report, "statements") == ["newer.kind"]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: signed(BARE, key("thief"), ORDER), "unknown-key"),
        (lambda: of_suite({}, digest(b"no key"), media_type=ORDER), "unknown-key"),
        (lambda: of_suite({}, Trail().hub.key_id, media_type=ORDER), "wrong-algorithm"),
    ],
)  # fmt: skip
def test_a_statement_of_a_newer_kind_must_be_signed(made: Callable[[], SignedStatement], code: str) -> None:
    report = enclosed(made())
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert [problem.code for problem in report.failed.problems] == [f"evidence.{code}"]


def test_a_statement_of_a_newer_kind_under_a_key_revoked_before_the_last_mark() -> None:
    revoked = TrustedKeys([entry.revoked(NOW) if entry.owner == PROCURATORATE else entry for entry in TRUSTED])
    made = signed(BARE, Trail().procuratorate, ORDER)
    report = verify_bundle(as_file(contents(walked(), statements=[made])), revoked)
    assert report.verdict == "INVALID"


def test_a_known_statement_with_newer_members_still_agrees_with_the_marks() -> None:
    trail = walked()
    more = {"vocabulary": 99, "on_behalf": 1, "must_understand": ["on_behalf"]}
    assert enclosed(envelope(trail, **more)).verdict == "NEWER"
    report = enclosed(envelope(trail, receiver="court:350102", **more))
    assert report.verdict == "INVALID"


# Suites that are not available here


def announced(trail: Trail, signing: SigningKey, **more: Any) -> SignedStatement:
    """A key of a type that this program does not have, announced under a key that it has."""
    body = {
        "suite": "intl-1", "v": 1, "owner": POLICE, "key_id": digest(b"sm2 key"), "kty": "sm2", "public": b64(b"sm2"),
        "purpose": "identity", "valid_from": timestamp(after(-500)), "valid_to": None,
        "replaces": trail.police.key_id, **more,
    }  # fmt: skip
    return signed(body, signing, "application/vnd.casehub.key.v1+json")


def in_another_suite(by: str = "police", **more: Any) -> tuple[Trail, dict[str, list[SignedStatement]]]:
    trail = of_other_suite(digest(b"sm2 key"))
    histories = {**trail.histories, POLICE: [*trail.histories[POLICE], announced(trail, key(by), **more)]}
    return trail, histories


def test_a_suite_that_is_not_available_here_is_told() -> None:
    trail, histories = in_another_suite()
    report = verified(trail, key_histories=histories)
    assert report.verdict == "NEWER", report.to_json()
    assert told(report, "keys") == ["newer.key"]
    assert told(report)[0] == "newer.suite"


@pytest.mark.parametrize(
    ("by", "more"), [("thief", {}), ("hub", {}), ("police", {"owner": HUB}), ("police", {"valid_from": "2000"})]
)
def test_a_key_of_another_suite_must_be_announced_by_its_owner(by: str, more: dict[str, Any]) -> None:
    trail, histories = in_another_suite(by, **more)
    report = verified(trail, key_histories=histories)
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name == "keys"


def test_a_history_that_is_all_of_another_suite_is_vouched_for_by_nobody() -> None:
    trail, _ = in_another_suite()
    own = {"owner": POLICE, "key_id": digest(b"sm2 key"), "kty": "sm2", "public": "AAAA", "purpose": "identity"}
    first = of_suite({**own, "replaces": None}, digest(b"sm2 key"), media_type="application/vnd.casehub.key.v1+json")
    report = verified(trail, key_histories={**trail.histories, POLICE: [first]})
    assert report.verdict == "UNANCHORED", report.to_json()


# Who acts does not take what is newer


@pytest.mark.parametrize("name", NEWER)
def test_nobody_acts_on_what_is_newer(name: str) -> None:
    mark = with_mark(NEWER[name][0]).marks[-1]
    with pytest.raises(Problem):
        marks.read_mark(mark.encode())
    assert newer(mark)


def test_verifying_to_act_refuses_what_must_be_understood() -> None:
    made = envelope(walked(), on_behalf=1, must_understand=["on_behalf"])
    with pytest.raises(Problem, match="must-understand"):
        statements.verify(made, "envelope", TRUSTED, NOW, POLICE)
    with pytest.raises(Problem, match="newer-vocabulary"):
        statements.verify(envelope(walked(), vocabulary=statements.VOCABULARY + 1), "envelope", TRUSTED, NOW, POLICE)


def test_a_key_that_must_be_understood_is_not_accepted_by_who_acts() -> None:
    made = announced(Trail(), Trail().police, kty="ed25519", must_understand=["purpose"])
    with pytest.raises(Problem):
        accept_key_chain([*Trail().histories[POLICE], made])


def test_a_mark_holds_nothing_that_its_vocabulary_does_not_name() -> None:
    body = walked().marks[1].unverified_body
    with pytest.raises(Problem, match="bad-mark"):
        mark_bodies.check_body({**body, "name": "张某示例"})


# The program


def run(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    return cli.main([str(argument) for argument in arguments], out), out.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    bundle, trust = tmp_path / "case.zip", tmp_path / "keys.json"
    bundle.write_bytes(as_file(contents(with_mark())).getvalue())
    trust.write_text(json.dumps(TRUSTED.to_json()), "utf-8")
    return bundle, trust


def test_the_program_exits_with_3(files: tuple[Path, Path]) -> None:
    code, shown = run(files[0], "--trust", files[1], "--marks")
    assert code == 3
    assert "结论：NEWER 含有比本程序新的内容" in shown
    assert "留痕动作“handed-on”本程序不认识。" in shown
    code, shown = run(files[0], "--trust", files[1], "--lang", "en", "--marks")
    assert code == 3
    assert "signature, place and chain were checked, the meaning was not read" in shown
    assert "N-ARR-001  handed-on" in shown


def test_the_program_tells_machines(files: tuple[Path, Path]) -> None:
    code, shown = run(files[0], "--trust", files[1], "--json")
    report = json.loads(shown)
    assert (code, report["verdict"], report["failed_check"]) == (3, "NEWER", None)
    assert report["checks"][3]["newer"][1] == {
        "code": "newer.action", "place": "marks/000011.json", "params": {"action": "handed-on"},
    }  # fmt: skip


def test_what_is_wrong_exits_with_1_however_new(tmp_path: Path, files: tuple[Path, Path]) -> None:
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(as_file(contents(with_mark(signing=key("thief")))).getvalue())
    assert run(wrong, "--trust", files[1])[0] == 1
