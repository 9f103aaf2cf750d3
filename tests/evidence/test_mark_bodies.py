"""What a mark may say, and who may say it."""

from __future__ import annotations

from typing import Any

import pytest

from evidence.canonical import digest_of
from evidence.mark_bodies import ACTIONS, MAX_DIGESTS, check_body, fold_digests
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.evidence import CIPHERTEXT as D
from tests.scene.evidence import told, uid


def body(**more: Any) -> dict[str, Any]:
    return told(**more).to_json()


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


def test_digests_are_folded_beyond_the_limit() -> None:
    digests = {uid(number): D for number in range(MAX_DIGESTS)}
    assert fold_digests(digests) == digests
    more = {**digests, uid(MAX_DIGESTS): D}
    assert fold_digests(more) == {"all": digest_of(more)}
    assert told(digests=more).digests == {"all": digest_of(more)}
