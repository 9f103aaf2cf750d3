"""Reconciliation: for one agency and day, sent = accepted = offered = received = acknowledged, or the differences."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import documented
from hub.api.models.cases import Reconciliation
from hub.auth import caller_once, hub_of
from hub.callers import Caller
from hub.exchange import case_desk
from standards.times import civil_day

Day = Annotated[date, AfterValidator(lambda day: civil_day(day.isoformat()))]
"""A day with a day before and one after it."""
router = APIRouter(prefix="/v1", tags=["reconcile"])


@router.get(
    "/reconcile",
    summary="One agency's day",
    **documented("reconcile_day", gives=Reconciliation, answer=examples.RECONCILIATION, told="The day, both ways."),
)
async def reconcile(request: Request, day: Day, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """Counts and transfer ids of the day (UTC+8) as the hub has them, to be held against the adapter's journal."""
    return await run_in_threadpool(case_desk.reconcile, hub_of(request), who, day)
