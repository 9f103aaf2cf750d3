"""A small world with deterministic keys: one police bureau, one procuratorate, one hub with its log."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence import marks, statements
from evidence.bundles import bundle
from evidence.bundles.enclosures import sealed_digest
from evidence.canonical import canonical, digest
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from evidence.mark_bodies import MarkBody, mark_body
from evidence.statements import SignedStatement

NOW = datetime(2026, 3, 4, 1, 2, 3, 456_000, UTC)
POLICE, PROCURATORATE, HUB = "police:350102000000", "procuratorate:350102", "hub:fujian"
ORIGIN = "hub.example/log"
HPKE_BYTES = bytes(1216)
CIPHERTEXT = digest(b"ciphertext")


def key(name: str) -> SigningKey:
    """The key of a name."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


def uid(number: int) -> str:
    """A UUIDv7 of a number."""
    return uuid7(1_770_000_000_000 + number, number.to_bytes(10, "big"))


def after(seconds: float) -> datetime:
    """NOW and some seconds."""
    return NOW + timedelta(seconds=seconds)


def identity(owner: str, signing: SigningKey, **more: Any) -> SignedStatement:
    """The statement of a first identity key."""
    given = {"valid_from": after(-1000), "signer": signing, **more}
    return key_statement(owner=owner, kty="ed25519", public=signing.public, purpose="identity", **given)


def hpke(owner: str, signer: SigningKey, **more: Any) -> SignedStatement:
    """The statement of an HPKE key."""
    given = {"public": HPKE_BYTES, "valid_from": after(-1000), **more}
    return key_statement(owner=owner, kty="mlkem768-x25519", purpose="hpke", signer=signer, **given)


def log_key(signer: SigningKey, signing: SigningKey, **more: Any) -> SignedStatement:
    """The statement of the hub's log key."""
    given = {"valid_from": after(-1000), "origin": ORIGIN, **more}
    return key_statement(owner=HUB, kty="ed25519", public=signing.public, purpose="log", signer=signer, **given)


@dataclass
class World:
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


def walked() -> World:
    """A transfer that went all the way: sealed to opened, with an access mark of the hub beside it."""
    world = World()
    sealed = {VOLUME: sealed_digest(DESCRIPTOR)}
    world.mark("agency-admitted", HUB, transfer=False)
    world.mark("sealed", POLICE, digests=sealed)
    world.mark("submitted", POLICE, digests=sealed, private={"envelope_digest": envelope(world).digest})
    world.mark("received", HUB, digests=sealed, private={"envelope": envelope(world).digest, "record": "x"})
    world.mark("converted", HUB)
    world.mark("offered", HUB)
    world.mark("viewed", HUB, transfer=False)
    world.mark("fetched", HUB)
    world.mark("acknowledged", PROCURATORATE, digests=sealed)
    world.mark("opened", PROCURATORATE)
    return world


def descriptor(world: World) -> SignedStatement:
    """The signed descriptor of the one volume."""
    return statements.sign("descriptor", DESCRIPTOR, world.police)


def envelope(world: World, **more: Any) -> SignedStatement:
    """The signed envelope of the transfer."""
    body = {
        "transfer_id": world.transfer_id,
        "sender": POLICE,
        "receiver": PROCURATORATE,
        "record_digest": digest(RECORD),
        "created_at": timestamp(after(1)),
        "volumes": [{"volume_id": VOLUME, "descriptor_digest": descriptor(world).digest}],
    }
    return statements.sign("envelope", {**body, **more}, more.pop("signing", world.police))


def receipt(world: World, **more: Any) -> SignedStatement:
    """The hub's receipt."""
    body = {
        "transfer_id": world.transfer_id,
        "envelope_digest": envelope(world).digest,
        "annex_digest": annex(world).digest,
        "mark_leaf_hash": marks.leaf_hash(world.marks[3]),
        "received_at": world.marks[3].unverified_body["occurred_at"],
    }
    return statements.sign("receipt", {**body, **more}, world.hub)


def annex(world: World) -> SignedStatement:
    """The hub's annex, without a time of its own."""
    return statements.sign("annex", {"transfer_id": world.transfer_id, "entries": []}, world.hub)


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
