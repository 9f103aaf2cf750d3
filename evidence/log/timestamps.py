"""Time stamps (时间戳, RFC 3161) on checkpoints: a time stamping authority's proof of when a tree existed.

A time stamp covers the SHA-256 of the checkpoint's body (the note's text, without signatures) and is stored as the
authority's complete response (TimeStampResp, DER): `openssl ts -verify -data BODY -in ANSWER -CAfile CA` reads the same
file. It proves that everything in that tree existed at that time, but not how much earlier.

`rfc3161_client` does the work and is imported only here and only when needed: a verifier without it cannot check time
stamps and reports this (`available`). Source: RFC 3161, RFC 5652, RFC 5816.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from digests import Digest
from messages.problems import Problem

if TYPE_CHECKING:
    import rfc3161_client

MAX_TOKEN = 64 * 1024
"""Most bytes of an answer. Signed tokens with their certificates take 2 to 8 KiB."""
REQUEST_TYPE, RESPONSE_TYPE = "application/timestamp-query", "application/timestamp-reply"
Certificate = x509.Certificate
_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0


@dataclass(frozen=True)
class Stamped:
    """What a token that holds says: the time, the authority's serial number of it, and its policy (an OID)."""

    at: datetime
    serial: int
    policy: str


@dataclass(frozen=True)
class Question:
    """A request for a token, in DER, and the nonce that the answer must repeat."""

    der: bytes
    nonce: int


def available() -> bool:
    """Whether tokens can be checked here."""
    try:
        import rfc3161_client  # noqa: F401, PLC0415 - an extra: see the module
    except ImportError:
        return False
    return True


def ask(body: str) -> Question:
    """The request for a token over a checkpoint's body, with a fresh nonce and the wish for certificates."""
    import rfc3161_client  # noqa: PLC0415 - an extra: see the module

    builder = rfc3161_client.TimestampRequestBuilder().data(body.encode())
    request = builder.hash_algorithm(rfc3161_client.HashAlgorithm.SHA256).nonce().cert_request(cert_request=True)
    built = request.build()
    assert built.nonce is not None
    return Question(built.as_bytes(), built.nonce)


def read_authorities(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file: the roots that are trusted to vouch for time stamping authorities.

    Raises `Problem("evidence.bad-tsa-file")`, also for a file without any.
    """
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Problem("evidence.bad-tsa-file") from error


def verify_token(answer: bytes, body: str, roots: Sequence[x509.Certificate], nonce: int | None = None) -> Stamped:
    """The token in an authority's answer, checked for a checkpoint's body.

    1. It is an answer that grants a token, of reasonable size.
    2. Its imprint is SHA-256 of exactly this body, and it repeats `nonce` where one was sent.
    3. It is signed by a certificate for time stamping alone, which leads to one of `roots` and was valid at its time.

    Raises `Problem` `evidence.token-malformed`, `evidence.token-refused`, `evidence.token-other` (of something else),
    `evidence.token-untrusted`.
    """
    import rfc3161_client  # noqa: PLC0415 - an extra: see the module

    # Step 1
    found = _parse(answer)
    try:
        status, info = found.status, found.tst_info if found.status == _GRANTED else None
    except ValueError as error:
        raise Problem("evidence.token-malformed") from error
    if info is None:
        raise Problem("evidence.token-refused", status=int(status))
    # Step 2
    imprint = info.message_imprint
    same = imprint.hash_algorithm.dotted_string == _SHA256 and imprint.message == Digest.of(body.encode()).value
    if not same or (nonce is not None and info.nonce != nonce):
        raise Problem("evidence.token-other")
    # Step 3
    builder = rfc3161_client.VerifierBuilder()
    for root in _distinct(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(found, imprint.message)
    except (rfc3161_client.VerificationError, ValueError) as error:
        raise Problem("evidence.token-untrusted") from error
    return Stamped(info.gen_time.astimezone(UTC), info.serial_number, info.policy.dotted_string)


def _parse(answer: bytes) -> rfc3161_client.TimeStampResponse:
    import rfc3161_client  # noqa: PLC0415 - an extra: see the module

    if len(answer) > MAX_TOKEN:
        raise Problem("evidence.token-malformed")
    try:
        return rfc3161_client.decode_timestamp_response(answer)
    except ValueError as error:
        raise Problem("evidence.token-malformed") from error


def _distinct(roots: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """Each certificate once: the library refuses one that it has."""
    return list(dict.fromkeys(roots))
