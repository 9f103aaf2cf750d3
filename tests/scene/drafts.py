"""Submissions taken apart, to be changed and signed anew."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from evidence.bundles.enclosures import sealed_digest
from evidence.canonical import canonical, digest_of
from evidence.dsse import pae, payload_type
from evidence.encoding import read_base64
from evidence.identifiers import timestamp, uuid7
from evidence.keys import SigningKey
from evidence.mark_bodies import ACTIONS, MarkBody, fold_digests
from evidence.marks import leaf_hash, make_mark
from evidence.statements import SignedStatement, sign

Json = dict[str, Any]


def statement(kind: str, payload: bytes, key: SigningKey) -> Json:
    """A statement over any bytes at all, as the DSSE object."""
    return SignedStatement(payload, kind, key.key_id, "ed25519", key.sign(pae(payload_type(kind), payload))).to_json()


def body_of(signed: Mapping[str, Any]) -> Json:
    """What a statement on the wire says."""
    body: Json = json.loads(read_base64(signed["payload"]))
    return body


@dataclass
class Draft:
    """A submission taken apart. Change what stands in it; `wire` makes everything agree again and signs it."""

    key: SigningKey
    envelope: Json
    record: Json
    descriptors: list[Json]
    marks: list[Json]
    agree: bool = True
    """Whether digests in envelope and marks follow what was changed."""

    @classmethod
    def of(cls, submission: bytes, key: SigningKey) -> Draft:
        """Take apart what was caught."""
        sent = json.loads(submission)
        statements = [body_of(item) for item in (sent["envelope"], *sent["descriptors"], *sent["marks"])]
        count = len(sent["descriptors"])
        return cls(key, statements[0], sent["record"], statements[1 : count + 1], statements[count + 1 :])

    @property
    def transfer_id(self) -> str:
        """The transfer's id."""
        return str(self.envelope["transfer_id"])

    def copy(self) -> Draft:
        """One to spoil."""
        return replace(self, **{name: copy.deepcopy(getattr(self, name)) for name in PIECES})

    def anew(self) -> Draft:
        """The same package as another transfer of other volumes; no hub can see that its wrapped keys will not open."""
        other = self.copy()
        other.envelope["transfer_id"] = uuid7()
        for mark in other.marks:
            mark["transfer_id"], mark["mark_id"] = other.transfer_id, uuid7()
        for body, entry in zip(other.descriptors, other.envelope["volumes"], strict=True):
            body["volume_id"] = entry["volume_id"] = uuid7()
        return other

    def wire(self) -> Json:
        """The submission's JSON."""
        descriptors = [sign("descriptor", body, self.key) for body in self.descriptors]
        if self.agree:
            self._agree(descriptors)
        sealed = sign("mark", self.marks[0], self.key)
        if self.agree:
            self.marks[1]["prev"] = leaf_hash(sealed)
        return {
            "envelope": sign("envelope", self.envelope, self.key).to_json(),
            "record": self.record,
            "descriptors": [item.to_json() for item in descriptors],
            "marks": [sealed.to_json(), *(sign("mark", body, self.key).to_json() for body in self.marks[1:])],
        }

    def _agree(self, descriptors: list[SignedStatement]) -> None:
        self.envelope["record_digest"] = digest_of(self.record)
        by_id = {item.unverified_body["volume_id"]: item for item in descriptors}
        for entry in self.envelope["volumes"]:
            if entry["volume_id"] in by_id:
                entry["descriptor_digest"] = by_id[entry["volume_id"]].digest
        every = {volume_id: sealed_digest(item.unverified_body) for volume_id, item in by_id.items()}
        reused = {entry["volume_id"] for entry in self.envelope["volumes"] if entry["reused_from"]}
        new = {volume_id: value for volume_id, value in every.items() if volume_id not in reused}
        self.marks[0]["digests"], self.marks[1]["digests"] = fold_digests(new), fold_digests(every)


PIECES = ("envelope", "record", "descriptors", "marks")


def unsigned_mark(transfer_id: str, node: str, agency: str, action: str, at: str, *, seq: int = 1) -> Json:
    """What a mark of an agency on a transfer says, before it is signed. It has the vocabulary that its action needs."""
    needed = ACTIONS[action].vocabulary if action in ACTIONS else 1
    return ({"vocabulary": needed} if needed > 1 else {}) | {
        "mark_id": uuid7(),
        "transfer_id": transfer_id,
        "seq": seq,
        "prev": None,
        "node": node,
        "action": action,
        "occurred_at": at,
        "actor": {"agency": agency},
        "digests": {},
        "commitment": None,
    }


def mark_by(key: SigningKey, agency: str, action: str, draft: Draft, **changes: Any) -> SignedStatement:
    """A mark on the draft's transfer in the agency's name, number 1 of its chain unless told otherwise."""
    body = unsigned_mark(draft.transfer_id, draft.envelope["node"], agency, action, timestamp(changes.pop("at")))
    return make_mark(MarkBody.read({"suite": "intl-1", "v": 1, **body, **changes}), key)


def later(at: datetime, **delta: float) -> str:
    """An instant after `at`, as statements write it."""
    return timestamp(at + timedelta(**delta))


def spaced(payload: bytes) -> bytes:
    """The same JSON, no longer canonical."""
    assert canonical(json.loads(payload)) == payload
    return payload.replace(b'":', b'": ', 1)
