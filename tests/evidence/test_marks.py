from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import mark_bodies, marks, statements
from evidence.canonical import canonical, digest_of
from evidence.identifiers import parse_timestamp
from evidence.mark_bodies import fold_digests
from evidence.marks import body_of, check_chain, read_mark
from evidence.statements import SignedStatement
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import CIPHERTEXT, Trail, told, uid, walked

TRAIL = walked()


def verified(mark: SignedStatement) -> dict[str, Any]:
    """The body, signed by the actor whom it names with a key that counted when it says that it happened."""
    claimed = mark.unverified_body
    at = parse_timestamp(claimed["occurred_at"])
    return statements.verify(mark, "mark", TRAIL.trusted(), at, claimed["actor"]["agency"])


def test_a_leaf_is_the_canonical_statement_and_its_hash_is_of_rfc_6962() -> None:
    mark = TRAIL.marks[1]
    leaf = marks.leaf_bytes(mark)
    assert leaf == canonical(mark.to_json())
    assert marks.leaf_hash(mark) == "sha256:" + hashlib.sha256(b"\0" + leaf).hexdigest()
    assert read_mark(leaf) == mark
    assert verified(mark)["action"] == "sealed"


def test_a_mark_with_a_thousand_volumes_fits_a_leaf() -> None:
    digests = {uid(number): CIPHERTEXT for number in range(1000)}
    assert fold_digests(digests) == {"all": digest_of(digests)}
    folded = marks.make_mark(told(digests=digests), TRAIL.police)
    assert len(marks.leaf_bytes(folded)) < 2000
    largest = {uid(number): CIPHERTEXT for number in range(mark_bodies.MAX_DIGESTS)}
    assert len(marks.leaf_bytes(marks.make_mark(told(digests=largest), TRAIL.police))) <= marks.MAX_LEAF


def test_leaves_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = TRAIL.marks[1]
    leaf = marks.leaf_bytes(mark)
    monkeypatch.setattr(marks, "MAX_LEAF", len(leaf) - 1)
    for attempt in (lambda: marks.leaf_bytes(mark), lambda: read_mark(leaf)):
        with pytest.raises(Problem, match="mark-too-large"):
            attempt()


def test_a_statement_of_another_kind_is_no_mark() -> None:
    receipt = statements.sign("receipt", told().to_json(), TRAIL.hub)
    with pytest.raises(Problem, match="wrong-kind"):
        read_mark(receipt.encode())


@pytest.mark.parametrize(
    ("signing", "code"),
    [(TRAIL.procuratorate, "wrong-owner"), (TRAIL.log, "wrong-algorithm"), (Trail().hub, "wrong-owner")],
    ids=["another agency", "a log key", "the hub"],
)
def test_a_mark_is_signed_by_its_actor(signing: Any, code: str) -> None:
    with pytest.raises(Problem) as caught:
        verified(marks.make_mark(told(), signing))
    assert caught.value.code == f"evidence.{code}"


def test_a_marks_key_must_count_when_it_happened() -> None:
    mark = marks.make_mark(told(occurred_at=after(-2000)), TRAIL.police)
    with pytest.raises(Problem, match="key-not-valid"):
        verified(mark)


texts = st.text(st.characters(codec="utf-8"), max_size=10)


@given(st.dictionaries(texts, texts, max_size=4), st.binary(min_size=32, max_size=32))
def test_commitments_hide_and_bind(private: dict[str, str], salt: bytes) -> None:
    made = marks.commit(private, salt)
    assert made == marks.commit(dict(reversed(private.items())), salt)
    assert made != marks.commit({**private, "more": 1}, salt)
    assert made != marks.commit(private, hashlib.sha256(salt).digest())
    assert made != digest_of(private)


def test_salts_are_32_new_bytes() -> None:
    assert len({marks.new_salt() for _ in range(10)}) == 10
    assert {len(marks.new_salt())} == {32}
    with pytest.raises(Problem, match="bad-salt"):
        marks.commit({}, b"short")


def police_chain() -> list[SignedStatement]:
    trail = Trail()
    return [trail.mark("sealed", POLICE), trail.mark("submitted", POLICE), trail.mark("opened", POLICE)]


def test_a_chain_follows() -> None:
    chain = police_chain()
    check_chain(chain)
    check_chain([])
    check_chain(chain[1:], from_start=False)
    assert marks.next_link(chain[-1]) == (4, marks.leaf_hash(chain[-1]))
    assert list(marks.chains(chain[::-1]).values()) == [chain]


@pytest.mark.parametrize(
    ("places", "from_start"),
    [
        pytest.param([0, 2], True, id="one deleted"),
        pytest.param([1, 2], True, id="first deleted"),
        pytest.param([0, 2, 1], True, id="reordered"),
        pytest.param([0, 0, 1], True, id="one twice"),
        pytest.param([0, 2], False, id="gap in a part"),
    ],
)
def test_chains_that_do_not_follow(places: list[int], from_start: bool) -> None:
    chain = police_chain()
    with pytest.raises(Problem, match="broken-chain"):
        check_chain([chain[place] for place in places], from_start=from_start)


def test_a_mark_signed_anew_does_not_fit_the_one_after() -> None:
    chain = police_chain()
    chain[1] = marks.make_mark(replace(body_of(chain[1]), action="opened"), TRAIL.police)
    with pytest.raises(Problem, match="broken-chain"):
        check_chain(chain)


def test_chains_of_two_signers_do_not_mix() -> None:
    first = police_chain()[0]
    second = marks.make_mark(
        told(action="opened", actor=PROCURATORATE, seq=2, prev=marks.leaf_hash(first)), TRAIL.procuratorate
    )
    with pytest.raises(Problem, match="broken-chain"):
        check_chain([first, second])
