"""What the OpenAPI document says of a route beyond its signature: examples, errors, who must sign.

`documented` gives the keyword arguments of a route decorator. Errors are named by their codes; status, words and remedy
come from the message catalogue, so that the reference never says anything else than the hub answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.errors import MEDIA_TYPE, problem_body
from messages import message
from messages.problems import Problem

Json = dict[str, Any]

SIGNED: Final = (
    "evidence.request-unsigned",
    "evidence.request-malformed",
    "evidence.request-skew",
    "evidence.unknown-key",
    "evidence.bad-signature",
    "evidence.wrong-algorithm",
    "evidence.key-not-valid",
    "evidence.key-revoked",
)
"""How any signed request may fail."""
WRITTEN: Final = ("request.replayed", "request.body-changed")
"""How any signed write may fail besides."""
JSON: Final = ("package.not-json", "http.too-deep", "http.too-large")
"""How a JSON body may fail."""
ALWAYS: Final = ("hub.internal", "hub.database-busy", "hub.database-away")

HANDLER: Final[Json] = {
    "name": "Casehub-Handler",
    "in": "header",
    "required": False,
    "description": "The handler in whose name the request is made; part of the signature. Without it, the intake.",
    "schema": {"type": "string", "default": "intake"},
}
SCHEME: Final = "signature"
SECURITY: Final[Json] = {
    SCHEME: {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421 by the agency's Ed25519 identity key, with Signature-Input and Content-Digest.",
    }
}
PROBLEM: Final[Json] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "instance", "code", "fault", "place", "remedy", "messages"],
    "properties": {
        "type": {"type": "string", "example": "urn:casehub:problem:part.missing"},
        "title": {
            "type": "string",
            "description": "What is wrong, in Chinese unless Accept-Language asks for English.",
        },
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The title and the place."},
        "instance": {"type": "string", "description": "The request's id, as in X-Request-Id and in the hub's log."},
        "code": {"type": "string", "description": "Stable; programs go by it."},
        "fault": {"type": "string", "enum": ["sender", "hub", "receiver", "caller"]},
        "place": {"type": "string", "description": "A JSON pointer into the request, a digest, or empty."},
        "remedy": {"type": "string"},
        "messages": {"type": "object", "description": "Text and remedy in `zh` and `en`."},
        "params": {"type": "object"},
        "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
    },
}


def documented(
    *,
    answer: Any = None,
    status: int = 200,
    told: str = "",
    media_type: str = "application/json",
    body: Any = None,
    body_type: str = "application/json",
    errors: Iterable[str] = (),
    signed: bool = True,
) -> Json:
    """Keyword arguments for a route: the answer's and the body's example, and every code that it may answer with.

    `told` describes the answer. A route that is `signed` also names what the signature asks for.
    """
    codes = [*errors, *ALWAYS] if not signed else [*SIGNED, *(WRITTEN if body is not None else ()), *errors, *ALWAYS]
    if body is not None and body_type == "application/json":
        codes += JSON
    answered: Json = {"description": told or "Done."}
    if answer is not None:
        answered["content"] = {media_type: {"schema": _schema(media_type), "example": answer}}
    extra: Json = {"responses": {str(status): answered}}
    if body is not None:
        content = {body_type: {"schema": _schema(body_type), "example": body}}
        extra["requestBody"] = {"required": True, "content": content}
    if signed:
        extra |= {"security": [{SCHEME: []}], "parameters": [HANDLER]}
    return {"openapi_extra": extra, "responses": refused(codes)}


def refused(codes: Iterable[str]) -> dict[int | str, Json]:
    """The error answers of a route, by status, with every code in words."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(message(code).status, []).append(code)
    return {
        status: {
            "description": "  \n".join(f"`{code}`: {_words(message(code).en)}" for code in some),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(some[0])}},
        }
        for status, some in sorted(by_status.items())
    }


def complete(document: Json) -> Json:
    """The OpenAPI document with the components that the routes refer to."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("securitySchemes", {}).update(SECURITY)
    return document


def _schema(media_type: str) -> Mapping[str, Any]:
    if media_type == "application/json":
        return {"type": "object"}
    if media_type == "application/octet-stream":
        return {"type": "string", "format": "binary"}
    return {"type": "string"}


def _example(code: str) -> Json:
    body = problem_body(Problem(code), "zh", "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10")
    filled: Json = _filled(body)
    return filled


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(member) for name, member in value.items()}
    return _words(value) if isinstance(value, str) else value


def _words(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)
