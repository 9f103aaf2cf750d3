"""Findings and statutory terms of cases, as of now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from hub.api import supervision_examples as examples
from hub.api.documented import documented
from hub.auth import caller, hub_of
from hub.exchange import clocks
from hub.exchange.access import Caller

router = APIRouter(prefix="/v1", tags=["supervision"])


@router.get(
    "/cases/{case_uid}/deadlines",
    summary="Statutory terms of a case",
    **documented(answer=examples.DEADLINES, told="The terms, the most urgent first.", errors=["case.unknown"]),
)
async def deadlines(request: Request, case_uid: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """The terms that run in the case, by the latest record that the caller's agency sent or received."""
    return await run_in_threadpool(clocks.for_party, hub_of(request), who, case_uid)
