from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import marks, statements
from evidence.canonical import canonical, digest, digest_of
from evidence.identifiers import parse_timestamp
from evidence.marks import ACTIONS, MarkBody, body_of, check_body, check_chain, fold_digests, mark_body, read_mark
from evidence.statements import SignedStatement
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail, uid, walked

TRAIL = walked()
D = digest(b"ciphertext")


def told(**more: Any) -> MarkBody:
    given: dict[str, Any] = {
        "mark_id": uid(5),
        "action": "sealed",
        "actor": POLICE,
        "occurred_at": NOW,
        "transfer_id": uid(1),
        "node": "N-ARR-001",
        "digests": {uid(7): D},
        "commitment": D,
    }
    return mark_body(**{**given, **more})


def body(**more: Any) -> dict[str, Any]:
    return told(**more).to_json()


def verified(mark: SignedStatement) -> dict[str, Any]:
    """The body, signed by the actor whom it names with a key that counted when it says that it happened."""
    claimed = mark.unverified_body
    at = parse_timestamp(claimed["occurred_at"])
    return statements.verify(mark, "mark", TRAIL.trusted(), at, claimed["actor"]["agency"])


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_signed_by_its_party_only(name: str) -> None:
    action = ACTIONS[name]
    right, wrong = (HUB, POLICE) if action.role == "hub" else (PROCURATORATE, HUB)
    assert body(action=name, actor=right)["action"] == name
    with pytest.raises(Problem, match="wrong-actor"):
        body(action=name, actor=wrong)


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_on_a_transfer_name_it(name: str) -> None:
    action = ACTIONS[name]
    actor = HUB if action.role == "hub" else POLICE
    if action.on_transfer:
        with pytest.raises(Problem, match="bad-mark"):
            body(action=name, actor=actor, transfer_id=None)
    else:
        assert body(action=name, actor=actor, transfer_id=None)["transfer_id"] is None


def test_the_vocabulary_is_bilingual_and_each_word_its_own() -> None:
    words = ({action.zh for action in ACTIONS.values()}, {action.en for action in ACTIONS.values()})
    assert [len(some) for some in words] == [len(ACTIONS)] * 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown action": ({"action": "burned"}, "unknown-action"),
    "action no text": ({"action": ["sealed"]}, "unknown-action"),
    "mark id": ({"mark_id": "7"}, "bad-uuid"),
    "transfer id": ({"transfer_id": "7"}, "bad-uuid"),
    "instant": ({"occurred_at": "now"}, "bad-instant"),
    "actor with more than its agency": ({"actor": {"agency": POLICE, "name": "张某示例"}}, "bad-mark"),
    "actor no object": ({"actor": POLICE}, "bad-mark"),
    "actor of another form": ({"actor": {"agency": "me"}}, "bad-party"),
    "seq zero": ({"seq": 0}, "bad-mark"),
    "seq true": ({"seq": True}, "bad-mark"),
    "seq a text": ({"seq": "1"}, "bad-mark"),
    "first with prev": ({"prev": D}, "bad-mark"),
    "second without prev": ({"seq": 2}, "bad-mark"),
    "prev no digest": ({"seq": 2, "prev": "x"}, "bad-digest"),
    "digests no object": ({"digests": [D]}, "bad-mark"),
    "digest under a name": ({"digests": {"V20-01": D}}, "bad-uuid"),
    "folded beside others": ({"digests": {"all": D, uid(1): D}}, "bad-uuid"),
    "digest of another form": ({"digests": {uid(7): "x"}}, "bad-digest"),
    "257 digests": ({"digests": {uid(n): D for n in range(257)}}, "bad-mark"),
    "commitment of another form": ({"commitment": "x"}, "bad-digest"),
    "node empty": ({"node": ""}, "bad-mark"),
    "node no text": ({"node": 7}, "bad-mark"),
    "node endless": ({"node": "N" * 65}, "bad-mark"),
    "a member more": ({"name": "张某示例"}, "bad-mark"),
}


@pytest.mark.parametrize("name", BAD)
def test_malformed_marks(name: str) -> None:
    changes, code = BAD[name]
    with pytest.raises(Problem) as caught:
        check_body({**body(), **changes}, "/marks/0")
    assert caught.value.code == f"evidence.{code}"
    assert caught.value.place.startswith("/marks/0")


def test_a_mark_need_not_have_a_node_or_a_commitment() -> None:
    made = body(node=None, commitment=None, digests=None)
    assert (made["node"], made["commitment"], made["digests"]) == (None, None, {})


def test_a_member_less_is_malformed() -> None:
    whole = body()
    for name in whole:
        with pytest.raises(Problem, match="bad-mark"):
            check_body({k: v for k, v in whole.items() if k != name})


def test_a_leaf_is_the_canonical_statement_and_its_hash_is_of_rfc_6962() -> None:
    mark = TRAIL.marks[1]
    leaf = marks.leaf_bytes(mark)
    assert leaf == canonical(mark.to_json())
    assert marks.leaf_hash(mark) == "sha256:" + hashlib.sha256(b"\0" + leaf).hexdigest()
    assert read_mark(leaf) == mark
    assert verified(mark)["action"] == "sealed"


def test_a_mark_with_a_thousand_volumes_fits_a_leaf() -> None:
    digests = {uid(number): D for number in range(1000)}
    assert fold_digests(digests) == {"all": digest_of(digests)}
    folded = marks.make_mark(told(digests=digests), TRAIL.police)
    assert len(marks.leaf_bytes(folded)) < 2000
    largest = {uid(number): D for number in range(marks.MAX_DIGESTS)}
    assert len(marks.leaf_bytes(marks.make_mark(told(digests=largest), TRAIL.police))) <= marks.MAX_LEAF


def test_leaves_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = TRAIL.marks[1]
    leaf = marks.leaf_bytes(mark)
    monkeypatch.setattr(marks, "MAX_LEAF", len(leaf) - 1)
    for attempt in (lambda: marks.leaf_bytes(mark), lambda: read_mark(leaf)):
        with pytest.raises(Problem, match="mark-too-large"):
            attempt()


def test_a_statement_of_another_kind_is_no_mark() -> None:
    receipt = statements.sign("receipt", body(), TRAIL.hub)
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
