"""Transfers (流转): submit, read, acknowledge, follow the trail."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import documented
from hub.api.models.transfers import (
    Acknowledgement,
    AcknowledgementAnswer,
    LeafHashes,
    MarksHandedIn,
    Submission,
    SubmissionAnswer,
    Transfer,
    TransferProofs,
    TransferTrail,
)
from hub.auth import caller_once, hub_of, signed_json
from hub.callers import Caller
from hub.exchange import answers, desk, mark_desk, trails

router = APIRouter(prefix="/v1", tags=["transfers"])


@router.post(
    "/transfers",
    summary="Submit a transfer",
    status_code=201,
    **documented(
        "submit_transfer",
        gives=SubmissionAnswer,
        takes=Submission,
        body=examples.SUBMISSION,
        answer=examples.SUBMISSION_ANSWER,
        status=201,
        told="Received.",
        again={200: "This envelope was received before: the very same bytes."},
    ),
)
async def submit(request: Request) -> Response:
    """Receive an envelope with its record, descriptors and marks, in the steps of `hub.exchange.decisions.receive`.

    201 with the signed receipt, the annex and the findings; the same envelope again gives 200 and the same bytes.
    """
    who, body = await signed_json(request)
    answer, new = await run_in_threadpool(desk.submit, hub_of(request), who, body)
    return Response(answer, status_code=201 if new else 200, media_type="application/json")


@router.get(
    "/transfers/{transfer_id}",
    summary="Read a transfer",
    **documented("read_transfer", gives=Transfer, answer=examples.TRANSFER, told="The package without its volumes."),
)
async def read(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """Everything but the sealed volumes, for sender and receiver: envelope, record, annex, descriptors, receipt."""
    return await run_in_threadpool(answers.read_transfer, hub_of(request), who, transfer_id)


@router.post(
    "/transfers/{transfer_id}/acknowledgement",
    summary="Acknowledge or decline",
    **documented(
        "acknowledge_transfer",
        gives=AcknowledgementAnswer,
        takes=Acknowledgement,
        body=examples.ACKNOWLEDGEMENT,
        answer=examples.ACKNOWLEDGEMENT_ANSWER,
        told="The transfer's state now, and the mark's leaf hash.",
    ),
)
async def acknowledge(request: Request, transfer_id: str) -> dict[str, Any]:
    """Take the receiver's signed mark: `acknowledged` (all is durable there) or `declined` (cannot be unsealed)."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.acknowledge, hub_of(request), who, transfer_id, body)


@router.get(
    "/transfers/{transfer_id}/trail",
    summary="Marks of a transfer",
    **documented("read_transfer_trail", gives=TransferTrail, answer=examples.TRAIL, told="The marks."),
)
async def trail(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """All marks of the transfer in the log's order, those not yet numbered last."""
    return await run_in_threadpool(trails.of_transfer, hub_of(request), who, transfer_id)


@router.get(
    "/transfers/{transfer_id}/proofs",
    summary="Proofs of inclusion",
    **documented("read_transfer_proofs", gives=TransferProofs, answer=examples.PROOFS, told="Checkpoint and proofs."),
)
async def proofs(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """The newest checkpoint and a proof of inclusion for every mark of the transfer that it covers."""
    return await run_in_threadpool(trails.proofs, hub_of(request), who, transfer_id)


@router.post(
    "/marks",
    summary="Hand in marks",
    **documented(
        "hand_in_marks",
        gives=LeafHashes,
        takes=MarksHandedIn,
        body=examples.MARKS,
        answer=examples.MARKS_ANSWER,
        told="Leaf hashes in the order of the marks.",
    ),
)
async def marks(request: Request) -> dict[str, Any]:
    """Marks that a party may sign at any time after the transfer, such as `opened` for each page that was read."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.hand_in, hub_of(request), who, body)
