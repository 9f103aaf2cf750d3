"""The transparency log, read-only, for agencies and auditors: checkpoint, tiles, proofs (RFC 6962, C2SP tlog-tiles)."""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from evidence.canonical import require_digest
from hub.api import examples
from hub.api.documented import documented
from hub.auth import caller, hub_of
from hub.exchange import trails
from hub.exchange.access import Caller
from hub.limits import LIMITS

router = APIRouter(prefix="/log", tags=["log"])


@router.get(
    "/checkpoint",
    summary="The newest signed checkpoint",
    response_class=Response,
    **documented(answer=examples.CHECKPOINT, media_type="text/plain", told="A C2SP signed note.", errors=["log.empty"]),
)
async def checkpoint(request: Request, who: Annotated[Caller, Depends(caller)]) -> Response:
    """A C2SP signed note; 404 `log.empty` before the first one is signed."""
    note = await run_in_threadpool(trails.checkpoint, hub_of(request))
    return Response(note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get(
    "/tile/{path:path}",
    summary="A tile of hashes, or a bundle of entries",
    response_class=Response,
    **documented(
        answer="",
        media_type="application/octet-stream",
        told="C2SP tlog-tiles: up to 256 hashes of 32 bytes, or entries each after two bytes of length. Never changes.",
        errors=["evidence.bad-tile", "log.no-tile"],
    ),
)
async def tile(request: Request, who: Annotated[Caller, Depends(caller)], path: str) -> Response:
    """`tile/<level>/<n>[.p/<width>]` or `tile/entries/<n>[.p/<width>]`; 404 for one that no signed tree has."""
    data = await run_in_threadpool(trails.tile, hub_of(request), f"tile/{path}")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    if "gzip" in request.headers.get("accept-encoding", "") and path.startswith("entries/"):
        data, headers["Content-Encoding"] = gzip.compress(data, mtime=0), "gzip"
    return Response(data, media_type="application/octet-stream", headers=headers | {"Vary": "Accept-Encoding"})


@router.get(
    "/proof/inclusion",
    summary="Proof that a mark is in the log",
    **documented(
        answer=examples.INCLUSION,
        told="Index and audit path.",
        errors=["http.bad-request", "evidence.bad-digest", "log.unknown-leaf", "log.size"],
    ),
)
async def inclusion(
    request: Request,
    who: Annotated[Caller, Depends(caller)],
    leaf_hash: str,
    size: Annotated[int, Query(ge=1, le=LIMITS.position)],
) -> dict[str, Any]:
    """`{"index", "size", "path": [base64…]}` for the mark with this leaf hash in the tree of `size` marks."""
    return await run_in_threadpool(trails.inclusion, hub_of(request), require_digest(leaf_hash), size)


@router.get(
    "/proof/consistency",
    summary="Proof that the log only grew",
    **documented(answer=examples.CONSISTENCY, told="The consistency path.", errors=["http.bad-request", "log.size"]),
)
async def consistency(
    request: Request,
    who: Annotated[Caller, Depends(caller)],
    old: Annotated[int, Query(ge=0, le=LIMITS.position)],
    new: Annotated[int, Query(ge=0, le=LIMITS.position)],
) -> dict[str, Any]:
    """`{"old", "new", "path": [base64…]}`; 404 `log.size` for a size that no checkpoint has reached."""
    return await run_in_threadpool(trails.consistency, hub_of(request), old, new)
