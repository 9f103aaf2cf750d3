"""Current findings and statutory deadlines of cases."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from hub.api import supervision_examples as examples
from hub.api.documented import documented
from hub.api.models.deadlines import CaseDeadlines
from hub.api.models.findings import CaseFindings, FindingChanges
from hub.auth import caller_once, hub_of
from hub.callers import Caller
from hub.limits import LIMITS
from hub.supervision import clocks, findings_desk

router = APIRouter(prefix="/v1", tags=["supervision"])


@router.get(
    "/cases/{case_uid}/deadlines",
    summary="Statutory terms of a case",
    **documented(
        "read_case_deadlines", gives=CaseDeadlines, answer=examples.DEADLINES, told="The terms, the most urgent first."
    ),
)
async def deadlines(request: Request, case_uid: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """The terms that run in the case, by the latest record that the caller's agency sent or received."""
    return await run_in_threadpool(clocks.for_party, hub_of(request), who, case_uid)


@router.get(
    "/cases/{case_uid}/findings",
    summary="Findings of a case",
    **documented(
        "read_case_findings",
        gives=CaseFindings,
        answer=examples.CASE_FINDINGS,
        told="Findings of the transfers, what is late now, and the rules that are not judged.",
    ),
)
async def case_findings(
    request: Request, case_uid: str, who: Annotated[Caller, Depends(caller_once)]
) -> dict[str, Any]:
    """Findings of the transfers that the caller's agency sent or received, and what is late in the case as of now.

    Places such as `/persons/0` are those of the record of the transfer `record_of`.
    """
    return await run_in_threadpool(findings_desk.of_case, hub_of(request), who, case_uid)


@router.get(
    "/findings",
    summary="What the sweep found",
    **documented(
        "read_findings",
        gives=FindingChanges,
        answer=examples.FINDINGS,
        told="Findings that opened or were cleared, and the cursor for the next question.",
    ),
)
async def findings(
    request: Request,
    who: Annotated[Caller, Depends(caller_once)],
    since: Annotated[int, Query(ge=0, le=LIMITS.position, description="the last change that was seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMITS.findings_page)] = 50,
) -> dict[str, Any]:
    """What is late in the caller's cases though nobody sent anything, by change, oldest first.

    A finding comes again when it is cleared, with a new change. A handler sees the cases that it is granted on.
    """
    told = partial(findings_desk.changes, hub_of(request), who, since=since, limit=limit)
    return await run_in_threadpool(told)
