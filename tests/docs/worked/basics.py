"""Canonical JSON, key ids, statements, key chains, enrolment."""

from __future__ import annotations

import base64

from evidence.canonical import canonical, digest_of
from evidence.dsse import pae, payload_type
from evidence.enrolment import admit, read_enrolment, request_enrolment
from evidence.keys import TrustedKeys, accept_key_chain
from tests.docs.worked import parties
from tests.docs.worked.value import Value, document, octets, text

SAMPLE = {"v": 1, "名称": "张某示例", "list": [True, None, -7], "é": "line\nbreak", "A": {}}


def values() -> dict[str, Value]:
    """The values of chapters 1 to 4."""
    return {**_canonical(), **_statement(), **_enrolment()}


def _canonical() -> dict[str, Value]:
    return {
        "canonical.value": document(SAMPLE),
        "canonical.text": text(canonical(SAMPLE)),
        "canonical.bytes": octets(canonical(SAMPLE)),
        "canonical.digest": text(digest_of(SAMPLE)),
    }


def _statement() -> dict[str, Value]:
    first = parties.police_chain[0]
    named = {"kty": "ed25519", "public": base64.b64encode(parties.police.public).decode("ascii")}
    return {
        "key.seed": octets(parties.seed(0x01)),
        "key.public": octets(parties.police.public),
        "key.named": text(canonical(named)),
        "key.id": text(parties.police.key_id),
        "statement.payload": text(first.payload),
        "statement.pae": text(pae(payload_type("key"), first.payload)),
        "statement.pae-head": octets(pae(payload_type("key"), first.payload)[:56]),
        "statement.signature": octets(first.signature),
        "statement.json": document(first.to_json()),
        "statement.digest": text(first.digest),
        "chain.hpke": document(parties.police_chain[1].unverified_body),
        "chain.rotated": document(parties.rotated.unverified_body),
        "chain.keys-file": document(TrustedKeys(accept_key_chain(parties.hub_chain)).to_json()),
    }


def _enrolment() -> dict[str, Value]:
    agency = {"type": "police", "code": "350102000000", "name": "榕城市鼓山县公安局（示例）"}
    request = request_enrolment(agency, parties.police_chain, parties.ENROLLED, parties.police)
    admission = admit(
        read_enrolment(request),
        hub_name="example",
        hub_url="https://hub.example",
        hub_keys=parties.hub_chain,
        admitted_at=parties.ENROLLED,
        identity=parties.hub,
    )
    return {
        "enrolment.body": document(request.unverified_body),
        "admission.body": document(admission.unverified_body),
    }
