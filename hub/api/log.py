"""The transparency log, read-only, for enrolled agencies: checkpoint and proofs (RFC 6962, C2SP tlog-checkpoint)."""

from __future__ import annotations

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
    return Response(note, media_type="text/plain; charset=utf-8")


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
