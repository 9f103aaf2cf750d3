"""Cases (案件): find them by any agency's number, show them to their parties, give handlers access."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from hub.access import handler_desk
from hub.api import examples
from hub.api.documented import documented
from hub.api.models.cases import Case, CasesFound, Grants, HandlerAdded, HandlerRemoved, Handlers, RoleGiven
from hub.api.models.transfers import CaseTrail
from hub.api.typed import typed_json
from hub.auth import caller_once, hub_of, signed_json
from hub.callers import Caller
from hub.exchange import case_desk, trails

router = APIRouter(prefix="/v1", tags=["cases"])


@router.get(
    "/cases",
    summary="Find a case",
    **documented("find_cases", gives=CasesFound, answer=examples.CASES, told="The cases found; none is an empty list."),
)
async def find(
    request: Request, who: Annotated[Caller, Depends(caller_once)], ref: Annotated[str, Query(max_length=200)]
) -> Any:
    """The caller's cases by the hub's id, a transfer's id or any case number; brackets and width do not matter."""
    return await run_in_threadpool(case_desk.find, hub_of(request), who, ref)


@router.get(
    "/cases/{case_uid}",
    summary="Read a case",
    **documented("read_case", gives=Case, answer=examples.CASE, told="The case."),
)
async def read(request: Request, case_uid: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """Numbers, parties, transfers and open requests of the case."""
    return await run_in_threadpool(case_desk.read, hub_of(request), who, case_uid)


@router.get(
    "/cases/{case_uid}/trail",
    summary="Marks of a case",
    **documented("read_case_trail", gives=CaseTrail, answer=examples.CASE_TRAIL, told="The marks."),
)
async def trail(request: Request, case_uid: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """The marks of all transfers of the case in the log's order."""
    return await run_in_threadpool(trails.of_case, hub_of(request), who, case_uid)


@router.put(
    "/cases/{case_uid}/grants/{handler}",
    summary="Grant a handler on a case",
    **documented("grant_case", gives=Grants, answer=examples.GRANTS, told="Who is granted now."),
)
async def grant(request: Request, case_uid: str, handler: str) -> dict[str, Any]:
    """Let a handler of the caller's agency see the case. Only the agency's intake role, or one who is granted, may."""
    who, _ = await signed_json(request, may_lack=True)
    return await run_in_threadpool(handler_desk.grant, hub_of(request), who, case_uid, handler)


@router.delete(
    "/cases/{case_uid}/grants/{handler}",
    summary="Withdraw a grant",
    **documented("withdraw_grant", gives=Grants, answer=examples.GRANTS, told="Who is granted now."),
)
async def withdraw(request: Request, case_uid: str, handler: str) -> dict[str, Any]:
    """Take the case away from a handler of the caller's agency."""
    who, _ = await signed_json(request, may_lack=True)
    return await run_in_threadpool(handler_desk.withdraw, hub_of(request), who, case_uid, handler)


@router.get(
    "/handlers",
    summary="Handlers of this agency",
    **documented("list_handlers", gives=Handlers, answer=examples.HANDLERS, told="The handlers."),
)
async def handlers(request: Request, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """The caller's own handlers with their roles."""
    return await run_in_threadpool(handler_desk.listing, hub_of(request), who)


@router.put(
    "/handlers/{handler}",
    summary="Add a handler",
    **documented(
        "add_handler",
        gives=HandlerAdded,
        takes=RoleGiven,
        body=examples.HANDLER,
        answer=examples.HANDLER_ANSWER,
        told="The handler as it is now.",
    ),
)
async def add_handler(request: Request, handler: str) -> dict[str, Any]:
    """Make a handler known: `{"role": "handler" | "intake"}`. Names stay with the agency."""
    who, body = await typed_json(request, RoleGiven, may_lack=True)
    return await run_in_threadpool(handler_desk.add, hub_of(request), who, handler, body.get("role", "handler"))


@router.delete(
    "/handlers/{handler}",
    summary="Remove a handler",
    **documented("remove_handler", gives=HandlerRemoved, answer=examples.HANDLER_GONE, told="It is gone."),
)
async def remove_handler(request: Request, handler: str) -> dict[str, Any]:
    """The handler loses every grant at once; marks that name the id stay."""
    who, _ = await signed_json(request, may_lack=True)
    return await run_in_threadpool(handler_desk.remove, hub_of(request), who, handler)
