"""Transfers (流转): submit one, read one, answer for its receipt, follow its trail."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.auth import caller, hub_of, signed_json
from hub.exchange import answers, desk, mark_desk, trails
from hub.exchange.access import Caller

router = APIRouter(prefix="/v1", tags=["transfers"])


@router.post("/transfers", summary="Submit a transfer", status_code=201, openapi_extra=examples.SUBMIT)
async def submit(request: Request) -> Response:
    """Receive an envelope with its record, descriptors and marks, in the steps of `hub.exchange.receive`.

    201 with the signed receipt, the annex and the findings; the same envelope again gives 200 and the same bytes.
    """
    who, body = await signed_json(request)
    answer, new = await run_in_threadpool(desk.submit, hub_of(request), who, body)
    return Response(answer, status_code=201 if new else 200, media_type="application/json")


@router.get("/transfers/{transfer_id}", summary="Read a transfer", openapi_extra=examples.TRANSFER)
async def read(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """Everything but the sealed volumes, for sender and receiver: envelope, record, annex, descriptors, receipt."""
    return await run_in_threadpool(answers.read_transfer, hub_of(request), who, transfer_id)


@router.post(
    "/transfers/{transfer_id}/acknowledgement", summary="Acknowledge or decline", openapi_extra=examples.ACKNOWLEDGE
)
async def acknowledge(request: Request, transfer_id: str) -> dict[str, Any]:
    """Take the receiver's signed mark: `acknowledged` (all is durable there) or `declined` (cannot be unsealed)."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.acknowledge, hub_of(request), who, transfer_id, body)


@router.get("/transfers/{transfer_id}/trail", summary="Marks of a transfer")
async def trail(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """All marks of the transfer in the log's order, those not yet numbered last."""
    return await run_in_threadpool(trails.of_transfer, hub_of(request), who, transfer_id)


@router.get("/transfers/{transfer_id}/proofs", summary="Proofs of inclusion")
async def proofs(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """The newest checkpoint and a proof of inclusion for every mark of the transfer that it covers."""
    return await run_in_threadpool(trails.proofs, hub_of(request), who, transfer_id)


@router.post("/marks", summary="Hand in marks", openapi_extra=examples.MARKS)
async def marks(request: Request) -> dict[str, Any]:
    """Marks that a party signed after the transfer, such as `opened` for each page that was read."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.hand_in, hub_of(request), who, body)
