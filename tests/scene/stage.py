"""The attacker's workbench: a submission caught on its way to be changed, and requests signed by hand.

Everything goes through the real application and its real stores. `Stage.refused` holds an answer against what a bad
input must get: code, status, fault and place, the mark that it leaves, and stores in which nothing else has moved.
"""

from __future__ import annotations

import base64
import copy
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from adapters.client.hub import HubAway
from evidence.canonical import digest
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey
from evidence.marks import commit
from evidence.requests import content_digest, sign_request
from hub.store import marks as mark_store
from hub.store.marks import StoredMark
from hub.store.tables import marks as mark_table
from hub.store.tables import metadata
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER, URL
from tests.scene.drafts import Draft, Json, unsigned_mark
from tests.scene.wires import Wire, caught
from tests.scene.world import Through, World

UNTOUCHED = frozenset(metadata.tables) - {"marks", "nonces", "log_tiles", "log_state", "checkpoints"}
"""Tables in which a refused request must not leave a trace."""


@dataclass(frozen=True)
class Refusal:
    """What a bad input must get."""

    status: int
    code: str
    fault: str
    place: str = ""
    inside: tuple[str, ...] = ()
    """Places of the single problems, when several were looked for at once."""


@dataclass
class Stage:
    """A world in which the police's submissions can be caught, and four agencies whose keys are at hand."""

    here: World
    line: Wire
    """The police's own."""
    seen: int = 0
    nonces: list[str] = field(default_factory=list)
    raw_line: httpx.BaseTransport | None = None
    """Where requests made by hand go; the world's own line when not set."""

    def key(self, agency: str) -> SigningKey:
        """The agency's current identity key."""
        return self.here[agency].station.keyring.identity

    def catch(self, case_dir: Path, *, node: str = "N-ARR-001", to: str = PROCURATORATE, **push: Any) -> Draft:
        """Let the police push, catch the submission; all its parts are at the hub. The journal forgets the push."""
        police = self.here[POLICE]
        kept: list[bytes] = []
        with self.line.under(caught(kept)), suppress(HubAway):
            police.push(case_dir, node=node, to=to, **push)
        for row in police.station.journal.queue():
            police.station.journal.refuse(row.transfer_id, "caught")
        return Draft.of(kept[-1], self.key(POLICE))

    def volume(self, agency: str, number: str, documents: Mapping[str, int]) -> Json:
        """The descriptor of a volume of random bytes, uploaded: what an adapter that checks nothing could send."""
        streams = {}
        for stream, size in (("pack", 300), ("catalogue", 200)):
            data = secrets.token_bytes(size)
            assert self.send(agency, "PUT", f"/v1/parts/{digest(data)}", body=data).status_code == 201
            streams[stream] = {"size": size, "parts": [{"digest": digest(data), "size": size}]}
        return {
            "volume_id": uuid7(),
            "kind": number[:3],
            "number": number,
            "sealed_by": agency,
            "sealed_at": timestamp(self.here.clock()),
            "documents": [{"doc_type": code, "files": 1, "pages": pages} for code, pages in documents.items()],
            "books": 1,
            "items": len(documents),
            "files": len(documents),
            "pages": sum(documents.values()),
            "av_files": 0,
            **streams,
            "key_commitment": secrets.token_hex(32),
            "supersedes": None,
        }

    def volume_entry(self, volume_id: str, recipients: tuple[str, str], *, reused_from: str | None = None) -> Json:
        """A volume as envelopes name it. Its wrapped keys open nothing; no hub can see that."""
        wrapped = base64.b64encode(secrets.token_bytes(1168)).decode()
        keys = [
            {
                "recipient": agency,
                "recipient_key_id": self.here[agency].station.keyring.hpke.key_id,
                "wrapped": wrapped,
            }
            for agency in recipients
        ]
        return {"volume_id": volume_id, "descriptor_digest": "", "reused_from": reused_from, "keys": keys}

    def package(
        self,
        record: Json,
        node: str,
        volumes: Mapping[str, Mapping[str, int]],
        *,
        sender: str = POLICE,
        receiver: str = PROCURATORATE,
        in_reply_to: str | None = None,
    ) -> Draft:
        """A submission made without any check: volumes by number, each with its documents' pages by type."""
        now, transfer_id = timestamp(self.here.clock()), uuid7()
        descriptors = [self.volume(sender, number, documents) for number, documents in volumes.items()]
        envelope = {
            "transfer_id": transfer_id,
            "node": node,
            "case_uid": record["case"]["case_uid"],
            "case_refs": [ref for ref in record["case"]["refs"] if ref["agency"] == sender],
            "sender": sender,
            "receiver": receiver,
            "handler": "intake",
            "in_reply_to": in_reply_to,
            "supersedes": None,
            "record_digest": "",
            "created_at": now,
            "volumes": [self.volume_entry(body["volume_id"], (receiver, sender)) for body in descriptors],
        }
        marks = [
            unsigned_mark(transfer_id, node, sender, action, now, seq=seq)
            for seq, action in enumerate(("sealed", "submitted"), 1)
        ]
        return Draft(self.key(sender), envelope, copy.deepcopy(record), descriptors, marks)

    def send(
        self,
        agency: str,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        handler: str | None = None,
        headers: Mapping[str, str] | None = None,
        signed: Mapping[str, Any] | None = None,
        after: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request in the agency's name.

        `signed` replaces what goes into the signature (`method`, `url`, `body`, `key`, `at`, `nonce`, `handler`),
        `after` sets headers once it is signed.
        """
        content = b"" if document is None and body is None else (body or json.dumps(document).encode())
        told = dict(signed or {})
        nonce = str(told.get("nonce", secrets.token_urlsafe(18)))
        plain = dict(headers or {})
        if "handler" in told or handler:
            plain["Casehub-Handler"] = str(told.get("handler", handler))
        made = sign_request(
            str(told.get("method", method)),
            str(told.get("url", URL + path)),
            plain,
            content_digest(told.get("body", content)),
            told.get("key", self.key(agency)),
            told.get("at", self.here.clock()),
            nonce,
        )
        self.nonces.append(nonce)
        if handler:
            made["Casehub-Handler"] = handler
        return self.raw(method, path, content, {**made, **(after or {})})

    def raw(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request exactly as it stands."""
        return (self.raw_line or self.here.wire).handle_request(
            httpx.Request(method, URL + path, headers=dict(headers or {}), content=body)
        )

    def submit(self, wire: Any, agency: str = POLICE, **options: Any) -> httpx.Response:
        """POST a submission."""
        return self.send(agency, "POST", "/v1/transfers", wire, **options)

    def new_marks(self) -> list[StoredMark]:
        """The marks since this was last asked."""
        hub = self.here.hub
        query = select(mark_table.c.arrival, mark_table.c.leaf_hash).where(mark_table.c.arrival > self.seen)
        with hub.database.transaction(write=False) as connection:
            rows = connection.execute(query.order_by(mark_table.c.arrival)).all()
            hashes = ["sha256:" + bytes(row.leaf_hash).hex() for row in rows]
            found = [mark_store.by_leaf_hash(connection, hub.vault, item) for item in hashes]
        self.seen = max([self.seen, *(row.arrival for row in rows)])
        return [mark for mark in found if mark is not None]

    def state(self) -> dict[str, str]:
        """A digest of every table that a refusal must leave alone, and of the names of all blobs."""
        tables = {}
        with self.here.hub.database.transaction(write=False) as connection:
            for name in UNTOUCHED:
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(metadata.tables[name])))
                tables[name] = digest("\n".join(rows).encode())
        blobs = sorted(str(path) for path in (self.here.root / "hub" / "blobs").rglob("*") if path.is_file())
        return {**tables, "blobs": digest("\n".join(blobs).encode())}

    @contextmanager
    def nothing_moves(self) -> Iterator[None]:
        """Inside, nothing but marks and nonces is written."""
        before = self.state()
        yield
        assert self.state() == before

    def refused(self, answer: httpx.Response, expected: Refusal, trail: str | None = None, who: str = POLICE) -> None:
        """The answer is `expected` and left one mark of it, on the trail of `trail` when that is given."""
        shown(answer, expected)
        made = self.new_marks()
        assert [mark.action for mark in made] == ["refused"]
        private = made[0].private
        assert private is not None
        problem, place = answer.json()["code"], answer.json()["place"]
        assert private == {"agency": who, "handler": "intake", "problem": problem, "place": place}
        assert made[0].transfer_id == trail
        assert made[0].salt is not None
        assert made[0].statement.unverified_body["commitment"] == commit(private, made[0].salt)

    def hidden(self, answer: httpx.Response, code: str, target: str, who: str, handler: str = "intake") -> None:
        """The answer is a 404 like that for something that does not exist, and the look is marked."""
        shown(answer, Refusal(404, code, "caller"), place=False)
        made = self.new_marks()
        assert [mark.action for mark in made] == ["access-refused"]
        assert made[0].transfer_id is None
        private = made[0].private
        assert private is not None
        assert (private["agency"], private["handler"], private["target"]) == (who, handler, target)


def shown(answer: httpx.Response, expected: Refusal, *, place: bool = True) -> None:
    """The answer is a problem document (RFC 9457) that says what `expected` says, in both languages."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    inside = tuple(sorted(problem["place"] for problem in body.get("problems", ())))
    found = Refusal(answer.status_code, body["code"], body["fault"], body["place"] if place else expected.place, inside)
    assert found == expected, body["messages"]
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:casehub:problem:{body['code']}"
    assert body["instance"] == answer.headers["x-request-id"]
    for words in body["messages"].values():
        assert words["text"]
        assert words["remedy"]
        assert "{" not in words["text"] + words["remedy"]


@contextmanager
def stage(root: Path, *, through: Through = lambda inner: inner) -> Iterator[Stage]:
    """A stage with police, procuratorate, court, and a procuratorate that is party to nothing."""
    with World(root, through=through) as here:
        line = Wire(here.wire)
        police = here.join(POLICE, transport=line)
        police.station.client.limits = replace(police.station.client.limits, attempts=1)
        for agency in (PROCURATORATE, COURT, STRANGER):
            here.join(agency)
        made = Stage(here, line)
        made.new_marks()
        yield made
