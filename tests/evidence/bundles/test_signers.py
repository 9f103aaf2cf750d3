"""Under whose keys what a bundle holds is signed: anchored, only claimed, or not at all."""

from __future__ import annotations

import pytest

from evidence.bundles.report import Tally
from evidence.bundles.signers import Signers
from evidence.canonical import canonical
from evidence.keys import TrustedKeys
from evidence.statements import SignedStatement, sign
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.evidence import Trail
from tests.scene.keys import hpke, identity, key

TRAIL = Trail()
SIGNED = sign("envelope", {"sender": POLICE}, TRAIL.police)


def read(histories: dict[str, list[SignedStatement]], trusted: TrustedKeys) -> tuple[Signers, Tally]:
    signers, tally = Signers(trusted), Tally()
    told = {owner: [each.to_json() for each in chain] for owner, chain in histories.items()}
    signers.read(canonical(told), tally)
    return signers, tally


def test_histories_that_lead_to_trusted_keys_are_anchored_and_the_others_claimed() -> None:
    signers, tally = read(TRAIL.histories, TRAIL.trusted(POLICE))
    assert (tally.count, tally.wrong, tally.unanchored) == (3, [], [f"keys.json/{HUB}", f"keys.json/{PROCURATORATE}"])
    assert signers.anchored.find(TRAIL.police.key_id) is not None
    assert signers.anchored.find(TRAIL.hub.key_id) is None
    assert signers.claimed.find(TRAIL.hub.key_id) is not None


@pytest.mark.parametrize(("trusted", "unanchored"), [(TRAIL.trusted(POLICE), []), (TrustedKeys(), ["here"])])
def test_a_signature_holds_under_the_best_keys_there_are(trusted: TrustedKeys, unanchored: list[str]) -> None:
    signers, _ = read(TRAIL.histories, trusted)
    tally = Tally()
    signers.require_signed(tally, "here", SIGNED, NOW, POLICE)
    assert tally.unanchored == unanchored


@pytest.mark.parametrize(
    ("histories", "code"),
    [
        pytest.param({}, "unknown-key", id="no history"),
        pytest.param({POLICE: [identity(POLICE, key("another"))]}, "unknown-key", id="another key"),
    ],
)
def test_a_key_that_nobody_announced_signs_nothing(histories: dict[str, list[SignedStatement]], code: str) -> None:
    signers, _ = read(histories, TrustedKeys())
    with pytest.raises(Problem, match=code):
        signers.require_signed(Tally(), "here", SIGNED, NOW, POLICE)


def test_a_statement_is_its_owners() -> None:
    signers, _ = read(TRAIL.histories, TRAIL.trusted())
    with pytest.raises(Problem, match="wrong-owner"):
        signers.require_signed(Tally(), "here", SIGNED, NOW, PROCURATORATE)


def test_a_history_under_another_name_and_a_broken_one_are_wrong() -> None:
    other = {HUB: [identity(POLICE, key("another"))], POLICE: [hpke(POLICE, TRAIL.police)]}
    _, tally = read(other, TRAIL.trusted())
    assert [each.code for each in tally.wrong] == ["evidence.wrong-owner", "evidence.broken-key-chain"]
    assert tally.wrong[0].place == f"keys.json/{HUB}"


@pytest.mark.parametrize("member", [b"[]", b'{"police:350102000000":{}}'])
def test_what_holds_no_histories_is_one_problem(member: bytes) -> None:
    tally = Tally()
    Signers(TrustedKeys()).read(member, tally)
    assert [each.code for each in tally.wrong] == ["evidence.broken-key-chain"]
