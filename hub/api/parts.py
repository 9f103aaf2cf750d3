"""Parts: pieces of sealed volumes by the SHA-256 of their ciphertext. The hub never sees a key to them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from digests import Digest
from evidence.canonical import require_digest
from evidence.requests import content_digest_of
from hub.api import examples
from hub.api.documented import documented
from hub.api.models.parts import PartsAsked, PartsMissing, StoredPart
from hub.api.ranges import single_range
from hub.api.typed import typed_json
from hub.auth import Authenticated, authenticated, caller, caller_once, hub_of, require_length
from hub.callers import Caller
from hub.exchange import part_desk
from hub.limits import LIMITS
from messages.problems import Problem

router = APIRouter(prefix="/v1/parts", tags=["parts"])
WRITE_CHUNK = 1 << 20


@router.post(
    "/missing",
    summary="Which of these parts does the hub lack?",
    **documented(
        "find_missing_parts",
        gives=PartsMissing,
        takes=PartsAsked,
        body=examples.MISSING,
        answer=examples.MISSING_ANSWER,
        told="Those to upload, in the order asked.",
    ),
)
async def missing(request: Request) -> dict[str, list[str]]:
    """Of `{"digests": […]}` those that the caller must upload. Parts that are here get a lease for the caller."""
    who, body = await typed_json(request, PartsAsked)
    wanted = [require_digest(digest) for digest in body["digests"]]
    return {"missing": await run_in_threadpool(part_desk.missing, hub_of(request), who, wanted)}


@router.put(
    "/{digest}",
    summary="Upload one part",
    status_code=201,
    **documented(
        "upload_part",
        gives=StoredPart,
        body="(ciphertext)",
        body_type="application/octet-stream",
        answer=examples.PART_ANSWER,
        status=201,
        told="Stored.",
        again={200: "The hub held it already."},
    ),
)
async def put(
    request: Request, digest: str, who: Annotated[Authenticated, Depends(authenticated)], response: Response
) -> dict[str, Any]:
    """Store the body under its digest; 201 when it is new, 200 when the hub held it. The caller gets a lease.

    Refuses a body whose SHA-256 is another (422 `part.digest`), one that is too large (413) and a full disk (507);
    nothing is left behind.
    """
    hub, wanted = hub_of(request), require_digest(digest)
    if who.content_digest != content_digest_of(Digest.parse(wanted)):
        raise Problem("part.digest", digest)
    require_length(request, LIMITS.part_bytes, digest)
    writer = await run_in_threadpool(part_desk.begin, hub, who.caller, wanted, _size(request))
    try:
        received = 0
        pending = bytearray()
        async for chunk in request.stream():
            received += len(chunk)
            if received > LIMITS.part_bytes:
                raise Problem("http.too-large", digest, limit=LIMITS.part_bytes)
            pending += chunk
            if len(pending) >= WRITE_CHUNK:
                await run_in_threadpool(writer.write, pending)
                pending = bytearray()
        if pending:
            await run_in_threadpool(writer.write, pending)
        new = await run_in_threadpool(part_desk.keep, hub, who.caller, wanted, writer)
    except BaseException:
        await run_in_threadpool(writer.abort)
        raise
    response.status_code = 201 if new else 200
    return {"digest": wanted, "size": received}


def _size(request: Request) -> int:
    """How many bytes a part has as its request says, else as many as it may have."""
    claimed = request.headers.get("content-length", "")
    return int(claimed) if claimed.isascii() and claimed.isdigit() else LIMITS.part_bytes


@router.head(
    "/{digest}",
    summary="Is this part here for me?",
    **documented("look_for_part", told="It is; Content-Length tells its size."),
)
async def head(request: Request, digest: str, who: Annotated[Caller, Depends(caller_once)]) -> Response:
    """200 with its size, and a lease for the caller; 404 to whoever neither uploaded it nor is party to a claim."""
    wanted = require_digest(digest)
    size = await run_in_threadpool(partial(part_desk.look, hub_of(request), who, wanted, lease=True))
    return Response(headers={"Content-Length": str(size), "Accept-Ranges": "bytes"})


@router.get(
    "/{digest}",
    summary="Read one part",
    response_class=StreamingResponse,
    **documented(
        "read_part",
        answer="(ciphertext)",
        media_type="application/octet-stream",
        told="The bytes.",
        again={206: "One range of them."},
    ),
)
async def get(request: Request, digest: str, who: Annotated[Caller, Depends(caller)]) -> Response:
    """The part's bytes, whole or one `Range` of them (206); 416 for a range outside, 404 as for HEAD."""
    hub, wanted = hub_of(request), require_digest(digest)
    size = await run_in_threadpool(part_desk.look, hub, who, wanted)
    start, length = single_range(request.headers.get("range"), size)
    chunks = await run_in_threadpool(hub.blobs.read, wanted, start, length)
    hub.metrics.part_bytes.labels("out").inc(length)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length)}
    if length != size or start:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return StreamingResponse(
        iterate_in_threadpool(chunks),
        status_code=206 if "Content-Range" in headers else 200,
        headers=headers,
        media_type="application/octet-stream",
    )
