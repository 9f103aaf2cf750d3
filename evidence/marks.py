"""Marks (留痕): what was done with a transfer, by whom, when, signed by the party that did it.

A mark is a statement of kind `mark` with the body

    {suite, v, mark_id, transfer_id|null, seq, prev|null, node|null, action, occurred_at,
     actor: {agency}, digests: {volume_id: sealed digest}, commitment|null}

Its canonical bytes are a leaf of the log. No name, number, charge or digest of personal content stands in it: whatever
is private sits beside the business row and is bound by `commitment`, a salted hash. The marks of one signer on one
transfer form a chain: `seq` counts from 1, `prev` is the leaf hash of the one before. Marks without a transfer form one
chain per signer. The order across signers is the order of the log.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from evidence import statements
from evidence.canonical import canonical, digest, digest_of, require_digest
from evidence.identifiers import is_hub, parse_timestamp, require_party, require_uuid, timestamp
from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.statements import SignedStatement
from evidence.suites import VERSION, WRITTEN
from messages.problems import Problem
from standards.members import Members

MAX_LEAF = 65_535
"""Longest leaf in bytes: an entry of a tlog-tiles bundle has a two-byte length."""

MAX_DIGESTS = 256
"""Volumes named one by one in a mark; more are folded into one digest, see `fold_digests`."""

FOLDED = "all"
SALT_BYTES = 32
_COMMITMENT_CONTEXT = b"casehub/commitment/v1\n"
_MEMBERS = frozenset(
    [
        "suite",
        "v",
        "mark_id",
        "transfer_id",
        "seq",
        "prev",
        "node",
        "action",
        "occurred_at",
        "actor",
        "digests",
        "commitment",
    ]
)

Role = Literal["sender", "hub", "receiver"]


@dataclass(frozen=True)
class Action:
    """One word of the closed vocabulary: who signs it, and whether it needs a transfer."""

    name: str
    role: Role
    zh: str
    en: str
    on_transfer: bool = True


ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action("sealed", "sender", "加密封装", "sealed"),
        Action("submitted", "sender", "提交流转", "submitted"),
        Action("received", "hub", "平台接收", "received by the hub"),
        Action("converted", "hub", "代码转换", "codes converted"),
        Action("refused", "hub", "平台拒收", "refused by the hub", on_transfer=False),
        Action("offered", "hub", "投递至收件箱", "offered to the receiver"),
        Action("fetched", "hub", "接收单位拉取", "fetched by the receiver"),
        Action("viewed", "hub", "查阅", "viewed", on_transfer=False),
        Action("access-refused", "hub", "拒绝访问", "access refused", on_transfer=False),
        Action("undeliverable", "hub", "无法投递", "undeliverable"),
        Action("superseded", "hub", "被后一流转取代", "superseded"),
        Action("granted", "hub", "授予办案权限", "access granted", on_transfer=False),
        Action("revoked", "hub", "收回办案权限", "access revoked", on_transfer=False),
        Action("agency-admitted", "hub", "单位接入", "agency admitted", on_transfer=False),
        Action("key-added", "hub", "登记密钥", "key added", on_transfer=False),
        Action("key-revoked", "hub", "吊销密钥", "key revoked", on_transfer=False),
        Action("exported", "hub", "导出存证", "evidence exported", on_transfer=False),
        Action("person-linked", "hub", "关联人员", "person linked", on_transfer=False),
        Action("person-unlinked", "hub", "解除人员关联", "person unlinked", on_transfer=False),
        Action("persons-merged", "hub", "合并人员", "persons merged", on_transfer=False),
        Action("case-linked", "hub", "关联案件", "case linked", on_transfer=False),
        Action("case-unlinked", "hub", "解除案件关联", "case unlinked", on_transfer=False),
        Action("cases-merged", "hub", "合并案件标识", "case identities merged", on_transfer=False),
        Action("identity-proposed", "hub", "提出标识变更", "change of identity proposed", on_transfer=False),
        Action("identity-rejected", "hub", "驳回标识变更", "change of identity rejected", on_transfer=False),
        Action("codebook-released", "hub", "发布码表", "codebook released", on_transfer=False),
        Action("findings-swept", "hub", "巡检预警", "findings of a sweep", on_transfer=False),
        Action("noise-summary", "hub", "无效请求汇总", "summary of unauthenticated requests", on_transfer=False),
        Action("acknowledged", "receiver", "签收", "acknowledged"),
        Action("declined", "receiver", "拒绝签收", "declined"),
        Action("opened", "receiver", "解密拆封", "opened"),
    )
}
"""The closed vocabulary, in the order in which a transfer meets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkBody:
    """What one mark says, read once its form was checked (`body_of`). `actor` is the party that signed it; `more` holds
    members that this program does not know."""

    suite: str
    v: int
    mark_id: str
    transfer_id: str | None
    seq: int
    prev: str | None
    node: str | None
    action: str
    occurred_at: str
    actor: str
    digests: Mapping[str, str]
    commitment: str | None
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> MarkBody:
        """The mark of a body that conforms to its schema. Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            suite=m.text("suite"),
            v=m.number("v"),
            mark_id=m.text("mark_id"),
            transfer_id=m.text_or_null("transfer_id"),
            seq=m.number("seq"),
            prev=m.text_or_null("prev"),
            node=m.text_or_null("node"),
            action=m.text("action"),
            occurred_at=m.text("occurred_at"),
            actor=m.object("actor", _agency_of),
            digests=m.texts_by_name("digests"),
            commitment=m.text_or_null("commitment"),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        return {
            "suite": self.suite,
            "v": self.v,
            "mark_id": self.mark_id,
            "transfer_id": self.transfer_id,
            "seq": self.seq,
            "prev": self.prev,
            "node": self.node,
            "action": self.action,
            "occurred_at": self.occurred_at,
            "actor": {"agency": self.actor},
            "digests": dict(self.digests),
            "commitment": self.commitment,
            **self.more,
        }


def _agency_of(actor: Any) -> str:
    return Members(actor).text("agency")  # the form of a mark allows no other member here


def body_of(mark: SignedStatement) -> MarkBody:
    """What a mark says whose form was checked, by `check_mark` or `read_mark`. Raises as `standards.members` does."""
    return MarkBody.read(mark.unverified_body)


def mark_body(
    *,
    mark_id: str,
    action: str,
    actor: str,
    occurred_at: datetime,
    transfer_id: str | None = None,
    seq: int = 1,
    prev: str | None = None,
    node: str | None = None,
    digests: Mapping[str, str] | None = None,
    commitment: str | None = None,
    suite: str = WRITTEN,
) -> MarkBody:
    """The body of a mark, checked. Raises `Problem("evidence.bad-mark")` naming the member."""
    body = MarkBody(
        suite=suite,
        v=VERSION,
        mark_id=mark_id,
        transfer_id=transfer_id,
        seq=seq,
        prev=prev,
        node=node,
        action=action,
        occurred_at=timestamp(occurred_at),
        actor=actor,
        digests=fold_digests(digests or {}),
        commitment=commitment,
    )
    check_body(body.to_json())
    return body


def fold_digests(digests: Mapping[str, str]) -> dict[str, str]:
    """The sealed digests as a mark carries them: one by one up to 256 volumes, beyond that `{"all": digest}` of the
    canonical JSON of the whole map, so that a mark with a thousand volumes still fits a leaf."""
    if len(digests) <= MAX_DIGESTS:
        return dict(digests)
    return {FOLDED: digest_of(dict(digests))}


def check_body(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` unless `body` is a well-formed mark: members, vocabulary, who may sign the action, forms."""
    if set(body) != _MEMBERS:
        raise Problem("evidence.bad-mark", place, member="")
    action = ACTIONS.get(body["action"]) if isinstance(body["action"], str) else None
    if action is None:
        raise Problem("evidence.unknown-action", f"{place}/action", action=str(body["action"])[:40])
    require_uuid(body["mark_id"], f"{place}/mark_id")
    parse_timestamp(body["occurred_at"], f"{place}/occurred_at")
    _check_actor(body["actor"], action, place)
    _check_link(body, action, place)
    _check_digests(body["digests"], place)
    if body["commitment"] is not None:
        require_digest(body["commitment"], f"{place}/commitment")
    node = body["node"]
    if node is not None and not (isinstance(node, str) and 0 < len(node) <= 64):
        raise Problem("evidence.bad-mark", f"{place}/node", member="node")


def _check_actor(actor: Any, action: Action, place: str) -> None:
    if not isinstance(actor, dict) or set(actor) != {"agency"}:
        raise Problem("evidence.bad-mark", f"{place}/actor", member="actor")
    party = require_party(actor["agency"], f"{place}/actor/agency")
    if is_hub(party) != (action.role == "hub"):
        raise Problem("evidence.wrong-actor", f"{place}/actor/agency", action=action.name, actor=party)


def _check_link(body: Mapping[str, Any], action: Action, place: str) -> None:
    seq, prev, transfer_id = body["seq"], body["prev"], body["transfer_id"]
    if transfer_id is not None:
        require_uuid(transfer_id, f"{place}/transfer_id")
    elif action.on_transfer:
        raise Problem("evidence.bad-mark", f"{place}/transfer_id", member="transfer_id")
    if isinstance(seq, bool) or not isinstance(seq, int) or seq < 1:
        raise Problem("evidence.bad-mark", f"{place}/seq", member="seq")
    if (prev is None) != (seq == 1):
        raise Problem("evidence.bad-mark", f"{place}/prev", member="prev")
    if prev is not None:
        require_digest(prev, f"{place}/prev")


def _check_digests(digests: Any, place: str) -> None:
    if not isinstance(digests, dict) or len(digests) > MAX_DIGESTS:
        raise Problem("evidence.bad-mark", f"{place}/digests", member="digests")
    for volume_id, sealed in digests.items():
        if volume_id != FOLDED or len(digests) != 1:
            require_uuid(volume_id, f"{place}/digests")
        require_digest(sealed, f"{place}/digests/{volume_id}")


def make_mark(body: MarkBody, key: SigningKey) -> SignedStatement:
    """Sign a mark. Raises `Problem` for a malformed body or a leaf over `MAX_LEAF`."""
    told = body.to_json()
    check_body(told)
    mark = statements.sign("mark", told, key)
    leaf_bytes(mark)
    return mark


def read_mark(leaf: bytes, place: str = "") -> SignedStatement:
    """The mark of a leaf's bytes, form and body checked, signature not. Raises `Problem`."""
    if len(leaf) > MAX_LEAF:
        raise Problem("evidence.mark-too-large", place, limit=MAX_LEAF)
    mark = SignedStatement.decode(leaf, place)
    check_mark(mark, place)
    return mark


def check_mark(mark: SignedStatement, place: str = "") -> None:
    """Raises `Problem` unless the statement is a well-formed mark; its signature is not looked at."""
    if mark.kind != "mark":
        raise Problem("evidence.wrong-kind", place, kind=mark.kind, expected="mark")
    check_body(mark.unverified_body, place)


def leaf_bytes(mark: SignedStatement) -> bytes:
    """The bytes that enter the log. Raises `Problem("evidence.mark-too-large")` over `MAX_LEAF`."""
    leaf = mark.encode()
    if len(leaf) > MAX_LEAF:
        raise Problem("evidence.mark-too-large", limit=MAX_LEAF)
    return leaf


def leaf_hash(mark: SignedStatement) -> str:
    """The RFC 6962 leaf hash of a mark, as `sha256:` and hexadecimal digits."""
    return merkle.leaf_digest(leaf_bytes(mark))


def new_salt() -> bytes:
    """32 random bytes. Deleting them cuts the link between a mark and its private part; the proofs stay valid."""
    return secrets.token_bytes(SALT_BYTES)


def commit(private: Mapping[str, Any], salt: bytes) -> str:
    """The commitment to a private part: the digest of the context `casehub/commitment/v1`, a line feed, the salt and
    the canonical JSON. Raises `Problem("evidence.bad-salt")` unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise Problem("evidence.bad-salt")
    return digest(_COMMITMENT_CONTEXT + salt + canonical(dict(private)))


def next_link(previous: SignedStatement | None) -> tuple[int, str | None]:
    """`seq` and `prev` of the mark that follows `previous` in its signer's chain."""
    if previous is None:
        return 1, None
    return previous.unverified_body["seq"] + 1, leaf_hash(previous)


def check_chain(chain: Sequence[SignedStatement], place: str = "", *, from_start: bool = True) -> None:
    """The marks of one signer on one transfer, oldest first, follow one another without gap.

    With `from_start` the first must be number 1; without, the chain may begin anywhere (marks without a transfer, of
    which a bundle shows a part). Raises `Problem("evidence.broken-chain")` naming the number that does not follow.
    """
    previous: SignedStatement | None = None
    for mark in chain:
        body = mark.unverified_body
        seq, prev = body["seq"], body["prev"]
        if previous is None and not from_start:
            expected: tuple[int, str | None] = (seq, prev)
        else:
            expected = next_link(previous)
        if (seq, prev) != expected or (previous is not None and chain_of(mark) != chain_of(previous)):
            raise Problem("evidence.broken-chain", place, signer=body["actor"]["agency"], seq=seq, expected=expected[0])
        previous = mark


def chain_of(mark: SignedStatement) -> tuple[str, str | None]:
    """The chain that a mark belongs to: its signer and transfer."""
    body = mark.unverified_body
    return body["actor"]["agency"], body["transfer_id"]


def chains(marks: Iterable[SignedStatement]) -> dict[tuple[str, str | None], list[SignedStatement]]:
    """The marks by chain, each in the order of `seq`."""
    found: dict[tuple[str, str | None], list[SignedStatement]] = {}
    for mark in marks:
        found.setdefault(chain_of(mark), []).append(mark)
    for chain in found.values():
        chain.sort(key=lambda mark: mark.unverified_body["seq"])
    return found
