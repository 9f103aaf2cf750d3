"""Signed HTTP requests: RFC 9421 by the algorithm of the key, tag `casehub`, body bound by RFC 9530 Content-Digest.

Covered are `@method`, `@target-uri`, `content-digest` and, when the request names a handler, `casehub-handler`; nothing
else. Parameters: `created`, `keyid`, `alg`, `nonce`, `tag`. Whether a nonce was seen before, and whether the body fits
the digest, the caller checks: one needs a store, the other the body.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
)
from http_message_signatures.algorithms import HTTPSignatureAlgorithm
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from digests import ALGORITHMS, Digest
from evidence import suites
from evidence.encoding import to_base64
from evidence.keys import KeyEntry, SigningKey
from messages.problems import Problem

TAG = "casehub"
MAX_AGE = 300
"""Seconds by which `created` may lie before or after the hub's clock."""

HANDLER_HEADER = "Casehub-Handler"
_COVERED = ("@method", "@target-uri", "content-digest")
_HANDLER = "casehub-handler"
_SINGLE = ("content-digest", _HANDLER, "signature", "signature-input")
_CONTENT_DIGEST = re.compile("([a-z][a-z0-9-]*)=:([A-Za-z0-9+/]+=*):")
_NONCE = re.compile(r"[A-Za-z0-9+/=_-]{16,128}")
_MAX_SIGNATURE_HEADER = 4096


class _Fields(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True)
class VerifiedRequest:
    """What a verified signature covers. Take handler and digest from here, never from the headers."""

    key_id: str
    owner: str
    nonce: str
    created: datetime
    content_digest: str
    handler: str | None

    def require_body(self, found: Digest) -> None:
        """Raises `Problem("evidence.body-changed")` unless the signed digest is this one of the body received."""
        if self.content_digest != content_digest_of(found):
            raise Problem("evidence.body-changed")


@dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


def content_digest(body: bytes = b"") -> str:
    """The RFC 9530 header value for a body; of no body, the digest of zero bytes."""
    return content_digest_of(Digest.of(body))


def content_digest_of(found: Digest) -> str:
    """The RFC 9530 header value of a digest."""
    name = ALGORITHMS[found.algorithm].content_digest
    return f"{name}=:{to_base64(found.value)}:"


def _is_content_digest(text: str) -> bool:
    found = _CONTENT_DIGEST.fullmatch(text)
    lengths = {each.content_digest: 4 * -(-each.size // 3) for each in ALGORITHMS.values()}
    return found is not None and len(found[2]) == lengths.get(found[1])


def fresh_nonce() -> str:
    """A nonce that nobody can guess: 18 random bytes in base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(18)).decode("ascii")


def sign_request(  # noqa: PLR0917 - the order in which a request is written
    method: str, url: str, headers: Mapping[str, str], content_digest: str, key: SigningKey, now: datetime, nonce: str
) -> dict[str, str]:
    """`headers` and the three that make the request signed: Content-Digest, Signature-Input, Signature.

    `url` is the whole target with scheme and host as the hub sees it. Raises `Problem("evidence.request-malformed")`
    for a digest, nonce or URL of another form.
    """
    if not _is_content_digest(content_digest) or not _NONCE.fullmatch(nonce):
        raise Problem("evidence.request-malformed", "content-digest")
    kept = {name: value for name, value in headers.items() if name.lower() not in _SINGLE or name.lower() == _HANDLER}
    message = _Message(method.upper(), url, {**kept, "Content-Digest": content_digest})
    covered = _COVERED + ((_HANDLER,) if any(name.lower() == _HANDLER for name in kept) else ())
    signer = HTTPMessageSigner(signature_algorithm=_algorithm(key.alg), key_resolver=_Private(key))
    try:
        signer.sign(
            message,
            key_id=key.key_id,
            created=now,
            nonce=nonce,
            tag=TAG,
            label=TAG,
            covered_component_ids=covered,
            use_existing_digest=True,
        )
    except HTTPMessageSignaturesException as error:
        raise Problem("evidence.request-malformed", url) from error
    return message.headers


def verify_request(  # noqa: PLR0917
    method: str,
    url: str,
    headers: _Fields,
    resolve_key: Callable[[str], KeyEntry | None],
    now: datetime,
    max_age: int = MAX_AGE,
) -> VerifiedRequest:
    """Verify the request's signature; returns what it covers.

    1. The relevant headers appear once, and Content-Digest is one digest of a known algorithm.
    2. One signature has our tag; it covers exactly the components required, with all parameters and no other.
    3. It names a signature algorithm of a suite that is known here.
    4. `created` lies within `max_age` seconds of `now`, both ways.
    5. Its key is known, is an identity key of that algorithm, and is valid now.
    6. The signature is valid.

    Raises `Problem`: `evidence.request-unsigned`, `request-malformed`, `wrong-algorithm`, `request-skew` (its `seconds`
    are positive when the caller's clock is ahead), `unknown-key`, `key-not-valid`, `key-revoked`, `bad-signature`.
    """
    # Step 1
    fields = _fields(headers)
    if "signature" not in fields or "signature-input" not in fields:
        raise Problem("evidence.request-unsigned")
    if not _is_content_digest(fields.get("content-digest", "")):
        raise Problem("evidence.request-malformed", "content-digest")
    verifier = _Verifier(resolve_key, now, max_age, handler=_HANDLER in fields)
    try:
        # Steps 2 to 6 are taken where the library calls back, before it looks at the signature itself.
        result = verifier.verify(_Message(method, url, fields), max_age=None, expect_tag=TAG)[0]
    except HTTPMessageSignaturesException as error:
        raise _problem_of(error) from error
    entry = verifier.entry
    return VerifiedRequest(
        key_id=entry.key_id,
        owner=entry.owner,
        nonce=str(result.nonce),
        created=datetime.fromtimestamp(int(result.parameters["created"]), UTC),
        content_digest=fields["content-digest"],
        handler=fields.get(_HANDLER),
    )


def _fields(headers: _Fields) -> dict[str, str]:
    """Header fields by lower-case name. One of ours that stands twice, or is overlong, is refused."""
    fields: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in _SINGLE:
            if lower in fields or len(value) > _MAX_SIGNATURE_HEADER:
                raise Problem("evidence.request-malformed", lower)
            fields[lower] = value.strip(" \t")
    return fields


def _problem_of(error: Exception) -> Problem:
    """The problem that one of our steps raised inside the library, or the one that its own refusal means."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Problem):
            return cause
        cause = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else cause.__cause__
    return Problem("evidence.request-malformed", "signature-input")


@cache
def _algorithm(alg: str) -> type[HTTPSignatureAlgorithm]:
    """A signature algorithm of a suite in the library's shape; raises `Problem("evidence.unknown-key-type")`."""
    signatures = suites.signatures_of(alg)

    class Algorithm(HTTPSignatureAlgorithm):
        algorithm_id = alg

        def __init__(self, public_key: KeyEntry | None = None, private_key: SigningKey | None = None) -> None:
            self._entry, self._key = public_key, private_key

        def sign(self, message: bytes) -> bytes:
            assert self._key is not None
            return self._key.sign(message)

        def verify(self, signature: bytes, message: bytes) -> None:
            assert self._entry is not None
            if not signatures.holds(self._entry.public, signature, message):
                raise Problem("evidence.bad-signature")

    return Algorithm


class _Private(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> SigningKey:
        return self._key


class _Public(HTTPSignatureKeyResolver):
    def __init__(self, verifier: _Verifier) -> None:
        self._verifier = verifier

    def resolve_public_key(self, key_id: str) -> KeyEntry:
        return self._verifier.resolve(key_id)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier with our clock and our policy; it has no clock of its own."""

    entry: KeyEntry

    def __init__(
        self, resolve_key: Callable[[str], KeyEntry | None], now: datetime, max_age: int, *, handler: bool
    ) -> None:
        written = suites.suite(suites.WRITTEN).signature.alg  # until step 3 has read which it is
        super().__init__(signature_algorithm=_algorithm(written), key_resolver=_Public(self))
        self._resolve, self._now, self._max_age = resolve_key, now, max_age
        self._components = {f'"{name}"' for name in (*_COVERED, *((_HANDLER,) if handler else ()))}
        self._seen = 0

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Called by the library first, for every signature with our tag."""
        params = sig_input.params
        # Step 2
        self._seen += 1
        covered = [str(component) for component in sig_input]
        if self._seen > 1 or set(params) != {"created", "keyid", "alg", "nonce", "tag"}:
            raise Problem("evidence.request-malformed", "signature-input")
        if set(covered) != self._components or not _NONCE.fullmatch(params["nonce"]):
            raise Problem("evidence.request-malformed", "signature-input")
        # Step 3
        try:
            self.signature_algorithm = _algorithm(str(params["alg"]))
        except Problem as problem:
            raise Problem("evidence.wrong-algorithm", key_id=str(params["keyid"])[:80]) from problem
        # Step 4
        skew = params["created"] - self._now.timestamp()
        if abs(skew) > self._max_age:
            raise Problem("evidence.request-skew", seconds=round(skew), limit=self._max_age)

    def resolve(self, key_id: str) -> KeyEntry:
        """Step 5."""
        entry = self._resolve(key_id)
        if entry is None:
            raise Problem("evidence.unknown-key", key_id=key_id[:80])
        entry.require_signer("identity", self.signature_algorithm.algorithm_id)
        entry.require_counts_at(self._now)
        self.entry = entry
        return entry


__all__ = [
    "HANDLER_HEADER",
    "MAX_AGE",
    "TAG",
    "VerifiedRequest",
    "content_digest",
    "content_digest_of",
    "sign_request",
    "verify_request",
]
