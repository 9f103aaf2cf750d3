"""The transparency log, read-only, for agencies and auditors: checkpoint, tiles, proofs (RFC 6962, C2SP tlog-tiles)."""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from evidence.canonical import require_digest
from hub.api import examples
from hub.api.documented import documented
from hub.api.models.log import ConsistencyProof, CosignatureAnswer, InclusionProof
from hub.auth import caller, hub_of, signed_bytes
from hub.callers import Caller
from hub.exchange import trails
from hub.limits import LIMITS
from hub.log import cosigned

router = APIRouter(prefix="/log", tags=["log"])
NOTE = "text/plain; charset=utf-8"


@router.get(
    "/checkpoint",
    summary="The newest signed checkpoint, or that of the round",
    response_class=Response,
    **documented("read_checkpoint", answer=examples.CHECKPOINT, media_type="text/plain", told="A C2SP signed note."),
)
async def checkpoint(
    request: Request,
    who: Annotated[Caller, Depends(caller)],
    round: Annotated[bool, Query(description="The one that witnesses are to cosign now.")] = False,  # noqa: A002
) -> Response:
    """A C2SP signed note with the cosignatures that it has; 404 `log.empty` before the first one is signed. With
    `round` the checkpoint of the current round, the same for every witness."""
    desk = hub_of(request).witness_desk
    note = await run_in_threadpool(desk.round if round else desk.newest)
    return Response(note, media_type=NOTE, headers={"Cache-Control": "no-cache"})


@router.get(
    "/checkpoint/witnessed",
    summary="The newest checkpoint that fulfils the witness policy",
    response_class=Response,
    **documented(
        "read_witnessed_checkpoint",
        answer=examples.COSIGNED,
        media_type="text/plain",
        told="A C2SP signed note with cosignatures.",
    ),
)
async def witnessed(request: Request, who: Annotated[Caller, Depends(caller)]) -> Response:
    """A checkpoint whose cosignatures fulfil the hub's policy; 404 `log.unwitnessed` while there is none."""
    note = await run_in_threadpool(hub_of(request).witness_desk.witnessed)
    return Response(note, media_type=NOTE, headers={"Cache-Control": "no-cache"})


@router.post(
    "/cosignatures",
    summary="Hand in a cosignature",
    **documented(
        "hand_in_cosignature",
        gives=CosignatureAnswer,
        answer={"size": 4, "stored": True},
        body=examples.COSIGNED,
        body_type="text/plain",
        told="Which tree it is about, and whether it was new.",
    ),
)
async def cosign(request: Request) -> dict[str, Any]:
    """The checkpoint that the caller, a witness, remembers, as a C2SP signed note with the log's signature and the
    caller's cosignature. A checkpoint that the hub's database contradicts is kept as proof, and the log stops signing.
    """
    who, body = await signed_bytes(request, cosigned.MAX_NOTE)
    return await run_in_threadpool(hub_of(request).witness_desk.accept, who.agency, body)


@router.get(
    "/tile/{path:path}",
    summary="A tile of hashes, or a bundle of entries",
    response_class=Response,
    **documented(
        "read_log_tile",
        answer="256 × 32 bytes",
        media_type="application/octet-stream",
        told="C2SP tlog-tiles: up to 256 hashes of 32 bytes, or entries each after two bytes of length. Never changes.",
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
    **documented("prove_inclusion", gives=InclusionProof, answer=examples.INCLUSION, told="Index and audit path."),
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
    **documented(
        "prove_consistency", gives=ConsistencyProof, answer=examples.CONSISTENCY, told="The consistency path."
    ),
)
async def consistency(
    request: Request,
    who: Annotated[Caller, Depends(caller)],
    old: Annotated[int, Query(ge=0, le=LIMITS.position)],
    new: Annotated[int, Query(ge=0, le=LIMITS.position)],
) -> dict[str, Any]:
    """`{"old", "new", "path": [base64…]}`; 404 `log.size` for a size that no checkpoint has reached."""
    return await run_in_threadpool(trails.consistency, hub_of(request), old, new)
