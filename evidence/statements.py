"""Signed statements: DSSE envelopes with one signature over canonical JSON.

    {"payload": base64, "payloadType": "application/vnd.casehub.mark.v1+json",
     "signatures": [{"alg": "ed25519", "keyid": "sha256:…", "sig": base64}]}

The payload is a JCS object that names its suite and version, and, when it needs one newer than the first, the number
of its vocabulary (`vocabulary`). It is open: a member that a reader does not know is passed over, unless
`must_understand` lists it. What is newer than this program is read when asked for, and named by `evidence.newer`.

What is signed is the DSSE pre-authentication encoding (`pae`) of payload type and payload. The statement's own bytes
are the JCS of the three members; a mark's are its leaf.
Source: DSSE 1.0.2 protocol (secure-systems-lab), RFC 8785, RFC 8032.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evidence import suites
from evidence.canonical import canonical, digest, parse_canonical, require_digest
from evidence.encoding import read_base64, to_base64
from evidence.suites import VERSION, Signatures, Suite
from messages.problems import Problem
from standards import actions

if TYPE_CHECKING:
    from evidence.keys import KeyEntry, SigningKey, TrustedKeys

KINDS: Mapping[str, int] = dict.fromkeys(
    ("envelope", "receipt", "annex", "mark", "descriptor", "key", "enrolment", "admission", "release"), 1
)
"""Every kind of statement, with the number of the vocabulary that brought it."""
VOCABULARY = max(actions.vocabulary(), *KINDS.values())
"""The number of the vocabulary of marks and statements that this program has."""
UNDERSTOOD: frozenset[str] = frozenset({"domain"})
"""Members beyond those of the first vocabulary that this program heeds where `must_understand` lists them."""
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


def pae(media_type: str, payload: bytes) -> bytes:
    """The DSSE pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`."""
    name = media_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def _media_type(kind: str) -> str:
    """The media type of any kind; one of another version bears it, `mark.v2`."""
    return f"{_PREFIX}{kind}+json" if ".v" in kind else _PREFIX + kind + _SUFFIX


@dataclass(frozen=True)
class SignedStatement:
    """One statement as it was signed. Its form has been checked, its signature has not: see `verify`.

    Of a version of a kind that is not 1, `kind` tells it too: `mark.v2`.
    """

    payload: bytes
    kind: str
    keyid: str
    alg: str
    signature: bytes

    @property
    def unverified_body(self) -> dict[str, Any]:
        """The payload read as JSON, a fresh copy each time. The name is the warning: `verify` returns the same."""
        body: dict[str, Any] = json.loads(self.payload)
        return body

    def to_json(self) -> dict[str, Any]:
        """The DSSE object."""
        return {
            "payload": to_base64(self.payload),
            "payloadType": _media_type(self.kind),
            "signatures": [{"alg": self.alg, "keyid": self.keyid, "sig": to_base64(self.signature)}],
        }

    def encode(self) -> bytes:
        """The statement's canonical bytes, for marks the leaf."""
        return canonical(self.to_json())

    @property
    def digest(self) -> str:
        """The digest of `encode()`, by which other statements name this one, by the suite of the signature.

        SHA-256 where this program does not have that suite.
        """
        if not is_available(self.alg):
            return digest(self.encode())
        return digest(self.encode(), suites.of_key(self.alg).digest)

    @classmethod
    def from_json(cls, data: Any, place: str = "", *, newer: bool = False) -> SignedStatement:
        """Read a DSSE object strictly.

        Guarantees exactly the members above, one signature, padded base64 in its only form, a known kind, a payload
        that is a canonical JSON object of a known suite and version, and an algorithm of that suite. Raises `Problem`
        with `evidence.malformed-statement`, `unknown-kind`, `unknown-suite`, `suite-unavailable`, `unknown-algorithm`,
        `not-canonical`.

        With `newer` a kind, version or suite that this program does not have is taken too, and with such a suite its
        algorithm, key id and signature, all in their forms: for readers that do not act on what they read.
        """
        _members(data, {"payload", "payloadType", "signatures"}, place)
        signatures = data["signatures"]
        if not isinstance(signatures, list) or len(signatures) != 1:
            raise Problem("evidence.malformed-statement", _at(place, "signatures"))
        signature = signatures[0]
        _members(signature, {"alg", "keyid", "sig"}, _at(place, "signatures/0"))
        payload = read_base64(data["payload"], _at(place, "payload"))
        suite = _suite_of(payload, _at(place, "payload"), newer=newer)
        kind = _kind_of(data["payloadType"], _at(place, "payloadType"), newer=newer)
        made = _signatures(suite, signature["alg"], _at(place, "signatures/0/alg"))
        if made is None:
            return cls(payload, kind, *_of_another_suite(signature, _at(place, "signatures/0")))
        return cls(
            payload=payload,
            kind=kind,
            keyid=require_digest(signature["keyid"], _at(place, "signatures/0/keyid")),
            alg=made.alg,
            signature=_signature_bytes(signature["sig"], made, _at(place, "signatures/0/sig")),
        )

    @classmethod
    def decode(cls, data: bytes, place: str = "", *, newer: bool = False) -> SignedStatement:
        """Read the bytes that `encode` wrote, and no others. `newer` and what it raises are those of `from_json`."""
        if len(data) > 2 * MAX_STATEMENT:
            raise Problem("evidence.statement-too-large", place, limit=MAX_STATEMENT)
        return cls.from_json(parse_canonical(data, place), place, newer=newer)


def _at(place: str, member: str) -> str:
    return f"{place}/{member}"


def _members(data: Any, expected: set[str], place: str) -> None:
    if not isinstance(data, Mapping) or set(data) != expected:
        raise Problem("evidence.malformed-statement", place)


def _kind_of(media_type: Any, place: str, *, newer: bool) -> str:
    for kind in KINDS:
        if media_type == _PREFIX + kind + _SUFFIX:
            return kind
    found = _MEDIA_TYPE.fullmatch(media_type) if newer and isinstance(media_type, str) else None
    if found is not None:
        return found[1].removesuffix(".v1")
    raise Problem("evidence.unknown-kind", place, kind=str(media_type)[:80])


def _signature_bytes(text: Any, made: Signatures, place: str) -> bytes:
    signature = read_base64(text, place)
    if len(signature) != made.signature_bytes:
        raise Problem("evidence.malformed-statement", place)
    return signature


def is_available(alg: Any) -> bool:
    """Whether this program has a signature algorithm."""
    return _available(alg) is not None


def _available(alg: Any) -> Signatures | None:
    return next((each for each in suites.all_signatures() if each.alg == alg), None)


def _signatures(suite: Suite | None, alg: Any, place: str) -> Signatures | None:
    """The algorithm, which is one of the suite's; of a suite that is not here any that is, None for one that is not."""
    if suite is None:
        return _available(alg)
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


def _suite_of(payload: bytes, place: str, *, newer: bool = False) -> Suite | None:
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


def sign(kind: str, body: Mapping[str, Any], key: SigningKey) -> SignedStatement:
    """Sign `body` as a statement of `kind`; `suite`, the key's, and `v` are added when absent.

    Raises `Problem` for an unknown kind, a body that is not JSON, a payload over the limit, an unknown suite, and
    `evidence.wrong-algorithm` for a key of another suite.
    """
    media_type = payload_type(kind)
    payload = canonical({"suite": key.suite.name, "v": VERSION, **body})
    suite = _suite_of(payload, "")
    if suite is None or key.alg not in suite.signatures:
        raise Problem("evidence.wrong-algorithm", key_id=key.key_id)
    return SignedStatement(payload, kind, key.key_id, key.alg, key.sign(pae(media_type, payload)))


def verify(
    statement: SignedStatement, kind: str, keys: TrustedKeys, at: datetime, owner: str | None = None
) -> dict[str, Any]:
    """The body of a statement that `owner` signed with a key that counted at the instant `at`.

    1. The statement is of the expected kind.
    2. The key that it names is among the trusted ones.
    3. That key is an identity key, and the algorithm named is the one of the trusted entry.
    4. That key belongs to `owner`, when one is given.
    5. `at` lies inside the key's validity and before its revocation.
    6. The signature holds over the pre-authentication encoding of the bytes received.
    7. Nothing in it is newer than this program: who verifies may act on all that it says.

    Raises `Problem` naming the step that failed: `evidence.wrong-kind`, `unknown-key`, `wrong-algorithm`,
    `wrong-owner`, `key-not-valid`, `key-revoked`, `bad-signature`, `newer-vocabulary`, `must-understand`.
    """
    # Step 1
    if statement.kind != kind:
        raise Problem("evidence.wrong-kind", kind=statement.kind, expected=kind)
    # Steps 2 to 6
    body = authenticate(statement, keys, at, owner)
    # Step 7
    require_understood(body)
    return body


def authenticate(
    statement: SignedStatement, keys: TrustedKeys, at: datetime, owner: str | None = None
) -> dict[str, Any]:
    """Steps 2 to 6 of `verify`: whose statement it is, of whatever kind and however new. For readers only."""
    # Step 2
    entry = keys.find(statement.keyid)
    if entry is None:
        raise Problem("evidence.unknown-key", key_id=statement.keyid)
    # Step 3
    entry.require_signer("identity", statement.alg)
    # Step 4
    if owner is not None and entry.owner != owner:
        raise Problem("evidence.wrong-owner", owner=entry.owner, expected=owner)
    # Step 5
    entry.require_counts_at(at)
    # Step 6
    check_signature(statement, entry)
    return statement.unverified_body


def check_signature(statement: SignedStatement, entry: KeyEntry) -> None:
    """The bare signature check by the entry's algorithm, without time or owner.

    Raises `Problem("evidence.bad-signature")`."""
    signatures, message = suites.signatures_of(entry.kty), pae(_media_type(statement.kind), statement.payload)
    if statement.alg != entry.kty or not signatures.holds(entry.public, statement.signature, message):
        raise Problem("evidence.bad-signature", key_id=statement.keyid)


def require_understood(body: Mapping[str, Any], place: str = "") -> None:
    """Raises `Problem` `evidence.newer-vocabulary` or `evidence.must-understand` where the body is newer than this."""
    for problem in newer_members(body):
        raise Problem(problem.code, place, **problem.params)


def newer_members(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What `vocabulary` and `must_understand` of a body whose form was checked name that this program does not know."""
    if body.get("vocabulary", 1) > VOCABULARY:
        yield Problem("evidence.newer-vocabulary", number=body["vocabulary"], known=VOCABULARY)
    unknown = [name for name in body.get("must_understand", ()) if name not in UNDERSTOOD]
    if unknown:
        yield Problem("evidence.must-understand", names=", ".join(unknown))
