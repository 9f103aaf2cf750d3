"""The form of a signed statement, a DSSE envelope with one signature over canonical JSON, read before any key is known.

    {"payload": base64, "payloadType": "application/vnd.casehub.mark.v1+json",
     "signatures": [{"alg": "ed25519", "keyid": "sha256:…", "sig": base64}]}

What is signed is the DSSE pre-authentication encoding (`pae`) of payload type and payload.
Source: DSSE 1.0.2 protocol (secure-systems-lab), RFC 8785.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from evidence import suites
from evidence.canonical import parse_canonical, require_digest
from evidence.encoding import read_base64
from evidence.suites import VERSION, Signatures, Suite
from messages.problems import Problem

KINDS: Mapping[str, int] = dict.fromkeys(
    ("envelope", "receipt", "annex", "mark", "descriptor", "key", "enrolment", "admission", "release"), 1
)
"""Every kind of statement, with the number of the vocabulary that brought it."""
MAX_STATEMENT = 16 * 1024 * 1024
"""Largest payload in bytes."""

_PREFIX, _SUFFIX = "application/vnd.casehub.", ".v1+json"
_MEDIA_TYPE = re.compile(r"application/vnd\.casehub\.([a-z][a-z-]{0,31}\.v[1-9][0-9]{0,3})\+json")
_SUITE = re.compile("[a-z]{2,16}-[1-9][0-9]{0,3}")
_NAME = re.compile("[a-z][a-z0-9_-]{0,63}")
_KEY_ID = re.compile("[a-z0-9-]{1,16}:[0-9a-f]{32,256}")
_MAX_SIGNATURE = 65_536


def payload_type(kind: str) -> str:
    """The media type of a kind. Raises `Problem("evidence.unknown-kind")`."""
    if kind not in KINDS:
        raise Problem("evidence.unknown-kind", kind=kind)
    return _PREFIX + kind + _SUFFIX


def pae(media: str, payload: bytes) -> bytes:
    """The DSSE pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`."""
    name = media.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def media_type(kind: str) -> str:
    """The media type of any kind; one of another version bears it, `mark.v2`."""
    return f"{_PREFIX}{kind}+json" if ".v" in kind else _PREFIX + kind + _SUFFIX


class Parts(NamedTuple):
    """What a DSSE object holds. Of a version of a kind that is not 1, `kind` tells it too: `mark.v2`."""

    payload: bytes
    kind: str
    keyid: str
    alg: str
    signature: bytes


def read(data: Any, place: str = "", *, newer: bool = False) -> Parts:
    """Read a DSSE object strictly. Guarantees, raises and `newer` are those of `SignedStatement.from_json`."""
    _members(data, {"payload", "payloadType", "signatures"}, place)
    signatures = data["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise Problem("evidence.malformed-statement", _at(place, "signatures"))
    signature = signatures[0]
    _members(signature, {"alg", "keyid", "sig"}, _at(place, "signatures/0"))
    payload = read_base64(data["payload"], _at(place, "payload"))
    suite = suite_of(payload, _at(place, "payload"), newer=newer)
    kind = _kind_of(data["payloadType"], _at(place, "payloadType"), newer=newer)
    made = _signatures(suite, signature["alg"], _at(place, "signatures/0/alg"))
    if made is None:
        return Parts(payload, kind, *_of_another_suite(signature, _at(place, "signatures/0")))
    return Parts(
        payload=payload,
        kind=kind,
        keyid=require_digest(signature["keyid"], _at(place, "signatures/0/keyid")),
        alg=made.alg,
        signature=_signature_bytes(signature["sig"], made, _at(place, "signatures/0/sig")),
    )


def _at(place: str, member: str) -> str:
    return f"{place}/{member}"


def _members(data: Any, expected: set[str], place: str) -> None:
    if not isinstance(data, Mapping) or set(data) != expected:
        raise Problem("evidence.malformed-statement", place)


def _kind_of(media: Any, place: str, *, newer: bool) -> str:
    for kind in KINDS:
        if media == _PREFIX + kind + _SUFFIX:
            return kind
    found = _MEDIA_TYPE.fullmatch(media) if newer and isinstance(media, str) else None
    if found is not None:
        return found[1].removesuffix(".v1")
    raise Problem("evidence.unknown-kind", place, kind=str(media)[:80])


def _signature_bytes(text: Any, made: Signatures, place: str) -> bytes:
    signature = read_base64(text, place)
    if len(signature) != made.signature_bytes:
        raise Problem("evidence.malformed-statement", place)
    return signature


def _signatures(suite: Suite | None, alg: Any, place: str) -> Signatures | None:
    """The algorithm, which is one of the suite's; of a suite that is not here any that is, None for one that is not."""
    if suite is None:
        here = suites.of_signature(alg)
        return None if here is None else here.signatures[alg]
    if not isinstance(alg, str) or alg not in suite.signatures:
        raise Problem("evidence.unknown-algorithm", place)
    return suite.signatures[alg]


def _of_another_suite(signature: Mapping[str, Any], place: str) -> tuple[str, str, bytes]:
    """Key id, algorithm and signature of a suite that this program does not have."""
    alg, keyid, made = signature["alg"], signature["keyid"], read_base64(signature["sig"], _at(place, "sig"))
    if not (isinstance(alg, str) and _NAME.fullmatch(alg) and 0 < len(made) <= _MAX_SIGNATURE):
        raise Problem("evidence.malformed-statement", place)
    if not (isinstance(keyid, str) and _KEY_ID.fullmatch(keyid)):
        raise Problem("evidence.bad-digest", _at(place, "keyid"))
    return keyid, alg, made


def suite_of(payload: bytes, place: str, *, newer: bool = False) -> Suite | None:
    """The suite of a payload whose form is checked; None, for `newer` only, where this program does not have it."""
    if len(payload) > MAX_STATEMENT:
        raise Problem("evidence.statement-too-large", place, limit=MAX_STATEMENT)
    body = parse_canonical(payload, place)
    if not isinstance(body, dict):
        raise Problem("evidence.malformed-statement", place)
    name, version = body.get("suite"), body.get("v")
    formed = isinstance(name, str) and _SUITE.fullmatch(name) and type(version) is int and version >= 1
    found: Suite | None = None
    try:
        found = suites.of_body({**body, "v": VERSION} if newer and formed else body, place)
    except Problem:
        if not (newer and formed):
            raise
    _check_vocabulary(body, place)
    return found


def _check_vocabulary(body: Mapping[str, Any], place: str) -> None:
    """The form of the two members that say how new a statement is."""
    number, names = body.get("vocabulary", 1), body.get("must_understand", [])
    if type(number) is not int or number < 1:
        raise Problem("evidence.malformed-statement", _at(place, "vocabulary"))
    named = isinstance(names, list) and all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
    if not named or not set(names) <= set(body):
        raise Problem("evidence.malformed-statement", _at(place, "must_understand"))
