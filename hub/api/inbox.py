"""The inbox of one agency: numbered without gaps, read with a cursor, waited for with a long poll."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import documented
from hub.api.models.transfers import Inbox
from hub.auth import caller_once, hub_of
from hub.callers import Caller
from hub.exchange import answers
from hub.limits import LIMITS
from hub.runtime import Hub

router = APIRouter(prefix="/v1", tags=["inbox"])
POLL_SECONDS = 0.1


@router.get(
    "/inbox",
    summary="What was sent to this agency",
    **documented(
        "read_inbox",
        gives=Inbox,
        answer=examples.INBOX,
        told="Items, the cursor for the next question, and the newest checkpoint or null.",
    ),
)
async def inbox(  # noqa: PLR0917 - query parameters
    request: Request,
    who: Annotated[Caller, Depends(caller_once)],
    after: Annotated[int, Query(ge=0, le=LIMITS.position, description="the last position that was seen")] = 0,
    wait: Annotated[float, Query(ge=0, le=LIMITS.inbox_wait, description="seconds to wait for something new")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMITS.inbox_page)] = 50,
    pending: Annotated[bool, Query(description="only what is not answered yet")] = False,
    known: Annotated[
        int, Query(ge=0, le=LIMITS.position, description="a position of which the transfer is to be told")
    ] = 0,
) -> dict[str, Any]:
    """Items after the cursor, oldest first, with the next cursor and the newest checkpoint.

    Intake is told the newest position of all, and which transfer stands at the position `known`: a receiver that
    remembers another one there is reading an inbox that was set back, and lists anew what is pending.
    With `wait` the answer comes as soon as there is an item, else when the time is over, empty.
    """
    hub = hub_of(request)
    deadline = time.monotonic() + wait
    read = partial(answers.inbox, hub, who, after=after, limit=limit, pending=pending, known=known)
    while True:
        newest = await run_in_threadpool(answers.newest, hub, who)
        found = await run_in_threadpool(read)
        if found["items"] or not await _more(request, hub, who, newest, deadline):
            return found


async def _more(request: Request, hub: Hub, who: Caller, newest: int, deadline: float) -> bool:
    """Wait until there is something after position `newest`; False when the time is over or the caller has left."""
    while time.monotonic() < deadline and not await request.is_disconnected():
        await asyncio.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        if await run_in_threadpool(answers.newest, hub, who) > newest:
            return True
    return False
