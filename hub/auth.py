"""Step 1 of every request: identify the caller. RFC 9421 signatures by the agency's identity key.

 1. read the signature's headers and refuse a form that `evidence.requests` does not accept
 2. find the key among the enrolled agencies' identity keys; it must be valid now and not revoked
 3. verify the signature over method, target URI, content digest and handler; created within the allowed skew
 4. on writes, and on reads that reveal what is in a case or leave a mark, use the nonce once
 5. the body's digest is compared by the code that reads the body (`signed_json`, or the part upload while it streams)

Failures here are answered with 401 and counted, not marked one by one, so that noise does not fill the log. The hourly
summary mark (hub.noise) contains the count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from evidence.requests import content_digest, verify_request
from hub.callers import INTAKE, Caller
from hub.limits import BODIES, LIMITS
from hub.reading import read_json
from hub.runtime import Hub
from hub.store import agencies, nonces
from hub.store.database import Connection
from messages import message
from messages.problems import Problem

HUB_FAILED = 500
WRITES = frozenset({"PUT", "POST", "DELETE", "PATCH"})


@dataclass(frozen=True)
class Authenticated:
    """The caller, and the Content-Digest (RFC 9530) that its signature promises for the body."""

    caller: Caller
    content_digest: str


def hub_of(request: Request) -> Hub:
    """The hub that this application serves."""
    hub = request.app.state.hub
    assert isinstance(hub, Hub)
    return hub


async def authenticated(request: Request) -> Authenticated:
    """FastAPI dependency for everything but the public pages. Raises problems with status 401."""
    return await _identified(request, once=request.method in WRITES)


async def _identified(request: Request, *, once: bool) -> Authenticated:
    hub = hub_of(request)
    url = target_uri(hub, request)
    found = await run_in_threadpool(partial(_authenticate, once=once), hub, request.method, url, request.headers)
    require_text(request)
    request.state.agency = found.caller.agency
    hub.quotas.request(found.caller.agency)
    return found


async def caller(request: Request) -> Caller:
    """FastAPI dependency for requests without a body."""
    return (await authenticated(request)).caller


async def caller_once(request: Request) -> Caller:
    """FastAPI dependency for reads of what is in cases, and of those that leave a mark or move a state: a request that
    somebody copied on its way neither reveals anything nor leaves a mark in its signer's name a second time."""
    return (await _identified(request, once=True)).caller


async def signed_json(request: Request, *, may_lack: bool = False) -> tuple[Caller, Any]:
    """The caller and the JSON body, whose bytes are those that were signed. With `may_lack`, no body at all is None.

    Raises what `read_limited` raises, `request.body-changed` when the digest differs, and what `read_json`
    raises.
    """
    who = await authenticated(request)
    body = await read_limited(request, who.caller.agency)
    document = await run_in_threadpool(_signed_body, hub_of(request), who, body, may_lack)
    return who.caller, document


async def signed_bytes(request: Request, limit: int) -> tuple[Caller, bytes]:
    """The caller and the body as it is, at most `limit` bytes, which are those that were signed.

    Raises what `read_limited` raises, and `request.body-changed`.
    """
    who = await authenticated(request)
    body = await read_limited(request, who.caller.agency, limit)
    if content_digest(body) != who.content_digest:
        hub_of(request).count_noise("request.body-changed")
        raise Problem("request.body-changed")
    return who.caller, body


def _signed_body(hub: Hub, who: Authenticated, body: bytes, may_lack: bool) -> Any:
    if content_digest(body) != who.content_digest:
        hub.count_noise("request.body-changed")
        raise Problem("request.body-changed")
    if may_lack and not body:
        return None
    return read_json(body)


def require_length(request: Request, limit: int, place: str = "") -> None:
    """Refuse a body that says itself that it is too large, before a byte of it is read. Raises `http.too-large`."""
    claimed = request.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and (len(claimed) > len(str(limit)) + 1 or int(claimed) > limit):
        raise Problem("http.too-large", place, limit=limit)


def target_uri(hub: Hub, request: Request) -> str:
    """The URI as the caller signed it: behind a proxy, the public address stands for the one that arrived here.

    Path and query are taken as they came over the wire, percent-escapes and all.
    """
    base = hub.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return base.rstrip("/") + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


def require_text(request: Request) -> None:
    """Refuse a query with U+0000, which no database takes. A path with it names nothing, which its desk says. Half a
    surrogate pair cannot be escaped in a URL.

    Raises `http.bad-text`.
    """
    if b"\0" in unquote_to_bytes(request.scope["query_string"]):
        raise Problem("http.bad-text", "query")


def _authenticate(hub: Hub, method: str, url: str, headers: Headers, *, once: bool) -> Authenticated:
    try:
        with hub.database.transaction(write=once) as connection:
            now = hub.dating.now(connection)  # a hub whose clock is wrong judges nobody's
            verified = verify_request(
                method,
                url,
                headers,
                lambda key_id: agencies.identity_key(connection, key_id),
                now,
                max_age=LIMITS.request_age,
            )
            if once:
                nonces.use(connection, verified.key_id, verified.nonce, now)
            handler = verified.handler or INTAKE
            role = role_of(connection, verified.owner, handler)
    except Problem as problem:
        if message(problem.code).status < HUB_FAILED:
            hub.count_noise(problem.code)
        raise
    return Authenticated(
        Caller(agency=verified.owner, key_id=verified.key_id, handler=handler, role=role), verified.content_digest
    )


def role_of(connection: Connection, agency: str, handler: str) -> Any:
    """The handler's role, `None` when the agency has no such handler; the adapter itself always holds intake."""
    return INTAKE if handler == INTAKE else agencies.handler_role(connection, agency, handler)


def body_limit(request: Request) -> int:
    """How many bytes the body of this operation may have."""
    return BODIES.get(getattr(request.scope.get("route"), "operation_id", None) or "", LIMITS.body_bytes)


async def read_limited(request: Request, agency: str, limit: int | None = None) -> bytes:
    """The body, at most `limit` bytes of it (by default what the operation may have), on the agency's account.

    Raises `http.too-large` and `quota.bodies`.
    """
    limit = body_limit(request) if limit is None else limit
    require_length(request, limit)
    claimed = request.headers.get("content-length", "")
    _hold(request, agency, int(claimed) if claimed.isascii() and claimed.isdigit() else limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem("http.too-large", limit=limit)
    return bytes(body)


def _hold(request: Request, agency: str, size: int) -> None:
    """The body is in memory until the request is over (`hub.observe`)."""
    hub_of(request).quotas.hold(agency, size)
    request.state.held = [*getattr(request.state, "held", []), (agency, size)]
