"""What goes over HTTP: one signed request, one refusal."""

from __future__ import annotations

from typing import Any

from evidence.requests import content_digest, sign_request
from hub.errors import problem_body
from messages.problems import Problem
from tests.docs.worked import parties
from tests.docs.worked.value import Value, document, text
from tests.docs.worked.volume import Sealed

NONCE = "ZXhhbXBsZS1ub25jZS0wMDE"


def request(sealed: Sealed) -> tuple[str, dict[str, str]]:
    """URL and headers of the upload of the pack's only part, on behalf of a handler."""
    url = f"https://hub.example/v1/parts/{sealed.volume.pack.parts[0].digest}"
    headers = {"Casehub-Handler": "p1024"}
    digest = content_digest(sealed.streams["pack"])
    return url, sign_request("PUT", url, headers, digest, parties.police, parties.SENT, NONCE)


def signature_base(url: str, headers: dict[str, str]) -> str:
    """The signature base of RFC 9421 section 2.5, put together here from the headers alone."""
    parameters = headers["Signature-Input"].partition("=")[2]
    lines = [
        '"@method": PUT',
        f'"@target-uri": {url}',
        f'"content-digest": {headers["Content-Digest"]}',
        f'"casehub-handler": {headers["Casehub-Handler"]}',
        f'"@signature-params": {parameters}',
    ]
    return "\n".join(lines)


def refusal() -> dict[str, Any]:
    """A problem document as the hub answers it."""
    problem = Problem("part.missing", "/envelope/volumes/0", volume="V20-01", count=2, first="sha256:" + "ab" * 32)
    return problem_body(problem, "en", parties.identifier(0x70))


def values(sealed: Sealed) -> dict[str, Value]:
    """The values of chapters 15 and 19."""
    url, headers = request(sealed)
    written = [f"PUT {url.removeprefix('https://hub.example')} HTTP/1.1", "Host: hub.example"]
    written += [f"{name}: {value}" for name, value in headers.items()]
    return {
        "request.headers": text("\n".join(written)),
        "request.signature-base": text(signature_base(url, headers)),
        "problem.json": document(refusal()),
    }
