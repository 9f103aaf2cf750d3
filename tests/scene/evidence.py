"""What one transfer leaves behind, made without a hub: marks, log, statements, and the bundle of them all."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evidence import marks, statements
from evidence.bundles import bundle
from evidence.bundles.enclosures import sealed_digest
from evidence.canonical import canonical, digest
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from evidence.mark_bodies import MarkBody, mark_body
from evidence.statements import SignedStatement
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.keys import ORIGIN, hpke, identity, key, log_key

CIPHERTEXT = digest(b"ciphertext")


def uid(number: int) -> str:
    """A UUIDv7 of a number."""
    return uuid7(1_770_000_000_000 + number, number.to_bytes(10, "big"))


@dataclass
class Trail:
    """Everything that one transfer leaves behind, and the bundle made of it."""

    police: SigningKey = field(default_factory=lambda: key("police"))
    procuratorate: SigningKey = field(default_factory=lambda: key("procuratorate"))
    hub: SigningKey = field(default_factory=lambda: key("hub"))
    log: SigningKey = field(default_factory=lambda: key("log"))
    transfer_id: str = uid(1)
    leaves: list[bytes] = field(default_factory=list)
    marks: list[SignedStatement] = field(default_factory=list)
    private: list[dict[str, Any]] = field(default_factory=list)

    @property
    def histories(self) -> dict[str, list[SignedStatement]]:
        """Everybody's key statements."""
        return {
            POLICE: [identity(POLICE, self.police), hpke(POLICE, self.police)],
            PROCURATORATE: [identity(PROCURATORATE, self.procuratorate)],
            HUB: [identity(HUB, self.hub), log_key(self.hub, self.log)],
        }

    def trusted(self, *owners: str) -> TrustedKeys:
        """The keys of the owners, of all without one."""
        found = TrustedKeys()
        for owner, chain in self.histories.items():
            if not owners or owner in owners:
                found = found.with_entries(accept_key_chain(chain))
        return found

    def signer(self, actor: str) -> SigningKey:
        """The key of a party."""
        return {POLICE: self.police, PROCURATORATE: self.procuratorate, HUB: self.hub}[actor]

    def mark(
        self, action: str, actor: str, *, transfer: bool = True, private: dict[str, Any] | None = None, **more: Any
    ) -> SignedStatement:
        """Make a mark, append it to its chain and to the log. `signing` takes another key, `at` another time."""
        transfer_id = self.transfer_id if transfer else None
        before = [mark for mark in self.marks if marks.chain_of(mark) == (actor, transfer_id)]
        seq, prev = marks.next_link(before[-1] if before else None)
        number = len(self.marks)
        shown = private or {"note": f"第{number}步"}
        signing = more.pop("signing", self.signer(actor))
        body = mark_body(
            mark_id=uid(1000 + number),
            action=action,
            actor=actor,
            occurred_at=more.pop("at", after(number)),
            **{
                "transfer_id": transfer_id,
                "seq": seq,
                "prev": prev,
                "node": "N-ARR-001" if transfer else None,
                "commitment": marks.commit(shown, self.salt(number)),
                **more,
            },
        )
        made = marks.make_mark(body, signing)
        self.add(made, shown)
        return made

    def add(self, mark: SignedStatement, private: dict[str, Any]) -> None:
        """Put a mark into the log."""
        self.marks.append(mark)
        self.private.append(private)
        self.leaves.append(marks.leaf_bytes(mark))

    def salt(self, number: int) -> bytes:
        """The salt of a mark."""
        return hashlib.sha256(b"salt %d" % number).digest()

    def checkpoint(self, signing: SigningKey | None = None, root: bytes | None = None) -> bytes:
        """The checkpoint over the whole log."""
        over = merkle.root_of(map(merkle.leaf_hash, self.leaves))
        return sign_checkpoint(Checkpoint(ORIGIN, len(self.leaves), root or over), signing or self.log)

    def path(self, index: int) -> tuple[bytes, ...]:
        """The inclusion path in the whole log."""
        nodes = {}
        frontier = merkle.Frontier()
        for leaf in self.leaves:
            for level, place, node in frontier.append(merkle.leaf_hash(leaf)):
                nodes[level, place] = node
        return tuple(merkle.inclusion_path(index, len(self.leaves), lambda level, place: nodes[level, place]))

    def bundled(self, *, private: bool = True) -> list[bundle.BundledMark]:
        """All marks, as a bundle takes them."""
        return [
            bundle.BundledMark(
                leaf,
                index,
                self.path(index),
                self.private[index] if private else None,
                self.salt(index) if private else None,
            )
            for index, leaf in enumerate(self.leaves)
        ]

    def contents(self, **more: Any) -> bundle.BundleContents:
        """A bundle of everything, with `more` in place of what it would hold."""
        given: dict[str, Any] = {
            "subject": {"transfer_ids": [self.transfer_id]},
            "created_at": after(500),
            "checkpoint": self.checkpoint(),
            "marks": self.bundled(),
            "key_histories": self.histories,
            "standard": {"version": "1"},
        }
        return bundle.BundleContents(**{**given, **more})


def as_file(contents: bundle.BundleContents) -> io.BytesIO:
    """The bundle as a file, at its start."""
    file = io.BytesIO()
    bundle.write_bundle(contents, file)
    file.seek(0)
    return file


VOLUME = uid(77)
DESCRIPTOR = {
    "volume_id": VOLUME,
    "sealed_by": POLICE,
    "sealed_at": timestamp(NOW),
    "pack": {"size": 1, "parts": [{"digest": digest(b"part 1"), "size": 1}]},
    "catalogue": {"size": 1, "parts": [{"digest": digest(b"part 2"), "size": 1}]},
}
RECORD = canonical({"schema": "casehub/record/v1", "case": {"name": "张某示例盗窃案"}})


def walked() -> Trail:
    """A transfer that went all the way: sealed to opened, with an access mark of the hub beside it."""
    trail = Trail()
    sealed = {VOLUME: sealed_digest(DESCRIPTOR)}
    trail.mark("agency-admitted", HUB, transfer=False)
    trail.mark("sealed", POLICE, digests=sealed)
    trail.mark("submitted", POLICE, digests=sealed, private={"envelope_digest": envelope(trail).digest})
    trail.mark("received", HUB, digests=sealed, private={"envelope": envelope(trail).digest, "record": "x"})
    trail.mark("converted", HUB)
    trail.mark("offered", HUB)
    trail.mark("viewed", HUB, transfer=False)
    trail.mark("fetched", HUB)
    trail.mark("acknowledged", PROCURATORATE, digests=sealed)
    trail.mark("opened", PROCURATORATE)
    return trail


def descriptor(trail: Trail) -> SignedStatement:
    """The signed descriptor of the one volume."""
    return statements.sign("descriptor", DESCRIPTOR, trail.police)


def envelope(trail: Trail, **more: Any) -> SignedStatement:
    """The signed envelope of the transfer."""
    body = {
        "transfer_id": trail.transfer_id,
        "sender": POLICE,
        "receiver": PROCURATORATE,
        "record_digest": digest(RECORD),
        "created_at": timestamp(after(1)),
        "volumes": [{"volume_id": VOLUME, "descriptor_digest": descriptor(trail).digest}],
    }
    return statements.sign("envelope", {**body, **more}, more.pop("signing", trail.police))


def receipt(trail: Trail, **more: Any) -> SignedStatement:
    """The hub's receipt."""
    body = {
        "transfer_id": trail.transfer_id,
        "envelope_digest": envelope(trail).digest,
        "annex_digest": annex(trail).digest,
        "mark_leaf_hash": marks.leaf_hash(trail.marks[3]),
        "received_at": trail.marks[3].unverified_body["occurred_at"],
    }
    return statements.sign("receipt", {**body, **more}, trail.hub)


def annex(trail: Trail) -> SignedStatement:
    """The hub's annex, without a time of its own."""
    return statements.sign("annex", {"transfer_id": trail.transfer_id, "entries": []}, trail.hub)


Edit = Callable[[dict[str, bytes]], None]


def b64(data: bytes) -> str:
    """Padded base64."""
    return base64.b64encode(data).decode("ascii")


def told(**more: Any) -> MarkBody:
    """What a good mark says, `more` said otherwise."""
    given: dict[str, Any] = {
        "mark_id": uid(5),
        "action": "sealed",
        "actor": POLICE,
        "occurred_at": NOW,
        "transfer_id": uid(1),
        "node": "N-ARR-001",
        "digests": {uid(7): CIPHERTEXT},
        "commitment": CIPHERTEXT,
    }
    return mark_body(**{**given, **more})
