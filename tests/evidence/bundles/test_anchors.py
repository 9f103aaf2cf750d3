"""Witnesses, time stamps and several key histories of one owner, as a bundle carries them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.x509 import Certificate

from evidence.bundles import anchors
from evidence.bundles.bundle import Bundle, BundledStamp, read_bundle
from evidence.bundles.report import Check, Report
from evidence.bundles.verify import Brought, verify_bundle
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain
from evidence.log import cosignatures, merkle, timestamps
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.log.notes import NoteSignature, vkey
from evidence.log.policy import parse_policy
from evidence.log.timestamps import Stamped
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import Trail, as_file, walked
from tests.scene.keys import ORIGIN, identity, key
from tests.scene.tsa import Authority

TRAIL = walked()
NAMES = {POLICE: TRAIL.police, PROCURATORATE: TRAIL.procuratorate}


def verified(brought: Brought, trusted: TrustedKeys | None = None, trail: Trail = TRAIL, **contents: Any) -> Report:
    file = as_file(trail.contents(**contents))
    return verify_bundle(file, trail.trusted() if trusted is None else trusted, brought=brought)


def check_of(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def outcome(check: Check) -> tuple[str, str, list[str]]:
    return check.outcome, check.reason, [problem.code.removeprefix("evidence.") for problem in check.problems]


# --- witnesses


def cosigned(*names: str, signing: SigningKey | None = None) -> bytes:
    note = parse_checkpoint(TRAIL.checkpoint())[1]
    lines = [cosignatures.cosign(note.text, name, signing or NAMES[name], after(100)) for name in names]
    return note.encode() + "".join(line.line() for line in lines).encode()


def policy(quorum: str, *, log: str = "") -> Brought:
    lines = [log] if log else []
    for name, signing in NAMES.items():
        lines.append(f"witness {name.partition(':')[0]} {cosignatures.Witness(name, signing.public).vkey}")
    lines += [f"group g {quorum} police procuratorate", "quorum g"]
    return Brought(policy=parse_policy("\n".join(lines).encode()))


def damaged() -> bytes:
    line = cosignatures.cosign("another body\n", POLICE, TRAIL.police, after(100))
    return TRAIL.checkpoint() + line.line().encode()


def short_line() -> bytes:
    hashed = cosignatures.Witness(POLICE, TRAIL.police.public).key_hash
    return TRAIL.checkpoint() + NoteSignature(POLICE, hashed, b"short").line().encode()


OTHER_LOG = "log " + vkey("hub.example/other", key("other log").public)
WITNESSES: dict[str, tuple[bytes, Brought, tuple[str, str, list[str]], int]] = {
    "all that the policy asks for": (cosigned(POLICE, PROCURATORATE), policy("all"), ("passed", "", []), 2),
    "one where one is enough": (cosigned(PROCURATORATE), policy("any"), ("passed", "", []), 1),
    "one where two are needed": (cosigned(POLICE), policy("all"), ("less", "", ["policy-not-fulfilled"]), 1),
    "one twice": (cosigned(POLICE, POLICE), policy("2"), ("less", "", ["policy-not-fulfilled"]), 1),
    "nobody": (TRAIL.checkpoint(), policy("any"), ("less", "", ["policy-not-fulfilled"]), 0),
    "the hub in an agency's name": (
        cosigned(POLICE, signing=TRAIL.hub),
        policy("any"),
        ("less", "", ["policy-not-fulfilled"]),
        0,
    ),
    "a witness of another tree": (damaged(), policy("any"), ("failed", "", ["bad-note-signature"]), 0),
    "a line too short": (short_line(), policy("any"), ("failed", "", ["bad-note-signature"]), 0),
    "a policy of another log": (cosigned(POLICE), policy("any", log=OTHER_LOG), ("failed", "", ["note-unsigned"]), 1),
    "no policy, two cosigned": (cosigned(POLICE, PROCURATORATE), Brought(), ("not-checked", "no-policy", []), 2),
    "no policy, a bad line": (damaged(), Brought(), ("failed", "no-policy", ["bad-note-signature"]), 0),
}


@pytest.mark.parametrize("name", WITNESSES)
def test_cosignatures(name: str) -> None:
    note, brought, expected, counted = WITNESSES[name]
    report = verified(brought, checkpoint=note)
    check = check_of(report, "cosignatures")
    assert (outcome(check), check.count) == (expected, counted)
    assert report.verdict == {"failed": "INVALID", "less": "LESS"}.get(expected[0], "VALID")
    assert report.level == {"INVALID": "none", "LESS": "signed"}.get(report.verdict, "witnessed")
    assert [fact["at"] for fact in check.facts] == ["2026-03-04T01:03:43.000Z"] * counted


def test_a_key_that_was_revoked_witnesses_nothing_more() -> None:
    trusted = TRAIL.trusted()
    revoked = trusted.with_entries(entry.revoked(after(99)) for entry in trusted.of(POLICE, "identity"))
    check = check_of(verified(Brought(), revoked, checkpoint=cosigned(POLICE, PROCURATORATE)), "cosignatures")
    assert [fact["witness"] for fact in check.facts] == [PROCURATORATE]


# --- time


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture(scope="module")
def roots(authority: Authority) -> list[Certificate]:
    return timestamps.read_authorities(authority.ca.read_bytes())


def tree(size: int, signing: SigningKey = TRAIL.log, origin: str = ORIGIN) -> bytes:
    root = merkle.root_of(map(merkle.leaf_hash, TRAIL.leaves[:size]))
    return sign_checkpoint(Checkpoint(origin, size, root), signing)


def path(small: int, large: int = 10) -> tuple[bytes, ...]:
    nodes = {}
    frontier = merkle.Frontier()
    for leaf in TRAIL.leaves:
        for level, place, node in frontier.append(merkle.leaf_hash(leaf)):
            nodes[level, place] = node
    return tuple(merkle.consistency_path(small, large, lambda level, place: nodes[level, place]))


def stamp(authority: Authority, size: int, note: bytes | None = None, **more: Any) -> BundledStamp:
    note = note or tree(size)
    body = parse_checkpoint(note)[0].body()
    answer = authority.answer(timestamps.ask(more.pop("body", body)).der)
    return BundledStamp(note, answer, more.pop("path", path(size)))


def test_stamps_of_a_smaller_tree_and_of_this_one(authority: Authority, roots: list[Certificate]) -> None:
    stamps = [stamp(authority, 4), stamp(authority, 10)]
    report = verified(Brought(authorities=roots), stamps=stamps)
    check = check_of(report, "time")
    assert (report.verdict, outcome(check), check.count) == ("LESS", ("passed", "", []), 2)
    assert [(fact["size"], fact["marks"]) for fact in check.facts] == [(4, 4), (10, 10)]
    assert report.stamped


def test_a_stamp_of_a_larger_tree(authority: Authority, roots: list[Certificate]) -> None:
    """The bundle's checkpoint may be one that witnesses cosigned, older than the one that was stamped."""
    larger = stamp(authority, 10, path=path(7))
    shown = [mark for mark in TRAIL.bundled() if mark.index < 3]
    report = verified(Brought(authorities=roots), checkpoint=tree(7), marks=shown, stamps=[larger])
    check = check_of(report, "time")
    assert (outcome(check), check.facts[0]["marks"]) == (("passed", "", []), 3)


def test_without_authorities_or_library_tokens_are_not_checked(
    authority: Authority, roots: list[Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = [stamp(authority, 10)]
    assert outcome(check_of(verified(Brought(), stamps=stamps), "time")) == ("not-checked", "no-authorities", [])
    monkeypatch.setattr(timestamps, "available", lambda: False)
    report = verified(Brought(authorities=roots), stamps=stamps)
    assert outcome(check_of(report, "time")) == ("not-checked", "no-library", [])
    assert not report.stamped
    assert report.verdict == "LESS"


def foreign(authority: Authority) -> BundledStamp:
    return stamp(authority, 10, tree(10, TRAIL.log, "hub.example/other"), path=())


BAD: dict[str, tuple[Callable[[Authority], BundledStamp], str]] = {
    "token of another checkpoint": (lambda ours: stamp(ours, 4, body=f"{ORIGIN}\n5\n"), "token-other"),
    "garbage": (lambda _: BundledStamp(tree(4), b"<html>", path(4)), "token-malformed"),
    "checkpoint by a thief": (lambda ours: stamp(ours, 4, tree(4, key("thief"))), "note-unsigned"),
    "checkpoint of another log": (foreign, "note-unsigned"),
    "no consistency": (lambda ours: stamp(ours, 4, path=()), "bad-consistency-proof"),
    "another tree's path": (lambda ours: stamp(ours, 4, path=path(5)), "bad-consistency-proof"),
}


@pytest.mark.parametrize("name", BAD)
def test_stamps_that_do_not_hold(name: str, authority: Authority, roots: list[Certificate]) -> None:
    make, code = BAD[name]
    report = verified(Brought(authorities=roots), stamps=[make(authority)])
    assert outcome(check_of(report, "time")) == ("failed", "", [code])
    assert report.verdict == "INVALID"


def test_an_authority_that_nobody_trusts(
    authority: Authority, roots: list[Certificate], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("tsa") / "stranger")
    report = verified(Brought(authorities=roots), stamps=[stamp(stranger, 10)])
    assert outcome(check_of(report, "time")) == ("failed", "", ["token-untrusted"])
    assert verified(Brought(), stamps=[stamp(authority, 10)]).verdict == "LESS"


@pytest.mark.parametrize("left", ["checkpoint", "tsr", "consistency"])
def test_a_stamp_in_part(left: str, authority: Authority) -> None:
    contents = TRAIL.contents(stamps=[stamp(authority, 10)])
    read = read_bundle(as_file(contents))
    members = {name: data for name, data in read.members.items() if name != f"stamps/000001.{left}"}
    with pytest.raises(Problem, match="bundle-malformed"):
        list(Bundle(read.manifest, members).stamps())


def said(monkeypatch: pytest.MonkeyPatch, times: dict[int, datetime]) -> None:
    """Tokens that say so, for trees of these sizes: OpenSSL's clock is the machine's."""

    def verify(_answer: bytes, body: str, *_: object) -> Stamped:
        return Stamped(times[int(body.split("\n")[1])], 1, "1.2.3")

    monkeypatch.setattr(timestamps, "verify_token", verify)


CLOCKS: dict[str, tuple[dict[int, datetime], list[str]]] = {
    "in order": ({4: after(10), 10: after(20)}, []),
    "at one instant": ({4: after(20), 10: after(20)}, []),
    "the authority's clock set back between them": ({4: after(20), 10: after(10)}, ["stamp-order"]),
    "stamped before what is in it, within the tolerance": ({4: after(-290), 10: after(20)}, []),
    "stamped before what is in it": ({4: after(-297.5), 10: after(20)}, ["mark-after-stamp"]),
    "signers' clocks far ahead": ({4: after(-400), 10: after(-390)}, ["mark-after-stamp"] * 10),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_clocks_that_were_moved(name: str, roots: list[Certificate], monkeypatch: pytest.MonkeyPatch) -> None:
    times, expected = CLOCKS[name]
    said(monkeypatch, times)
    stamps = [BundledStamp(tree(size), b"token", path(size)) for size in times]
    check = check_of(verified(Brought(authorities=roots), stamps=stamps), "time")
    assert [problem.code.removeprefix("evidence.") for problem in check.problems] == expected
    assert timedelta(seconds=300) == anchors.TOLERANCE
    assert times[4].tzinfo is UTC


# --- an owner enrolled anew


def test_two_histories_of_one_agency() -> None:
    """The agency was revoked and enrolled anew with another first key: what it signed before still verifies."""
    anew = key("police, enrolled anew")
    trail = Trail(police=TRAIL.police)
    trail.mark("sealed", POLICE)
    trail.mark("submitted", POLICE, signing=anew)
    second = identity(POLICE, anew, valid_from=after(0.5))
    histories = {**trail.histories, POLICE: [*trail.histories[POLICE], second]}
    trusted = trail.trusted().with_entries(accept_key_chain([second]))
    assert verified(Brought(), trusted, trail, key_histories=histories).verdict == "LESS"
    half = verified(Brought(), trail.trusted(), trail, key_histories=histories)
    assert (half.verdict, half.checks[1].unanchored) == ("UNANCHORED", (f"keys.json/{POLICE}",))
    assert half.checks[3].unanchored == ("marks/000002.json",)
    assert verified(Brought(), trusted, trail, key_histories={**trail.histories, HUB: []}).failed is not None
