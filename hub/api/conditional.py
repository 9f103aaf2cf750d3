"""Cacheable responses: an ETag (RFC 9110 section 8.8.3), and 304 if the caller still has the response.

The tag covers what determines the response: the digest of the codebook release, the day and the query. It is known
before the response is computed, so a 304 is cheap.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from digests import Digest

SHAPE: Final = "1"
"""Raised whenever an answer to the same question over the same release looks different, so that no old one is kept."""
JSON_TYPE: Final = "application/json"
_KEPT: Final = "private, no-cache"
"""A caller may keep the answer but asks each time whether it still stands; a proxy keeps nothing."""


async def conditional(
    request: Request, follows_from: tuple[str, ...], make: Callable[[], Any], media_type: str = JSON_TYPE
) -> Response:
    """304 when the caller has the answer already, else what `make` gives: bytes as they are, anything else as JSON."""
    headers = {"ETag": tag(request, follows_from), "Cache-Control": _KEPT}
    if has(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    made = await run_in_threadpool(make)
    return Response(made if isinstance(made, bytes) else encoded(made), media_type=media_type, headers=headers)


def tag(request: Request, follows_from: tuple[str, ...]) -> str:
    """The strong ETag of the answer to this request."""
    asked = (SHAPE, *follows_from, request.method, request.url.path, request.url.query)
    return f'"{Digest.of(json.dumps(asked).encode()).hex[:32]}"'


def has(if_none_match: str, wanted: str) -> bool:
    """Whether `If-None-Match` names the tag; weak forms count (RFC 9110 section 13.1.2)."""
    named = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
    return "*" in named or wanted in named


def encoded(body: Any) -> bytes:
    """JSON in UTF-8, compact."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
