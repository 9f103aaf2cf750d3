"""The key directory: every enrolled agency with its signed key statements, so that a replaced key is detected."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from hub.access import directory_desk
from hub.api import examples
from hub.api.documented import documented
from hub.api.models.directory import AgencyKeys, Directory, KeyAdded, NewKey
from hub.auth import caller, hub_of, signed_json
from hub.callers import Caller

router = APIRouter(prefix="/v1/directory", tags=["directory"])


@router.get(
    "",
    summary="All enrolled agencies",
    **documented(
        "list_agencies", gives=Directory, answer=examples.DIRECTORY, told="The agencies, revoked ones included."
    ),
)
async def listing(request: Request, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """Agencies by type and code, with names and states."""
    return await run_in_threadpool(directory_desk.listing, hub_of(request))


@router.get(
    "/{agency_type}/{code}",
    summary="Keys of one agency",
    **documented(
        "read_agency_keys", gives=AgencyKeys, answer=examples.KEYS, told="Its key statements and revocations."
    ),
)
async def keys(
    request: Request, agency_type: str, code: str, who: Annotated[Caller, Depends(caller)]
) -> dict[str, Any]:
    """The agency's key statements, oldest first, and its revocations. 404 when it is not enrolled."""
    return await run_in_threadpool(directory_desk.keys, hub_of(request), f"{agency_type}:{code}")


@router.post(
    "/keys",
    summary="Add a key",
    status_code=201,
    **documented(
        "add_key",
        gives=KeyAdded,
        takes=NewKey,
        body=examples.KEY,
        answer=examples.KEY_ANSWER,
        status=201,
        told="The key is in the directory; sending it again changes nothing.",
    ),
)
async def add(request: Request) -> dict[str, Any]:
    """Take a new key statement of the caller: an HPKE key signed by its identity, or an identity by its predecessor."""
    who, body = await signed_json(request)
    return await run_in_threadpool(directory_desk.add, hub_of(request), who, body)
